"""Policy documents: the policy types, the validation of documents, and the merge into effective policies.

Pure functions of texts and dictionaries (docs/aws.md 6). Where policies are attached is known to the state alone.
"""

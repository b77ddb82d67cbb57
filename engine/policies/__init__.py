"""Policy documents: what each type allows, which documents are well formed, and how attached ones become one.

Pure functions of texts and dictionaries (docs/aws.md 6); who is attached to what is the state's business.
"""

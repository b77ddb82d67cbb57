"""AWS's response shapes, and how they are built. Members are AWS's, in snake case; absent ones are left out.

``msgspec.to_builtins(reply, builtin_types=(datetime,))`` is boto3's dictionary. Moments become ``datetime`` here, at
the edge of the core; nothing in the core reads them back. Lists that AWS always sends have no default.
"""

"""AWS's response shapes, and the functions that build them. Members have AWS's names in snake case.

``msgspec.to_builtins(reply, builtin_types=(datetime,))`` gives boto3's dictionary; members with their default are left
out, so lists that AWS always sends have no default. Times become ``datetime`` here, at the edge of the core, and are
never converted back.
"""

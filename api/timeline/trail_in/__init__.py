"""CloudTrail in: records are found in files, put in order, and taken into a log as facts.

``files`` opens what a user names, ``formats`` finds the records in it, ``records`` reads one, ``elsewhere`` remembers
what each tells about its organization, ``ordering`` sorts them, ``replaying`` takes them, ``summary`` tells what came
of it.
"""

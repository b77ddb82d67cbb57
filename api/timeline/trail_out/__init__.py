"""CloudTrail out: the events of a log as the records that AWS CloudTrail would have kept of them (docs/trails.md).

``records`` makes them, from ``requests`` (what was asked), ``elements`` (CloudTrail's form of requests and answers, and
what it masks), ``identities`` (who called) and ``service_events`` (what AWS did later). ``reading`` takes them from a
log, ``folder`` writes them as CloudTrail delivers them.
"""

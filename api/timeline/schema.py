"""The tables of a history, and the SQL views over them that docs/history.md documents.

Tables have names in the singular and are for ourselves; views have names in the plural and are for everybody. In views
``since`` and ``until`` are times (ISO 8601, UTC), and ``since_position`` and ``until_position`` where in the log.
"""

from collections.abc import Mapping

APPLICATION_ID = 0x6F726768  # "orgh"
FORMAT = 8
"""To be raised when tables, views or the fold change: a history of another format is made anew."""

TABLES = (
    """CREATE TABLE caught_up (only INTEGER PRIMARY KEY CHECK (only = 1), position INTEGER NOT NULL,
    digest BLOB NOT NULL, seed TEXT NOT NULL)""",
    """CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, organization TEXT,
    party TEXT, details TEXT)""",
    """CREATE TABLE fact (thing INTEGER NOT NULL, id INTEGER NOT NULL, attribute TEXT NOT NULL, key TEXT NOT NULL,
    value TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER, PRIMARY KEY (thing, id)) WITHOUT ROWID""",
    """CREATE TABLE call (position INTEGER PRIMARY KEY, time INTEGER NOT NULL, operation TEXT NOT NULL, account TEXT,
    principal TEXT, request_id BLOB, inferred INTEGER NOT NULL, recorded INTEGER NOT NULL, code TEXT, reason TEXT,
    source TEXT)""",
    "CREATE TABLE edge (last INTEGER PRIMARY KEY)",
    "INSERT INTO edge VALUES (0), (1)",
    "CREATE UNIQUE INDEX thing_by_name ON thing (name)",
    "CREATE INDEX thing_by_party ON thing (party) WHERE party IS NOT NULL",
    "CREATE INDEX thing_by_organization ON thing (organization, kind) WHERE kind NOT IN ('handshake', 'account')",
    "CREATE INDEX fact_by_since ON fact (since)",
    "CREATE INDEX fact_by_until ON fact (until) WHERE until IS NOT NULL",
    "CREATE INDEX fact_by_key ON fact (key, until) WHERE key <> ''",
    "CREATE INDEX fact_by_parent ON fact (value) WHERE attribute = 'parent'",
)
"""``edge`` has a row for the beginning and one for the end of a fact, in place of a UNION: DuckDB would pass that on to
SQLite in a form that SQLite cannot read. Indices grow at their ends, but for those by name and by thing. Times of
calls have no index: they never go back, so that a moment is found by halving.
"""


def iso(microseconds: str) -> str:
    """SQL for a time in ISO 8601, as all of orgsim writes it: with a fraction only if there is one."""
    return (
        f"strftime('%Y-%m-%dT%H:%M:%S', {microseconds} / 1000000, 'unixepoch')"
        f" || CASE WHEN {microseconds} % 1000000 THEN printf('.%06d', {microseconds} % 1000000) ELSE '' END || 'Z'"
    )


def time_of(position: str) -> str:
    """SQL for the time of the event at a position, in ISO 8601."""
    return f"(SELECT {iso('time')} FROM call WHERE call.position <= {position} ORDER BY call.position DESC LIMIT 1)"


def operation_at(position: str) -> str:
    """SQL for the operation that brought about the event at a position."""
    return f"(SELECT operation FROM call WHERE call.position <= {position} ORDER BY call.position DESC LIMIT 1)"


def inferred_at(position: str) -> str:
    """SQL for whether the event at a position is inferred: neither a trail nor a dump says when it was."""
    return (
        f"(SELECT {position} > call.position AND {position} <= call.position + inferred FROM call"
        f" WHERE call.position <= {position} ORDER BY call.position DESC LIMIT 1)"
    )


def _interval(since: str, until: str) -> str:
    """SQL for the columns with which every view ends."""
    return (
        f"{time_of(since)} AS since, CASE WHEN {until} IS NULL THEN NULL ELSE {time_of(until)} END AS until,"
        f" {since} AS since_position, {until} AS until_position"
    )


def _facts(view: str, attribute: str, columns: str) -> str:
    """A view with a row for each fact of one attribute."""
    return (
        f"CREATE VIEW {view} AS SELECT {columns}, {_interval('fact.since', 'fact.until')}"
        f" FROM fact JOIN thing ON thing.id = fact.thing WHERE fact.attribute = '{attribute}'"
    )


def _versions(
    view: str,
    kind: str,
    columns: str,
    attributes: Mapping[str, str],
    needed: str,
    otherwise: Mapping[str, str] | None = None,
) -> str:
    """A view with a row for each period in which nothing changed about a thing.

    Args:
        view: its name.
        kind: of the things.
        columns: SQL for the columns that never change.
        attributes: the columns that change, and the attribute behind each.
        needed: the attribute without which there is nothing to show, such as the organization of a former member.
        otherwise: SQL for columns whose attribute was never said.
    """
    listed = ", ".join(f"'{attribute}'" for attribute in attributes.values())
    holds = "fact.since <= row.since AND (fact.until IS NULL OR fact.until > row.since)"
    values = {
        column: f"(SELECT value FROM fact WHERE fact.thing = row.thing AND attribute = '{attribute}' AND {holds})"
        for column, attribute in attributes.items()
    }
    values |= {column: f"coalesce({values[column]}, {value})" for column, value in (otherwise or {}).items()}
    picked = ", ".join(f'{value} AS "{column}"' for column, value in values.items())
    needed_value = next(values[column] for column, attribute in attributes.items() if attribute == needed)
    begun, ended = (
        f"(SELECT min({edge}) FROM fact WHERE fact.thing = change.thing AND attribute IN ({listed})"
        f" AND {edge} > change.position)"
        for edge in ("since", "until")
    )
    # No window function and no GROUP BY: SQLite would compute those of all things to answer about one.
    return f"""CREATE VIEW {view} AS
    WITH change AS (
        SELECT DISTINCT thing.id AS thing, thing.name AS id, CASE edge.last WHEN 0 THEN since ELSE until END AS position
        FROM thing JOIN fact ON fact.thing = thing.id JOIN edge ON edge.last = 0 OR fact.until IS NOT NULL
        WHERE thing.kind = '{kind}' AND fact.attribute IN ({listed})
    ), row AS (
        SELECT change.thing, change.id, change.position AS since,
        coalesce(min({begun}, {ended}), {begun}, {ended}) AS until FROM change
    )
    SELECT row.id, {columns}{picked}, {_interval("row.since", "row.until")}
    FROM row JOIN thing ON thing.id = row.thing WHERE {needed_value} IS NOT NULL"""


def _detail(name: str, column: str) -> str:
    return f"json_extract(thing.details, '$.{name}') AS {column}, "


_HEX = "lower(hex(request_id))"
REQUEST_ID = f"""CASE typeof(request_id) WHEN 'blob' THEN substr({_HEX}, 1, 8) || '-' || substr({_HEX}, 9, 4) || '-'
    || substr({_HEX}, 13, 4) || '-' || substr({_HEX}, 17, 4) || '-' || substr({_HEX}, 21) ELSE request_id END"""
"""SQL for the request id of a call; those in the form of a UUID are stored as sixteen bytes, which saves a tenth."""

OUTCOME = """CASE WHEN account IS NULL THEN NULL WHEN code IS NOT NULL THEN 'refused'
    WHEN recorded THEN 'answered' ELSE 'changed' END"""
"""SQL for what became of a call; null for a timer, which answers nobody."""

VIEWS = (
    f"CREATE VIEW calls AS SELECT position, {iso('time')} AS time, operation, account, principal,"
    f" {REQUEST_ID} AS request_id,"
    f" {OUTCOME} AS outcome, code, reason, source FROM call",
    f"""CREATE VIEW facts AS SELECT thing.name AS subject, thing.kind, fact.attribute, fact.key, fact.value,
    {inferred_at("fact.since")} AS inferred, {_interval("fact.since", "fact.until")}
    FROM fact JOIN thing ON thing.id = fact.thing""",
    _versions(
        "organizations",
        "organization",
        "",
        {
            "root": "root",
            "feature_set": "feature set",
            "management_account": "management account",
            "partition": "partition",
        },
        "feature set",
        {"root": "json_extract(thing.details, '$.RootId')"},
    ),
    _versions(
        "accounts",
        "account",
        "",
        {
            "organization": "organization",
            "parent": "parent",
            "name": "name",
            "email": "email",
            "state": "state",
            "joined_method": "joined method",
            "conditions": "conditions",
        },
        "organization",
    ),
    _versions(
        "organizational_units",
        "organizational unit",
        "thing.organization, ",
        {"parent": "parent", "name": "name"},
        "name",
    ),
    _versions(
        "policies",
        "policy",
        "thing.organization, " + _detail("Type", "type"),
        {"name": "name", "description": "description", "content": "content"},
        "name",
    ),
    _versions(
        "handshakes",
        "handshake",
        "thing.organization, " + _detail("Action", "action") + "thing.party, " + _detail("ParentHandshakeId", "parent"),
        {"state": "state", "account": "account"},
        "state",
    ),
    _versions(
        "transfers",
        "transfer",
        "thing.organization, " + _detail("HandshakeId", "handshake") + "thing.party, ",
        {"name": "name", "state": "state", "source_organization": "source organization"},
        "state",
    ),
    _facts(
        "memberships",
        "organization",
        "thing.name AS account, fact.value AS organization, (SELECT how.value FROM fact AS how WHERE"
        " how.thing = fact.thing AND how.attribute = 'joined method' AND how.since = fact.since) AS joined_method,"
        f" {operation_at('fact.since')} AS joined_by,"
        f" CASE WHEN fact.until IS NULL THEN NULL ELSE {operation_at('fact.until')} END AS left_by",
    ),
    _facts(
        "attachments",
        "policy",
        "fact.key AS policy, (SELECT json_extract(details, '$.Type') FROM thing WHERE name = fact.key) AS type,"
        " thing.name AS target, fact.value AS organization",
    ),
    _facts("detached_defaults", "without default policy", "fact.key AS policy, thing.name AS target"),
    _facts("tags", "tag", "thing.name AS resource, fact.key AS key, fact.value AS value"),
    _facts("policy_types", "policy type", "thing.name AS organization, fact.key AS type"),
    _facts("trusted_services", "trusted service", "thing.name AS organization, fact.key AS service"),
    _facts(
        "delegated_administrators",
        "delegated service",
        "thing.name AS account, fact.key AS service, fact.value AS organization",
    ),
    _facts("resource_policies", "content", "thing.name AS id, thing.organization, fact.value AS content")
    + " AND thing.kind = 'resource policy'",
)

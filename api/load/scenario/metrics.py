"""The figures of a run, by the names that thresholds, reports and sweeps use, each with its meaning."""

DISTRIBUTIONS = {
    "joining_days": "from an invitation to its acceptance",
    "migration_days": "from the request for all features to a member's approval",
    "transfer_days": "from the offer to pay an organization's bills to its acceptance",
    "creation_seconds": "from CreateAccount to the account",
    "closing_seconds": "from CloseAccount to the closed account",
    "ready_seconds": "from the turn of an account to its last call, in steps that say what follows its creation",
    "held_back_seconds": "for how long calls were held back, each time, by throttling or another of AWS's limits",
}
"""Figures with a value for each account or call; a threshold names a statistic too: ``migration_days.p95``."""

NUMBERS = {
    "all_features_share": "organizations that have all features at the end, of all, those that only lost accounts too",
    "finalize_days": "from EnableAllFeatures to all features; of several organizations the longest",
    "accepted_share": "accepted invitations and approvals, of all that accounts were asked",
    "declined_share": "declined invitations and approvals, of all that accounts were asked",
    "expired_share": "invitations and approvals that expired, or were canceled when their migration did, of all",
    "members": "accounts in organizations at the end, management accounts included",
    "joined": "accounts that joined by invitation",
    "joined_share": "accounts that accepted an invitation, of all that were invited so far",
    "created": "accounts that were created",
    "creation_failed_share": "account creations that failed, of all that ended",
    "ready_share": "accounts that got ready, of all that were asked for in steps that say what follows their creation",
    "closed": "accounts that were closed",
    "departed": "accounts that left, were removed, moved to another organization or were closed for good",
    "moved_on": "accounts that moved straight from one organization to another; they are among joined and departed",
    "departed_share": "accounts that departed in these ways, of all that were there at first, joined or were created",
    "commands": "calls that were made, repetitions included",
    "refused_share": "calls that were refused, throttled ones included, of all that were made",
    "throttled_share": "calls that were throttled, of all that were made",
    "held_back": "how often calls were held back until one of AWS's limits let them pass",
    "virtual_days": "how long the run took in its own time",
    "virtual_hours": "how long the run took in its own time, in hours",
    "events": "what was recorded",
}
"""Figures with one value for the run."""

NO_SHARE = {
    "all_features_share": "there is no organization",
    "accepted_share": "nobody was asked",
    "declined_share": "nobody was asked",
    "expired_share": "nobody was asked",
    "joined_share": "nobody was invited",
    "joined_of_all_share": "it has no accounts",
    "creation_failed_share": "no account creation has ended",
    "ready_share": "no step that says what follows a creation asked for an account",
    "departed_share": "nobody joined or was created",
    "refused_share": "no call was made",
    "throttled_share": "no call was made",
}
"""Why a share has no value: there is nothing that it would be a share of."""

STATISTICS = ("count", "min", "mean", "median", "max")
"""The statistics of a distribution; besides these ``p0`` to ``p100``, nearest-rank percentiles."""

_OF_ACCOUNTS = {
    name: NUMBERS[name]
    for name in (
        *("accepted_share", "declined_share", "expired_share", "members", "joined", "joined_share"),
        *("created", "creation_failed_share", "closed", "departed", "moved_on", "departed_share"),
    )
} | {name: DISTRIBUTIONS[name] for name in ("joining_days", "migration_days", "creation_seconds", "closing_seconds")}

OF_ORGANIZATIONS = {
    "all_features_share": "1 if it has all features at the end, otherwise 0",
    "finalize_days": "from EnableAllFeatures to all features",
    **_OF_ACCOUNTS,
    "transfer_days": "from its offer to pay another's bills to the acceptance",
}
"""Figures of an organization."""

OF_POPULATIONS = (
    _OF_ACCOUNTS
    | {"joined_of_all_share": "accounts that accepted an invitation, of all that it has, invited or not"}
    | {name: (NUMBERS | DISTRIBUTIONS)[name] for name in ("ready_share", "ready_seconds")}
)
"""Figures of a population."""

OF_TRACKS = {
    "began_days": "when it began, in days after the start of the run",
    "virtual_days": "how long it took in the time of the run",
    "virtual_hours": "how long it took in the time of the run, in hours",
    **{name: NUMBERS[name] for name in ("commands", "refused_share", "throttled_share", "held_back")},
}
"""Figures of a track."""

OF_STEPS = OF_TRACKS
"""Figures of a step; if it is played several times, of all times together."""

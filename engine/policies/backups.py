"""Consistency checks among the members of one backup policy, before any merge."""

from collections.abc import Collection, Mapping

from .schedules import schedule
from .text import located, refuse, shown

LONGEST_CONTINUOUS_BACKUP = 35
SHORTEST_COLD_STORAGE = 90
"""Both in days."""
DELETE, TO_COLD_STORAGE = "delete_after_days", "move_to_cold_storage_after_days"
ARCHIVE = "opt_in_to_archive_for_supported_resources"
CONTINUOUS, SCHEDULE = "enable_continuous_backup", "schedule_expression"
SELECTORS = ("resource_types", "not_resource_types", "conditions")

Path = tuple[str, ...]
Assigned = Mapping[Path, object]
"""Path of a leaf to the value that the policy assigns to it."""


def require_consistent(assigned: Assigned, touched: Collection[Path]) -> None:
    """Check the rules that concern several members of a policy.

    Args:
        assigned: the values that it assigns.
        touched: the paths of the leaves that it sets in any way, and of the groups around them.

    Raises:
        MalformedPolicyDocumentException: a member lacks another that it needs, or members contradict each other.
    """
    for path, value in assigned.items():
        match path:
            case ("plans", _, "rules", _, "enable_continuous_backup") if is_true(value):
                _require_short_life((*path[:4], "lifecycle"), assigned)
            case ("plans", _, "rules", _, *_, "opt_in_to_archive_for_supported_resources") if is_true(value):
                _require_archivable(path[:4], path[:-1], assigned)
            case ("plans", _, "backup_plan_tags", name, "tag_key") if str(value).lower() != name.lower():
                refuse(f"{'/'.join(path)}: {shown(value)} must be the name of the group, {name}")
            case ("plans", _, "selections", "resources", _, "iam_role_arn"):
                if not any((*path[:-1], selector) in touched for selector in SELECTORS):
                    refuse(f"{'/'.join(path[:-1])}: one of {', '.join(SELECTORS)} must be there")
            case _:
                pass


def is_true(value: object) -> bool:
    """Tell whether a flag is set, as a boolean or as a string."""
    return value in (True, "true")


def _require_short_life(lifecycle: Path, assigned: Assigned) -> None:
    """Require that continuous backups are deleted in time, and never moved to cold storage.

    The latter is asked of each policy only: a merged plan that does both was seen to be valid.
    """
    days, place = _days(assigned, (*lifecycle, DELETE)), "/".join(lifecycle)
    if days > LONGEST_CONTINUOUS_BACKUP:
        refuse(f"{place}: {DELETE} is {days}; with {CONTINUOUS} at most {LONGEST_CONTINUOUS_BACKUP}")
    if (*lifecycle, TO_COLD_STORAGE) in assigned:
        refuse(f"{place}: {TO_COLD_STORAGE} must not be there with {CONTINUOUS}")


def _require_archivable(rule: Path, lifecycle: Path, assigned: Assigned) -> None:
    """Require a schedule and a lifecycle that allow archives; that both days must be given is inferred.

    The captures without them have no schedule either.
    """
    in_cold_storage = _days(assigned, (*lifecycle, DELETE)) - _days(assigned, (*lifecycle, TO_COLD_STORAGE))
    expression = assigned.get((*rule, SCHEDULE), "")
    if in_cold_storage < SHORTEST_COLD_STORAGE:
        refuse(
            f"{'/'.join(lifecycle)}: from {TO_COLD_STORAGE} to {DELETE} it is {in_cold_storage} days; with {ARCHIVE} "
            f"it must be {SHORTEST_COLD_STORAGE} at least"
        )
    with located("/".join((*rule, SCHEDULE))):
        if not schedule(str(expression)).suits_archives:
            refuse(f"with {ARCHIVE} it must be at least 28 days from one time to the next")


def _days(assigned: Assigned, path: Path) -> int:
    days = assigned.get(path)
    return (
        int(days) if isinstance(days, str | int) else refuse(f"{'/'.join(path)} must be given, with the other members")
    )

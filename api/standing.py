"""Organizations that are simply there: for tests and load runs that begin where a company has long been founded."""

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct

from ..engine.errors import AlreadyInOrganizationException
from ..engine.events import OrganizationalUnitCreated, OrganizationCreated
from ..engine.operation import SIMULATION, Caller
from ..engine.operations import create_organization, create_organizational_unit, import_organization
from ..engine.runtime.engine import Engine
from ..engine.settings import Quotas
from ..engine.state import State
from ..engine.twin.form import AccountForm, Form
from ..engine.words import FeatureSet, JoinedMethod
from .plurals import counted

SOURCE = "sim.organization"
"""What the log says of where the accounts came from."""

ROOT = "/"
"""The path of the root; those of OUs are names from the root on, with slashes between."""

LONGEST_NAME = 128


class StandingOrganization(Struct, frozen=True):
    """An organization that was made by ``Simulation.organization``."""

    id: str
    root: str
    management_account: str
    accounts: tuple[str, ...]
    """Its members besides the management account, those of the first OU first."""
    units: dict[str, str]
    """The path of each OU, names from the root on, to its id."""


def checked_members(accounts: int | Iterable[str]) -> int | list[str]:
    """The members of an organization, or how many there are to be.

    Raises:
        TypeError: neither a whole number nor a list of accounts.
    """
    if isinstance(accounts, int) and not isinstance(accounts, bool):
        return accounts
    if isinstance(accounts, str) or not isinstance(accounts, Iterable):
        raise TypeError(f"accounts is how many members there are, such as 3_200, or a list of ids; not {accounts!r}")
    return [*accounts]


def checked_features(feature_set: str) -> FeatureSet:
    """A feature set by its name.

    Raises:
        ValueError: there is none that is called so.
    """
    if feature_set not in [*FeatureSet]:
        raise ValueError(f"feature_set is one of {', '.join(FeatureSet)}, not {feature_set!r}")
    return FeatureSet(feature_set)


def require_possible(units: Mapping[str, int], wanted: int | list[str], founder: str, state: State) -> None:
    """Check that an organization can have its OUs and accounts.

    Args:
        units: path of names to the number of accounts directly there.
        wanted: its members, or how many, the management account apart.
        founder: the management account.
        state: of the world.

    Raises:
        ValueError: it cannot; nothing has been made.
        TypeError: ``units`` is no mapping.
    """
    if not hasattr(units, "values"):
        raise TypeError(f"units are the paths of OUs with the number of accounts in each, not {units!r}")
    listed = [] if isinstance(wanted, int) else wanted
    if twice := [account for account, times in Counter(listed).items() if times > 1]:
        raise ValueError(f"{twice[0]} is there twice")
    for account in listed:
        elsewhere = state.organization_of(account)
        if account == founder or elsewhere:
            where = f"in {elsewhere.id}" if elsewhere else "the management account"
            raise ValueError(f"{account} cannot be one of the members: it is {where}")
    _require_room(units, wanted if isinstance(wanted, int) else len(wanted), state.settings.quotas)


def _require_room(units: Mapping[str, int], accounts: int, quotas: Quotas) -> None:
    paths = all_paths(units)
    placed = sum(units.values())
    if accounts < 0:
        raise ValueError(f"the number of accounts cannot be {accounts}")
    if min(units.values(), default=0) < 0 or placed > accounts:
        raise ValueError(f"the OUs have {counted(placed, 'account')}, and the organization has {accounts:,}")
    for path in units:
        if not all(1 <= len(name) <= LONGEST_NAME for name in path.split("/")):
            raise ValueError(f"the name of an OU has 1 to {LONGEST_NAME} characters, unlike one in {path!r}")
        if path.count("/") >= quotas.organizational_unit_depth:
            raise ValueError(f"{path!r} is more than {quotas.organizational_unit_depth} levels below the root")
    if len(paths) > quotas.organizational_units:
        raise ValueError(f"{len(paths):,} OUs, and the quota is {quotas.organizational_units:,}")
    if accounts + 1 > quotas.accounts:
        raise ValueError(f"with the management account {accounts + 1:,} accounts, and the quota is {quotas.accounts:,}")


def all_paths(units: Iterable[str]) -> list[str]:
    """The paths of OUs and of those above them, parents first."""
    found: dict[str, None] = {}
    for path in units:
        names = path.split("/")
        found |= {"/".join(names[:end]): None for end in range(1, len(names) + 1)}
    return [*found]


def stand(
    engine: Engine,
    founder: str,
    accounts: list[str],
    units: Mapping[str, int],
    *,
    feature_set: FeatureSet,
    created: float,
) -> StandingOrganization:
    """Make an organization with its members, now; ``Simulation.organization`` describes it.

    Raises:
        AlreadyInOrganizationException: the management account is in one; nothing has been made.
    """
    caller = Caller(founder)
    try:
        founded = engine.post(create_organization.Request(feature_set), caller)[0]
    except AlreadyInOrganizationException as refusal:
        refusal.add_note("say another management_account: each organization has one of its own")
        raise
    assert isinstance(founded, OrganizationCreated)
    places = {ROOT: founded.root}
    for path in all_paths(units):
        above, _, name = path.rpartition("/")
        made = engine.post(create_organizational_unit.Request(places[above or ROOT], name), caller)[0]
        assert isinstance(made, OrganizationalUnitCreated)
        places[path] = made.unit
    homes = homes_of(units, len(accounts))
    members = [
        AccountForm(id=account, parent=places[home], joined_method=joined_method(index, created))
        for index, (account, home) in enumerate(zip(accounts, homes, strict=True))
    ]
    if members:
        join(engine, founded.organization, members, SOURCE, engine.now)
    del places[ROOT]
    return StandingOrganization(founded.organization, founded.root, founder, tuple(accounts), places)


def homes_of(units: Mapping[str, int], number: int) -> list[str]:
    """The path of the OU of each of so many accounts: first those of the first OU; who is in none is under the root.

    Args:
        units: path to the number of accounts directly there.
        number: all accounts.
    """
    placed = [path for path, there in units.items() for _ in range(there)]
    return placed + [ROOT] * (number - len(placed))


def joined_method(index: int, created: float) -> JoinedMethod:
    """How the account at an index has joined; the share that the organization created is spread evenly over all."""
    return JoinedMethod.CREATED if int((index + 1) * created) > int(index * created) else JoinedMethod.INVITED


def join(engine: Engine, organization: str, members: Iterable[AccountForm], source: str, taken_at: int) -> None:
    """Have accounts be members of an organization from now on, without a call for each of them.

    Args:
        engine: of the world.
        organization: its id.
        members: the accounts, with their OUs.
        source: what the log says of where they came from.
        taken_at: when they are said to have stood so, in microseconds since the epoch.
    """
    known = engine.state.organizations[organization]
    form = Form(
        organization=organization,
        root=known.root,
        management_account=known.management_account,
        feature_set=known.feature_set,
        accounts=tuple(members),
    )
    request = import_organization.Request(form=form, source=source, taken_at=taken_at, final=False)
    engine.post(request, SIMULATION)

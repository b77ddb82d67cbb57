"""What is known to be odd about CloudTrail's records of AWS Organizations (docs/aws.md 11)."""

from typing import Any

import pytest
from support.given import FOUNDER, MEMBER, OTHER, STRANGER, World
from support.soundness import check_state
from support.trail_records import handshake_answer, record

from orgsim.engine.events import (
    AccountCreationRequested,
    AccountCreationSucceeded,
    AccountDeparted,
    AccountJoined,
    HandshakeAccepted,
    HandshakeDeclined,
    HandshakeRequested,
    OrganizationalUnitRenamed,
    OrganizationCreated,
    PolicyAttached,
    PolicyCreated,
    PolicyDetached,
    PolicyTypeDisabled,
    PolicyTypeEnabled,
    ResourcePolicyPut,
    RootIdentified,
)
from orgsim.engine.records.record import Known, Record, Unplaced
from orgsim.engine.settings import DAY, SECOND
from orgsim.engine.shapes.trail_times import text_time
from orgsim.engine.words import DepartureMethod, FeatureSet, JoinedMethod, PolicyType

SCP = PolicyType.SERVICE_CONTROL_POLICY
HOME, ROOT = "o-aa111bb222", "r-ab12"
INVITATION, PARENT = "h-11111111aaaa", "h-22222222bbbb"


class Trail(World):
    """A world that is told by records, and that must be sound after each."""

    def told(self, taken: Record, caller: str | None = FOUNDER) -> list[Any]:
        """Take a record; returns its events, without the first."""
        events = self.do(taken, caller)
        check_state(self.state)
        self.inferred = events[0].inferred
        return list(events[1:])

    def begun(self, feature_set: str = "ALL") -> str:
        """The organization is founded; returns its id."""
        answer = {"organization": {"id": HOME, "masterAccountId": FOUNDER, "featureSet": feature_set}}
        self.told(record("CreateOrganization", {}, answer, elsewhere=Known(root=ROOT)))
        return HOME


@pytest.fixture
def trail() -> Trail:
    """An organization of one account, with all features."""
    world = Trail()
    world.begun()
    return world


def test_disabling_a_type_still_shows_it_enabled(trail: Trail) -> None:
    """The answer of DisablePolicyType shows the old state; the type is disabled all the same."""
    asked = {"rootId": ROOT, "policyType": SCP}
    shown = {"root": {"id": ROOT, "policyTypes": [{"type": SCP, "status": "ENABLED"}]}}
    trail.told(record("EnablePolicyType", asked, shown))
    assert trail.told(record("DisablePolicyType", asked, shown)) == [PolicyTypeDisabled(HOME, SCP)]
    assert trail.organization_of(FOUNDER).policies.enabled == {}


def test_a_type_that_was_enabled_before_the_trail(trail: Trail) -> None:
    """A type that is disabled must have been enabled."""
    assert trail.told(record("DisablePolicyType", {"rootId": ROOT, "policyType": SCP})) == [
        PolicyTypeEnabled(HOME, SCP),
        PolicyTypeDisabled(HOME, SCP),
    ]
    assert trail.inferred == 1


def test_the_content_of_a_resource_policy_is_hidden(trail: Trail) -> None:
    """A hidden resource policy is there under its id, and grants nobody anything."""
    hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"
    answer = {"resourcePolicy": {"resourcePolicySummary": {"id": "rp-vdj3leyl"}, "content": hidden}}
    (put,) = trail.told(record("PutResourcePolicy", {"content": hidden}, answer))
    assert isinstance(put, ResourcePolicyPut)
    assert put.resource_policy == "rp-vdj3leyl"
    assert hidden not in put.content
    assert "HiddenInCloudTrail" in put.content


@pytest.mark.parametrize("comma", [False, True])
def test_times_in_answers_are_text(trail: Trail, comma: bool) -> None:
    """The expiration is the one of the answer, in either form, though it is a second before the record's."""
    due = trail.now + 15 * DAY - SECOND
    answer = handshake_answer(INVITATION, "invite", MEMBER)
    answer["handshake"]["expirationTimestamp"] = text_time(due, comma=comma)
    (requested,) = trail.told(
        record("InviteAccountToOrganization", {"target": {"type": "ACCOUNT", "id": MEMBER}}, answer)
    )
    assert requested.expires_at == due // SECOND * SECOND
    trail.advance(days=15)
    assert trail.state_of(INVITATION) == "EXPIRED"


def test_addresses_and_names_are_masked(trail: Trail) -> None:
    """A masked creation has a placeholder of an address; the account has the name and address of its id."""
    status = {"id": "car-11111111aaaa", "state": "IN_PROGRESS", "accountName": "****"}
    asked = {"email": "****", "accountName": "****", "tags": [{"key": "team", "value": "blue"}]}
    (requested,) = trail.told(record("CreateAccount", asked, {"createAccountStatus": status}))
    assert isinstance(requested, AccountCreationRequested)
    assert requested.email == "car-11111111aaaa@masked.example"
    done = {"id": "car-11111111aaaa", "state": "SUCCEEDED", "accountName": "****", "accountId": MEMBER}
    succeeded, joined, tagged = trail.told(record("CreateAccountResult", details={"createAccountStatus": done}), None)
    assert succeeded == AccountCreationSucceeded(HOME, "car-11111111aaaa", MEMBER)
    assert joined == AccountJoined(HOME, MEMBER, JoinedMethod.CREATED)
    assert tagged.resource == MEMBER
    assert trail.state.email_of(MEMBER) == f"{MEMBER}@accounts.example"


def test_addresses_were_plain_in_2017(trail: Trail) -> None:
    """An address and a name that are not masked are the account's."""
    status = {"id": "car-11111111aaaa", "state": "IN_PROGRESS"}
    asked = {"email": "anaya@example.com", "accountName": "Anaya"}
    trail.told(record("CreateAccount", asked, {"createAccountStatus": status}))
    done = {"createAccountStatus": {"id": "car-11111111aaaa", "state": "SUCCEEDED", "accountId": MEMBER}}
    trail.told(record("CreateAccountResult", details=done), None)
    assert (trail.state.email_of(MEMBER), trail.state.name_of(MEMBER)) == ("anaya@example.com", "Anaya")


def test_a_creation_ends_with_its_result_alone(trail: Trail) -> None:
    """No timer ends a creation that was decided elsewhere; a second result changes nothing."""
    trail.told(record("CreateAccount", {"email": "****"}, {"createAccountStatus": {"id": "car-11111111aaaa"}}))
    trail.advance(days=3)
    assert trail.state.creations
    failed = {"createAccountStatus": {"id": "car-11111111aaaa", "state": "FAILED", "failureReason": "INVALID_EMAIL"}}
    assert len(trail.told(record("CreateAccountResult", details=failed), None)) == 1
    assert trail.told(record("CreateAccountResult", details=failed), None) == []


def test_a_closure_ends_with_its_result_or_after_the_longest_time_measured(trail: Trail) -> None:
    """CloseAccountResult ends a closure; where it is missing, the closure has ended eleven minutes later."""
    for account in (MEMBER, OTHER):
        trail.told(record("CloseAccount", {"accountId": account}))
    done = {"closeAccountStatus": {"accountId": MEMBER, "state": "SUCCEEDED"}}
    said = Known(HOME, FOUNDER)
    assert len(trail.told(record("CloseAccountResult", details=done, said=said), None)) == 1
    closures = trail.organization_of(FOUNDER).closures
    assert ([*closures.closed], [*closures.pending]) == ([MEMBER], [OTHER])
    trail.advance(minutes=11)
    assert [*closures.closed] == [MEMBER, OTHER]
    assert trail.told(record("CloseAccountResult", details=done, said=said), None) == []


def test_cleaning_and_the_timer_happen_once(trail: Trail) -> None:
    """An account that AWS says was cleaned is gone, and the timer of ninety days changes nothing; and the other way."""
    for account in (MEMBER, OTHER):
        trail.told(record("CloseAccount", {"accountId": account}))
    trail.advance(days=89)
    cleaned = {"accountId": MEMBER, "departureMethod": "CLEANED"}
    event = record("AccountDepartedOrganization", details=cleaned, said=Known(HOME, FOUNDER))
    assert trail.told(event, None) == [AccountDeparted(HOME, MEMBER, DepartureMethod.CLEANED)]
    trail.advance(days=2)
    assert [*trail.organization_of(FOUNDER).members] == [FOUNDER]
    other = record("AccountDepartedOrganization", details={**cleaned, "accountId": OTHER}, said=Known(HOME, FOUNDER))
    assert trail.told(other, None) == []


def test_the_action_is_in_lower_case_and_the_acceptance_in_another_trail(trail: Trail) -> None:
    """An invitation that was sent before the trail is inferred from its acceptance, by the account that called."""
    answer = handshake_answer(INVITATION, "invite", MEMBER, "ACCEPTED")
    events = trail.told(
        record("AcceptHandshake", {"handshakeId": INVITATION}, answer, said=Known(HOME, FOUNDER)), MEMBER
    )
    assert [type(event) for event in events] == [HandshakeRequested, HandshakeAccepted, AccountJoined]
    assert trail.inferred == 1
    joined = {"accountId": MEMBER, "joinedMethod": "INVITED"}
    assert trail.told(record("AccountJoinedOrganization", details=joined, said=Known(HOME, FOUNDER)), None) == []


def test_an_acceptance_that_is_in_no_trail(trail: Trail) -> None:
    """Where the invited account's own trail is missing, AWS's event about the membership tells that it joined."""
    asked = {"target": {"type": "ACCOUNT", "id": MEMBER}}
    trail.told(record("InviteAccountToOrganization", asked, handshake_answer(INVITATION, "invite", MEMBER)))
    joined = {"accountId": MEMBER, "joinedMethod": "Invited", "joinedTime": "Jul 17, 2026, 2:53:40 PM"}
    events = trail.told(record("AccountJoinedOrganization", details=joined, said=Known(HOME, FOUNDER)), None)
    assert events == [AccountJoined(HOME, MEMBER, JoinedMethod.INVITED)]
    answer = handshake_answer(INVITATION, "invite", MEMBER, "ACCEPTED")
    assert trail.told(record("AcceptHandshake", {}, answer), MEMBER) == [HandshakeAccepted(HOME, INVITATION)]


def test_an_invitation_that_was_answered_unseen(trail: Trail) -> None:
    """Another invitation of the same account shows that the first one was answered, and that it did not join."""
    asked = {"target": {"type": "ACCOUNT", "id": MEMBER}}
    for handshake in (INVITATION, PARENT):
        events = trail.told(record("InviteAccountToOrganization", asked, handshake_answer(handshake, "invite", MEMBER)))
    assert events[0] == HandshakeDeclined(HOME, INVITATION)


def test_a_masked_address_is_invited() -> None:
    """Two invitations of masked addresses are two, each with a placeholder of its own."""
    trail = Trail()
    trail.begun()
    for handshake in (INVITATION, PARENT):
        asked = {"target": {"type": "EMAIL", "id": "****"}}
        trail.told(record("InviteAccountToOrganization", asked, handshake_answer(handshake, "invite", "****")))
    assert len(trail.organization_of(FOUNDER).invitations) == 2


def test_an_organization_older_than_the_trail() -> None:
    """A manager whose organization nobody names has one with placeholders, and the root gets its id when it is told."""
    trail = Trail()
    created, joined, _ = trail.told(record("EnableAWSServiceAccess", {"servicePrincipal": "ram.amazonaws.com"}))
    assert created == OrganizationCreated(f"o-unknown{FOUNDER}", f"r-unknown{FOUNDER}", FOUNDER, FeatureSet.ALL)
    assert (joined.account, trail.inferred) == (FOUNDER, 2)
    unit = {"organizationalUnit": {"id": "ou-ab12-11111111", "name": "Sandbox"}}
    asked = {"parentId": ROOT, "name": "Sandbox"}
    identified, _ = trail.told(record("CreateOrganizationalUnit", asked, unit, said=Known(root=ROOT)))
    assert identified == RootIdentified(f"o-unknown{FOUNDER}", f"r-unknown{FOUNDER}", ROOT)
    assert trail.organization_of(FOUNDER).units.path_to("ou-ab12-11111111") == [ROOT, "ou-ab12-11111111"]


def test_other_records_tell_what_the_organization_is_called() -> None:
    """What other records of the trail say about the organization is used instead of placeholders."""
    trail = Trail()
    elsewhere = Known(HOME, FOUNDER, ROOT, "aws-us-gov", FeatureSet.CONSOLIDATED_BILLING)
    events = trail.told(record("CreateAccount", {}, {"createAccountStatus": {"id": "car-1"}}, elsewhere=elsewhere))
    assert events[0] == OrganizationCreated(HOME, ROOT, FOUNDER, FeatureSet.CONSOLIDATED_BILLING)
    assert trail.organization_of(FOUNDER).partition == "aws-us-gov"


def test_the_default_policy(trail: Trail) -> None:
    """AWS's policy is attached everywhere once a policy of its type is; where it is detached, another must be there."""
    events = trail.told(record("AttachPolicy", {"policyId": "p-11111111", "targetId": MEMBER}))
    assert [type(event) for event in events] == [PolicyCreated, PolicyTypeEnabled, AccountJoined, PolicyAttached]
    detached = trail.told(record("DetachPolicy", {"policyId": "p-FullAWSAccess", "targetId": MEMBER}))
    assert detached == [PolicyDetached(HOME, "p-FullAWSAccess", MEMBER)]
    stands_in, attached, _ = trail.told(record("DetachPolicy", {"policyId": "p-FullAWSAccess", "targetId": ROOT}))
    assert (stands_in.policy, attached.target) == ("p-unknownaa111bb222", ROOT)


def test_a_migration_of_which_the_trail_names_the_parent_only() -> None:
    """The approvals get placeholders, and their own ids when they are answered; then the migration can be finalized."""
    trail = Trail()
    trail.begun("CONSOLIDATED_BILLING")
    for account in (MEMBER, OTHER):
        answer = handshake_answer(f"h-{account}", "invite", account, "ACCEPTED")
        trail.told(record("AcceptHandshake", {}, answer, said=Known(HOME, FOUNDER)), account)
    trail.told(record("EnableAllFeatures", {}, handshake_answer(PARENT, "enable_all_features", state="REQUESTED")))
    approval = handshake_answer("h-33333333cccc", "approve_all_features", MEMBER, "ACCEPTED")
    canceled, requested, accepted = trail.told(record("AcceptHandshake", {}, approval), MEMBER)
    assert (requested.handshake, accepted.handshake) == ("h-33333333cccc", "h-33333333cccc")
    assert canceled.handshake.startswith("h-unknown222222222222")
    final = handshake_answer(PARENT, "enable_all_features", state="ACCEPTED")
    events = trail.told(record("AcceptHandshake", {}, final))
    assert trail.inferred == 1, "the approval of OTHER is in its own trail"
    assert [type(event).__name__ for event in events] == ["HandshakeAccepted", "HandshakeAccepted", "FeatureSetChanged"]


def test_a_denied_call_has_no_parameters(trail: Trail) -> None:
    """A call that was denied is kept without what was asked, which its record does not say."""
    (call,) = trail.told(record("LeaveOrganization", None, None, code="AccessDenied", message="no"), STRANGER)
    assert (call.members, call.code, call.message) == ({}, "AccessDenied", "no")


def test_names_that_must_have_changed(trail: Trail) -> None:
    """An OU that gets the name of a sibling shows that the sibling has another by now."""
    for unit in ("ou-ab12-11111111", "ou-ab12-22222222"):
        answer = {"organizationalUnit": {"id": unit, "name": "Sandbox"}}
        events = trail.told(record("CreateOrganizationalUnit", {"parentId": ROOT, "name": "Sandbox"}, answer))
    assert events[0] == OrganizationalUnitRenamed(HOME, "ou-ab12-11111111", "ou-ab12-11111111")


def test_an_organization_that_is_deleted_though_members_are_known(trail: Trail) -> None:
    """Whoever is known as a member must have left before, in a way that nobody knows."""
    trail.told(record("TagResource", {"resourceId": MEMBER, "tags": [{"key": "team", "value": "blue"}]}))
    trail.told(record("CreateAccount", {}, {"createAccountStatus": {"id": "car-1"}}))
    trail.told(record("DeleteOrganization"))
    assert trail.inferred == 2
    assert trail.state.organizations[HOME].deleted


@pytest.mark.parametrize(
    ("taken", "why"),
    [
        (record("MoveAccount", {"accountId": "me", "sourceParentId": ROOT}), "no account id of twelve digits"),
        (record("CreateOrganizationalUnit", {"parentId": ROOT}, {}), "organizationalUnit.id is missing"),
        (record("EnablePolicyType", {"rootId": "r-zzzz", "policyType": SCP}), "the root of o-aa111bb222 is r-ab12"),
        (record("EnablePolicyType", {"rootId": ROOT, "policyType": "NEW_POLICY"}), "no policy type 'NEW_POLICY'"),
        (record("AcceptHandshake", {}, handshake_answer(PARENT, "dance", MEMBER)), "is about DANCE"),
        (record("AcceptHandshake", {}, handshake_answer(PARENT, "enable_all_features")), "began before the trail"),
        (record("TerminateResponsibilityTransfer", {"id": "rt-1"}), "rt-1 began before the trail"),
        (record("UpdatePolicy", {"policyId": "p-FullAWSAccess"}), "which nobody updates"),
        (record("CloseAccount", {"accountId": FOUNDER}), "cannot be closed"),
        (
            record(
                "AccountDepartedOrganization",
                details={"accountId": MEMBER, "departureMethod": "FLED"},
                said=Known(HOME),
            ),
            "'FLED'",
        ),
    ],
)
def test_what_cannot_be_placed_says_why(trail: Trail, taken: Record, why: str) -> None:
    """A record that contradicts what is known, or says too little, is refused with what is wrong."""
    with pytest.raises(Unplaced) as caught:
        trail.do(taken, FOUNDER)
    assert why in str(caught.value)

"""The types of events: everything that a log can record.

The rules: an event's name is in the past tense, and an event is never changed once released. Its tag is stored in logs,
so it never changes its meaning and is never renamed. New fields come last and have defaults, because events are stored
as MessagePack arrays.
``tests/engine/golden_events.json`` holds one stored sample of every tag ever released; all must decode for ever.
"""

from .access import (
    DelegatedAdministratorDeregistered,
    DelegatedAdministratorRegistered,
    ResourcePolicyDeleted,
    ResourcePolicyPut,
    ServiceAccessDisabled,
    ServiceAccessEnabled,
)
from .accounts import (
    AccountClosed,
    AccountClosureRequested,
    AccountCreationFailed,
    AccountCreationRequested,
    AccountCreationSucceeded,
    AccountDeparted,
    AccountDescribed,
    AccountJoined,
    AccountMoved,
    AccountReinstated,
)
from .base import Event as Event
from .base import OrganizationEvent as OrganizationEvent
from .base import Tag as Tag
from .base import WorldEvent as WorldEvent
from .calls import CallRecorded
from .dumps import DumpTaken
from .faults import FaultCleared, FaultInjected, FaultPassedOver, FaultScripted
from .handshakes import (
    HandshakeAccepted,
    HandshakeCanceled,
    HandshakeDeclined,
    HandshakeExpired,
    HandshakeOpened,
    HandshakePurged,
    HandshakeRequested,
)
from .organizations import (
    FeatureSetChanged,
    OrganizationCreated,
    OrganizationDeleted,
    PartitionAssigned,
    RootIdentified,
    TimeAdvanced,
    WorldCreated,
)
from .policies import (
    EffectivePoliciesOutdated,
    EffectivePoliciesPublished,
    PolicyAttached,
    PolicyCreated,
    PolicyDeleted,
    PolicyDetached,
    PolicyTypeDisabled,
    PolicyTypeEnabled,
    PolicyUpdated,
)
from .records import RecordTaken
from .transfers import (
    ResponsibilityTransferAccepted,
    ResponsibilityTransferEnded,
    ResponsibilityTransferPurged,
    ResponsibilityTransferRenamed,
    ResponsibilityTransferRequested,
    ResponsibilityTransferWithdrawn,
)
from .units import (
    OrganizationalUnitCreated,
    OrganizationalUnitDeleted,
    OrganizationalUnitRenamed,
    ResourceTagged,
    ResourceUntagged,
)

AnyEvent = (
    WorldCreated
    | TimeAdvanced
    | AccountDescribed
    | OrganizationCreated
    | OrganizationDeleted
    | FeatureSetChanged
    | HandshakeRequested
    | HandshakeOpened
    | HandshakeAccepted
    | HandshakeDeclined
    | HandshakeCanceled
    | HandshakeExpired
    | HandshakePurged
    | AccountCreationRequested
    | AccountCreationSucceeded
    | AccountCreationFailed
    | AccountJoined
    | AccountDeparted
    | AccountMoved
    | AccountClosureRequested
    | AccountClosed
    | OrganizationalUnitCreated
    | OrganizationalUnitRenamed
    | OrganizationalUnitDeleted
    | ResourceTagged
    | ResourceUntagged
    | PolicyTypeEnabled
    | PolicyTypeDisabled
    | PolicyCreated
    | PolicyUpdated
    | PolicyDeleted
    | PolicyAttached
    | PolicyDetached
    | EffectivePoliciesOutdated
    | EffectivePoliciesPublished
    | ServiceAccessEnabled
    | ServiceAccessDisabled
    | DelegatedAdministratorRegistered
    | DelegatedAdministratorDeregistered
    | ResourcePolicyPut
    | ResourcePolicyDeleted
    | ResponsibilityTransferRequested
    | ResponsibilityTransferAccepted
    | ResponsibilityTransferEnded
    | ResponsibilityTransferPurged
    | ResponsibilityTransferRenamed
    | ResponsibilityTransferWithdrawn
    | PartitionAssigned
    | FaultScripted
    | FaultCleared
    | FaultInjected
    | FaultPassedOver
    | CallRecorded
    | DumpTaken
    | AccountReinstated
    | RecordTaken
    | RootIdentified
)

"""The client: submit events, read the log, and ask how things stand as of any point.

    >>> from communique.client import Client
    >>> with Client("127.0.0.1:50551") as record:
    ...     status = record.status("KOR", "JPN", valid_at="2019-08-20", zone="Asia/Seoul")
    ...     print(status.posture)
    STRAINED

It takes and gives the domain's own objects (`communique.domain`) and raises `CommuniqueError`. It
needs only the base dependencies, not the `server` extra.
"""

from communique.client.client import Client
from communique.client.errors import (
    CommuniqueError,
    Conflict,
    InvalidRequest,
    NotFound,
    OutOfRange,
    Overloaded,
    RevisionConflict,
    TimedOut,
    Unavailable,
)
from communique.client.following import Subscription, Watch
from communique.client.questions import EventFilter, Point
from communique.client.results import (
    EventHistory,
    Head,
    ImportReport,
    Listing,
    Projection,
    RebuildProgress,
    Receipt,
    Rejection,
    Subject,
    SubjectClaim,
    VerifyProgress,
)
from communique.client.tables import (
    EventListing,
    IssueListing,
    StatusListing,
    SubjectClaimListing,
    SubjectListing,
)
from communique.client.transport import Retry
from communique.codec import Violation
from communique.domain.claims.history import EventAsOf

__all__ = [
    "Client",
    "CommuniqueError",
    "Conflict",
    "EventAsOf",
    "EventFilter",
    "EventHistory",
    "EventListing",
    "Head",
    "ImportReport",
    "InvalidRequest",
    "IssueListing",
    "Listing",
    "NotFound",
    "OutOfRange",
    "Overloaded",
    "Point",
    "Projection",
    "RebuildProgress",
    "Receipt",
    "Rejection",
    "Retry",
    "RevisionConflict",
    "StatusListing",
    "Subject",
    "SubjectClaim",
    "SubjectClaimListing",
    "SubjectListing",
    "Subscription",
    "TimedOut",
    "Unavailable",
    "VerifyProgress",
    "Violation",
    "Watch",
]

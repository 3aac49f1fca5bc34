"""What gRPC knows of a call: who calls, and until when it waits."""

from math import inf
from typing import TYPE_CHECKING, Any, TypeAlias, cast

if TYPE_CHECKING:
    import grpc.aio

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


def submitter_of(context: Context) -> str:
    """Return the common name of the client's certificate; empty where the server asks for none."""
    names = [*context.auth_context().get("x509_common_name", ())]
    return names[0].decode() if names else ""


def seconds_left(context: Context) -> float:
    """Return how long the client still waits; infinite where it set no deadline."""
    remaining = cast("float | None", context.time_remaining())
    return inf if remaining is None else remaining

"""The channel to a server, and how often failed calls are tried again."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

import grpc

from communique.client.errors import CommuniqueError, decoded

Credentials: TypeAlias = grpc.ChannelCredentials
MESSAGE_BYTES_MAX: Final = 16 * 1024 * 1024
_JITTER: Final = 0.25

_OPTIONS: Final = (
    ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
    ("grpc.max_receive_message_length", 4 * MESSAGE_BYTES_MAX),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    # gRPC waits a second and more by default before it connects again to a restarted server.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
)


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a call is tried; waits double each time, or are as long as the server asks."""

    attempts_max: int = 6
    first_delay_seconds: float = 0.1
    delay_seconds_max: float = 2.0

    def delay_seconds(self, fault: CommuniqueError, failures: int) -> float | None:
        """Return how long to wait after that many failures in a row, None to give up."""
        if not fault.retryable or failures >= self.attempts_max:
            return None
        doubled = min(self.first_delay_seconds * 2.0 ** (failures - 1), self.delay_seconds_max)
        delay = max(doubled, fault.retry_after_seconds or 0.0)
        return delay * (1 + random.uniform(0, _JITTER))  # noqa: S311  no secret

    def pause(self, fault: CommuniqueError, failures: int) -> None:
        """Wait before the next attempt, or raise the fault."""
        delay = self.delay_seconds(fault, failures)
        if delay is None:
            raise fault
        time.sleep(delay)


def tls_credentials(
    ca: bytes | None, key: bytes | None = None, certificate: bytes | None = None
) -> Credentials:
    """Return what TLS needs, of PEM texts; without a `ca` the system's authorities are trusted."""
    return grpc.ssl_channel_credentials(ca, key, certificate)


def channel_to(target: str, credentials: Credentials | None) -> grpc.Channel:
    """Return a channel, which connects with its first call."""
    if credentials is None:
        return grpc.insecure_channel(target, _OPTIONS)
    return grpc.secure_channel(target, credentials, _OPTIONS)


@contextmanager
def decoding() -> Iterator[None]:
    """Raise a `CommuniqueError` for whatever gRPC raises inside."""
    try:
        yield
    except grpc.RpcError as error:
        raise decoded(error) from error

"""The gRPC server: its services, its options, and where it listens."""

import asyncio
from typing import Final

import grpc
import grpc.aio
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1.health import SERVICE_NAME as HEALTH_SERVICE
from grpc_reflection.v1alpha import reflection

from communique.server.application.use_cases import UseCases
from communique.server.faces.grpc.health_service import HealthService
from communique.server.faces.grpc.method_handlers import method_handlers
from communique.server.runtime import limits
from communique.server.runtime.settings import Settings
from communique.v1 import projection_service_pb2, record_service_pb2, timeline_service_pb2

_OPTIONS: Final = (
    ("grpc.so_reuseport", 0),  # two servers on one port would share its calls: an error instead
    ("grpc.max_receive_message_length", limits.MESSAGE_BYTES_MAX),
    ("grpc.max_send_message_length", limits.MESSAGE_BYTES_MAX),
    ("grpc.max_concurrent_streams", limits.STREAMS_PER_CONNECTION_MAX),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
)


class CannotListen(Exception):
    """The address can't be listened at; most often another process does."""


class GrpcServer:
    """Answers the contract's services, health and reflection, at the address of the settings.

    It listens once it is made, and answers from `start` on. Making it raises `CannotListen`, and
    `OSError` for a TLS file.
    """

    def __init__(self, settings: Settings, cases: UseCases, health: HealthService) -> None:
        self._runner = cases.runner
        self._server = grpc.aio.server(options=_OPTIONS)
        served = [
            self._add(module.DESCRIPTOR.services_by_name[type(service).__name__], service)
            for module, service in (
                (record_service_pb2, cases.record),
                (timeline_service_pb2, cases.timeline),
                (projection_service_pb2, cases.projection),
            )
        ]
        health_pb2_grpc.add_HealthServicer_to_server(health.servicer, self._server)
        reflected = (*served, HEALTH_SERVICE, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(reflected, self._server)
        self.address = _listen(self._server, settings)

    async def start(self) -> None:
        """Answer calls from now on."""
        await self._server.start()

    async def stop(self, grace_seconds: float) -> None:
        """Give calls under way their grace; answers that nobody fetches do not use it up."""
        self._runner.drain()
        stopping = asyncio.create_task(self._server.stop(grace_seconds))
        await self._runner.wait_until_none(grace_seconds)
        await asyncio.wait([stopping], timeout=limits.END_SECONDS)
        await self._server.stop(None)
        await stopping

    def _add(self, service: ServiceDescriptor, use_cases: object) -> str:
        """Serve a service by its use cases; return its full name."""
        handlers = method_handlers(service, use_cases, self._runner)
        generic = grpc.method_handlers_generic_handler(service.full_name, handlers)
        self._server.add_generic_rpc_handlers((generic,))
        return service.full_name


def _listen(server: grpc.aio.Server, settings: Settings) -> str:
    credentials = _credentials(settings)
    try:
        if credentials:
            port = server.add_secure_port(settings.listen, credentials)
        else:
            port = server.add_insecure_port(settings.listen)
    except RuntimeError as error:
        raise CannotListen(f"can't listen at {settings.listen}: is it in use?") from error
    return f"{settings.listen.rpartition(':')[0]}:{port}"


def _credentials(settings: Settings) -> grpc.ServerCredentials | None:
    if settings.tls_key is None or settings.tls_certificate is None:
        return None
    pair = (settings.tls_key.read_bytes(), settings.tls_certificate.read_bytes())
    authorities = settings.tls_client_ca.read_bytes() if settings.tls_client_ca else None
    return grpc.ssl_server_credentials([pair], authorities, authorities is not None)

"""Asks the server over grpc.health.v1 whether it serves; exit code 0 says yes, 1 says no.

The address is the server's own setting, `COMMUNIQUE_LISTEN`: HOST:PORT.
"""

import os
import sys

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

EVERY_INTERFACE = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - asked for, not listened on
TIMEOUT_SECONDS = 4


def main() -> int:
    """Print the server's status, or why there is none."""
    host, _, port = os.environ.get("COMMUNIQUE_LISTEN", "127.0.0.1:50551").rpartition(":")
    with grpc.insecure_channel(f"{EVERY_INTERFACE.get(host, host)}:{port}") as channel:
        check = health_pb2_grpc.HealthStub(channel).Check  # type: ignore[attr-defined] # not in its stubs
        try:
            answer = check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT_SECONDS)
        except grpc.RpcError as error:
            print(error.code().name)
            return 1
    print(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))
    return int(answer.status != health_pb2.HealthCheckResponse.SERVING)


if __name__ == "__main__":
    sys.exit(main())

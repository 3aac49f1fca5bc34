"""The gRPC face: every rpc of the contract calls the use case of its name.

`method_handlers` makes the handlers from the contract's descriptors, `status_codes` turns failures
into statuses, `health_service` is `grpc.health.v1`, `grpc_server` puts them together.
"""

"""The gRPC face: every rpc of the contract calls the use case of its name."""

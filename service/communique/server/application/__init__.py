"""The use cases: what the service does, without gRPC, HTTP or SQLite."""

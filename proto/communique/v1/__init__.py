"""The contract: generated code beside its proto files. Import `_pb2` and `_pb2_grpc` modules."""

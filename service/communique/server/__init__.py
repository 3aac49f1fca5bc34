"""The server: the log, the read models, and the use cases that the gRPC face offers.

`app` puts everything together.
"""

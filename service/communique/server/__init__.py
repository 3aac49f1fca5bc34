"""The server: the log, the read models, and the gRPC services over them.

Start with `server`, which puts everything together. A call comes in through `interceptors`, goes to
`record_service`, `timeline_service` or `projection_service`, and leaves as an answer or as one of
the statuses that `errors` lists.
"""

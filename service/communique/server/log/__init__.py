"""The log: the service's one ordered record of events.

`event_log` is the interface: everything that the rest of the server may ask of a log. `entries` is
its vocabulary, `rules` decides what is accepted, `log_errors` is the tree of what can go wrong,
`tail` tells of new positions, `decoding` turns stored bytes into domain events. `sqlite_store`
keeps a log in a SQLite file; `eventsourcing` offers any log through that library's interfaces.
"""

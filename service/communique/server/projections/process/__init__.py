"""The projector: a process of its own, in which the projections follow the log.

Projecting takes more time than appending, and one process uses one core. So the server starts a
child, `python -m communique.server.projections.process.child`, that reads the log and is the only
one to write the read models' files; the server reads these. They talk through a pipe: `protocol`
has the messages, `supervisor` is the server's end, `child` the other one.

The child shares the lock of the read models with the server, and ends when the server is gone. When
the child dies, the server answers from the files as they are, logs it, and starts another child.
"""

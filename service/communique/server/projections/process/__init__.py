"""The projector: a process of its own, in which the projections follow the log.

Projecting costs more than taking in, and one process uses one core. So the server starts a child,
`python -m communique.server.projections.process.child`, that follows, rebuilds and verifies. The
child reads the log and is the only one to write the read models' files; the server reads those. A
pipe says how far each is: `protocol` is what goes through it, `supervisor` the server's end,
`child` the other one.

The child holds the lock of the read models together with the server, and ends as soon as the server
is gone. When it dies itself, the server answers from what the files have, says so, and starts
another.
"""

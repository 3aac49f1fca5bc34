"""The benchmark: `python -m bench`, or `make bench`.

`workloads` says what is measured, `subject` what something to be measured must be able to do,
`subjects` has those that are measured now: the service, and floors under it. `history` makes the
events, `load` makes the calls in a process of its own, `figures` and `report` say what came out.
"""

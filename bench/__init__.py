"""The benchmark: `python -m bench`, or `make bench`.

`workloads` says what is measured, `subject` what something to be measured must be able to do,
`subjects` has those that are: the service, its rivals, and floors under them. `history` makes the
events, `load` makes the calls in a process of its own, and so do `queries`, `growth`, `floors` and
`subscribers` for one workload each. `figures`, `report` and `plots` say what came out, `targets`
what should.
"""

"""Importers: event datasets and files of events, read row by row into domain events.

    report = Report()
    for claim in gdelt.claims(Path("20180101000000.export.CSV.gz"), report):
        ...
    assert report.adds_up()

| module | reads |
|---|---|
| `icews` | ICEWS as a temporal graph, such as icews14 |
| `gdelt` | GDELT 2.0 event exports |
| `jsonl` | events in the domain's own form, as JSON lines or YAML; it writes them, too |

All of them stream in constant memory and can be run again at any time: an event's id and content
follow from its rows alone, so that the log recognises what it has. What cannot be an event is
skipped or rejected, and the `Report` says which rows and why. A file that cannot be read on
raises `ImportFault`, and nothing else does.
"""

from communique.importers.report import ImportFault, Rejection, Report, Skip

__all__ = ["ImportFault", "Rejection", "Report", "Skip"]

"""`communique export`: events for other programs.

`formats` writes a timeline, `timelines` says what TimelineJS and vis-timeline make of an event, and
`segments` writes the log as Parquet files.
"""

from communique.cli.exporting.commands import exports

__all__ = ["exports"]

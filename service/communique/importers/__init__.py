"""Importers: event datasets and files of events, read row by row into domain events.

Every importer streams in constant memory and can be run again at any time: an event's id and
content follow from its rows alone, so the log recognises events that it has. A row that cannot be
an event is skipped or rejected, and the `Report` says why. An importer raises only `ImportFault`,
for a file that cannot be read any further.
"""

from communique.importers.report import ImportFault, RejectedRow, Report, Skip

__all__ = ["ImportFault", "RejectedRow", "Report", "Skip"]

"""Listings as Arrow and pandas tables, with the extra `export`, loaded when it is needed."""

from typing import TYPE_CHECKING, ClassVar

from communique.client.results import Item, Listing, SubjectClaim
from communique.domain.claims.history import EventAsOf
from communique.domain.state.issue_board import IssueSummary
from communique.domain.state.status import BilateralStatus
from communique.domain.state.subject import SubjectSummary
from communique.export.columns import (
    EVENT_COLUMNS,
    ISSUE_COLUMNS,
    STATUS_COLUMNS,
    SUBJECT_CLAIM_COLUMNS,
    SUBJECT_COLUMNS,
    Column,
    arrow,
    batches,
    missing,
    schema_of,
)

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]
    import pyarrow as pa  # type: ignore[import-untyped]


class TableListing(Listing[Item]):
    """Items as of one point, fetched page by page as they are needed, or all as one table."""

    columns: ClassVar[tuple[Column, ...]]
    """The schema of the table."""

    def to_arrow(self) -> "pa.Table":
        """Return the items that are left as an Arrow table with the schema `columns`.

        Raises what `Client` raises, and `ModuleNotFoundError` without the extra `export`.
        """
        return arrow().Table.from_batches(batches(self.columns, self), schema_of(self.columns))

    def to_pandas(self) -> "pd.DataFrame":
        """Return the items that are left as a data frame; raises as `to_arrow` does."""
        try:
            import pandas as pd  # noqa: F401, PLC0415  # pyarrow says less when it is missing
        except ModuleNotFoundError:
            raise missing("pandas") from None
        return self.to_arrow().to_pandas()


class EventListing(TableListing[EventAsOf]):
    """Events as of one point."""

    columns = EVENT_COLUMNS


class SubjectClaimListing(TableListing[SubjectClaim]):
    """The claims about a subject as of one point."""

    columns = SUBJECT_CLAIM_COLUMNS


class SubjectListing(TableListing[SubjectSummary]):
    """Subjects as of one point."""

    columns = SUBJECT_COLUMNS


class IssueListing(TableListing[IssueSummary]):
    """Issues as of one point."""

    columns = ISSUE_COLUMNS


class StatusListing(TableListing[BilateralStatus]):
    """The statuses of a party with others as of one point."""

    columns = STATUS_COLUMNS

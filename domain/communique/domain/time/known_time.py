"""Known time: when something could be known, which is when its source published it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from communique.domain.time.edtf import EdtfError, Precision, ValidTime

_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class KnownTime:
    """When a source published: an instant, or a civil day, which means the end of that day.

    Make one with `parse` or `at`.

    Attributes:
        text: a day or date-time in EDTF, as it was given.
        zone: IANA name of the source's zone, in which the text is meant.
        instant: aware UTC; for a day its last microsecond.
        begins: aware UTC; for a day its first microsecond, else `instant`.
    """

    text: str
    zone: str
    instant: datetime
    begins: datetime

    @classmethod
    def parse(cls, text: str, zone: str = "UTC") -> "KnownTime":
        """Read a day or a date-time in a zone.

        Raises:
            EdtfError: neither a day nor a date-time, or impossible.
            UnknownZone: there is no such zone.
        """
        return _known(text.strip(), zone)

    @classmethod
    def at(cls, instant: datetime) -> Self:
        """Return the known time at an aware datetime; `EdtfError` when naive or out of range."""
        exact = ValidTime.instant(instant)
        return cls(exact.edtf, exact.zone, exact.earliest, exact.earliest)

    @property
    def is_day(self) -> bool:
        """Whether the text is a day."""
        return self.begins != self.instant

    def __str__(self) -> str:
        """Return the text."""
        return self.text

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler, /
    ) -> CoreSchema:
        """Take an instance, text or `{"text": ..., "zone": ...}`; dump the last."""
        return core_schema.no_info_plain_validator_function(
            _validated, serialization=core_schema.plain_serializer_function_ser_schema(_dumped)
        )


@lru_cache(maxsize=1 << 14)
def _known(text: str, zone: str) -> KnownTime:
    valid = ValidTime.parse(text, zone)
    exact = not (valid.is_interval or valid.approximate or valid.uncertain)
    if exact and valid.precision.is_moment:
        return KnownTime(text, zone, valid.earliest, valid.earliest)
    if exact and valid.precision is Precision.DAY and valid.latest is not None:
        return KnownTime(text, zone, valid.latest - _MICROSECOND, valid.earliest)
    raise EdtfError(
        f"{text!r} is not a point: give a day such as 2019-08-22, which means its end, "
        "or a date-time such as 2019-08-22T18:20+09:00"
    )


def _validated(value: object) -> KnownTime:
    match value:
        case KnownTime():
            return value
        case str():
            return KnownTime.parse(value)
        case {"text": str(text), "zone": str(zone)}:
            return KnownTime.parse(text, zone)
        case _:
            raise EdtfError('give a day or date-time, or {"text": "2019-08-22", "zone": "UTC"}')


def _dumped(value: KnownTime) -> dict[str, str]:
    return {"text": value.text, "zone": value.zone}

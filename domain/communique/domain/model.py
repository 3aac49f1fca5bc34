"""What all domain models share: frozen, closed to unknown fields, exact about where a fault is."""

from enum import StrEnum
from typing import NoReturn

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError


class Model(BaseModel):
    """A frozen value. Construction validates and raises `pydantic.ValidationError`."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Word(StrEnum):
    """A closed vocabulary, written in capitals; read in any case."""

    @classmethod
    def _missing_(cls, value: object) -> "Word | None":
        if isinstance(value, str):
            return cls.__members__.get(value.upper().replace("-", "_"))
        return None


def refuse(message: str, *loc: str | int, given: object = None) -> NoReturn:
    """Fail the running validation with `message` at the field `loc` of the model validated."""
    error = PydanticCustomError("refused", "{message}", {"message": message})
    detail = InitErrorDetails(type=error, loc=loc, input=given)
    raise ValidationError.from_exception_data("refused", [detail])

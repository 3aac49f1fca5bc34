"""The base of all domain models: frozen, without unknown fields, exact about where a fault is."""

from enum import StrEnum
from functools import cache
from typing import NoReturn, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError


class Model(BaseModel):
    """A frozen value. Construction validates and raises `pydantic.ValidationError`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def trusted(cls, fields: dict[str, object]) -> Self:
        """Return the model of fields that were validated before; a field left out is missing.

        It is faster than validation, and than `model_construct`.
        """
        model = cls.__new__(cls)
        object.__setattr__(model, "__dict__", fields)
        object.__setattr__(model, "__pydantic_fields_set__", _field_names(cls))
        object.__setattr__(model, "__pydantic_extra__", None)
        object.__setattr__(model, "__pydantic_private__", None)
        return model


@cache
def _field_names(model: type[Model]) -> set[str]:
    """Return one set for all trusted instances; a copy of an instance gets its own."""
    return {*model.model_fields}


class Word(StrEnum):
    """A closed vocabulary, written in capitals and read in any case."""

    # Enum's own hash is written in Python, which is slow for keys of dictionaries.
    __hash__ = str.__hash__

    @classmethod
    def _missing_(cls, value: object) -> "Word | None":
        if isinstance(value, str):
            return cls.__members__.get(value.upper().replace("-", "_"))
        return None


def refuse(message: str, *loc: str | int, given: object = None) -> NoReturn:
    """Fail the running validation with `message` at the field `loc` of the validated model."""
    error = PydanticCustomError("refused", "{message}", {"message": message})
    detail = InitErrorDetails(type=error, loc=loc, input=given)
    raise ValidationError.from_exception_data("refused", [detail])

"""The rules of the record, pure: no clock, randomness, logging or wire, only pydantic."""

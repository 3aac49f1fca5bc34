"""The rules of the record: what an event says, when it held, and what follows from it.

Pure: the standard library and pydantic alone. No clock, no randomness, no logging, no wire.
"""

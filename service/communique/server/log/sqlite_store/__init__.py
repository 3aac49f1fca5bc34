"""The log in a SQLite file: one writer, any number of readers."""

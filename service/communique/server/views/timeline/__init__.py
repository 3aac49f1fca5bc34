"""The events as of a point, by valid time and by position."""

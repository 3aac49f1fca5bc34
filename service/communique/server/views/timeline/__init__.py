"""Which events there are as of a point, by valid time and by position."""

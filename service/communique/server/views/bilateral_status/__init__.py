"""How things stand between two parties as of a point."""

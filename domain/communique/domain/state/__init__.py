"""What follows from claims: what they assert, and how things stand."""

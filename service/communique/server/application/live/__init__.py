"""What is recorded and how things stand, as it happens."""

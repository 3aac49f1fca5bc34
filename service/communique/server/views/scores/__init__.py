"""What the acts between two parties score over time."""

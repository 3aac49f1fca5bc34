"""How the outside reaches the use cases."""

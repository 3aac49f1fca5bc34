"""The engine that keeps a file of a read model up to date; it knows no read model."""

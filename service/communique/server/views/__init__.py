"""The read models: the tables of each, and its queries."""

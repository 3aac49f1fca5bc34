"""The read models: what each keeps, and how it is asked."""

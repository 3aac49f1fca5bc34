"""The file of the read models: what each content of each event gives to its tables."""

"""SQLite as this service uses it: connections, transactions, pools of readers."""

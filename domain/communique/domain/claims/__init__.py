"""What a source says: events, their vocabulary, and their histories."""

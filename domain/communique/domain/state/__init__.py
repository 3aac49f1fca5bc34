"""What follows from claims: assertions, bilateral status, issue boards and scores."""

"""What several tests share: given events, random histories, oracles, real logs, calls."""

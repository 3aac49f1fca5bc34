"""What holds for a whole process: limits, settings, clock, threads, log lines, calls."""

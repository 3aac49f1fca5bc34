"""Times as sources give them, and the three clocks: valid, known and record time."""

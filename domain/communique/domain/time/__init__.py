"""Times as sources give them, the three clocks, and how they compare."""

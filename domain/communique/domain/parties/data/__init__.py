"""Plain tables of codes and names, without rules."""

"""Tables of the codes and names of parties, without rules."""

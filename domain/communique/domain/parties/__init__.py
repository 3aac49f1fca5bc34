"""The parties of diplomacy: states, organisations, and the dyads between them."""

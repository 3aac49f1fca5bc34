"""Who acts: states, organisations, and pairs of them."""

"""`python -m communique.cli` is the `communique` command."""

from communique.cli import main

main()

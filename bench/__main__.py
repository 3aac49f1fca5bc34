"""`python -m bench`. Each process that makes calls runs this file anew, and needs nothing of it."""

import sys

if __name__ == "__main__":
    try:
        from bench.command import main
    except ModuleNotFoundError as error:
        sys.exit(f"{error.name} is not installed: `make bench` installs what is needed")
    main()

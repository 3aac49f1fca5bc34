"""`python -m bench`. Each process that makes calls runs this file anew, and needs nothing of it."""

if __name__ == "__main__":
    from bench.command import main

    main()

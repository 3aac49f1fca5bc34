"""The server of `Echo`: `python -m bench.subjects.echo_server HOST:PORT`."""

import asyncio
import sys

from bench.concurrency_style import serving_loop

if __name__ == "__main__":
    asyncio.run(serving_loop(sys.argv[1], lambda _port: None))

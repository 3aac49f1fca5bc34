"""The server of `UmaDb`, with the options of the command `umadb`."""

from importlib import import_module

if __name__ == "__main__":
    import_module("umadb.umadb_server_cli").main()

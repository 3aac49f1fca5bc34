"""Prints the rooms of the server, the imports between them, and the loops; fails where there are.

A room is a package or module right below `communique.server`; inside each package its own parts are
rooms in turn, so that a loop is found on every floor. Imports for the type checker alone count.
"""

import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Final

import grimp

SERVER: Final = "communique.server"
ROOMS_MAX: Final = 14

Arrows = dict[str, set[str]]


def arrows_between(graph: grimp.ImportGraph, package: str) -> Arrows:
    """Return the rooms of a package, and which others each of them imports."""
    rooms: Arrows = {child: set() for child in graph.find_children(package)}
    for room in rooms:
        inside = {room} | graph.find_descendants(room)
        for other in rooms.keys() - {room}:
            imported = {other} | graph.find_descendants(other)
            if any(graph.find_modules_directly_imported_by(module) & imported for module in inside):
                rooms[room].add(other)
    return rooms


def floors(rooms: Arrows) -> list[list[str]]:
    """Return the rooms floor by floor, the lowest first; raise `CycleError` where there is none."""
    sorter = TopologicalSorter(rooms)
    sorter.prepare()
    levels: list[list[str]] = []
    while sorter.is_active():
        floor = sorted(sorter.get_ready())
        sorter.done(*floor)
        levels.append(floor)
    return levels


def packages(graph: grimp.ImportGraph) -> Iterator[str]:
    """Yield the server and every package inside it."""
    for module in sorted({SERVER} | graph.find_descendants(SERVER)):
        if graph.find_children(module):
            yield module


def short(module: str) -> str:
    """Return a module's name without that of the server."""
    return module.removeprefix(f"{SERVER}.")


def main() -> int:
    """Print the server's rooms, and return 1 where there is a loop or there are too many."""
    graph = grimp.build_graph("communique", cache_dir=None)
    loops = 0
    for package in packages(graph):
        try:
            floors(arrows_between(graph, package))
        except CycleError as error:
            loops += 1
            print(f"loop in {short(package)}: {' -> '.join(map(short, error.args[1]))}")
    rooms = arrows_between(graph, SERVER)
    if not loops:
        for number, floor in reversed([*enumerate(floors(rooms), 1)]):
            for room in floor:
                below = ", ".join(sorted(map(short, rooms[room]))) or "nothing of ours"
                print(f"floor {number}  {short(room):12} imports {below}")
    arrows = sum(map(len, rooms.values()))
    print(f"{len(rooms)} rooms, {arrows} arrows, {loops} loops")
    return 1 if loops or len(rooms) > ROOMS_MAX else 0


if __name__ == "__main__":
    sys.exit(main())

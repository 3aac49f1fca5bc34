"""Rows and exports in the form of GDELT 2.0, written by the tests."""

from pathlib import Path
from typing import Final

COLUMNS: Final = {
    "id": 0,
    "day": 1,
    "actor": 7,
    "actor_group": 8,
    "actor_religion": 10,
    "actor_type": 12,
    "target": 17,
    "target_group": 18,
    "target_type": 22,
    "code": 26,
    "goldstein": 30,
    "mentions": 31,
    "sources": 32,
    "articles": 33,
    "tone": 34,
    "place": 52,
    "fips": 53,
    "latitude": 56,
    "longitude": 57,
    "added": 59,
    "url": 60,
}
SOUND: Final = {
    "id": "719024875",
    "day": "20180101",
    "actor": "KOR",
    "target": "JPN",
    "code": "112",
    "goldstein": "-2.0",
    "mentions": "8",
    "sources": "2",
    "articles": "8",
    "tone": "-2.5",
    "place": "Seoul, Seoul-t'ukpyolsi, South Korea",
    "fips": "KS",
    "latitude": "37.5664",
    "longitude": "127",
    "added": "20180101001500",
    "url": "https://www.yna.co.kr/view/1",
}


def row(**fields: str) -> str:
    """Return a row of 61 columns: a sound one but for these fields."""
    cells = [""] * 61
    for name, text in (SOUND | fields).items():
        cells[COLUMNS[name]] = text
    return "\t".join(cells)


def export(directory: Path, *rows: str, name: str = "20180101001500.export.CSV") -> Path:
    """Write an export of these rows and return its path."""
    path = directory / name
    path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path

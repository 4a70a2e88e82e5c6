"""Places as tiles of one size (schematic: neighbourhood is not kept), or by their boundaries where these are loaded."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

TILE, GAP, WIDTH = 104, 6, 720
CLASSES = 5


@dataclass(frozen=True)
class Place:
    """One place: code, name, value (None: not measurable), and where it leads.

    Attributes:
        outline: the boundary as rings of (longitude, latitude); empty where none is loaded.
    """

    code: str
    name: str
    value: float | None
    address: str = ""
    outline: tuple[tuple[tuple[float, float], ...], ...] = ()


@dataclass(frozen=True)
class Tile:
    """A place on the drawing: its path, its class (`t0` light to `t4` dark, `t-none`), and where its words stand."""

    place: Place
    path: str
    shade: str
    x: float
    y: float
    value: str
    name: str


@dataclass(frozen=True)
class TileMap:
    """A map of one figure.

    Attributes:
        places: in the order they are to stand where no boundaries are loaded.
        label: what it shows, for those who do not see it.
        unit: of the values.
        digits: after the point.
    """

    template: ClassVar[str] = "components/tiles.html"
    places: Sequence[Place]
    label: str
    unit: str = ""
    digits: int = 1

    @property
    def schematic(self) -> bool:
        """Whether tiles stand for places, because a boundary is missing."""
        return not self.places or not all(place.outline for place in self.places)

    @property
    def across(self) -> int:
        """Tiles in a row."""
        return max(1, min(6, math.ceil(math.sqrt(len(self.places) * 1.4))))

    @property
    def box(self) -> str:
        """The drawing's `viewBox`."""
        if not self.schematic:
            return f"0 0 {WIDTH} {self._height():.0f}"
        rows = math.ceil(len(self.places) / self.across)
        return f"0 0 {self.across * (TILE + GAP) - GAP} {max(rows, 1) * (TILE * 0.62 + GAP) - GAP:.0f}"

    @property
    def edges(self) -> list[float]:
        """Where a class ends and the next begins: equal steps between least and most."""
        held = [place.value for place in self.places if place.value is not None]
        if not held or max(held) == min(held):
            return []
        step = (max(held) - min(held)) / CLASSES
        return [min(held) + step * number for number in range(1, CLASSES)]

    @property
    def scale(self) -> list[tuple[str, str]]:
        """Class and words of each line of the legend."""
        edges = self.edges
        if not edges:
            return []
        texts = [self._text(edge) for edge in edges]
        middle = [f"{low}–{high}" for low, high in pairwise(texts)]
        words = [f"< {texts[0]}", *middle, f"≥ {texts[-1]}"]
        return [(f"t{number}", text) for number, text in enumerate(words)]

    @property
    def tiles(self) -> list[Tile]:
        """The places as they are drawn."""
        return list(self._squares() if self.schematic else self._outlines())

    def _squares(self) -> Iterator[Tile]:
        high = TILE * 0.62
        for number, place in enumerate(self.places):
            row, column = divmod(number, self.across)
            x, y = column * (TILE + GAP), row * (high + GAP)
            path = f"M{x:.0f} {y:.1f}h{TILE}v{high:.1f}h-{TILE}z"
            yield self._tile(place, path, x + TILE / 2, y + high / 2)

    def _outlines(self) -> Iterator[Tile]:
        for place in self.places:
            rings = [[self._at(point) for point in ring] for ring in place.outline]
            path = "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring) + "z" for ring in rings)
            xs, ys = zip(*max(rings, key=len), strict=True)
            yield self._tile(place, path, (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2)

    def _tile(self, place: Place, path: str, x: float, y: float) -> Tile:
        short = place.name if len(place.name) <= 6 else f"{place.name[:5]}…"
        return Tile(place, path, self._shade(place.value), round(x, 1), round(y, 1), self._text(place.value), short)

    def _shade(self, value: float | None) -> str:
        if value is None:
            return "t-none"
        return f"t{sum(value >= edge for edge in self.edges)}" if self.edges else "t1"

    def _text(self, value: float | None) -> str:
        return "—" if value is None else f"{value:.{self.digits}f}"

    def _bounds(self) -> tuple[float, float, float, float]:
        points = [point for place in self.places for ring in place.outline for point in ring]
        xs, ys = zip(*points, strict=True)
        return min(xs), min(ys), max(xs), max(ys)

    def _height(self) -> float:
        left, south, right, north = self._bounds()
        return WIDTH * (north - south) / ((right - left) * math.cos(math.radians((north + south) / 2)))

    def _at(self, point: tuple[float, float]) -> tuple[float, float]:
        left, south, right, north = self._bounds()
        return (point[0] - left) / (right - left) * WIDTH, (north - point[1]) / (north - south) * self._height()


def geojson_places(
    document: Mapping[str, Any], values: Mapping[str, float | None], addresses: Mapping[str, str]
) -> list[Place]:
    """Places with the boundaries of a GeoJSON FeatureCollection (RFC 7946), its features named by `code` and `name`."""
    return [
        Place(
            str(feature["properties"]["code"]),
            str(feature["properties"].get("name", "")),
            values.get(str(feature["properties"]["code"])),
            addresses.get(str(feature["properties"]["code"]), ""),
            tuple(_rings(feature["geometry"])),
        )
        for feature in document["features"]
    ]


def _rings(geometry: Mapping[str, Any]) -> Iterator[tuple[tuple[float, float], ...]]:
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    for polygon in polygons:
        for ring in polygon:
            yield tuple((float(point[0]), float(point[1])) for point in ring)

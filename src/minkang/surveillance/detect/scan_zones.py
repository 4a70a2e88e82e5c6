"""Zones of a spatial scan: for each place, the sets that grow around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from minkang.errors import Fault
from minkang.surveillance.detect.series import Floats

Bools = NDArray[np.bool_]
EARTH_KM = 6371.0088


def distances(longitude: Floats, latitude: Floats) -> Floats:
    """Great-circle distances in km between all places given in degrees (haversine)."""
    lon, lat = np.radians(np.asarray(longitude, float)), np.radians(np.asarray(latitude, float))
    across = np.sin((lat[:, None] - lat) / 2) ** 2
    along = np.cos(lat)[:, None] * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    found: Floats = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(across + along, 0.0, 1.0)))
    return found


def circles(distance: Floats, weight: Floats | None = None, share: float = 0.5, radius: float = np.inf) -> Bools:
    """Circles around each place as zones × places, each set once.

    Args:
        distance: places × places, in any unit.
        weight: of each place (population or expected cases); all alike by default.
        share: the largest part of all weight a circle may hold; a single place is always a zone.
        radius: the largest, in the unit of `distance`.

    Raises:
        Fault: SURVEILLANCE-110 when the distances are not a square of finite numbers ≥ 0.
    """
    distance = np.asarray(distance, float)
    places = len(distance)
    if distance.shape != (places, places) or not places or not np.all(np.isfinite(distance)) or distance.min() < 0:
        raise Fault("SURVEILLANCE-110", reason=f"distance {distance.shape}")
    weight = np.ones(places) if weight is None else np.asarray(weight, float)
    zones: dict[bytes, Bools] = {}
    for centre in range(places):
        inside = np.zeros(places, dtype=np.bool_)
        ring = np.unique(distance[centre])
        for reach in ring[ring <= radius]:
            inside = distance[centre] <= reach
            if reach > 0 and inside.sum() > 1 and weight[inside].sum() > share * weight.sum():
                break
            zones.setdefault(inside.tobytes(), inside)
        alone = np.arange(places) == centre
        zones.setdefault(alone.tobytes(), alone)
    return np.array(list(zones.values()))


def rings(places: Sequence[str], neighbours: Mapping[str, Sequence[str]], share: float = 0.5) -> Bools:
    """The same from lists of neighbours: all places within so many borders of a centre.

    Neighbourhood counts both ways; places not reached from a centre are never in its zones. Raises SURVEILLANCE-110 for
    a neighbour that is not among `places`.
    """
    index = {place: at for at, place in enumerate(places)}
    near = np.eye(len(places), dtype=np.bool_)
    for place, others in neighbours.items():
        for other in others:
            if place not in index or other not in index:
                raise Fault("SURVEILLANCE-110", reason=f"{place} – {other}")
            near[index[place], index[other]] = near[index[other], index[place]] = True
    far = float(len(places) + 1)
    borders = np.where(near, 1.0, far)
    np.fill_diagonal(borders, 0.0)
    reached = near
    for count in range(2, len(places)):
        further = (reached.astype(np.int64) @ near.astype(np.int64)) > 0
        if (further == reached).all():
            break
        borders[further & ~reached] = count
        reached = further
    return circles(borders, share=share, radius=far - 1)

"""Registrations of a synthetic county as senders hold them, faults and all, in a file that `persons link` reads."""

from __future__ import annotations

import csv
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minkang.synth import generate_chunks
from minkang.synth.arrays import Columns
from minkang.synth.feeds import DEFAULT, Identities

HEAD = ("id", "sender", "name", "sex", "birth_date", "id_card", "phone", "address", "guardian")


class Told(NamedTuple):
    """What is true of a record: the person, the faults in it, and the person's twin (-1 for none)."""

    person: int
    faults: tuple[str, ...]
    twin: int
    name: str
    birth: int


def write_registrations(place: Path, people: int, seed: int, at_most: int | None = None) -> dict[str, Told]:
    """Write the registrations of a county of `people`, seven years, default faults; the truth by record id."""
    truth: dict[str, Told] = {}
    with place.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        for part in generate_chunks("wenshang", people, (2019, 2025), seed):
            seen = Identities(part, DEFAULT)
            _ask(seen, part.tables["encounters"], part.tables["births"])
            known = seen.used()
            persons = part.tables["persons"]
            at = seen.rows(known["person"])
            for k in range(len(known["code"])):
                record = f"r{int(known['code'][k]):x}"
                birth = str(np.datetime64(int(known["birth"][k]), "D"))
                writer.writerow((record, seen.slug(int(known["sender"][k])), known["name"][k],
                                 "1" if known["male"][k] else "2", birth, known["card"][k], known["phone"][k],
                                 known["address"][k], known["guardian"][k]))  # fmt: skip
                row = int(at[k])
                truth[record] = Told(int(known["person"][k]), known["faults"][k], int(persons["twin"][row]),
                                     str(persons["name"][row]), int(persons["birth"][row]))  # fmt: skip
            if at_most is not None and len(truth) >= at_most:
                break
    return truth


def _ask(seen: Identities, encounters: Columns, births: Columns) -> None:
    """Every person where it was seen, on the first and the last day there, and every newborn where it was born."""
    order = np.lexsort((encounters["day"], encounters["institution"], encounters["person"]))
    person, place, day = (encounters[name][order].astype(np.int64) for name in ("person", "institution", "day"))
    if len(person):
        turn = np.append(True, (person[1:] != person[:-1]) | (place[1:] != place[:-1]))
        last = np.append(turn[1:], True)
        for rows in (turn, last):
            seen.columns(place[rows], person[rows], day[rows])
    if len(births["id"]):
        seen.columns(births["institution"], births["person"], births["day"])
        seen.columns(seen.system("vaccination"), births["person"], births["day"] + 400)


class Quality(NamedTuple):
    """Pairwise quality, and what went wrong by fault and kind of pair.

    Attributes:
        wrong_links: joins of two persons: in a cluster of several persons, one less than the persons in it; `links`:
            joins in all (records less clusters).
    """

    precision: float
    recall: float
    f1: float
    wrong_links: int
    links: int
    missed: Counter[str]
    pairs: Counter[str]
    wrong: Counter[str]


def quality(clusters: dict[str, str], truth: dict[str, Told]) -> Quality:
    """Compare clusters (record to cluster) with the truth."""
    found: dict[str, list[str]] = {}
    for record, cluster in clusters.items():
        found.setdefault(cluster, []).append(record)
    real: dict[int, list[str]] = {}
    for record, told in truth.items():
        real.setdefault(told.person, []).append(record)
    both = true_positive = wrong_links = 0
    wrong: Counter[str] = Counter()
    for members in found.values():
        sizes = Counter(truth[record].person for record in members)
        both += len(members) * (len(members) - 1) // 2
        true_positive += sum(n * (n - 1) // 2 for n in sizes.values())
        wrong_links += len(sizes) - 1
        if len(sizes) > 1:
            wrong.update(_why(members, truth))
    missed: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    for members in real.values():
        for a, b in combinations(members, 2):
            kinds = set(truth[a].faults) | set(truth[b].faults) or {"no fault"}
            pairs.update(kinds)
            if clusters[a] != clusters[b]:
                missed.update(kinds)
    actual = sum(len(members) * (len(members) - 1) // 2 for members in real.values())
    precision, recall = true_positive / max(1, both), true_positive / max(1, actual)
    return Quality(precision, recall, 2 * precision * recall / max(1e-9, precision + recall), wrong_links,
                   len(clusters) - len(found), missed, pairs, wrong)  # fmt: skip


def _why(members: list[str], truth: dict[str, Told]) -> list[str]:
    """What kind of two persons were taken for one."""
    persons = {truth[record].person: truth[record] for record in members}
    out = []
    for (p, a), (q, b) in combinations(persons.items(), 2):
        if a.twin == q or b.twin == p:
            out.append("twins")
        elif a.name != b.name:
            out.append("others")
        else:
            out.append("same name and birth date" if a.birth == b.birth else "same name")
    return out

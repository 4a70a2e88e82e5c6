"""A whole plan read: everything that `minkang plan import` shows and stores."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from minkang.errors import Fault
from minkang.plans.reading.commitments import Commitment, passages_of, read_commitments
from minkang.plans.reading.consistency import check
from minkang.plans.reading.document import Document
from minkang.plans.reading.formats import file_bytes
from minkang.plans.reading.indicators import NORM, read_indicators
from minkang.plans.reading.opening import read_document
from minkang.plans.reading.projects import read_projects
from minkang.plans.reading.tasks import read_tasks
from minkang.plans.reading.terms import read_terms

Item = dict[str, Any]
FEWEST = 3  # A document with fewer tasks and commitments together, and no indicators, is no plan.
ANY_ID = re.compile(r"[^\w一-鿿]+")


@dataclass(frozen=True)
class Reading:
    """What was read from one file.

    Attributes:
        document: the file as blocks of text.
        sha256: of the file, so that the same file is known again.
        items: by kind (`indicators`, `commitments`, `tasks`, `projects`, `consistency`, `terms`), as JSON.
    """

    document: Document
    sha256: str
    items: dict[str, list[Item]]

    def as_dict(self) -> dict[str, Any]:
        """What `--json` prints."""
        head: dict[str, Any] = {"file": self.document.name, "sha256": self.sha256, "title": self.document.title}
        head |= {"region": self.document.region}
        head |= {"first_year": self.document.first_year or None, "last_year": self.document.last_year or None}
        return {"plan": head, **self.items}


def read_plan(path: Path, slug: str = "") -> Reading:
    """Read a plan from a file.

    Args:
        path: the file.
        slug: what the ids of commitments and projects begin with; without it, the name of the file.

    Raises:
        Fault: `PLANS-001` to `PLANS-010` the file, `PLANS-020` the table, `PLANS-021` no plan.
    """
    document = read_document(path)
    slug = slug or ANY_ID.sub("-", path.stem).strip("-")
    indicators = read_indicators(document)
    tasks = read_tasks(document)
    commitments = read_commitments(document.text, passages_of(document), document.last_year or None)
    if not indicators and len(tasks) + len(commitments) < FEWEST:
        raise Fault("PLANS-021", where=path.name)
    items: dict[str, list[Item]] = {
        "indicators": [one.as_dict() for one in indicators],
        "commitments": _commitments(commitments, slug),
        "tasks": [one.as_dict() for one in tasks],
        "projects": [one.as_dict(document, at, slug) for at, one in enumerate(read_projects(document, tasks), 1)],
        "consistency": [one.as_dict() for one in check(document, indicators, commitments)],
        "terms": [one.as_dict() for one in read_terms(document)],
    }
    return Reading(document, hashlib.sha256(file_bytes(path)).hexdigest(), items)


def _commitments(commitments: Sequence[Commitment], slug: str) -> list[Item]:
    """Commitments as JSON, with ids; a repeat points to the id of the first."""
    ids = [f"{slug}-c{at:03}" for at in range(1, len(commitments) + 1)]
    found = []
    for name, one in zip(ids, commitments, strict=True):
        line = {"id": name, **msgspec.to_builtins(one), "deadline": one.deadline, "norm": NORM}
        if one.repeat_of is not None:
            line["repeat_of"] = ids[one.repeat_of]
        found.append(line)
    return found

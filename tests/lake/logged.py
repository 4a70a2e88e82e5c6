"""A store of records for tests of the lake: a file of versions, one a line, which other processes can read as well."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from minkang.lake.source import Slice
from minkang.records.repository import Change, Position, Record

AT = datetime(2026, 1, 1, tzinfo=UTC)


class LoggedSource:
    """Keeps `lake.source.Source` over a file; a position is the number of a line."""

    def __init__(self, place: Path, most: int = 50) -> None:
        self.place = place
        self.most = most
        place.touch()

    def put(self, *resources: Mapping[str, Any]) -> None:
        """New versions."""
        self._append([(one["resourceType"], one["id"], one) for one in resources])

    def delete(self, type: str, id: str) -> None:
        """A deletion."""
        self._append([(type, id, None)])

    def _append(self, versions: list[tuple[str, str, Any]]) -> None:
        count: dict[tuple[str, str], int] = {}
        for change in self._lines():
            count[change.record.type, change.record.id] = change.record.version
        with self.place.open("a", encoding="utf-8") as stream:
            for type, id, body in versions:
                count[type, id] = count.get((type, id), 0) + 1
                stream.write(json.dumps([type, id, count[type, id], body]) + "\n")

    def _lines(self) -> Iterator[Change]:
        for number, line in enumerate(self.place.read_text("utf-8").splitlines(), 1):
            type, id, version, body = json.loads(line)
            text = None if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
            record = Record(type, id, version, AT, "delete" if body is None else "update", text)
            yield Change(Position(str(number)), record)

    def end(self) -> Position:
        return Position(str(sum(1 for _ in self._lines())))

    def changes(self, after: Position, until: Position) -> Iterator[list[Change]]:
        found = [change for change in self._lines() if int(after) < int(change.position) <= int(until)]
        for start in range(0, len(found), self.most):
            yield found[start : start + self.most]

    def everything(self, type: str, until: Position, cursor: str) -> Slice:
        latest: dict[str, bytes | None] = {}
        for change in self._lines():
            if int(change.position) <= int(until) and change.record.type == type:
                latest[change.record.id] = change.record.body
        start = int(cursor or 0)
        part = list(latest.items())[start : start + self.most]
        more = start + self.most < len(latest)
        return Slice(str(start + self.most) if more else "", [(id, body) for id, body in part if body is not None])

    def count(self, type: str) -> int:
        return len({change.record.id for change in self._lines() if change.record.type == type})


class Links(dict[str, str]):
    """Whose records are whose: what is said here, else the patient itself."""

    def resolve(self, patient_ids: Any) -> dict[str, str]:
        return {patient: self.get(patient, patient) for patient in patient_ids}


def patient(id: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": id, "active": True, "gender": "female", "birthDate": "1960-05-01", **more}


def pressure(id: str, subject: str, systolic: float = 120, **more: Any) -> dict[str, Any]:
    """A blood pressure: three rows."""

    def part(code: str, value: float) -> dict[str, Any]:
        quantity = {"value": value, "unit": "mmHg", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}
        return {"code": {"coding": [{"system": "http://loinc.org", "code": code}]}, "valueQuantity": quantity}

    return {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
        "subject": {"reference": f"Patient/{subject}"},
        "effectiveDateTime": "2025-03-01T08:30:00+08:00",
        "component": [part("8480-6", systolic), part("8462-4", 80)],
        **more,
    }

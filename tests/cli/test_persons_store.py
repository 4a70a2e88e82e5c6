"""`minkang persons` on the platform's own records, in real processes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.test_commands import run, write
from tests.conftest import short_folder

from minkang.codes.identifiers import id_check

NUMBER = "37083019850302113" + id_check("37083019850302113")


@pytest.mark.long
def test_records_are_linked_looked_at_unlinked_and_undone(tmp_path: Path) -> None:
    """Load, follow, link in bulk, who, unlink, undo, review, register: each says what it did."""
    body = {"resourceType": "Patient", "name": [{"text": "孙晓燕"}], "birthDate": "1985-03-02",
            "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": NUMBER}]}  # fmt: skip
    with short_folder() as home:
        file = write(tmp_path, {**body, "id": "p1"}, {**body, "id": "p2"})
        run(home, "init")
        run(home, "load", str(file))
        assert json.loads(run(home, "persons", "follow", "--json"))["decided"] == 2
        told = json.loads(run(home, "persons", "link", "--json"))
        assert (told["records"], told["persons"], told["changed"]) == (2, 1, 0)
        who = json.loads(run(home, "persons", "who", "p2", "--json"))
        assert who["sources"] == ["p1", "p2"]
        done = json.loads(run(home, "persons", "unlink", "p2", "--reason", "twins", "--json"))
        assert json.loads(run(home, "persons", "who", "p2", "--json"))["person"] is None
        run(home, "persons", "undo", str(done["operation"]), "--reason", "one", "--json")
        assert json.loads(run(home, "persons", "who", "p2", "--json"))["sources"] == ["p1", "p2"]
        assert json.loads(run(home, "persons", "review", "--json"))["waiting"] == {}
        counts = json.loads(run(home, "persons", "register", "--renew", "--json"))["counts"]
        assert sum(one["persons"] for one in counts) == 1
        run(home, "persons", "undo", "9999", "--reason", "x", code=16)

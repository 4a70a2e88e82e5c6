"""Rows of tables through the real intake into the real store."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from pathlib import Path

from tests.exchange.conftest import current_records
from tests.exchange.tables.test_mapping import FRONT

from minkang.blobs import FolderBlobs
from minkang.db import Database
from minkang.exchange.connectors import Connectors
from minkang.exchange.intake.engine import Intake, Limits
from minkang.exchange.message import Message, draft_id
from minkang.exchange.tables.connector import table_connector
from minkang.records.postgres import PostgresRepository
from minkang.records.search import PostgresSearch


def row(sender: str, file: str, **changed: str) -> Message:
    """A front page in a file."""
    body = json.dumps({"row": 2, "cells": {name: text for name, text in (FRONT | changed).items() if text}}).encode()
    return Message(sender, "csv/front-page", f"{file}#A1/2", body, datetime.now(UTC), f"{file}, row 2")


def test_a_row_its_correction_and_its_withdrawal_end_alike_in_any_order(database: Database, tmp_path: Path) -> None:
    """The corrected page has no operation; a second page, withdrawn, leaves the patient as he is."""
    repository = PostgresRepository(database, PostgresSearch())
    connectors = Connectors({"csv": table_connector})
    intake = Intake(database, repository, FolderBlobs(tmp_path), connectors, Limits(patience=5))
    gone = {"ZYSSYCZBM": "", "ZYSSYCZMC": "", "SSJCZRQ": "", "SJZT": "1", "GXSJ": "2024-06-01 10:00:00"}
    wrong = {"ZYCS": "502", "GXSJ": "2024-05-10 10:00:00"}
    ends = set()
    for number, order in enumerate(itertools.permutations(range(4), 4)):
        if number % 5:
            continue
        sender = f"h{number}"
        intake.senders.add(sender, {"csv/front-page": {}})
        messages = [
            row(sender, "a.csv"),
            row(sender, "b.csv", **gone),
            row(sender, "c.csv", **wrong),
            row(sender, "d.csv", **wrong | {"SJZT": "9", "GXSJ": "2024-05-11 10:00:00"}),
        ]
        outcomes = [one.outcome for place in order for one in intake.settle([messages[place]])]
        assert set(outcomes) <= {"accepted", "superseded"}
        found = current_records(database)
        said = [
            (type_, key, found.get(f"{type_}/{draft_id(sender, type_, key)}", {}).get("status"))
            for type_, key in (
                ("Encounter", "visit/A1-2"), ("Procedure", "visit/A1-2/operation/main"), ("Encounter", "visit/A1-502"),
                ("Claim", "visit/A1-502/costs"),
            )
        ]  # fmt: skip
        assert f"Patient/{draft_id(sender, 'Patient', 'patient/A1')}" in found
        ends.add(tuple(said))
    assert ends == {
        (
            ("Encounter", "visit/A1-2", "finished"),
            ("Procedure", "visit/A1-2/operation/main", "entered-in-error"),
            ("Encounter", "visit/A1-502", "entered-in-error"),
            ("Claim", "visit/A1-502/costs", "entered-in-error"),
        )
    }

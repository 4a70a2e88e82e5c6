"""Whom the embedded server runs as."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from tests.db.test_embedded import AS_ROOT, needs_root

from minkang.db import accounts
from minkang.db.accounts import Account, account_for
from minkang.errors import Fault

MINKANG = Account("minkang", 990, 990, switch=True)
NOBODY = Account("nobody", 65534, 65534, switch=True)


def system_has(monkeypatch: pytest.MonkeyPatch, *known: Account, makes: Account | None = None) -> None:
    """Pretend that root works on a system with these accounts, and with a tool that can make one more."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(accounts, "_look_up", {account.name: account for account in known}.get)
    monkeypatch.setattr(accounts, "_create", lambda name: makes if makes and makes.name == name else None)


def test_root_uses_the_platforms_own_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The one that is there."""
    system_has(monkeypatch, MINKANG, NOBODY)
    assert account_for(tmp_path / "data") == MINKANG


def test_root_makes_that_account_where_it_can(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On the first start."""
    system_has(monkeypatch, NOBODY, makes=MINKANG)
    assert account_for(tmp_path / "data") == MINKANG


def test_where_no_tool_can_make_it_nobody_serves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A slim container has no useradd."""
    system_has(monkeypatch, NOBODY)
    assert account_for(tmp_path / "data") == NOBODY


def test_without_any_account_root_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """PostgreSQL would refuse root with a text that helps nobody."""
    system_has(monkeypatch)
    with pytest.raises(Fault) as caught:
        account_for(tmp_path / "data")
    assert caught.value.code == "DB-007"


@needs_root
def test_data_that_are_there_keep_their_owner(tmp_path: Path) -> None:
    """Root does not take an ordinary user's database away from her."""
    data = tmp_path / "data"
    data.mkdir()
    os.chown(data, 65534, 65534)
    found = account_for(data, "daemon")
    assert (found.uid, found.switch) == (65534, True)


def test_an_ordinary_user_is_refused_what_belongs_to_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The fault names both."""
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(Fault) as caught:
        account_for(tmp_path / "data")
    assert caught.value.code == "DB-009"
    assert caught.value.params["user"] == "54321"


@pytest.mark.skipif(AS_ROOT, reason="run by root, so this test of an ordinary user did NOT run")
def test_an_ordinary_user_runs_it_herself(tmp_path: Path) -> None:
    """Without changing to anybody."""
    found = account_for(tmp_path / "data")
    assert (found.uid, found.switch) == (os.geteuid(), False)


def test_tools_are_tried_until_one_works(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A system with BusyBox alone knows only adduser with short options."""
    made = tmp_path / "made"
    tool = tmp_path / "adduser"
    tool.write_text(f'#!/bin/sh\n[ "$1" = -S ] && echo "$@" > {made}\n')
    tool.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name, **_: str(tool) if name == "adduser" else None)
    monkeypatch.setattr(accounts, "_look_up", lambda name: MINKANG if made.exists() else None)
    assert accounts._create("minkang") == MINKANG
    assert made.read_text().split()[-1] == "minkang"


def test_what_would_steer_postgresql_elsewhere_is_kept_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A PGDATA or PGPORT of the user's shell means another server; messages are in English, so they can be read."""
    monkeypatch.setenv("PGDATA", "/elsewhere")
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    environment = accounts.plain_environment()
    assert "PGDATA" not in environment
    assert "LANG" not in environment
    assert environment["LC_ALL"] == "C"

"""The embedded server's settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from minkang.db import tuning
from minkang.db.tuning import configuration, machine_memory

GIGABYTE = 1024**3


def settings(memory: int, *, test: bool = False, sockets: str = "/h/socket") -> dict[str, str]:
    text = configuration(memory, sockets=Path(sockets), log=Path("/h/log"), test=test)
    pairs = [line.split(" = ", 1) for line in text.splitlines() if line and not line.startswith("#")]
    return {name: value[1:-1] for name, value in pairs}


@pytest.mark.parametrize(("gigabytes", "wanted"), [(0.2, "64MB"), (1, "256MB"), (8, "2048MB"), (24, "4096MB")])
def test_shared_buffers_are_a_quarter_of_memory_up_to_four_gigabytes(gigabytes: float, wanted: str) -> None:
    """A small machine is not starved, a large one leaves the rest to the system's own cache."""
    assert settings(int(gigabytes * GIGABYTE))["shared_buffers"] == wanted


def test_durability_is_given_up_for_tests_alone() -> None:
    """Without the explicit word, what is confirmed is on disk."""
    names = ("fsync", "full_page_writes", "synchronous_commit")
    assert {settings(GIGABYTE)[name] for name in names} == {"on"}
    assert {settings(GIGABYTE, test=True)[name] for name in names} == {"off"}


def test_a_quote_in_a_path_stays_part_of_the_path() -> None:
    """A home may be called anything."""
    assert settings(GIGABYTE, sockets="/o'clock, here")["unix_socket_directories"] == "\"/o''clock, here\""


def test_a_containers_limit_counts_as_its_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The machine may have more than the container may use; the word `max` is no limit."""
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(tuning, "CGROUP_LIMITS", (limit, tmp_path / "absent"))
    limit.write_text("max\n")
    whole = machine_memory()
    limit.write_text("123456789\n")
    assert machine_memory() == 123456789 < whole

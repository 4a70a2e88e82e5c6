"""The parts of the command line: each word loads its own, help lists all, and nothing is named twice."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer.main

from minkang.cli.main import PARTS, build

LOOK = """
import sys
sys.argv = ["minkang", *{words!r}]
from minkang.cli.main import main
try:
    main()
finally:
    print(sorted(name for name in ("django", "duckdb", "psycopg", "numpy") if name in sys.modules), file=sys.stderr)
"""


def commands(word: str = "") -> set[str]:
    return set(typer.main.get_group(build(word)).commands)


def test_each_word_finds_its_command() -> None:
    """Loaded alone or with all others, a command is there under the word that loads it."""
    everything = commands()
    for words in PARTS:
        assert set(words) <= everything
        assert commands(words[0]) == {*words, "version"}
    assert commands("nonsense") == everything
    assert commands("version") == {"version"}


@pytest.mark.parametrize(
    ("words", "loaded"),
    [
        (["version"], "[]"),
        (["indicators", "--help"], "[]"),
        (["plan", "--help"], "[]"),
        (["view", "--help"], "['duckdb'"),
    ],
)
def test_a_command_loads_only_what_it_needs(words: list[str], loaded: str) -> None:
    """Databases and web framework are not imported for what does without them."""
    done = subprocess.run([sys.executable, "-c", LOOK.format(words=words)], capture_output=True, text=True, check=True)
    assert done.stderr.strip().splitlines()[-1].startswith(loaded)

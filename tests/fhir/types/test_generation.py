"""The generated modules: loaded one by one, and exactly what the generator writes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def test_a_type_is_loaded_when_it_is_first_used() -> None:
    code = (
        "import sys, minkang.fhir as f;"
        "assert 'minkang.fhir.r4.patient' not in sys.modules;"
        'f.decode(b\'{"resourceType":"Patient"}\');'
        "assert 'minkang.fhir.r4.patient' in sys.modules;"
        "assert 'minkang.fhir.r4.observation' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_generated_modules_are_what_the_generator_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the definitions are unpacked: nobody edited the generated code by hand."""
    definitions = ROOT / "tools" / "node_modules" / "@medplum" / "definitions" / "dist" / "fhir" / "r4"
    if not definitions.is_dir():
        pytest.skip("FHIR definitions absent (npm install --prefix tools): the generated types were NOT compared")
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import generate_fhir

    monkeypatch.setattr(generate_fhir, "TARGET", tmp_path)
    generate_fhir.main([str(definitions)])
    committed = ROOT / "src" / "minkang" / "fhir" / "r4"
    names = {path.name for path in committed.iterdir() if path.is_file()}
    assert names == {path.name for path in tmp_path.iterdir()}
    for name in names:
        assert (tmp_path / name).read_bytes() == (committed / name).read_bytes(), name


def test_without_definitions_the_generator_says_how_to_get_them() -> None:
    run = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "generate_fhir.py")], capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert "npm install --prefix tools" in run.stderr

"""Old Word documents (.doc): LibreOffice turns them into .docx, where it is installed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from minkang.errors import Fault
from minkang.plans.reading.pieces import Piece
from minkang.plans.reading.word import read_word

PROGRAMS = ("soffice", "libreoffice")
SECONDS = 180
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def read_office(path: Path, body: bytes) -> tuple[str, list[Piece]]:
    """The text and pieces of an old Word document.

    Raises:
        Fault: `PLANS-006` encrypted, `PLANS-010` no LibreOffice here, `PLANS-005` it could not be turned.
    """
    if ENCRYPTED in body:
        raise Fault("PLANS-006", where=path.name)
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        raise Fault("PLANS-010", where=path.name)
    with tempfile.TemporaryDirectory(prefix="minkang-plan-") as folder:
        command = [program, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "docx"]
        try:
            subprocess.run([*command, "--outdir", folder, str(path)], check=True, timeout=SECONDS, capture_output=True)
        except (subprocess.SubprocessError, OSError) as error:
            raise Fault("PLANS-005", where=path.name) from error
        made = Path(folder) / f"{path.stem}.docx"
        if not made.is_file():
            raise Fault("PLANS-005", where=path.name)
        return read_word(made)

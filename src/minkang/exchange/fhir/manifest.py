"""A bulk export by its manifest: what `$export` of FHIR Bulk Data answers with, its files fetched one by one.

Source: HL7 FHIR Bulk Data Access 2.0.0, "Bulk Data Output Manifest". Files may be named by http(s) or file addresses or
by paths beside the manifest. What stands under `deleted` is bundles of deletions, read like the others, after them.
"""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from minkang.errors import Fault

LARGEST = 16 << 20
SECONDS = 60
_CHUNK = 1 << 20


class _File(msgspec.Struct):
    url: str
    type: str = ""


class _Manifest(msgspec.Struct):
    output: list[_File]
    transactionTime: str = ""
    requiresAccessToken: bool = False
    deleted: list[_File] = []


def is_manifest(path: Path) -> bool:
    """Whether a file is a manifest: small JSON with `output` and `transactionTime`."""
    if path.suffix.lower() != ".json" or path.stat().st_size > LARGEST:
        return False
    try:
        return bool(msgspec.json.decode(path.read_bytes(), type=_Manifest).transactionTime)
    except (msgspec.MsgspecError, UnicodeDecodeError, OSError):
        return False


def files_of(manifest: Path, folder: Path, token: str = "") -> list[Path]:
    """The files a manifest names, those behind addresses fetched into a folder.

    Args:
        folder: where fetched files go; one that is there already, whole, is not fetched again.
        token: access token for a manifest that requires one; sent only to hosts of https or of this machine.

    Raises:
        Fault: `EXCHANGE-028` for what is no manifest, or asks for a token that is not given; `EXCHANGE-029` for a file
            that cannot be fetched; `EXCHANGE-001` for a path that does not exist.
    """
    try:
        read = msgspec.json.decode(manifest.read_bytes(), type=_Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Fault("EXCHANGE-028", str(manifest), reason=str(error)) from error
    if read.requiresAccessToken and not token:
        raise Fault("EXCHANGE-028", str(manifest), reason="requiresAccessToken")
    return [_file(one.url, manifest, folder, token) for one in (*read.output, *read.deleted)]


def _file(url: str, manifest: Path, folder: Path, token: str) -> Path:
    parts = urlsplit(url)
    if parts.scheme in {"http", "https"}:
        return _fetch(url, folder, token)
    path = Path(unquote(parts.path)) if parts.scheme == "file" else manifest.parent / url
    if not path.is_file():
        raise Fault("EXCHANGE-001", path=str(path))
    return path


def _fetch(url: str, folder: Path, token: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(url.encode()).hexdigest()[:16] + ".ndjson"
    there, part = folder / name, folder / f".{name}.part"
    if there.exists():
        return there
    parts = urlsplit(url)
    headers = {"Accept": "application/fhir+ndjson"}
    if token and (parts.scheme == "https" or parts.hostname in {"localhost", "127.0.0.1", "::1"}):
        headers["Authorization"] = f"Bearer {token}"
    try:
        request = urllib.request.Request(url, headers=headers)
        with urllib.request.urlopen(request, timeout=SECONDS) as answer, part.open("wb") as file:
            expected = answer.headers.get("Content-Length")
            while chunk := answer.read(_CHUNK):
                file.write(chunk)
            if expected and file.tell() != int(expected):
                raise Fault("EXCHANGE-029", url=url, reason=f"{file.tell()} / {expected}")
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise Fault("EXCHANGE-029", url=url, reason=str(error)) from error
    part.replace(there)
    return there

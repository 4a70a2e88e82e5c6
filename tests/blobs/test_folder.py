"""Originals in a folder by the hash of their content."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minkang.blobs import BlobHash, FolderBlobs, Piece
from minkang.errors import Fault


@settings(max_examples=40)
@given(content=st.binary(max_size=5000))
def test_what_was_put_comes_back_under_its_hash(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Any bytes, none too; putting them again makes no second file."""
    blobs = FolderBlobs(tmp_path_factory.mktemp("blobs"))
    blob = blobs.put(content)
    assert blobs.put(content) == blob == hashlib.sha256(content).hexdigest()
    assert blobs.get(blob) == content
    assert len([path for path in blobs.root.rglob("*") if path.is_file()]) == 1


def test_a_piece_is_a_stretch_of_a_blob(tmp_path: Path) -> None:
    """Offset and length count bytes of the content."""
    blobs = FolderBlobs(tmp_path)
    assert blobs.piece(Piece(blobs.put(b"abcdef"), 2, 3)) == b"cde"


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    """A hash that was never put, and one that would lead out of the folder."""
    for blob in ("0" * 64, "../../etc/passwd"):
        with pytest.raises(Fault) as caught:
            FolderBlobs(tmp_path).get(BlobHash(blob))
        assert caught.value.code == "BLOBS-002"


def test_a_damaged_blob_is_refused(tmp_path: Path) -> None:
    """Neither cut off nor other content is handed out as the original."""
    blobs = FolderBlobs(tmp_path)
    blob, other = blobs.put(b"one" * 100), blobs.put(b"two" * 100)
    place = tmp_path / blob[:2] / f"{blob}.zst"
    for damaged in (place.read_bytes()[:10], (tmp_path / other[:2] / f"{other}.zst").read_bytes()):
        place.write_bytes(damaged)
        with pytest.raises(Fault) as caught:
            blobs.get(blob)
        assert caught.value.code == "BLOBS-003"


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Fault) as caught:
        FolderBlobs(tmp_path / "file").put(b"x")
    assert caught.value.code == "BLOBS-001"


def test_a_full_disk_leaves_nothing_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault names the reason, and no part stays in the folder."""
    import os

    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Fault) as caught:
        FolderBlobs(tmp_path).put(b"x")
    assert caught.value.params["reason"] == "No space left on device"
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]

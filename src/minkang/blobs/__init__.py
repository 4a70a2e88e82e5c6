"""Bytes kept by what they are: originals, images, documents, each under the SHA-256 of its content."""

from minkang.blobs.folder import FolderBlobs
from minkang.blobs.store import BlobHash, Blobs, Piece

__all__ = ["BlobHash", "Blobs", "FolderBlobs", "Piece"]

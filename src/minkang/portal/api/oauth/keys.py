"""The platform's own signing keys: files of private JWKs in `MINKANG_HOME/keys`, mode 0600, told apart by `kid`.

The newest signs, all verify. Rotation writes a new file; a key older than the longest token it signed is removed with
the rotation after. Several server processes share the folder: one that meets a `kid` it does not know reads again.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import threading
import time
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey

from minkang.errors import Fault

ALGORITHM = "ES256"
_PATTERN = "token-*.json"
_KID = re.compile(r"[0-9]{8}T[0-9]{6}-[0-9a-f]{8}")
_KEEP_SECONDS = 86_400


def private_file(path: Path, content: bytes) -> bool:
    """Write a file only its owner can read, whole or not at all; False when it was there already."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True


class SigningKeys:
    """All keys of the folder, read when first needed.

    Args:
        folder: `MINKANG_HOME/keys`; made with a first key when empty.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: dict[str, ECKey] = {}
        self._lock = threading.Lock()

    def current(self) -> ECKey:
        """The newest key, made now if there is none."""
        if not self._keys:
            self._read()
        if not self._keys:
            self.rotate()
        return self._keys[max(self._keys)]

    def find(self, kid: str) -> ECKey | None:
        """The key of this id, also one that another process has just made; None when there is none."""
        if kid not in self._keys and _KID.fullmatch(kid) and (self._folder / f"token-{kid}.json").exists():
            self._read()
        return self._keys.get(kid)

    def rotate(self) -> str:
        """Make a new signing key, remove those that can have no valid token left, and return the new key's id."""
        newest = max(self._keys, default="")
        for path in self._folder.glob(_PATTERN):
            if path.stem != f"token-{newest}" and time.time() - path.stat().st_mtime > _KEEP_SECONDS:
                path.unlink(missing_ok=True)
        kid = f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{secrets.token_hex(4)}"
        key = ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": ALGORITHM}, private=True)
        private_file(self._folder / f"token-{kid}.json", json.dumps(key.as_dict(private=True)).encode())
        self._read()
        return kid

    def public(self) -> dict[str, Any]:
        """The public halves as a JWK set, for those who verify our tokens."""
        self.current()
        return {"keys": [key.as_dict(private=False) for _, key in sorted(self._keys.items())]}

    def _read(self) -> None:
        with self._lock:
            found = {}
            for path in sorted(self._folder.glob(_PATTERN)):
                try:
                    key = ECKey.import_key(json.loads(path.read_text("utf-8")))
                except (OSError, ValueError) as problem:
                    raise Fault("OAUTH-020", where=path.name) from problem
                found[str(key.kid)] = key
            self._keys = found

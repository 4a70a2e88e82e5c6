"""Write the reference pages that come from the program itself: settings and faults.

Run after a change of either: `.venv/bin/python tools/write_reference.py`. `--check` writes nothing and exits 1 when a
page is out of date.
"""

from __future__ import annotations

import sys
from pathlib import Path

from minkang.errors import catalogue
from minkang.settings import SETTINGS

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"


def settings_page() -> str:
    """One row a setting."""
    rows = [
        f"| `{setting.name}` | {setting.default or '—'} | {setting.zh} | {setting.en} |"
        for setting in SETTINGS
    ]
    head = ["# Settings 设置", "", "| variable | default | 说明 | what it does |", "|---|---|---|---|"]
    return "\n".join([*head, *rows, ""])


def errors_page() -> str:
    """One section a package, one row a fault."""
    head = "Every refusal, its HTTP status and its advice. 每一种拒绝、其 HTTP 状态与处理办法。"
    lines = ["# Faults 错误目录", "", head, ""]
    area = ""
    for code, entry in sorted(catalogue().items()):
        if code.rpartition("-")[0] != area:
            area = code.rpartition("-")[0]
            lines += ["", f"## {area}", "", "| code | HTTP | 中文 | English |", "|---|---|---|---|"]
        zh, en = (f"{entry.words[one]}<br>{entry.advice[one]}".replace("|", "\\|") for one in ("zh", "en"))
        lines.append(f"| `{code}` | {entry.category.status} | {zh} | {en} |")
    return "\n".join([*lines, ""])


def main() -> int:
    """Write (or check) each page."""
    stale = 0
    for name, text in (("settings.md", settings_page()), ("errors.md", errors_page())):
        place = REFERENCE / name
        if place.exists() and place.read_text("utf-8") == text:
            continue
        stale += 1
        if "--check" not in sys.argv:
            place.write_text(text, "utf-8")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())

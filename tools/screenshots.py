"""Make the pictures of docs/screenshots: pages of a running demo, on a wall and on a phone, in both languages.

    make demo &    then    .venv/bin/python tools/screenshots.py http://127.0.0.1:8642 admin PASSWORD

Look at them: alignment, overflow of Chinese text, empty states, long names.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parents[1] / "docs" / "screenshots"
PICTURES = (
    ("home", "/", 1280, "zh-CN", "light"),
    ("home-phone", "/", 360, "zh-CN", "light"),
    ("region", "/regions/wenshang", 1280, "zh-CN", "light"),
    ("components", "/design#charts", 1280, "zh-CN", "dark"),
    ("audit", "/administration/audit", 1280, "en", "light"),
    ("institutions-phone", "/institutions", 360, "zh-CN", "dark"),
)


def main(base: str, name: str, password: str) -> None:
    """Sign in once for each kind of screen and take each picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for picture, path, width, language, scheme in PICTURES:
            screen = browser.new_context(
                viewport={"width": width, "height": 800 if width > 640 else 720}, locale=language, color_scheme=scheme
            ).new_page()
            _sign_in(screen, base, name, password)
            screen.goto(f"{base}{path}", wait_until="networkidle")
            screen.wait_for_timeout(400)
            screen.screenshot(path=FOLDER / f"{picture}.png")
        browser.close()


def _sign_in(screen: Any, base: str, name: str, password: str) -> None:
    screen.goto(f"{base}/login")
    screen.fill("#id_username", name)
    screen.fill("#id_password", password)
    screen.click("main button")
    screen.wait_for_selector("h1")


if __name__ == "__main__":
    main(*sys.argv[1:4])

#!/bin/sh
# Browser tests need Chromium and a Chinese font. Install both where that is allowed; never fail because of them:
# the tests themselves say loudly that they did not run.
set -u
for name in chromium chromium-browser google-chrome google-chrome-stable; do
  command -v "$name" >/dev/null 2>&1 && found=1 && break
done
[ -d "/Applications/Google Chrome.app" ] || [ -d "/Applications/Chromium.app" ] && found=1
if [ -n "${found:-}" ] && { ! command -v fc-list >/dev/null 2>&1 || [ -n "$(fc-list :lang=zh 2>/dev/null | head -n 1)" ]; }; then exit 0; fi
if command -v apt-get >/dev/null 2>&1; then
  sudo=
  [ "$(id -u)" = 0 ] || sudo="sudo -n"
  if $sudo true 2>/dev/null; then
    echo "Installing Chromium and a Chinese font for the browser tests ..."
    export DEBIAN_FRONTEND=noninteractive
    $sudo apt-get update -qq >/dev/null 2>&1
    $sudo apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk fontconfig >/dev/null 2>&1 && exit 0
  fi
fi
[ -n "${found:-}" ] || echo "NO BROWSER: the browser tests will NOT run. Install Chromium (Debian: apt-get install chromium) to run them." >&2
exit 0

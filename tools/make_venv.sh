#!/bin/sh
# Make the virtual environment. Debian ships Python without `venv`; it is then installed, where that is allowed.
set -eu
python=$1
venv=$2
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "Minkang needs Python 3.11 or later; $python is $("$python" --version 2>&1). Try: make PYTHON=python3.12 ..." >&2
  exit 1
}
make_it() { rm -rf "$venv" && "$python" -m venv "$venv" >/dev/null 2>&1; }
make_it && exit 0
echo "Python has no venv module here; trying to install it ..." >&2
if command -v apt-get >/dev/null 2>&1; then
  sudo=
  [ "$(id -u)" = 0 ] || sudo="sudo -n"
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  $sudo apt-get update -qq >/dev/null 2>&1 || true
  $sudo apt-get install -y -qq "python$version-venv" >/dev/null 2>&1 ||
    $sudo apt-get install -y -qq python3-venv >/dev/null 2>&1 || true
  make_it && exit 0
fi
echo "No virtual environment could be made. Install the venv module (Debian: apt-get install python3-venv) and try again." >&2
exit 1

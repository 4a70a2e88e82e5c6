#!/bin/sh
# Pin every dependency with its hashes, for all platforms and without naming any registry.
set -eu
cd "$(dirname "$0")/.."
compile() {
  .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header "$@"
}
compile pyproject.toml --output-file requirements/runtime.txt
compile requirements/build.in --constraint requirements/runtime.txt --output-file requirements/build.txt
compile pyproject.toml --group dev --constraint requirements/runtime.txt --constraint requirements/build.txt \
  --output-file requirements/dev.txt

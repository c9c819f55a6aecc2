#!/usr/bin/env bash
# Pins and hashes every requirement into requirements/*.txt: `make lock`, with .venv's own uv.
# Each file is resolved under the pins before it, so that any of them can be installed together.
# No download address is written: a lock must not tie its users to one index.
# Pins that still fit pyproject.toml stay; `make lock ARGS=--upgrade` moves them.
set -euo pipefail
cd "$(dirname "$0")/.."

[[ -x .venv/bin/uv ]] || { echo "lock: .venv/bin/uv is missing; 'make lock' makes it." >&2; exit 2; }
# A folder of wheels or a small index in pip's configuration would shrink the lock to the hashes
# that it holds. Behind a mirror, name it in UV_DEFAULT_INDEX.
unset PIP_FIND_LINKS PIP_EXTRA_INDEX_URL
export PIP_CONFIG_FILE=/dev/null
compile() {
    .venv/bin/python tools/uv.py pip compile "$@" --quiet --universal --python-version 3.11 \
        --generate-hashes \
        --no-annotate --no-header --no-emit-index-url --no-emit-find-links
}
compile pyproject.toml -o requirements/base.txt "$@"
compile --group pyproject.toml:build -c requirements/base.txt -o requirements/build.txt "$@"
for extra in examples spark desk connectors; do
    compile pyproject.toml --extra "$extra" -c requirements/base.txt -o "requirements/$extra.txt" "$@"
done
compile --group pyproject.toml:browser -c requirements/base.txt -c requirements/desk.txt \
    -o requirements/browser.txt "$@"
for version in 1_0 1_2 1_4; do
    compile --group "pyproject.toml:reader-$version" -o "requirements/reader-$version.txt" "$@"
done
compile pyproject.toml --group dev -c requirements/base.txt -c requirements/build.txt \
    -o requirements/dev.txt "$@"

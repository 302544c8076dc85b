#!/usr/bin/env bash
# Puts plumbline on the PATH of a CI job: the one that is there already, else one that is built from this checkout (Debian
# or Ubuntu; about three minutes on four cores, nothing when build/plumbline was restored from a cache).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if ! command -v plumbline >/dev/null; then
    if [ -x "$here/build/plumbline" ]; then "$here/dev" packages; else "$here/dev" build; fi
    if [ -n "${GITHUB_PATH:-}" ]; then echo "$here/build" >>"$GITHUB_PATH"; fi
    PATH="$here/build:$PATH"
fi
plumbline --version

#!/bin/sh
# What `make` needs from the system beside Python: checked in a second before any other work,
# installed where that can be done (apt, as root or by sudo without a password), named otherwise.
# Usage: tools/prepare.sh PYTHON [venv] [browser] [pango]
set -eu
python=$1
shift

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
  echo "Python 3.11 or later is needed: install it, or name it with 'make ... PYTHON=/path/to/python3'" >&2
  exit 1
}

has() {
  case $1 in
    venv) "$python" -c 'import ensurepip, venv' 2>/dev/null ;;
    browser) for name in "${CHROMIUM:-chromium}" chromium-browser google-chrome google-chrome-stable; do
               command -v "$name" >/dev/null 2>&1 && return 0
             done
             [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ] ;;
    pango) "$python" -c '
from ctypes.util import find_library
import sys
sys.exit(not all(map(find_library, ("pangoft2-1.0", "harfbuzz-subset"))))' ;;
  esac
}

missing=""
for need; do has "$need" || missing="$missing $need"; done
[ -n "$missing" ] || exit 0

packages=""
for need in $missing; do
  case $need in
    venv) packages="$packages python3-venv" ;;
    browser) packages="$packages chromium fonts-noto-cjk" ;;
    pango) packages="$packages libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0" ;;
  esac
done
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo -n"
command="apt-get install -y$packages"
if command -v apt-get >/dev/null 2>&1 && { [ -z "$as_root" ] || sudo -n true 2>/dev/null; }; then
  echo "Installing from the system's packages:$packages"
  log=$(mktemp)
  if $as_root apt-get update -qq >"$log" 2>&1 &&
     $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $packages >>"$log" 2>&1; then
    rm -f "$log"
    exit 0
  fi
  tail -n 5 "$log" >&2
  rm -f "$log"
fi
echo "Needed from the system:$missing. On Debian or Ubuntu, run: sudo $command" >&2
[ "$(uname)" = Darwin ] && echo "On macOS, run: brew install pango, and install Google Chrome" >&2
exit 2

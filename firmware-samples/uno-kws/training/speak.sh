#!/usr/bin/env bash
# Makes the demo's words: synthetic, spoken by espeak-ng (Debian's 1.51) and by no person.
set -euo pipefail
cd "$(dirname "$0")/.."
for word in yes no; do espeak-ng -v en-us -s 140 -w "$word.wav" "$word"; done

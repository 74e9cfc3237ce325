#!/bin/sh
# Makes the demo input yes.wav: a synthetic voice (Debian's espeak-ng) says "yes". Not a recording.
set -e
cd "$(dirname "$0")/.."
espeak-ng -v en-us+f3 -s 150 -w yes.wav "yes"

#!/usr/bin/env bash
# Installs what training the samples' networks takes, apart from setup.sh: building and testing need none of it.
set -euo pipefail

packages=(
  "python3-torch:trains the networks"
  "python3-numpy:arrays"
  "python3-scipy:filters and resampling for augmented recordings"
  "python3-soundfile:reads FLAC and Opus recordings"
  "python3-pil:reads and draws pictures"
  "espeak-ng:synthetic speech"
  "make:builds the inference runtime for this machine"
  "gcc:its compiler"
  "libc6-dev:its headers"
)

command -v apt-get >/dev/null || { echo "setup-training: this is not a Debian system: install by hand ${packages[*]%%:*}" >&2; exit 1; }
missing=()
for entry in "${packages[@]}"; do
  name=${entry%%:*}
  [ "$(dpkg-query -W -f='${Status}' "$name" 2>/dev/null)" = "install ok installed" ] && continue
  echo "setup-training: will install $name: ${entry#*:}"
  missing+=("$name")
done
[ ${#missing[@]} -eq 0 ] && { echo "setup-training: all Debian packages are installed"; exit 0; }

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "setup-training: run as root, or install sudo: apt-get needs it for ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
"${as_root[@]}" apt-get update
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${missing[@]}"

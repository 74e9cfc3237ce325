#!/usr/bin/env bash
# Makes a bare Debian 12 with Node 20 ready to build and test: packages first, then npm's. Quick when nothing is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
  "make:runs the firmware Makefiles"
  "gcc:builds the Unicorn test oracle"
  "libc6-dev:its headers"
  "gcc-arm-none-eabi:compiles test firmware and samples"
  "libnewlib-arm-none-eabi:their C library"
  "qemu-system-arm:test oracle for whole programs"
  "libunicorn-dev:test oracle for single instructions"
  "chromium:runs the emulator as a page does"
  "socat:gives serial ports pseudo-terminals (--serial pty)"
  "sigrok-cli:decodes recorded traffic, as a test oracle"
  "gcc-avr:compiles AVR test firmware and samples"
  "avr-libc:their C library"
  "arduino-core-avr:the Arduino core that sketches are built with, and its optiboot"
  "libsimavr-dev:test oracle for AVR instructions and programs"
  "libelf-dev:its headers"
  "avrdude:flashes through the emulated bootloader"
  "flac:encodes recordings for tests"
  "opus-tools:encodes recordings for tests"
  "python3-minimal:writes random networks for tests"
  "g++:builds the Arm NN test oracle"
  "libarmnn-dev:test oracle for neural networks"
  "libarmnntfliteparser-dev:its reader of .tflite files"
  "libarmnn-cpuref-backend22:its reference kernels"
)

is_installed() { [ "$(dpkg-query -W -f='${Status}' "$1" 2>/dev/null)" = "install ok installed" ]; }

command -v node >/dev/null || { echo "setup: Node.js is missing; install version 20 or later (https://nodejs.org)" >&2; exit 1; }
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || { echo "setup: Node.js $(node --version) is too old; version 20 or later is needed" >&2; exit 1; }

missing=()
if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
  for entry in "${packages[@]}"; do
    name=${entry%%:*}
    is_installed "$name" && continue
    echo "setup: will install $name: ${entry#*:}"
    missing+=("$name")
  done
else
  for tool in make cc arm-none-eabi-gcc qemu-system-arm; do
    command -v "$tool" >/dev/null || { echo "setup: $tool is missing, and this is not a Debian system: install it by hand" >&2; exit 1; }
  done
fi

# Unpacked, not installed: minimal images leave out /usr/share/doc, where the package has its example programs.
micropython=firmware-microbit-micropython
micropython_folder=test/nordic/build/micropython
has_micropython() { [ -d "$micropython_folder/usr/share/doc/$micropython/examples" ]; }

if [ ${#missing[@]} -gt 0 ] || { command -v apt-get >/dev/null && ! has_micropython; }; then
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "setup: run as root, or install sudo: apt-get needs it for ${missing[*]:-$micropython}" >&2; exit 1; }
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update
fi
if [ ${#missing[@]} -gt 0 ]; then
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${missing[@]}"
else
  echo "setup: all Debian packages are installed"
fi

if has_micropython; then
  echo "setup: $micropython is unpacked"
elif command -v apt-get >/dev/null; then
  echo "setup: will unpack $micropython: test firmware for the micro:bit, with its examples"
  mkdir -p "$micropython_folder"
  (cd "$micropython_folder" && apt-get -o APT::Sandbox::User=root download "$micropython" && dpkg-deb -x "$micropython"_*.deb . && rm "$micropython"_*.deb)
fi

# npm ci empties node_modules: only when the lock file is newer than what is installed.
if [ -f node_modules/.package-lock.json ] && [ ! package-lock.json -nt node_modules/.package-lock.json ]; then
  echo "setup: npm packages are installed"
else
  echo "setup: installing npm packages from package-lock.json"
  npm ci
fi

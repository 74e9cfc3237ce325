#!/usr/bin/env bash
# Runs the hello sample on an emulated Cortex-M4 board.
set -euo pipefail
cd "$(dirname "$0")/.."
echo '$ node bin/thumbelina.js run firmware-samples/hello/hello.mps2-an386.elf --board mps2-an386 --semihosting'
node bin/thumbelina.js run firmware-samples/hello/hello.mps2-an386.elf --board mps2-an386 --semihosting --timeout 10s

#!/usr/bin/env bash
# Shows an emulated Arduino Nano 33 BLE Sense hear a word (kws), see a person (vww) or feel a gesture (magic-wand), and what that cost.
set -euo pipefail
cd "$(dirname "$0")/.."
samples=firmware-samples
case "${1:-kws}" in
  kws) run=("$samples/kws/kws.nano33ble.elf" --board nano33ble --serial serial1 --mic "$samples/kws/yes.wav@0.5s" --until $'%\n') ;;
  vww) run=("$samples/vww/vww.nano33ble.elf" --board nano33ble-shield --camera "$samples/vww/person.png" --until $'cycles\n') ;;
  magic-wand) run=("$samples/magic-wand/magic-wand.nano33ble.elf" --board nano33ble --serial serial1 --recording "$samples/magic-wand/demo/ring.csv@1s" --until $'%\n') ;;
  *) echo "demo: no demo '$1'; there are kws, vww and magic-wand" >&2; exit 2 ;;
esac
printf '$ node bin/thumbelina.js run'; printf ' %q' "${run[@]}"; echo ' --energy'
node bin/thumbelina.js run "${run[@]}" --energy --timeout 20s

#!/usr/bin/python3
"""Writes features-tables.h: window, twiddles, mel weights, logarithms and cosines as integers. No input; the same bytes each time.

Mel scale: 1127 ln(1 + f / 700), as TensorFlow's and HTK's. DCT-II scaled by sqrt(2 / 40), as tf.signal.mfccs_from_log_mel_spectrograms.
"""
import math
import sys

HZ, WINDOW, POINTS, BANDS, COEFFICIENTS = 16000, 640, 1024, 40, 10
LOWEST_HZ, HIGHEST_HZ = 60.0, 4000.0


def mel(hz):
    return 1127.0 * math.log(1.0 + hz / 700.0)


def rows(name, kind, values, width=12):
    lines = [', '.join(str(v) for v in values[i:i + width]) for i in range(0, len(values), width)]
    return f'static const {kind} {name}[{len(values)}] = {{\n  ' + ',\n  '.join(lines) + '\n};\n'


def bands():
    """Triangles on the mel scale. Weights of every bin of every band in a row, each band's first bin and number of bins."""
    edges = [mel(LOWEST_HZ) + i * (mel(HIGHEST_HZ) - mel(LOWEST_HZ)) / (BANDS + 1) for i in range(BANDS + 2)]
    first, count, weights = [], [], []
    for low, centre, high in zip(edges, edges[1:], edges[2:]):
        inside = []
        for k in range(1, POINTS // 2):
            at = mel(k * HZ / POINTS)
            weight = min((at - low) / (centre - low), (high - at) / (high - centre))
            if weight > 0:
                inside.append((k, max(1, round(4096 * weight))))
        first.append(inside[0][0])
        count.append(len(inside))
        weights += [weight for _, weight in inside]
    return first, count, weights


def main():
    first, count, weights = bands()
    q31 = lambda v: max(-2**31, min(2**31 - 1, round(v * 2**31)))
    twiddles = [f'{{ {q31(math.cos(2 * math.pi * k / POINTS))}, {q31(-math.sin(2 * math.pi * k / POINTS))} }}' for k in range(POINTS // 2)]
    scale = 0.5 * math.log(2) * math.sqrt(2 / BANDS) * 2**18
    cosines = [round(scale * math.cos(math.pi * c * (b + 0.5) / BANDS)) for c in range(COEFFICIENTS) for b in range(BANDS)]
    out = '/* Made by training/make-tables.py: do not edit. */\n'
    out += f'/* Periodic Hann window of {WINDOW}, its first half and the middle, Q15. */\n'
    out += rows('window_q15', 'uint16_t', [round(32767 * (0.5 - 0.5 * math.cos(2 * math.pi * n / WINDOW))) for n in range(WINDOW // 2 + 1)])
    out += f'/* exp(-2 pi i k / {POINTS}), Q31. */\n' + rows('twiddles', 'struct complex', twiddles, 4)
    out += f'/* Triangles from {LOWEST_HZ:g} to {HIGHEST_HZ:g} Hz, weights in Q12. */\n'
    out += rows('band_first', 'uint16_t', first) + rows('band_bins', 'uint8_t', count) + rows('band_weights', 'uint16_t', weights)
    out += f'enum {{ LAST_BIN = {max(f + n - 1 for f, n in zip(first, count))} }};\n'
    out += '/* log2(1 + n / 128), Q12. */\n' + rows('log2_q12', 'uint16_t', [round(4096 * math.log2(1 + n / 128)) for n in range(129)])
    out += '/* DCT-II of ln(2) / 2 times log2, Q18, by coefficient. */\n' + rows('cosines_q18', 'int16_t', cosines)
    with open(sys.argv[1] if len(sys.argv) > 1 else 'features-tables.h', 'w') as file:
        file.write(out)


main()

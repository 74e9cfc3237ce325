"""
Quantisation for the Uno's networks: 8-bit weights, activations of 0..127, and scales that are powers of two, so that the AVR
needs shifts and no multiplication of 32 bits between layers.

A layer is y = clamp((sum of w * x + b + half) >> shift, 0, 127), all integers. The same functions train (with gradients passed
straight through the rounding) and, on integers, say exactly what the firmware computes.
"""
import math
import torch


class _Round(torch.autograd.Function):
    """Rounds half up, as adding half and shifting does; the gradient passes as if nothing had happened."""

    @staticmethod
    def forward(context, x):
        return torch.floor(x + 0.5)

    @staticmethod
    def backward(context, gradient):
        return gradient


round_through = _Round.apply


def fraction_bits(weight, bits=8):
    """The most fraction bits with which all weights fit a signed integer of so many bits."""
    largest = float(weight.detach().abs().max())
    return math.floor(math.log2((2 ** (bits - 1) - 1) / max(largest, 1e-6)))


def fixed(x, fraction, lowest, highest):
    """x as the nearest multiple of 2^-fraction within the integer range, in real units."""
    scale = 2.0 ** fraction
    return torch.clamp(round_through(x * scale), lowest, highest) / scale


def fixed_weight(weight, bits=8):
    limit = 2 ** (bits - 1) - 1
    return fixed(weight, fraction_bits(weight, bits), -limit, limit)


def fixed_bias(bias, weight, input_fraction, bits=8):
    return fixed(bias, fraction_bits(weight, bits) + input_fraction, -2 ** 30, 2 ** 30)


def integers(x, fraction):
    """Fixed-point values as Python integers."""
    return torch.floor(x * 2.0 ** fraction + 0.5).to(torch.int64)


def c_array(kind, name, values, comment, per_line=20):
    """A constant array in flash as C text."""
    flat = [int(v) for v in torch.as_tensor(values).flatten().tolist()]
    lines = [', '.join(str(v) for v in flat[at:at + per_line]) for at in range(0, len(flat), per_line)]
    return f'/* {comment} */\nstatic const {kind} {name}[{len(flat)}] PROGMEM = {{\n  ' + ',\n  '.join(lines) + '\n};\n'


def header(source, parts):
    guard = f'/* Made by {source}; do not edit. */\n#include <avr/pgmspace.h>\n#include <stdint.h>\n\n'
    return guard + '\n'.join(parts)


def confusion_table(truth, guess, names):
    """Rows are the truth, columns what the network said, as Markdown."""
    count = [[0] * len(names) for _ in names]
    for t, g in zip(truth, guess):
        count[int(t)][int(g)] += 1
    lines = ['| | ' + ' | '.join(names) + ' |', '|---|' + '---|' * len(names)]
    lines += [f'| **{name}** | ' + ' | '.join(str(n) for n in row) + ' |' for name, row in zip(names, count)]
    return '\n'.join(lines)

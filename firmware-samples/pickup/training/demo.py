"""Writes ../demo/picked-up.csv and ../demo/knocked.csv: synthetic motions (motions.py). Needs numpy."""

import os

import numpy

import motions

_HERE = os.path.dirname(os.path.abspath(__file__))
SEED = 42


def write(name, samples):
    with open(os.path.join(_HERE, '..', 'demo', name), 'w') as file:
        file.write('# synthetic, made by training/demo.py\ntime_ms,ax_g,ay_g,az_g\n')
        for n, mg in enumerate(samples):
            file.write(f'{round(n * 1000 / motions.HZ)},' + ','.join(f'{axis / 1000:.3f}' for axis in mg) + '\n')


random = numpy.random.default_rng(SEED)
up = motions.Motion(random, [0.02, -0.03, 1], 2).turn([0.1, 0.75, 0.65], 1.0, 0.3, 15).rest(4, 12)
write('picked-up.csv', up.samples())
knocked = motions.Motion(random, [0.02, -0.03, 1], 2).knock(900, 0.4).rest(4, 2)
write('knocked.csv', knocked.samples())

"""
Makes the demo gestures: smooth curves through a few points by hand and a tremor. Synthetic: nobody moved.

    python3 gestures.py        writes wing.csv, ring.csv, slope.csv beside this file

Standard library only.
"""

import math
import os
import random

STEP_MS = 40
REST_MS = 1000                    # before and after
TREMOR_G = 0.012
# Acceleration in g at even moments of the movement; and how long it takes.
GESTURES = {
    'wing':  (3.2, [(-.62, .35, .65), (-.45, .2, .4), (0, .1, .6), (.08, .15, 1.6), (.05, .15, 1.5), (-.1, 0, .6), (-.22, .05, .15), (-.05, .15, .65),
                    (.03, .15, 1.6), (0, .1, 1.6), (0, .05, .85), (-.35, .05, .6), (-.52, .2, .62), (-.58, .26, .73)]),
    'ring':  (2.8, [(-.67, .38, .72), (-.55, .45, .55), (-.4, .2, .53), (-.25, -.05, .8), (-.05, -.08, 1.2), (.15, 0, 1.37), (.28, .18, 1.3),
                    (.28, .4, 1.1), (.13, .4, 1), (-.08, .3, .73), (-.37, .2, .65), (-.6, .13, .7), (-.68, .15, .72)]),
    'slope': (2.4, [(-.72, .34, .6), (-.65, .17, .55), (-.48, 0, .6), (-.2, .17, .85), (.02, .46, 1.15), (.05, .6, 1.16), (.1, .54, 1), (.15, .36, 1),
                    (.1, .15, 1.02), (0, .04, 1.06), (-.08, .02, 1.06), (-.11, .05, 1.03)]),
}


def between(points, share):
    """From point to point along half a cosine."""
    place = min(share, 0.999999) * (len(points) - 1)
    index = int(place)
    weight = (1 - math.cos(math.pi * (place - index))) / 2
    return [a + weight * (b - a) for a, b in zip(points[index], points[index + 1])]


def rows(seconds, points):
    tremor = random.Random(len(points))
    yield 0, points[0]
    steps = round(seconds * 1000 / STEP_MS)
    for step in range(steps + 1):
        yield REST_MS + step * STEP_MS, [axis + tremor.gauss(0, TREMOR_G) for axis in between(points, step / steps)]
    yield 2 * REST_MS + steps * STEP_MS, points[-1]


for name, (seconds, points) in GESTURES.items():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), f'{name}.csv'), 'w') as file:
        file.write('# synthetic, made by gestures.py\ntime_ms,ax_g,ay_g,az_g\n')
        for milliseconds, axes in rows(seconds, points):
            file.write(','.join([str(milliseconds)] + [f'{axis:.3f}' for axis in axes]) + '\n')

"""
Vibration of rotating machines, synthetic: harmonics of the shaft, a gear mesh, noise; and three faults. Nothing here was recorded.
A run is acceleration in mg, [samples][3], at HZ samples a second.
"""

import numpy

HZ = 3808                          # four times the sensor's rate
MACHINES = 4
FAULTS = ['bearing knock', 'imbalance', 'looseness']
MOST_MG = 2000


class Machine:
    """One of MACHINES, with its own speed, harmonics, gears and way to shake."""

    def __init__(self, number):
        random = numpy.random.default_rng(1000 + number)
        self.shaft_hz = random.uniform(18, 32)
        self.teeth = int(random.integers(7, 13))
        self.harmonics = random.uniform(25, 60) * random.uniform(0.5, 1, 6) / numpy.arange(1, 7)
        self.mesh = random.uniform(10, 30)
        self.noise = random.uniform(3, 7)
        self.directions = [_unit(random.normal(size=3)) for _ in range(8)]
        self.resonance_hz = random.uniform(230, 380)

    def run(self, seconds, random, fault=None):
        """Running as it does today: a little faster or slower, more or less loaded."""
        time = numpy.arange(int(seconds * HZ)) / HZ
        shaft = self.shaft_hz * random.uniform(0.97, 1.03)
        turns = shaft * time + 0.02 * numpy.sin(2 * numpy.pi * random.uniform(0.3, 1) * time)
        load = random.uniform(0.85, 1.15)
        amplitudes = self.harmonics * load * random.uniform(0.9, 1.1, 6)
        if fault == 'imbalance':
            amplitudes[0] *= random.uniform(1.6, 3)
        total = numpy.zeros((len(time), 3)) + [0, 0, 1000]
        for order, amplitude in enumerate(amplitudes, 1):
            total += _wave(amplitude, order * turns, random)[:, None] * self.directions[order - 1]
        total += _wave(self.mesh * load, self.teeth * turns, random)[:, None] * self.directions[6]
        if fault == 'looseness':
            for order in (0.5, 1.5, 2.5):
                total += _wave(random.uniform(0.25, 0.6) * amplitudes[0], order * turns, random)[:, None] * self.directions[5]
        if fault == 'bearing knock':
            total += self._knocks(time, shaft, random)[:, None] * self.directions[7]
        noise = random.normal(size=(len(time) + 3, 3))
        total += self.noise * sum(noise[i:i + len(time)] for i in range(4)) / 2
        return numpy.clip(total, -MOST_MG, MOST_MG)

    def _knocks(self, time, shaft, random):
        """A ball passes the damage 3.6 times a turn and rings the housing's resonance."""
        since = (time + random.uniform(0, 1) / shaft) % (1 / (3.6 * shaft))
        blow = numpy.exp(-since * 180) * numpy.sin(2 * numpy.pi * self.resonance_hz * since)
        return random.uniform(25, 120) * blow


def _wave(amplitude, turns, random):
    return amplitude * numpy.sin(2 * numpy.pi * (turns + random.random()))


def _unit(vector):
    return vector / numpy.linalg.norm(vector)

"""
Motions of a phone-like board, synthetic: made from attitudes, displacements and tremors by the rules below, not recorded. A motion
is acceleration in mg, [samples][3], HZ samples a second; z points out of the front.
"""

import numpy

HZ = 50
G = 9.81
MOST_MG = 2000


def smooth(share):
    """From 0 to 1 with least jerk."""
    share = numpy.clip(share, 0, 1)
    return share ** 3 * (10 - 15 * share + 6 * share ** 2)


def push(share):
    """Second derivative of smooth()."""
    return numpy.where((share > 0) & (share < 1), 60 * share - 180 * share ** 2 + 120 * share ** 3, 0)


class Motion:
    """Starts at rest for 4 s and more; then steps are added one after the other, each from where the last left off."""

    def __init__(self, random, gravity, shakes):
        self.random = random
        self.parts = []
        self.gravity = _unit(gravity)
        self.rest(random.uniform(4, 6), shakes)

    def rest(self, seconds, tremor):
        self._append(numpy.repeat(self.gravity[None] * 1000, int(seconds * HZ), 0), tremor)
        return self

    def turn(self, gravity, seconds, metres=0.0, tremor=20.0):
        """Turns until gravity points so, while the hand carries it `metres` in any direction."""
        goal = _unit(gravity)
        share = numpy.arange(int(seconds * HZ)) / (seconds * HZ)
        path = self.gravity + smooth(share)[:, None] * (goal - self.gravity)
        path += 0.02 * self.random.normal(size=3)          # never straight through the middle
        path /= numpy.linalg.norm(path, axis=1, keepdims=True)
        direction = _unit(self.random.normal(size=3) + 0.8 * self.gravity)
        carried = push(share)[:, None] * direction * metres / seconds ** 2 / G * 1000
        self.gravity = goal
        self._append(1000 * path + carried, tremor)
        return self

    def knock(self, milli_g, seconds):
        """A blow that rings out; the attitude stays."""
        time = numpy.arange(int(seconds * HZ)) / HZ
        ringing = numpy.exp(-time / (seconds / 4)) * numpy.cos(2 * numpy.pi * self.random.uniform(5, 20) * time)
        blow = milli_g * ringing[:, None] * _unit(self.random.normal(size=3))
        self._append(1000 * self.gravity + blow, 5)
        return self

    def slide(self, metres, seconds):
        """Across the table, without turning."""
        share = numpy.arange(int(seconds * HZ)) / (seconds * HZ)
        across = numpy.cross(self.gravity, self.random.normal(size=3))
        self._append(1000 * self.gravity + push(share)[:, None] * _unit(across) * metres / seconds ** 2 / G * 1000, 15)
        return self

    def walk(self, seconds, milli_g):
        """Steps in a pocket or a hand."""
        time = numpy.arange(int(seconds * HZ)) / HZ
        pace, phase = self.random.uniform(1.5, 2.3), self.random.uniform(0, 6)
        bounce = numpy.sin(2 * numpy.pi * pace * time + phase) + 0.4 * numpy.sin(4 * numpy.pi * pace * time + self.random.uniform(0, 6))
        sway = 0.4 * numpy.sin(numpy.pi * pace * time + phase)
        side = _unit(numpy.cross(self.gravity, self.random.normal(size=3)))
        self._append(1000 * self.gravity + milli_g * (bounce[:, None] * self.gravity + sway[:, None] * side), 40)
        return self

    def samples(self):
        return numpy.clip(numpy.concatenate(self.parts), -MOST_MG, MOST_MG)

    def _append(self, samples, tremor):
        """Tremor: low-passed noise, mg."""
        noise = self.random.normal(size=(len(samples) + 8, 3))
        smoothed = sum(noise[i:i + len(samples)] for i in range(8)) / 8 ** 0.5
        self.parts.append(samples + tremor * smoothed)


def _unit(vector):
    vector = numpy.asarray(vector, float)
    return vector / numpy.linalg.norm(vector)


def lying(random):
    """On a table: mostly on its back."""
    tilt = random.normal(0, 0.04, 2)
    return [*tilt, 1 if random.random() < 0.8 else -1]


def held(random):
    """As one reads a screen: 25 to 80 degrees up, a little to the side; upright or across."""
    pitch, roll = numpy.radians(random.uniform(25, 80)), numpy.radians(random.normal(0, 12))
    upright = numpy.array([numpy.sin(roll), numpy.sin(pitch), numpy.cos(pitch)])
    return upright if random.random() < 0.8 else upright[[1, 0, 2]] * random.choice([-1, 1])


def picked_up(random):
    motion = Motion(random, lying(random), random.uniform(0, 4))
    if random.random() < 0.5:
        motion.knock(random.uniform(40, 300), random.uniform(0.1, 0.3))
    motion.turn(held(random), random.uniform(0.5, 1.6), random.uniform(0.1, 0.5), random.uniform(5, 35))
    return motion.rest(4, random.uniform(4, 30)).samples()


def not_picked_up(random):
    """One of nine other things that happen to a phone."""
    kind = random.integers(9)
    on_table = Motion(random, lying(random), random.uniform(0, 4)) if kind < 4 else None
    in_hand = Motion(random, held(random), random.uniform(4, 30)) if 4 <= kind < 7 else None
    if kind == 0:
        return on_table.knock(random.uniform(200, 2000), random.uniform(0.1, 0.5)).rest(4, 2).samples()
    if kind == 1:
        return on_table.slide(random.uniform(0.1, 0.6), random.uniform(0.3, 1)).rest(4, 2).samples()
    if kind == 2:
        return on_table.turn(-on_table.gravity, random.uniform(0.5, 1.2), random.uniform(0, 0.2)).knock(random.uniform(50, 400), 0.2).rest(4, 2).samples()
    if kind == 3:
        for _ in range(random.integers(2, 6)):
            on_table.knock(random.uniform(150, 800), random.uniform(0.1, 0.4)).rest(random.uniform(0.1, 0.6), 2)
        return on_table.rest(4, 2).samples()
    if kind == 4:
        return in_hand.turn(lying(random), random.uniform(0.5, 1.5), random.uniform(0.1, 0.4)).knock(random.uniform(50, 500), 0.2).rest(4, 2).samples()
    if kind == 5:
        return in_hand.turn(held(random), random.uniform(0.4, 1.2), random.uniform(0, 0.2)).rest(4, random.uniform(4, 30)).samples()
    if kind == 6:
        return in_hand.turn(random.normal(size=3), random.uniform(0.5, 1.2), 0.4).walk(5, random.uniform(100, 400)).samples()
    pocket = Motion(random, random.normal(size=3), random.uniform(5, 40))
    if kind == 7:
        return pocket.walk(6, random.uniform(150, 500)).samples()
    return pocket.turn(random.normal(size=3), random.uniform(0.4, 1.5), random.uniform(0, 0.3), 30).rest(4, 20).samples()

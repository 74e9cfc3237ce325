"""
The magic-wand recordings as the firmware's own motion.c sees them. Of the gestures whole persons are held out, two of eight; of the
negatives, which are few and of several kinds (among them rings drawn the wrong way round), every fourth recording is.
"""
import csv
import ctypes
import os
import subprocess
import tempfile
import numpy

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(os.environ.get('THUMBELINA_DATA', os.path.join(HERE, '../../../../shared/data')), 'accel')
GESTURES = ('wing', 'ring', 'slope', 'negative')


def library():
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, 'motion.so')
    subprocess.run(['gcc', '-O2', '-shared', '-fPIC', os.path.join(HERE, '../motion.c'), '-o', path], check=True)
    return ctypes.CDLL(path)


class Motion:
    FEATURES = 52

    def __init__(self):
        self.c = library()
        self.c.motion_feed.restype = ctypes.c_bool

    def gestures(self, milli_g):
        """Features of each gesture found in [n][3] thousandths of g, after a second's rest and before another."""
        samples = numpy.clip(numpy.floor(milli_g * 64 / 1000 + 0.5), -127, 127).astype(numpy.int8)
        held = numpy.concatenate([numpy.repeat(samples[:1], 25, 0), samples, numpy.repeat(samples[-1:], 25, 0)])
        self.c.motion_begin()
        found, features = [], (ctypes.c_int8 * self.FEATURES)()
        row = (ctypes.c_int8 * 3)()
        for sample in held.tolist():
            row[0], row[1], row[2] = sample
            if self.c.motion_feed(row):
                self.c.motion_features(features)
                found.append(list(features))
        return found


def pieces(milli_g):
    """Recordings of minutes, which only negatives have, are cut into pieces of six seconds."""
    return numpy.array_split(milli_g, len(milli_g) // 150) if len(milli_g) > 300 else [milli_g]


def load():
    """(gesture index, person, [n][3] milli-g) of each recording."""
    recordings = []
    for entry in csv.DictReader(open(os.path.join(DATA, 'magic_wand/index.csv'))):
        rows = numpy.array([[float(v) for v in line] for line in list(csv.reader(open(os.path.join(DATA, entry['file']))))[1:]])
        for number in numpy.unique(rows[:, 0]):
            for piece in pieces(rows[rows[:, 0] == number, 1:4]):
                recordings.append((GESTURES.index(entry['gesture']), entry['person'], piece))
    return recordings


def varied(milli_g, random):
    """The recording as another hand might make it: turned by up to 20 degrees, stronger or weaker, faster or slower, noisier."""
    angles = random.uniform(-0.35, 0.35, 3)
    c, s = numpy.cos(angles), numpy.sin(angles)
    turn = (numpy.array([[1, 0, 0], [0, c[0], -s[0]], [0, s[0], c[0]]]) @ numpy.array([[c[1], 0, s[1]], [0, 1, 0], [-s[1], 0, c[1]]])
            @ numpy.array([[c[2], -s[2], 0], [s[2], c[2], 0], [0, 0, 1]]))
    rest = milli_g.mean(0)
    strength = random.uniform(0.7, 1.35)
    times = numpy.arange(0, len(milli_g) - 1, random.uniform(0.75, 1.3)) + random.uniform(0, 0.5)
    times = times[times <= len(milli_g) - 1]
    bend = times + random.uniform(-3, 3) * numpy.sin(numpy.pi * times / len(milli_g))
    moved = numpy.stack([numpy.interp(bend, numpy.arange(len(milli_g)), milli_g[:, axis]) for axis in range(3)], 1)
    return ((moved - rest) * strength + rest) @ turn.T + random.normal(0, 15, moved.shape)


def is_held_out(fold, index, gesture, person, persons):
    """fold: 0 to 3. index: the recording's place in load(). persons: of the gestures, in alphabetical order."""
    if GESTURES[gesture] == 'negative':
        return index % 4 == fold
    return persons.index(person) // 2 == fold

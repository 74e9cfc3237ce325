"""Recordings of gestures, variants of them, and the firmware's features of both."""

import csv
import ctypes
import os
import subprocess
import tempfile

import numpy

NAMES = ['wing', 'ring', 'slope', 'negative']
WING, RING, SLOPE, NEGATIVE = range(4)
ROWS, AXES = 64, 3                # as gesture.h has them
MOST_MG = 2040                    # what the recordings' accelerometer could hold
CONTINUOUS = 300                  # samples from which on a recording is a stream of many movements
_HERE = os.path.dirname(os.path.abspath(__file__))


def load(folder):
    """Every recording of a folder of <gesture>_<person>.csv (recording,x_mg,y_mg,z_mg): (class, person, [samples][3] in mg)."""
    found = []
    for name in sorted(os.listdir(folder)):
        gesture, _, person = name.removesuffix('.csv').partition('_')
        if gesture not in NAMES:
            continue
        with open(os.path.join(folder, name), newline='') as file:
            rows = [[int(cell) for cell in row] for row in list(csv.reader(file))[1:]]
        table = numpy.array(rows)
        found += [(NAMES.index(gesture), person, table[table[:, 0] == number, 1:].astype(float)) for number in numpy.unique(table[:, 0])]
    return found


def _library():
    path = os.path.join(tempfile.mkdtemp(), 'features.so')
    subprocess.run(['gcc', '-std=c11', '-O2', '-shared', '-fPIC', os.path.join(_HERE, 'features.c'), os.path.join(_HERE, '..', 'gesture.c'),
                    '-o', path], check=True)
    return ctypes.CDLL(path)


_C = _library()


def features(samples):
    """What the firmware would show its network of samples at 25 a second: one int8 array per movement."""
    samples = numpy.ascontiguousarray(numpy.round(samples), numpy.int16)
    most = len(samples) // 20 + 1
    found, lengths = numpy.zeros((most, ROWS * AXES), numpy.int8), numpy.zeros(most, numpy.uint16)
    pointer = lambda array: array.ctypes.data_as(ctypes.c_void_p)
    count = _C.features_of(pointer(samples), len(samples), pointer(found), pointer(lengths), most)
    return list(found[:count])


def felt(recording, speed=1.0, phase=0.5, before=20, after=40):
    """A recording as the sensor feels it: linear between samples, taken 50 times a second, pairs averaged; at rest before and after it."""
    count = len(recording)
    at = (numpy.arange(int(2 * count / speed)) + phase) * 0.5 * speed
    at = at[at < count - 1]
    low = at.astype(int)
    share = (at - low)[:, None]
    fine = recording[low] * (1 - share) + recording[low + 1] * share
    pairs = fine[:len(fine) // 2 * 2].reshape(-1, 2, 3).mean(1)
    return numpy.concatenate([numpy.repeat(pairs[:1], before, 0), pairs, numpy.repeat(pairs[-1:], after, 0)])


def _turned(random, degrees):
    """A small rotation, as a hand holds a board differently."""
    x, y, z = random.normal(0, degrees, 3) * numpy.pi / 180
    matrix = numpy.array([[1, -z, y], [z, 1, -x], [-y, x, 1]])
    return numpy.linalg.qr(matrix)[0] * numpy.sign(numpy.diag(numpy.linalg.qr(matrix)[1]))


def variant(recording, random):
    """Another speed, strength, grip and tremor."""
    middle = recording.mean(0)
    shaped = middle + (recording - middle) * random.uniform(0.75, 1.25)
    moved = felt(shaped, random.uniform(0.75, 1.3), random.uniform(0, 1))
    moved = moved @ _turned(random, 10).T
    moved[18:-38] += random.normal(0, random.uniform(5, 30), moved[18:-38].shape)
    return numpy.clip(moved, -MOST_MG, MOST_MG)


def _piece(recording, random, least, most):
    length = min(len(recording), int(random.integers(least, most)))
    start = random.integers(0, len(recording) - length + 1)
    return recording[start:start + length]


def not_gestures(recordings, random):
    """Movements that are none of the gestures: drawn backwards, broken off, one's beginning with another's end."""
    gestures = [(gesture, samples) for gesture, _, samples in recordings if gesture != NEGATIVE]
    for gesture, samples in gestures:
        if gesture != WING and random.random() < 0.5:
            yield samples[::-1]
        if random.random() < 0.3:
            length = int(len(samples) * random.uniform(0.3, 0.5))
            yield samples[:length] if random.random() < 0.5 else samples[-length:]
        if random.random() < 0.15:
            other_gesture, other = gestures[random.integers(len(gestures))]
            if other_gesture != gesture:
                yield numpy.concatenate([samples[:len(samples) // 2], other[len(other) // 2:]])


def training_set(recordings, random, times):
    """(features, classes) of `times` variants of each recording, and of what is no gesture."""
    shown, classes = [], []

    def add(samples, gesture):
        for row in features(variant(samples, random)):
            shown.append(row)
            classes.append(gesture)

    for _ in range(times):
        for gesture, _, samples in recordings:
            pieces = [samples] if len(samples) < CONTINUOUS else [_piece(samples, random, 45, 128) for _ in range(len(samples) // 60)]
            for piece in pieces:
                add(piece, gesture)
        for samples in not_gestures(recordings, random):
            add(samples, NEGATIVE)
    return numpy.array(shown), numpy.array(classes)


def test_set(recordings):
    """(features, classes) of recordings as they are."""
    rows = [(row, gesture) for gesture, _, samples in recordings for row in features(felt(samples))]
    return numpy.array([row for row, _ in rows]), numpy.array([gesture for _, gesture in rows])

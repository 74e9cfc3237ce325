"""From motions to what the firmware shows its network: the sensor's filter and latch, the looks, the FIFO."""

import csv
import ctypes
import os
import subprocess
import tempfile

import numpy

import motions

ROWS, AXES = 32, 3                # as window.h has them
SENSOR_HZ, LOOKS_HZ, AFTER_SECONDS, THRESHOLD_MG = 10, 4, 2, 150      # as pickup.c has them
HIGH_PASS = 1 / 50                # the sensor's, cut-off over rate (DCF 0)
_HERE = os.path.dirname(os.path.abspath(__file__))


def _library():
    path = os.path.join(tempfile.mkdtemp(), 'window.so')
    subprocess.run(['gcc', '-std=c11', '-O2', '-shared', '-fPIC', os.path.join(_HERE, '..', 'window.c'), '-o', path], check=True)
    return ctypes.CDLL(path)


_C = _library()


def features(window):
    """window: [ROWS][AXES], mg -> int8, flat."""
    samples, found = numpy.ascontiguousarray(numpy.round(window), numpy.int16), numpy.zeros(ROWS * AXES, numpy.int8)
    _C.window_features(samples.ctypes.data_as(ctypes.c_void_p), found.ctypes.data_as(ctypes.c_void_p))
    return found


def at_rate(samples, hz, wanted, phase=0.0):
    """Linear between samples."""
    times = numpy.arange(phase / wanted, (len(samples) - 1) / hz, 1 / wanted)
    own = numpy.arange(len(samples)) / hz
    return numpy.stack([numpy.interp(times, own, axis) for axis in samples.T], 1)


def _moves(samples):
    """Per sample, whether an axis is beyond the threshold behind a high-pass of the first order."""
    keep = 1 / (1 + 2 * numpy.pi * HIGH_PASS)
    passed, last = numpy.zeros(AXES), samples[0]
    moving = []
    for sample in samples:
        passed, last = keep * (passed + sample - last), sample
        moving.append(bool((numpy.abs(passed) > THRESHOLD_MG).any()))
    return moving


def wakes(samples, hz, random):
    """The windows at which stage 2 would look while a motion lasts."""
    felt = at_rate(samples, hz, SENSOR_HZ, random.random())
    moving = _moves(felt)
    found, step = [], SENSOR_HZ / LOOKS_HZ
    look, seen = random.random() * step + SENSOR_HZ, SENSOR_HZ
    while look < len(felt):
        if any(moving[seen:int(look) + 1]):
            end = int(look + AFTER_SECONDS * SENSOR_HZ) + 1
            if end > len(felt):
                break
            if end >= ROWS:
                found.append(features(felt[end - ROWS:end]))
            look, seen = look + AFTER_SECONDS * SENSOR_HZ, end
        else:
            seen = int(look) + 1
        look += step
    return found


def synthetic(count, random):
    """(features, classes): of a pick-up the first wake counts; of anything else every one."""
    rows, classes = [], []
    for n in range(count):
        is_pickup = n % 2
        motion = motions.picked_up(random) if is_pickup else motions.not_picked_up(random)
        found = wakes(motion, motions.HZ, random)
        rows += found[:1] if is_pickup else found
        classes += [is_pickup] * len(found[:1] if is_pickup else found)
    return numpy.array(rows), numpy.array(classes)


def _streams(folder):
    """(who, [samples][3] in mg, rate) of recorded motion in which nobody picks anything up."""
    wand = os.path.join(folder, 'magic_wand')
    for name in sorted(os.listdir(wand)):
        if name == 'index.csv':
            continue
        with open(os.path.join(wand, name), newline='') as file:
            table = numpy.array([[int(cell) for cell in row] for row in list(csv.reader(file))[1:]])
        for number in numpy.unique(table[:, 0]):
            yield name.removesuffix('.csv').partition('_')[2], table[table[:, 0] == number, 1:].astype(float), 25
    spells = os.path.join(folder, 'spells')
    for name in sorted(os.listdir(spells)):
        with open(os.path.join(spells, name), newline='') as file:
            table = numpy.array([[float(cell) for cell in row[:3]] for row in list(csv.reader(file))[1:]])
        for at in range(0, len(table) - 118, 119):
            yield 'spells', numpy.clip(table[at:at + 119] * 1000, -motions.MOST_MG, motions.MOST_MG), 119


def recorded(folder, is_wanted, random):
    """Features of recorded negatives, each between two rests; is_wanted(who) chooses."""
    rows = []
    for who, samples, hz in _streams(folder):
        if is_wanted(who):
            rest = lambda sample: numpy.repeat(sample[None], int(4 * hz), 0) + random.normal(0, 4, (int(4 * hz), 3))
            rows += wakes(numpy.concatenate([rest(samples[0]), samples, rest(samples[-1])]), hz, random)
    return numpy.array(rows)

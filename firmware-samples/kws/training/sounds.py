"""
Sounds for training: clips read, changed as rooms, speakers and microphones change them, and turned into the firmware's own features by
the firmware's own C code. Needs numpy, soundfile, gcc.
"""

import csv
import ctypes
import os
import subprocess
import tempfile

import numpy
import soundfile

HZ, HOP, FRAMES, COEFFICIENTS = 16000, 320, 49, 10
SCALE, ZERO_POINT = 0.25, 35                                       # features.h
CLASSES = ['down', 'go', 'left', 'no', 'off', 'on', 'right', 'stop', 'up', 'yes', '_silence_', '_unknown_']
SILENCE = CLASSES.index('_silence_')
_KWS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')


def _library():
    folder = tempfile.mkdtemp(prefix='kws-')
    path = os.path.join(folder, 'libfeatures.so')
    sources = [os.path.join(_KWS, name) for name in ('features.c', 'features-host.c')]
    subprocess.run(['gcc', '-std=c11', '-O2', '-shared', '-fPIC', '-Wall', '-Wextra', '-Werror', '-o', path, *sources], check=True)
    return ctypes.CDLL(path)


_features = _library()


def _pointer(array):
    return array.ctypes.data_as(ctypes.c_void_p)


def frames(samples):
    """int16 samples -> [frame][coefficient], int16, one frame per 20 ms."""
    samples = numpy.ascontiguousarray(samples, numpy.int16)
    hops = len(samples) // HOP
    out = numpy.empty((hops - 1, COEFFICIENTS), numpy.int16)
    _features.features_of_samples(_pointer(samples), hops, _pointer(out))
    return out


def inputs(windows):
    """[n][49][coefficient] frames -> [n][49][10] int8, as the network takes them."""
    windows = numpy.ascontiguousarray(windows, numpy.int16)
    out = numpy.empty((len(windows), FRAMES, COEFFICIENTS), numpy.int8)
    _features.features_inputs(_pointer(windows), len(windows), _pointer(out))
    return out


def pcm(sound):
    """-1..1 -> int16"""
    return numpy.clip(numpy.round(sound * 32767), -32768, 32767).astype(numpy.int16)


def read_clips(data, *splits):
    """data: the folder with speech/labels.csv. Returns sounds, their classes, their speakers (a file without one is a speaker)."""
    with open(os.path.join(data, 'speech', 'labels.csv')) as file:
        rows = [row for row in csv.DictReader(file) if row['split'] in splits]
    rows.sort(key=lambda row: row['file'])
    sounds = []
    for row in rows:
        sound, hz = soundfile.read(os.path.join(data, 'speech', row['file']), dtype='float32')
        sound = sound[:, 0] if sound.ndim > 1 else sound
        sounds.append(sound[::hz // HZ])                           # Opus comes at 48 kHz, of sound that had 16
    return sounds, numpy.array([CLASSES.index(row['class']) for row in rows]), [row['speaker'] or row['file'] for row in rows]


def read_noises(data):
    folder = os.path.join(data, 'speech', 'noise')
    return [soundfile.read(os.path.join(folder, name), dtype='float32')[0] for name in sorted(os.listdir(folder))]


def second(sound):
    """Padded with silence, or cut, to a second."""
    return numpy.pad(sound, (0, max(0, HZ - len(sound))))[:HZ]


class Augmenter:
    """Seconds of sound as a stream brings them: a word anywhere in it, or part of one, at any speed and loudness, in any noise."""

    def __init__(self, noises, silences, generator):
        self.noises, self.silences, self.random = noises, silences, generator

    def noise(self):
        kind = self.random.integers(8)
        if kind == 7:
            return self.random.standard_normal(HZ).astype(numpy.float32) * numpy.float32(0.01)
        sound = self.noises[kind] if kind < len(self.noises) else self.silences[self.random.integers(len(self.silences))]
        sound = numpy.pad(sound, (0, max(0, HZ - len(sound))), mode='wrap')
        start = self.random.integers(len(sound) - HZ + 1)
        return sound[start:start + HZ]

    def quiet(self):
        """No word: noise, noise that has just begun, or nothing at all."""
        if self.random.random() < 0.07:
            return numpy.zeros(HZ, numpy.float32)
        sound = self.noise() * 10 ** (self.random.uniform(-25, 5) / 20)
        if self.random.random() < 0.3:
            sound[:self.random.integers(HZ)] *= 10 ** (-self.random.uniform(0, 60) / 20)
        return sound

    def word(self, clip):
        """Returns the sound and the share of the word's energy that lies in it."""
        speed = self.random.uniform(0.88, 1.14) if self.random.random() < 0.7 else 1
        length = int(len(clip) / speed)
        clip = numpy.interp(numpy.arange(length) * speed, numpy.arange(len(clip)), clip).astype(numpy.float32)
        where = self.random.random()
        reach = 1900 if where < 0.75 else 6000 if where < 0.92 else 14500      # samples: in its place, shifted, cut off
        at = int(self.random.uniform(-reach, reach)) + (HZ - length) // 2
        sound = numpy.zeros(HZ, numpy.float32)
        first, last = max(0, at), min(HZ, at + length)
        sound[first:last] = clip[first - at:last - at]
        energies = numpy.add.reduceat(clip * clip, numpy.arange(0, length, HOP))
        energies = numpy.maximum(0, energies - 2 * numpy.quantile(energies, 0.2))
        middles = numpy.arange(0, length, HOP) + HOP // 2 + at
        share = energies[(middles >= 0) & (middles <= HZ)].sum() / max(1e-9, energies.sum())
        if self.random.random() < 0.65:
            noise, loudness = self.noise(), numpy.sqrt((clip * clip).mean()) + 1e-6
            snr = self.random.uniform(3, 35)
            sound = sound + noise * (loudness / (numpy.sqrt((noise * noise).mean()) + 1e-6) * 10 ** (-snr / 20))
        return sound * 10 ** (self.random.uniform(-20, 4) / 20), share

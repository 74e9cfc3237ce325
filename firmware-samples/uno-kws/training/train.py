"""
Trains the network of uno-kws and writes weights.h. One core, some minutes: python3 train.py

FastGRNN (Kusupati et al., NeurIPS 2018): gate and candidate share the matrices W and U. The curves are pieces of straight lines:
gate = clamp(s / 4 + 1/2, 0, 1), candidate = clamp(s, -1, 1), as the paper's quantised networks have them.
h' = (zeta (1 - gate) + nu) candidate + gate h.
"""
import csv
import ctypes
import os
import subprocess
import sys
import tempfile
import numpy
import soundfile
import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path += [HERE, os.path.join(HERE, '../../uno-common/training')]
import uno

torch.set_num_threads(1)
DATA = os.path.join(os.environ.get('THUMBELINA_DATA', os.path.join(HERE, '../../../../shared/data')), 'speech')
NAMES = ('yes', 'no', 'other')
BANDS, FRAMES, UNITS = 12, 52, 28
INPUT, SUM, STATE = 5, 6, 7      # fraction bits of bands (32 is 1), of W x + U h, and of h
COUNTS = 731                     # of the ADC for full scale: an electret at gain 20 on 5 V, 120 dB SPL at full scale
VARIATIONS = 6


class Hearing:
    def __init__(self):
        path = os.path.join(tempfile.mkdtemp(), 'hearing.so')
        subprocess.run(['gcc', '-O2', '-shared', '-fPIC', os.path.join(HERE, '../hearing.c'), '-o', path], check=True)
        self.c = ctypes.CDLL(path)

    def words(self, sound):
        """[52][12] bands of each word that begins in the sound, 8000 samples a second."""
        samples = numpy.clip(numpy.floor(sound * COUNTS + 0.5), -502, 502).astype(numpy.int16)
        self.c.hearing_begin()
        bands, found, word = (ctypes.c_int8 * BANDS)(), [], []
        for at in range(0, len(samples) - 127, 128):
            frame = samples[at:at + 128].copy()
            number = self.c.hearing_frame(frame.ctypes.data_as(ctypes.POINTER(ctypes.c_int16)), bands)
            word = [] if number == 1 else word
            if number:
                word.append(list(bands))
            if number == FRAMES:
                found.append(word)
        return found


def clips(splits):
    for entry in csv.DictReader(open(os.path.join(DATA, 'labels.csv'))):
        if entry['split'] in splits and entry['file'].endswith('.flac'):
            sound, _ = soundfile.read(os.path.join(DATA, entry['file']), dtype='float32')
            yield NAMES.index(entry['class']) if entry['class'] in NAMES else 2, sound


def surrounded(sound, random, noises, varied):
    """The clip between half seconds of background, as a board's 8 kHz converter takes it."""
    background = random.normal(0, 0.001, len(sound) + 16000).astype(numpy.float32)
    if varied:
        shift = random.integers(0, 256)
        sound = numpy.concatenate([numpy.zeros(shift, numpy.float32), sound]) * random.uniform(0.35, 2.0)
        background = random.normal(0, 0.001, len(sound) + 16000).astype(numpy.float32)
        if random.random() < 0.5:
            noise = noises[random.integers(len(noises))]
            at = random.integers(len(noise) - len(background))
            background += noise[at:at + len(background)] * random.uniform(0, 0.25)
    background[8000:8000 + len(sound)] += sound
    return background[random.integers(2) if varied else 0::2]


def collect(hearing, splits, variations, random, noises):
    x, y = [], []
    for truth, sound in clips(splits):
        for variation in range(variations if truth < 2 else max(1, variations // 2)):
            words = hearing.words(surrounded(sound, random, noises, variation > 0))
            x += words
            y += [truth] * len(words)
    return torch.tensor(x).float() / 2 ** INPUT, torch.tensor(y)


class FastGRNN(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.W = torch.nn.Parameter(torch.randn(UNITS, BANDS) * 0.2)
        self.U = torch.nn.Parameter(torch.eye(UNITS) * 0.3 + torch.randn(UNITS, UNITS) * 0.1)
        self.gate_bias = torch.nn.Parameter(torch.ones(UNITS) * 0.5)
        self.state_bias = torch.nn.Parameter(torch.zeros(UNITS))
        self.zeta = torch.nn.Parameter(torch.tensor(1.0))
        self.nu = torch.nn.Parameter(torch.tensor(-4.0))
        self.last = torch.nn.Linear(UNITS, len(NAMES))

    def fractions(self):
        """W x and U h are summed in one unit."""
        U = min(uno.fraction_bits(self.U), uno.fraction_bits(self.W) + INPUT - STATE)
        return U + STATE - INPUT, U

    def steps(self):
        """zeta and nu of 7 bits: 128 is 1."""
        return uno.fixed(torch.sigmoid(self.zeta), 7, 0, 127), uno.fixed(torch.sigmoid(self.nu), 7, 0, 127)

    def forward(self, x):
        W_fraction, U_fraction = self.fractions()
        W, U = uno.fixed(self.W, W_fraction, -127, 127), uno.fixed(self.U, U_fraction, -127, 127)
        gate_bias, state_bias = uno.fixed(self.gate_bias, SUM, -2047, 2047), uno.fixed(self.state_bias, SUM, -2047, 2047)
        zeta, nu = self.steps()
        h = torch.zeros(len(x), UNITS)
        for frame in range(FRAMES):
            s = uno.fixed(F.linear(x[:, frame], W) + F.linear(h, U), SUM, -8192, 8191)
            gate = uno.fixed((s + gate_bias) / 4 + 0.5, 7, 0, 128)
            candidate = uno.fixed(s + state_bias, 7, -128, 128)
            weight = uno.fixed(zeta * (1 - gate) + nu, 7, 0, 255)
            h = uno.fixed(weight * candidate + gate * h, STATE, -127, 127)
        return F.linear(h, uno.fixed_weight(self.last.weight), uno.fixed_bias(self.last.bias, self.last.weight, STATE))

    def text(self):
        W_fraction, U_fraction = self.fractions()
        last = uno.fraction_bits(self.last.weight)
        zeta, nu = self.steps()
        array = uno.c_array
        return uno.header('training/train.py', [
            f'enum {{ UNITS = {UNITS}, CLASSES = {len(NAMES)}, sum_shift = {U_fraction + STATE - SUM}, zeta = {int(zeta * 128)}, nu = {int(nu * 128)} }};\n',
            array('int8_t', 'W', uno.integers(uno.fixed(self.W, W_fraction, -127, 127), W_fraction), '[unit][band]'),
            array('int8_t', 'U', uno.integers(uno.fixed(self.U, U_fraction, -127, 127), U_fraction), '[unit][unit before]'),
            array('int16_t', 'gate_bias', uno.integers(uno.fixed(self.gate_bias, SUM, -2047, 2047), SUM), '[unit], 64 is 1'),
            array('int16_t', 'state_bias', uno.integers(uno.fixed(self.state_bias, SUM, -2047, 2047), SUM), '[unit], 64 is 1'),
            array('int8_t', 'last_weights', uno.integers(uno.fixed_weight(self.last.weight), last), '[class][unit]'),
            array('int32_t', 'last_bias', uno.integers(uno.fixed_bias(self.last.bias, self.last.weight, STATE), last + STATE), '[class]'),
        ])


def main():
    random, hearing = numpy.random.default_rng(4), Hearing()
    noises = [soundfile.read(os.path.join(DATA, 'noise', name), dtype='float32')[0] for name in sorted(os.listdir(os.path.join(DATA, 'noise'))) if name.endswith('.flac')]
    x, y = collect(hearing, ('train',), VARIATIONS, random, noises)
    test_x, test_y = collect(hearing, ('test',), 1, random, noises)
    print(f'{len(y)} words to train with, {len(test_y)} held out', flush=True)
    torch.manual_seed(6)
    network, epochs = FastGRNN(), 26
    weights = 1 / torch.bincount(y).float().sqrt()
    optimiser = torch.optim.Adam(network.parameters(), lr=8e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 8e-3, epochs * ((len(y) + 99) // 100))
    for epoch in range(epochs):
        order = torch.randperm(len(y))
        for at in range(0, len(y), 100):
            batch = order[at:at + 100]
            loss = F.cross_entropy(network(x[batch]), y[batch], weight=weights / weights.mean(), label_smoothing=0.03)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
        with torch.no_grad():
            guess = network(test_x).argmax(1)
        recall = [float((guess[test_y == c] == c).float().mean()) for c in range(3)]
        print(f'{epoch + 1}/{epochs}: {float((guess == test_y).float().mean()) * 100:.1f} %, by class {" ".join(f"{r * 100:.0f}" for r in recall)}', flush=True)
    with open(os.path.join(HERE, '../weights.h'), 'w') as file:
        file.write(network.text())
    print(uno.confusion_table(test_y, guess, NAMES))


main()

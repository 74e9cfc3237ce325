"""
Trains the autoencoder on machines that run well; writes model.tflite, threshold.h and, for the demo, two runs.

    /usr/bin/python3 train.py

All vibration is synthetic (machines.py). Needs scripts/setup-training.sh. About a minute on one core.
"""

import copy
import ctypes
import os
import subprocess
import sys
import tempfile

_HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(_HERE, '..', '..', 'training'))

import numpy
import torch
from torch.nn import functional

import machines
from card import size_table
from quantise import Network, seed

SEED = 11
BANDS, POINTS, FRAMES, SENSOR_HZ = 32, 256, 4, 952      # as spectrum.h has them
STEP = 0.25                        # octaves of power
SHARE_BELOW = 0.995                # of runs learnt from that stay below the threshold


def _library():
    path = os.path.join(tempfile.mkdtemp(), 'spectrum.so')
    source = os.path.join(_HERE, 'features.c')
    subprocess.run(['gcc', '-std=c11', '-O2', '-shared', '-fPIC', source, os.path.join(_HERE, '..', 'spectrum.c'), '-o', path], check=True)
    return ctypes.CDLL(path)


_C = _library()


def features(run):
    """What the firmware makes of the first 1.1 s of a run."""
    at_sensor = run[::machines.HZ // SENSOR_HZ][:POINTS * FRAMES]
    samples, found = numpy.ascontiguousarray(numpy.trunc(at_sensor), numpy.int16), numpy.zeros(BANDS, numpy.int8)
    _C.features_of(samples.ctypes.data_as(ctypes.c_void_p), len(samples), found.ctypes.data_as(ctypes.c_void_p))
    return found


def runs(count, random, fault=None):
    plants = [machines.Machine(number) for number in range(machines.MACHINES)]
    return numpy.array([features(plants[n % machines.MACHINES].run(1.1, random, fault)) for n in range(count)])


def batch_of(rows):
    return torch.tensor(rows * STEP, dtype=torch.float32)


def network():
    net = Network((BANDS,), scale=STEP, zero_point=0)
    x = net.dense(net.input, 40, activation='RELU')
    x = net.dense(x, 10, activation='RELU')
    x = net.dense(x, 40, activation='RELU')
    net.finish(net.dense(x, BANDS))
    return net


def learn(net, rows, epochs, rate):
    inputs = batch_of(rows)
    optimiser = torch.optim.Adam(net.parameters(), rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    net.train()
    for _ in range(epochs):
        for batch in torch.randperm(len(inputs)).split(64):
            optimiser.zero_grad()
            functional.mse_loss(net(inputs[batch]), inputs[batch]).backward()
            optimiser.step()
        schedule.step()


def errors(net, rows):
    """Mean square of what comes out less what went in, in octaves squared."""
    net.eval()
    with torch.no_grad():
        return (net(batch_of(rows)) - batch_of(rows)).square().mean(1).numpy()


def auc(well, faulty):
    """The share of pairs in which the faulty run has the greater error."""
    return float((faulty[:, None] > well[None]).mean() + 0.5 * (faulty[:, None] == well[None]).mean())


def report(title, net, well, faulty):
    found = [auc(errors(net, well), errors(net, rows)) for rows in faulty]
    print(f'{title}: AUC ' + ', '.join(f'{fault} {value:.3f}' for fault, value in zip(machines.FAULTS, found)) + f', mean {numpy.mean(found):.3f}', flush=True)


def write_demo(name, run):
    """A run as a recording for the command; at half the rate, which is still twice the sensor's."""
    with open(os.path.join(_HERE, '..', 'demo', name), 'w') as file:
        file.write('# synthetic, made by training/train.py\ntime_us,ax_g,ay_g,az_g\n')
        for n, mg in enumerate(run[::2]):
            file.write(f'{round(n * 2e6 / machines.HZ)},' + ','.join(f'{axis / 1000:.3f}' for axis in mg) + '\n')


def main():
    seed(SEED)
    known = runs(2400, numpy.random.default_rng(SEED))
    test = numpy.random.default_rng(SEED + 1)
    well, faulty = runs(400, test), [runs(400, test, fault) for fault in machines.FAULTS]
    net = network()
    learn(net, known, 90, 4e-3)
    report('float32', net, well, faulty)
    twin = copy.deepcopy(net)
    twin.calibrate(batch_of(known).split(200)).quantise()
    report('int8 without further training', twin, well, faulty)
    learn(twin, known, 15, 5e-4)
    report('int8, quantisation-aware', twin, well, faulty)
    pruned = copy.deepcopy(net)
    pruned.prune(0.5)
    learn(pruned, known, 15, 1e-3)
    report('float32, half of the weights pruned', pruned, well, faulty)
    threshold = float(numpy.quantile(errors(twin, known), SHARE_BELOW))
    caught = ', '.join(f'{fault} {(errors(twin, rows) > threshold).mean():.1%}' for fault, rows in zip(machines.FAULTS, faulty))
    print(f'above the threshold of {threshold:.3f}: {caught}; of runs that are well {(errors(twin, well) > threshold).mean():.1%}')
    model = twin.eval().export('autoencoder of a machine\'s vibration', softmax=False)
    with open(os.path.join(_HERE, '..', 'model.tflite'), 'wb') as file:
        file.write(model)
    with open(os.path.join(_HERE, '..', 'threshold.h'), 'w') as file:
        file.write(f'/* Written by training/train.py: {SHARE_BELOW:.1%} of the runs learnt from lie below; in thousandths of octaves squared. */\n'
                   f'enum {{ THRESHOLD = {round(threshold * 1000)} }};\n')
    demo = numpy.random.default_rng(SEED + 2)
    write_demo('well.csv', machines.Machine(1).run(1.3, demo))
    write_demo('knock.csv', machines.Machine(1).run(1.3, demo, 'bearing knock'))
    print(size_table(model))


if __name__ == '__main__':
    main()

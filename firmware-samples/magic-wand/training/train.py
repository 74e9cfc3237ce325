"""
Trains the magic wand's network and writes model.tflite.

    /usr/bin/python3 train.py DATA              the shipped network: all but HELD_OUT are learnt from
    /usr/bin/python3 train.py DATA --rotate     for the model card: every person held out in turn

DATA: folder of <gesture>_<person>.csv. Needs scripts/setup-training.sh. About two minutes a network on one core.
"""

import copy
import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(_HERE, '..', '..', 'training'))

import numpy
import torch
from torch.nn import functional

import recordings
from card import accuracy, card
from quantise import Network, seed
from recordings import AXES, NAMES, ROWS

SEED = 7
STEP_G = 0.016                    # of the features: gesture.h
# Never learnt from, nor looked at while choosing: persons, and whose negatives go with them (their makers are not known).
HELD_OUT = ['liucx', 'zhangxy', '1', 'ccw_1']
ROTATION = [['hyw', '1'], ['shiyun', '2'], ['tangsy', '4'], ['dengyl', '5'], ['jiangyh'], ['zhangxy', 'ccw_1'], ['pengxl'], ['liucx']]


def network():
    net = Network((ROWS, 1, AXES), scale=STEP_G, zero_point=0)
    x = net.conv2d(net.input, 16, (5, 1), stride=(2, 1))
    x = net.conv2d(x, 24, (5, 1), stride=(2, 1))
    x = net.conv2d(x, 32, (5, 1), stride=(2, 1))
    x = net.average_pool(x)
    net.finish(net.dense(net.dropout(x, 0.3), len(NAMES)))
    return net


def batch_of(shown):
    return torch.tensor(shown.reshape(-1, ROWS, 1, AXES) * STEP_G, dtype=torch.float32)


def learn(net, shown, classes, epochs, rate, size=64):
    inputs, labels = batch_of(shown), torch.tensor(classes)
    shares = 1 / numpy.bincount(classes, minlength=len(NAMES))
    weights = torch.tensor(shares / shares.mean(), dtype=torch.float32)
    optimiser = torch.optim.AdamW(net.parameters(), rate, weight_decay=1e-2)
    steps = epochs * (len(inputs) // size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    net.train()
    for _ in range(epochs):
        order = torch.randperm(len(inputs))
        for batch in order[:len(order) // size * size].split(size):
            optimiser.zero_grad()
            functional.cross_entropy(net(inputs[batch]), labels[batch], weight=weights, label_smoothing=0.05).backward()
            optimiser.step()
            schedule.step()


def predictions(net, shown):
    net.eval()
    with torch.no_grad():
        return net(batch_of(shown)).argmax(1).numpy()


def trained(known, times=8, epochs=14):
    """(float network, its quantised twin, what both have learnt from)."""
    seed(SEED)
    shown, classes = recordings.training_set(known, numpy.random.default_rng(SEED), times)
    net = network()
    learn(net, shown, classes, epochs, 6e-3)
    return net, quantised(net, shown, classes, 3), (shown, classes)


def quantised(net, shown, classes, epochs):
    twin = copy.deepcopy(net)
    twin.calibrate(batch_of(shown[:2000]).split(200)).quantise()
    if epochs:
        learn(twin, shown, classes, epochs, 3e-4)
    return twin.eval()


def split(data, held_out):
    return [r for r in data if r[1] not in held_out], [r for r in data if r[1] in held_out]


def report(title, labels, predicted):
    print(f'{title}: {accuracy(labels, predicted):.1%} of {len(labels)}', flush=True)


def ship(data):
    known, unknown = split(data, HELD_OUT)
    net, twin, (shown, classes) = trained(known)
    test, labels = recordings.test_set(unknown)
    report('float32', labels, predictions(net, test))
    report('int8 without further training', labels, predictions(quantised(net, shown, classes, 0), test))
    report('int8, quantisation-aware', labels, predictions(twin, test))
    for fraction in (0.5, 0.75):
        pruned = copy.deepcopy(net)
        pruned.prune(fraction)
        learn(pruned, shown, classes, 3, 1e-3)
        report(f'int8, {fraction:.0%} of the weights pruned', labels, predictions(quantised(pruned, shown, classes, 1), test))
    model = twin.export('magic wand: wing, ring, slope, negative')
    with open(os.path.join(_HERE, '..', 'model.tflite'), 'wb') as file:
        file.write(model)
    print(card(model, labels, predictions(twin, test), NAMES))


def rotate(data):
    every, right = [], []
    for held_out in ROTATION:
        known, unknown = split(data, held_out)
        _, twin, _ = trained(known)
        test, labels = recordings.test_set(unknown)
        predicted = predictions(twin, test)
        report(f'{held_out[0]} and negatives {held_out[1:] or "none"}', labels, predicted)
        every += list(labels)
        right += list(predicted)
    report('all', every, right)
    report('all gestures', *zip(*[(a, b) for a, b in zip(every, right) if a != recordings.NEGATIVE]))


if __name__ == '__main__':
    (rotate if '--rotate' in sys.argv else ship)(recordings.load(sys.argv[1]))

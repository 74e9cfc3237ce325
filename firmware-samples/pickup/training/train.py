"""
Trains the pick-up detector's second stage and writes model.tflite.

    /usr/bin/python3 train.py DATA

DATA: folder with magic_wand/ and spells/: recorded motions that are no pick-up. Pick-ups are synthetic (motions.py). Needs
scripts/setup-training.sh. About a minute on one core.
"""

import copy
import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(_HERE, '..', '..', 'training'))

import numpy
import torch
from torch.nn import functional

import windows
from card import accuracy, card
from quantise import Network, seed

NAMES = ['something else', 'picked up']
SEED, STEP_G = 5, 0.016
HELD_OUT = ['liucx', 'zhangxy', '1', 'ccw_1']     # persons whose recordings are not learnt from


def network():
    net = Network((windows.ROWS, 1, windows.AXES), scale=STEP_G, zero_point=0)
    x = net.conv2d(net.input, 12, (5, 1), stride=(2, 1))
    x = net.conv2d(x, 16, (5, 1), stride=(2, 1))
    net.finish(net.dense(net.average_pool(x, (2, 1)), len(NAMES)))
    return net


def batch_of(rows):
    return torch.tensor(rows.reshape(-1, windows.ROWS, 1, windows.AXES) * STEP_G, dtype=torch.float32)


def learn(net, rows, classes, epochs, rate, size=64):
    inputs, labels = batch_of(rows), torch.tensor(classes)
    optimiser = torch.optim.AdamW(net.parameters(), rate, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=epochs * (len(inputs) // size))
    net.train()
    for _ in range(epochs):
        order = torch.randperm(len(inputs))
        for batch in order[:len(order) // size * size].split(size):
            optimiser.zero_grad()
            functional.cross_entropy(net(inputs[batch]), labels[batch], label_smoothing=0.02).backward()
            optimiser.step()
            schedule.step()


def predictions(net, rows):
    net.eval()
    with torch.no_grad():
        return net(batch_of(rows)).argmax(1).numpy()


def together(synthetic, recorded):
    rows, classes = synthetic
    return numpy.concatenate([rows, recorded]), numpy.concatenate([classes, numpy.zeros(len(recorded), int)])


def main(folder):
    seed(SEED)
    random = numpy.random.default_rng(SEED)
    known = windows.recorded(folder, lambda who: who not in HELD_OUT, random)
    rows, classes = together(windows.synthetic(5000, random), known)
    test = windows.synthetic(1000, numpy.random.default_rng(SEED + 1))
    unknown = windows.recorded(folder, lambda who: who in HELD_OUT, numpy.random.default_rng(SEED + 1))
    net = network()
    learn(net, rows, classes, 12, 5e-3)
    twin = copy.deepcopy(net)
    twin.calibrate(batch_of(rows[:2000]).split(200)).quantise()
    rate = lambda network: f'{accuracy(test[1], predictions(network, test[0])):.1%} of synthetic, {(predictions(network, unknown) == 0).mean():.1%} of recorded'
    print('float32:', rate(net))
    print('int8 without further training:', rate(twin))
    learn(twin, rows, classes, 3, 3e-4)
    print('int8, quantisation-aware:', rate(twin))
    pruned = copy.deepcopy(net)
    pruned.prune(0.5)
    learn(pruned, rows, classes, 3, 1e-3)
    print('float32, half of the weights pruned:', rate(pruned))
    model = twin.eval().export('picked up or something else')
    with open(os.path.join(_HERE, '..', 'model.tflite'), 'wb') as file:
        file.write(model)
    shown, labels = together(test, unknown)
    print(card(model, labels, predictions(twin, shown), NAMES))


if __name__ == '__main__':
    main(sys.argv[1])

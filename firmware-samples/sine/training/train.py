"""
Trains the sine predictor, 1 -> 16 -> 16 -> 1, and writes model.tflite.

    /usr/bin/python3 train.py

Needs scripts/setup-training.sh. Half a minute on one core.
"""

import math
import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(_HERE, '..', '..', 'training'))

import torch
from torch.nn import functional

from card import size_table
from quantise import Network, seed

SEED = 3
STEP = 2 * math.pi / 256          # of the input: int8 is one turn, from -pi on
UNITS = 16
NOISE = 0.01                      # standard deviation of what is learnt from
POINTS, EPOCHS, SIZE = 4096, 200, 128


def angles(count):
    return (torch.rand(count, 1) * 2 - 1) * math.pi


def network():
    net = Network((1,), scale=STEP, zero_point=0)
    x = net.dense(net.input, UNITS, activation='RELU')
    x = net.dense(x, UNITS, activation='RELU')
    net.finish(net.dense(x, 1))
    return net


def learn(net, turns, values, epochs, rate):
    optimiser = torch.optim.Adam(net.parameters(), rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    net.train()
    for _ in range(epochs):
        for batch in torch.randperm(len(turns)).split(SIZE):
            optimiser.zero_grad()
            functional.mse_loss(net(turns[batch]), values[batch]).backward()
            optimiser.step()
        schedule.step()


def errors(net):
    """(root of the mean square, largest) difference from the sine at every int8 input."""
    net.eval()
    every = torch.arange(-128, 128).reshape(-1, 1) * STEP
    with torch.no_grad():
        difference = net(every) - torch.sin(every)
    return float(difference.square().mean().sqrt()), float(difference.abs().max())


if __name__ == '__main__':
    seed(SEED)
    turns = angles(POINTS)
    values = torch.sin(turns) + NOISE * torch.randn(POINTS, 1)
    net = network()
    learn(net, turns, values, EPOCHS, 1e-2)
    print('float32: rms %.4f, largest %.4f' % errors(net))
    net.calibrate(turns.split(512)).quantise()
    print('int8 without further training: rms %.4f, largest %.4f' % errors(net))
    learn(net, turns, values, 60, 1e-3)
    print('int8, quantisation-aware: rms %.4f, largest %.4f' % errors(net))
    model = net.eval().export('sine of an angle', softmax=False)
    with open(os.path.join(_HERE, '..', 'model.tflite'), 'wb') as file:
        file.write(model)
    print(size_table(model))

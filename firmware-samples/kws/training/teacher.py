"""
The published reference network of MLPerf Tiny's keyword task (kws_ref_model_float32.tflite, Apache-2.0): its weights, its features, its
logits. It starts our network and teaches it.
"""

import os
import sys

import numpy
import torch
from torch.nn import functional

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'training'))
import tflite

WINDOW, POINTS, BANDS = 480, 512, 40
_HANN = 0.5 - 0.5 * numpy.cos(2 * numpy.pi * numpy.arange(WINDOW) / WINDOW)
_INDEX = numpy.arange(49)[:, None] * 320 + numpy.arange(WINDOW)[None]


def _mel_weights():
    mel = lambda hz: 1127 * numpy.log(1 + hz / 700)
    edges, at = numpy.linspace(mel(20), mel(4000), BANDS + 2), mel(numpy.arange(POINTS // 2 + 1) * 16000 / POINTS)
    step = edges[1] - edges[0]
    return numpy.maximum(0, numpy.minimum((at - edges[:-2, None]) / step, (edges[2:, None] - at) / step)).T.astype(numpy.float32)


_MEL = _mel_weights()
_DCT = (numpy.cos(numpy.pi * numpy.arange(10)[:, None] * (numpy.arange(BANDS) + 0.5) / BANDS) * numpy.sqrt(2 / BANDS)).T.astype(numpy.float32)


def features(sound):
    """A second of sound as that network's training had it: [49][10], float32."""
    sound = sound / max(1e-9, sound.max())
    spectrum = numpy.abs(numpy.fft.rfft(sound[_INDEX] * _HANN, POINTS)).astype(numpy.float32)
    return numpy.log(spectrum @ _MEL + 1e-6) @ _DCT


def layers(path):
    """[(operator, weights as torch has them, bias)] of the .tflite file, in order. Weights kept as int8 are made floats again."""
    with open(path, 'rb') as file:
        model = tflite.read(file.read())
    subgraph, found = model['subgraphs'][0], []
    for operator in subgraph['operators']:
        if operator['operator'] not in ('CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED'):
            continue
        weights, bias = [_floats(model, subgraph['tensors'][index]) for index in operator['inputs'][1:3]]
        order = {'CONV_2D': (0, 3, 1, 2), 'DEPTHWISE_CONV_2D': (3, 0, 1, 2), 'FULLY_CONNECTED': (0, 1)}[operator['operator']]
        found.append((operator['operator'], torch.tensor(weights.transpose(order).copy()), torch.tensor(bias.copy())))
    return found


def _floats(model, tensor):
    data = model['buffers'][tensor['buffer']]['data']
    if tensor['type'] != tflite.TENSOR_TYPES['INT8']:
        return numpy.frombuffer(data, numpy.float32).reshape(tensor['shape'])
    scale = numpy.array(tensor['quantization']['scale'], numpy.float32)
    return numpy.frombuffer(data, numpy.int8).reshape(tensor['shape']) * scale.reshape(-1, *[1] * (len(tensor['shape']) - 1))


def logits(found, batch):
    """What the network says: batch [n][49][10] float32 -> [n][12]."""
    x = batch[:, None]
    for index, (operator, weights, bias) in enumerate(found):
        if operator == 'FULLY_CONNECTED':
            x = functional.linear(x.mean((2, 3)), weights, bias)
        elif index == 0:
            x = functional.relu(functional.conv2d(functional.pad(x, (1, 1, 4, 5)), weights, bias, stride=2))
        else:
            groups = weights.shape[0] if operator == 'DEPTHWISE_CONV_2D' else 1
            x = functional.relu(functional.conv2d(x, weights, bias, padding=weights.shape[2] // 2, groups=groups))
    return x

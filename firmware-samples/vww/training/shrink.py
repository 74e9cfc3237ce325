"""
Takes out of an int8 MobileNet .tflite file what does nothing, exactly: every output stays the same, bit for bit.

A channel does nothing where what the depthwise layer makes of it is the same number at every place: its own weights are zero, or those of the layer
before are and that layer's output is then zero. What it adds to each sum of the next layer is a whole number, which goes into the bias there. A channel
also does nothing where the next layer has only zeros for it. Published networks have many such channels: weight decay drives them to zero.

    python3 shrink.py OLD.tflite NEW.tflite
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', '..', 'training')]

import numpy  # noqa: E402

import tflite  # noqa: E402
from quantise import SOFTMAX_QUANTISATION  # noqa: E402

RELU = 1
# The firmware's kernels take channels four at a time.
MULTIPLE = 4
PADDINGS, ACTIVATIONS = ['SAME', 'VALID'], {0: 'NONE', RELU: 'RELU'}


class Layer:
    """A convolution, a depthwise one or a dense layer: weights [out][...][in] (depthwise [1][height][width][channel]), as int64."""

    def __init__(self, model, operator):
        tensors = model['subgraphs'][0]['tensors']
        source, weights, bias = [tensors[index] for index in operator['inputs']]
        self.kind = operator['operator']
        self.weights = numpy.array(tflite.values(model, weights), numpy.int64).reshape(weights['shape'])
        self.bias = numpy.array(tflite.values(model, bias), numpy.int64)
        self.scales = numpy.resize(numpy.array(weights['quantization']['scale']), len(self.bias))
        self.per_channel = len(weights['quantization']['scale']) > 1
        self.options = operator['builtin_options']
        self.input = self.quantisation(source)
        self.output = self.quantisation(tensors[operator['outputs'][0]])

    @staticmethod
    def quantisation(tensor):
        return {'scale': tensor['quantization']['scale'][0], 'zero_point': tensor['quantization']['zero_point'][0]}

    def constant(self, channel):
        """Its output where the sum is the bias alone."""
        real = self.bias[channel] * self.input['scale'] * self.scales[channel] / self.output['scale']
        lowest = self.output['zero_point'] if self.options['fused_activation_function'] == RELU else -128
        return int(min(127, max(lowest, numpy.floor(real + 0.5) + self.output['zero_point'])))

    def is_zero(self, channel):
        weights = self.weights[..., channel] if self.kind == 'DEPTHWISE_CONV_2D' else self.weights[channel]
        return not weights.any()

    def keep_outputs(self, kept):
        self.weights = self.weights[..., kept] if self.kind == 'DEPTHWISE_CONV_2D' else self.weights[kept]
        self.bias, self.scales = self.bias[kept], self.scales[kept]


def read(path):
    with open(path, 'rb') as file:
        model = tflite.read(file.read())
    return [Layer(model, operator) for operator in model['subgraphs'][0]['operators']
            if operator['operator'] in ('CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED')]


def shrink_between(before, depthwise, after):
    """Takes out channels between two layers that mix channels; `depthwise` is None where only a mean lies between them."""
    out_of = depthwise or before
    idle = []
    for channel in range(len(before.bias)):
        starts_zero = before.is_zero(channel) and before.constant(channel) == before.output['zero_point']
        is_constant = starts_zero or depthwise is not None and depthwise.is_zero(channel)
        is_unused = not after.weights[..., channel].any()
        if is_constant or is_unused:
            idle.append(channel)
            if is_constant:
                value = out_of.constant(channel) if depthwise else before.output['zero_point']
                after.bias = after.bias + (value - out_of.output['zero_point']) * after.weights[..., channel].reshape(len(after.bias))
                after.weights[..., channel] = 0
    spare = -(len(before.bias) - len(idle)) % MULTIPLE
    gone = idle[spare:]
    kept = [channel for channel in range(len(before.bias)) if channel not in gone]
    before.keep_outputs(kept)
    if depthwise:
        depthwise.keep_outputs(kept)
    after.weights = after.weights[..., kept]
    return len(gone)


def shrink(layers):
    """Until nothing is left to take out. Returns how many channels went."""
    total = 0
    while True:
        gone = 0
        for index, layer in enumerate(layers):
            if layer.kind == 'DEPTHWISE_CONV_2D':
                gone += shrink_between(layers[index - 1], layer, layers[index + 1])
        gone += shrink_between(layers[-2], None, layers[-1])
        if gone == 0:
            return total
        total += gone


def write(layers, description):
    model = tflite.Model(description)
    side = 96
    source = model.tensor('input', 'INT8', (1, side, side, 3), **layers[0].input)
    model.inputs = [source]
    for number, layer in enumerate(layers):
        depth = len(layer.bias)
        if layer.kind == 'FULLY_CONNECTED':
            pooled = model.tensor('mean', 'INT8', (1, 1, 1, channels), **layer.input)
            model.operator('AVERAGE_POOL_2D', [source], [pooled], padding='VALID', stride_h=side, stride_w=side, filter_height=side, filter_width=side)
            source = model.tensor('flat', 'INT8', (1, channels), **layer.input)
            model.operator('RESHAPE', [pooled, model.constant('shape', 'INT32', (2,), [1, channels])], [source], new_shape=[1, channels])
            options, shape = {}, (1, depth)
        else:
            stride = layer.options['stride_h']
            side = -(-side // stride)
            options = {'padding': PADDINGS[layer.options['padding']], 'stride_h': stride, 'stride_w': stride}
            shape = (1, side, side, depth)
        if layer.kind == 'DEPTHWISE_CONV_2D':
            options['depth_multiplier'] = 1
        kept = slice(None) if layer.per_channel else slice(0, 1)
        weights = model.constant(f'{number}/weights', 'INT8', layer.weights.shape, layer.weights.astype(numpy.int8), scale=layer.scales[kept].tolist(),
                                 axis=3 if layer.kind == 'DEPTHWISE_CONV_2D' else 0)
        bias = model.constant(f'{number}/bias', 'INT32', (depth,), layer.bias.astype(numpy.int32), scale=(layer.scales * layer.input['scale'])[kept].tolist())
        result = model.tensor(f'{number}', 'INT8', shape, **layer.output)
        model.operator(layer.kind, [source, weights, bias], [result], **options,
                       fused_activation_function=ACTIVATIONS[layer.options['fused_activation_function']])
        source, channels = result, depth
    softmax = model.tensor('softmax', 'INT8', (1, channels), **SOFTMAX_QUANTISATION)
    model.operator('SOFTMAX', [source], [softmax], beta=1.0)
    model.outputs = [softmax]
    return model.to_bytes()


def shrink_file(old, new):
    """Returns a line about it."""
    layers = read(old)
    gone = shrink(layers)
    data = write(layers, 'visual wake words: no person, person')
    with open(new, 'wb') as file:
        file.write(data)
    return f'{gone} channels did nothing; {len(data)} bytes; channels left: {" ".join(str(len(layer.bias)) for layer in layers)}'


if __name__ == '__main__':
    print(shrink_file(*sys.argv[1:]))

"""
Networks that train in float32, then with the roundings of 8-bit arithmetic, and export as int8 .tflite files.

    net = Network((49, 10, 1))                        # height, width, channels of one input
    x = net.conv2d(net.input, 64, (10, 4), stride=2)  # convolution, batch normalisation, RELU
    x = net.depthwise(x, 3)
    x = net.conv2d(x, 64, 1)
    x = net.dense(net.average_pool(x), 12)            # over the whole area; then 12 logits
    net.finish(x)
    ... train net(batch) as any torch module; batches are [n][height][width][channels], results [n][classes] ...
    net.calibrate(some_batches)                       # ranges of activations
    net.quantise()                                    # from here on with fake quantisation: train on at a small rate, or not
    open('model.tflite', 'wb').write(net.export('what it is'))

Quantisation is TFLite's (its 8-bit quantisation specification): activations int8, asymmetric, one scale each; weights int8,
symmetric, one scale per output channel (dense layers: one scale); biases int32 of scale input * weights. Batch normalisation is
folded into the weights: from quantise() on with the statistics gathered so far, which then stay.
"""

import math
import random

import numpy
import torch
from torch import nn
from torch.nn import functional

import tflite

ACTIVATIONS = {None: lambda x: x, 'RELU': functional.relu, 'RELU6': functional.relu6}
LEAST_SCALE = 1e-8
SOFTMAX_QUANTISATION = {'scale': 1 / 256, 'zero_point': -128}      # fixed by the specification, as LOGISTIC's


def seed(number, threads=1):
    """The same run again: seeds Python's, numpy's and torch's generators, and fixes the number of threads."""
    random.seed(number)
    numpy.random.seed(number)
    torch.manual_seed(number)
    torch.set_num_threads(threads)


def _pair(value):
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def same_padding(extent, kernel, stride, dilation=1):
    """TFLite's SAME along one axis: (output extent, padding before, padding after); the odd one comes after."""
    out = -(-extent // stride)
    total = max(0, (out - 1) * stride + (kernel - 1) * dilation + 1 - extent)
    return out, total // 2, total - total // 2


# ---- Ranges of activations

class Range(nn.Module):
    """What values a tensor takes, and its int8 scale and zero point; rounds to them once fake quantisation is on."""

    def __init__(self, low=0.0, high=0.0):
        super().__init__()
        self.register_buffer('low', torch.tensor(float(low)))
        self.register_buffer('high', torch.tensor(float(high)))
        self.register_buffer('seen', torch.tensor(0))
        self.fixed = False                # a range given by hand is not observed
        self.mode = 'float'               # or 'calibrate', 'quantised'

    def fix(self, scale, zero_point):
        """Gives the quantisation instead of observing it."""
        self.low.fill_(scale * (-128 - zero_point))
        self.high.fill_(scale * (127 - zero_point))
        self.fixed = True
        return self

    def forward(self, x):
        if self.mode == 'calibrate' and not self.fixed:
            self._observe(x, 1 / (int(self.seen) + 1))       # the mean over all batches
        if self.mode != 'quantised':
            return x
        if self.training and not self.fixed:
            self._observe(x, 0.01)                           # a slow moving average
        scale, zero_point = self.quantisation()
        return torch.fake_quantize_per_tensor_affine(x, scale, zero_point, -128, 127)

    def _observe(self, x, weight):
        low, high = x.detach().min(), x.detach().max()
        first = int(self.seen) == 0
        self.low.copy_(low if first else self.low + weight * (low - self.low))
        self.high.copy_(high if first else self.high + weight * (high - self.high))
        self.seen += 1

    def parameters_of_int8(self):
        scale, zero_point = self.quantisation()
        return {'scale': float(scale), 'zero_point': int(zero_point)}

    def quantisation(self):
        """Scale and zero point as tensors; zero is always a value of its own."""
        low, high = torch.clamp(self.low, max=0), torch.clamp(self.high, min=0)
        scale = float(torch.clamp((high - low) / 255, min=LEAST_SCALE))
        zero_point = int(min(127, max(-128, round(-128 - float(low) / scale))))
        return torch.tensor(scale), torch.tensor(zero_point, dtype=torch.int32)


# ---- Weights

class _Sign(torch.autograd.Function):
    """-1 or 1; the gradient passes where the weight lies within -1..1 scales (straight through)."""

    @staticmethod
    def forward(context, weights, scales):
        context.save_for_backward(weights, scales)
        return torch.where(weights >= 0, scales, -scales)

    @staticmethod
    def backward(context, gradient):
        weights, scales = context.saved_tensors
        return gradient * (weights.abs() <= 2 * scales + 1e-3), None


def binary_weights(weights, scales):
    """Weights of one bit: each -scale or +scale; trains straight through. scales: broadcast against the weights."""
    return _Sign.apply(weights, scales)


def weight_scales(weights, bits, per_channel):
    """One scale per row of the first axis, or one for all. One bit: the mean magnitude. More: the largest value is 2^(bits-1) - 1."""
    magnitude = weights.detach().abs().flatten(1)
    if bits == 1:
        nonzero = (magnitude > 0).sum(1).clamp(min=1)
        scales = magnitude.sum(1) / nonzero if per_channel else (magnitude.sum() / nonzero.sum()).expand(len(weights))
    else:
        largest = magnitude.max(1).values if per_channel else magnitude.max().expand(len(weights))
        scales = largest / (2 ** (bits - 1) - 1)
    return scales.clamp(min=LEAST_SCALE)


def _along_first(scales, weights):
    return scales.reshape([-1] + [1] * (weights.dim() - 1))


def fake_weights(weights, scales, bits):
    """Weights rounded to what `bits` can hold; gradients pass straight through."""
    if bits == 1:
        return binary_weights(weights, _along_first(scales, weights).expand_as(weights))
    limit = 2 ** (bits - 1) - 1
    zero_points = torch.zeros(len(scales), dtype=torch.int32)
    return torch.fake_quantize_per_channel_affine(weights, scales, zero_points, 0, -limit, limit)


def integer_weights(weights, scales, bits):
    """The int8 numbers of fake_weights()."""
    if bits == 1:
        return torch.where(weights >= 0, 1, -1).to(torch.int8)
    limit = 2 ** (bits - 1) - 1
    return torch.round(weights / _along_first(scales, weights)).clamp(-limit, limit).to(torch.int8)


# ---- Layers. Each knows its shape (height, width, channels) or (units,), and the layers that it reads.

class Layer(nn.Module):
    def __init__(self, name, sources, shape):
        super().__init__()
        self.layer_name, self.shape = name, tuple(shape)
        self._sources = tuple(sources)       # a tuple: torch must not take them for its children
        self.range = Range()                 # a layer that passes its input's range on has that layer's instead

    @property
    def sources(self):
        return self._sources

    def quantisation(self):
        return self.range.parameters_of_int8()


class Input(Layer):
    def __init__(self, shape):
        super().__init__('input', [], shape)

    def forward(self, x):
        return self.range(x.permute(0, 3, 1, 2) if len(self.shape) == 3 else x)


class Weighted(Layer):
    """What convolutions and dense layers have in common: weights, a bias, batch normalisation folded into both."""

    def __init__(self, name, source, shape, weights, activation, batch_norm, bits, per_channel):
        super().__init__(name, [source], shape)
        if activation not in ACTIVATIONS:
            raise ValueError(f'{name}: the activation {activation} is not one of {list(ACTIVATIONS)}')
        self.activation, self.bits, self.per_channel = activation, bits, per_channel
        channels = weights.shape[0]
        self.weights = nn.Parameter(weights)
        self.bias = nn.Parameter(torch.zeros(channels))
        self.norm = nn.BatchNorm2d(channels) if batch_norm else None
        self.register_buffer('mask', torch.ones_like(weights))         # pruned weights: 0
        self.mode = 'float'

    def folded(self):
        """Weights and bias with the batch normalisation's running statistics in them."""
        weights = self.weights * self.mask
        if self.norm is None:
            return weights, self.bias
        gain = self.norm.weight / torch.sqrt(self.norm.running_var + self.norm.eps)
        return weights * _along_first(gain, weights), (self.bias - self.norm.running_mean) * gain + self.norm.bias

    def scales(self, weights, bias):
        """Scales of the weights; wide enough that every bias fits int32."""
        input_scale = float(self.sources[0].range.quantisation()[0])
        scales = weight_scales(weights, self.bits, self.per_channel)
        least = bias.detach().abs() / (input_scale * 2 ** 30)
        return torch.maximum(scales, least if self.per_channel else least.max().expand_as(least))

    def forward(self, x):
        if self.mode == 'quantised':
            weights, bias = self.folded()
            x = self.apply_weights(x, fake_weights(weights, self.scales(weights, bias), self.bits), bias)
        elif self.norm is not None:
            x = self.apply_weights(x, self.weights * self.mask, self.bias)
            x = self.norm(x if x.dim() == 4 else x[:, :, None, None]).reshape(x.shape)
        else:
            x = self.apply_weights(x, self.weights * self.mask, self.bias)
        return self.range(ACTIVATIONS[self.activation](x))

    def write(self, model, inputs, output, is_int8):
        weights, bias = [value.detach() for value in self.folded()]
        if not is_int8:
            constants = [('FLOAT32', self.layout(weights), {}), ('FLOAT32', bias, {})]
        else:
            scales = self.scales(weights, bias)
            input_scale = float(self.sources[0].range.quantisation()[0])
            bias_scales = scales.double() * input_scale
            integers = torch.round(bias.double() / bias_scales).clamp(-2 ** 31 + 1, 2 ** 31 - 1).to(torch.int32)
            axis = self.channel_axis if self.per_channel else 0
            kept = slice(None) if self.per_channel else slice(0, 1)
            constants = [('INT8', self.layout(integer_weights(weights, scales, self.bits)), {'scale': scales[kept].tolist(), 'axis': axis}),
                         ('INT32', integers, {'scale': bias_scales[kept].tolist()})]
        names = [f'{self.layer_name}/weights', f'{self.layer_name}/bias']
        indices = [model.constant(name, type_, values.shape, values.contiguous().numpy(), **quantisation)
                   for name, (type_, values, quantisation) in zip(names, constants)]
        model.operator(self.operator, [*inputs, *indices], [output], fused_activation_function=self.activation or 'NONE', **self.options())


class Conv2d(Weighted):
    operator, channel_axis, groups = 'CONV_2D', 0, 1

    def __init__(self, name, source, weights, stride, padding, dilation, multiplier, **rest):
        height, width, _ = source.shape
        kernel = weights.shape[2:]
        self_padding = [same_padding(extent, k, s, d) for extent, k, s, d in zip((height, width), kernel, stride, dilation)]
        if padding == 'VALID':
            self_padding = [((extent - (k - 1) * d - 1) // s + 1, 0, 0) for extent, k, s, d in zip((height, width), kernel, stride, dilation)]
        super().__init__(name, source, (self_padding[0][0], self_padding[1][0], weights.shape[0]), weights, **rest)
        (_, top, bottom), (_, left, right) = self_padding
        self.edges, self.stride, self.padding, self.dilation, self.multiplier = (left, right, top, bottom), stride, padding, dilation, multiplier

    def apply_weights(self, x, weights, bias):
        return functional.conv2d(functional.pad(x, self.edges), weights, bias, self.stride, 0, self.dilation, self.groups)

    def layout(self, weights):
        return weights.permute(0, 2, 3, 1)

    def options(self):
        return {'padding': self.padding, 'stride_h': self.stride[0], 'stride_w': self.stride[1],
                'dilation_h_factor': self.dilation[0], 'dilation_w_factor': self.dilation[1]}


class Depthwise(Conv2d):
    operator, channel_axis = 'DEPTHWISE_CONV_2D', 3

    @property
    def groups(self):
        return self.sources[0].shape[2]

    def layout(self, weights):
        return weights.permute(1, 2, 3, 0)

    def options(self):
        return {**super().options(), 'depth_multiplier': self.multiplier}


class Dense(Weighted):
    operator, channel_axis = 'FULLY_CONNECTED', 0

    def apply_weights(self, x, weights, bias):
        return functional.linear(x, weights, bias)

    def layout(self, weights):
        return weights

    def options(self):
        return {}


class Pool(Layer):
    """The larger or the mean value of each window; rounds as its input does, so it has no range of its own."""

    def __init__(self, name, source, is_maximum, size, stride, padding):
        edges = [same_padding(extent, k, s) for extent, k, s in zip(source.shape, size, stride)]
        if padding == 'VALID':
            edges = [((extent - k) // s + 1, 0, 0) for extent, k, s in zip(source.shape, size, stride)]
        super().__init__(name, [source], (edges[0][0], edges[1][0], source.shape[2]))
        (_, top, bottom), (_, left, right) = edges
        self.edges, self.is_maximum, self.size, self.stride, self.padding = (left, right, top, bottom), is_maximum, size, stride, padding
        self.range = source.range

    def forward(self, x):
        if self.is_maximum:
            return functional.max_pool2d(functional.pad(x, self.edges, value=-math.inf), self.size, self.stride)
        # Padding does not count into TFLite's mean.
        total = functional.avg_pool2d(functional.pad(x, self.edges), self.size, self.stride)
        if any(self.edges):
            total = total / functional.avg_pool2d(functional.pad(torch.ones_like(x[:1, :1]), self.edges), self.size, self.stride)
        return self.range(total)

    def write(self, model, inputs, output, is_int8):
        model.operator('MAX_POOL_2D' if self.is_maximum else 'AVERAGE_POOL_2D', inputs, [output], padding=self.padding,
                       stride_h=self.stride[0], stride_w=self.stride[1], filter_height=self.size[0], filter_width=self.size[1])


class Flatten(Layer):
    """To one axis, in TFLite's order: rows, columns, channels."""

    def __init__(self, name, source):
        super().__init__(name, [source], (int(numpy.prod(source.shape)),))
        self.range = source.range

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)

    def write(self, model, inputs, output, is_int8):
        shape = model.constant(f'{self.layer_name}/shape', 'INT32', (2,), [1, *self.shape])
        model.operator('RESHAPE', [*inputs, shape], [output], new_shape=[1, *self.shape])


class Reshape(Layer):
    """Another (height, width, channels), in TFLite's order."""

    def __init__(self, name, source, shape):
        super().__init__(name, [source], shape)
        self.range = source.range

    def forward(self, x):
        rows = x.permute(0, 2, 3, 1) if x.dim() == 4 else x
        return rows.reshape(len(x), *self.shape).permute(0, 3, 1, 2)

    def write(self, model, inputs, output, is_int8):
        shape = model.constant(f'{self.layer_name}/shape', 'INT32', (4,), [1, *self.shape])
        model.operator('RESHAPE', [*inputs, shape], [output], new_shape=[1, *self.shape])


class Add(Layer):
    def __init__(self, name, sources, activation):
        super().__init__(name, sources, sources[0].shape)
        self.activation = activation

    def forward(self, x, y):
        return self.range(ACTIVATIONS[self.activation](x + y))

    def write(self, model, inputs, output, is_int8):
        model.operator('ADD', inputs, [output], fused_activation_function=self.activation or 'NONE')


class Dropout(Layer):
    """In training only; leaves no trace in the file."""

    def __init__(self, name, source, fraction):
        super().__init__(name, [source], source.shape)
        self.fraction = fraction
        self.range = source.range

    def forward(self, x):
        return functional.dropout(x, self.fraction, self.training)


class Network(nn.Module):
    """A network as layers that name their inputs; see the head of this file."""

    def __init__(self, shape, scale=None, zero_point=0):
        """
        shape: (height, width, channels) of one input, or (units,).
        scale, zero_point: the input's quantisation where the firmware's features fix it; None: found by calibrate().
        """
        super().__init__()
        self.layers = nn.ModuleList([Input(shape)])
        self._result = None
        if scale is not None:
            self.input.range.fix(scale, zero_point)

    @property
    def input(self):
        return self.layers[0]

    @property
    def result(self):
        return self.layers[-1] if self._result is None else self.layers[self._result]

    def _append(self, layer):
        self.layers.append(layer)
        return layer

    def _name(self, kind):
        return f'{len(self.layers)}-{kind}'

    def conv2d(self, source, filters, kernel, stride=1, padding='SAME', dilation=1, activation='RELU', batch_norm=True, bits=8):
        """A convolution. kernel, stride, dilation: a number, or (vertical, horizontal)."""
        kernel = _pair(kernel)
        weights = torch.empty(filters, source.shape[2], *kernel)
        nn.init.kaiming_normal_(weights, nonlinearity='relu')
        return self._append(Conv2d(self._name('conv2d'), source, weights, _pair(stride), padding, _pair(dilation), 1, activation=activation,
                                   batch_norm=batch_norm, bits=bits, per_channel=True))

    def depthwise(self, source, kernel, stride=1, padding='SAME', dilation=1, multiplier=1, activation='RELU', batch_norm=True, bits=8):
        """A convolution of each channel by itself, with `multiplier` filters each."""
        kernel = _pair(kernel)
        weights = torch.empty(source.shape[2] * multiplier, 1, *kernel)
        nn.init.kaiming_normal_(weights, nonlinearity='relu')
        return self._append(Depthwise(self._name('depthwise'), source, weights, _pair(stride), padding, _pair(dilation), multiplier,
                                      activation=activation, batch_norm=batch_norm, bits=bits, per_channel=True))

    def dense(self, source, units, activation=None, batch_norm=False, bits=8):
        """A fully connected layer; flattens what it reads."""
        source = self.flatten(source) if len(source.shape) == 3 else source
        weights = torch.empty(units, source.shape[0])
        nn.init.kaiming_normal_(weights, nonlinearity='relu' if activation else 'linear')
        return self._append(Dense(self._name('dense'), source, (units,), weights, activation=activation, batch_norm=batch_norm, bits=bits,
                                  per_channel=False))

    def max_pool(self, source, size, stride=None, padding='VALID'):
        size = _pair(size)
        return self._append(Pool(self._name('max-pool'), source, True, size, _pair(stride or size), padding))

    def average_pool(self, source, size=None, stride=None, padding='VALID'):
        """size None: over the whole area."""
        size = _pair(size or source.shape[:2])
        return self._append(Pool(self._name('average-pool'), source, False, size, _pair(stride or size), padding))

    def add(self, left, right, activation='RELU'):
        """The sum of two layers of one shape: a residual connection."""
        if left.shape != right.shape:
            raise ValueError(f'add: {left.layer_name} is {left.shape}, {right.layer_name} is {right.shape}')
        return self._append(Add(self._name('add'), [left, right], activation))

    def flatten(self, source):
        return self._append(Flatten(self._name('flatten'), source))

    def reshape(self, source, shape):
        return self._append(Reshape(self._name('reshape'), source, shape))

    def dropout(self, source, fraction):
        return self._append(Dropout(self._name('dropout'), source, fraction))

    def finish(self, output):
        """Says which layer the result is; without it, the last one."""
        self._result = [id(layer) for layer in self.layers].index(id(output))

    def forward(self, x):
        values = {id(self.input): self.input(x)}
        for layer in self.layers[1:]:
            values[id(layer)] = layer(*[values[id(source)] for source in layer.sources])
        return values[id(self.result)]

    # ---- Quantisation

    def _set_mode(self, mode):
        for module in self.modules():
            if hasattr(module, 'mode'):
                module.mode = mode

    def calibrate(self, batches):
        """Finds the range of every activation: the mean over the batches of their least and largest values. Leaves fake quantisation off."""
        was_training = self.training
        self.eval()
        self._set_mode('calibrate')
        for module in self.modules():
            if isinstance(module, Range) and not module.fixed:
                module.seen.zero_()
        with torch.no_grad():
            for batch in batches:
                self(batch)
        self._set_mode('float')
        self.train(was_training)
        return self

    def quantise(self, on=True):
        """From here on, forward() rounds as the exported file will (to within a step), and ranges follow slowly while training."""
        self._set_mode('quantised' if on else 'float')
        return self

    def export(self, description, softmax=True, is_int8=True):
        """
        The bytes of a .tflite file for one input at a time.
        softmax: append SOFTMAX. is_int8: False gives a float32 network with the batch normalisation folded.
        """
        model = tflite.Model(description)
        type_ = 'INT8' if is_int8 else 'FLOAT32'
        indices = {}

        def tensor(name, shape, quantisation):
            return model.tensor(name, type_, (1, *shape), **(quantisation if is_int8 else {}))

        for layer in self.layers:
            if isinstance(layer, Dropout):
                indices[id(layer)] = indices[id(layer.sources[0])]
                continue
            indices[id(layer)] = tensor(layer.layer_name, layer.shape, layer.quantisation())
            if not isinstance(layer, Input):
                layer.write(model, [indices[id(source)] for source in layer.sources], indices[id(layer)], is_int8)
        output = indices[id(self.result)]
        if softmax:
            logits, output = output, tensor('softmax', self.result.shape, SOFTMAX_QUANTISATION)
            model.operator('SOFTMAX', [logits], [output], beta=1.0)
        model.inputs, model.outputs = [indices[id(self.input)]], [output]
        return model.to_bytes()

    def quantise_input(self, batch):
        """Float inputs as the int8 numbers that the exported file takes: a numpy array of the same shape."""
        scale, zero_point = self.input.range.quantisation()
        return numpy.clip(numpy.round(numpy.asarray(batch) / float(scale)) + int(zero_point), -128, 127).astype(numpy.int8)

    # ---- Smaller networks

    def prune(self, fraction, least_weights=256):
        """
        Sets the smallest weights (by magnitude, relative to their layer's mean) to zero for good; train on afterwards.
        fraction: of all weights in layers that have at least `least_weights`. Returns how many are zero.
        """
        layers = [layer for layer in self.layers if isinstance(layer, Weighted) and layer.weights.numel() >= least_weights]
        with torch.no_grad():
            magnitudes = [(layer.weights * layer.mask).abs() / layer.weights.abs().mean() for layer in layers]
            every = torch.cat([magnitude.flatten() for magnitude in magnitudes]).sort().values
            bound = every[min(len(every) - 1, int(fraction * len(every)))]
            for layer, magnitude in zip(layers, magnitudes):
                layer.mask.copy_(magnitude >= bound)
        return sum(int((layer.mask == 0).sum()) for layer in layers)


def distillation_loss(logits, teacher_logits, labels, temperature=4.0, teacher_share=0.7):
    """Cross entropy with the labels, and with what a larger network says softened by `temperature` (Hinton and others, 2015)."""
    soft = functional.kl_div(functional.log_softmax(logits / temperature, 1), functional.softmax(teacher_logits / temperature, 1),
                             reduction='batchmean') * temperature ** 2
    return teacher_share * soft + (1 - teacher_share) * functional.cross_entropy(logits, labels)

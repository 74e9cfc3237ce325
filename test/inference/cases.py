"""
Random networks of one operator each, and inputs for them: what the runtime and an oracle are both given.

    python3 cases.py CONV_2D 0 100 FILE      # operator, first seed, how many; FILE '-' prints what they are

A case is a function of operator and seed. FILE holds, for each case: the length of the model (uint32, little-endian), the model,
the number of inputs, and for each its length and bytes. Python alone is needed.

Scales are such that most results lie within the output's range; every eighth case has extreme ones: results that all saturate,
multipliers over one, zero points at the ends.
"""

import math
import os
import random
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'firmware-samples', 'training'))

from tflite import Model            # noqa: E402  (the path comes first)

LIMITS = {'INT8': (-128, 127), 'INT16': (-32768, 32767), 'INT32': (-2 ** 31, 2 ** 31 - 1)}
LETTERS = {'INT8': 'b', 'INT16': 'h', 'INT32': 'i', 'INT64': 'q', 'FLOAT32': 'f', 'UINT8': 'B', 'BOOL': '?'}
GENERATORS = {}


def generator(*operators):
    def register(function):
        for operator in operators:
            GENERATORS[operator] = function
        return function
    return register


def single(value):
    """The nearest float32, as a Python float."""
    return struct.unpack('<f', struct.pack('<f', value))[0]


def elements(shape):
    return math.prod(shape)


class Case:
    """One operator's network as it is put together. `r` draws; nothing else may be random."""

    def __init__(self, operator, seed):
        self.r = random.Random(f'{operator}:{seed}')
        self.operator_name = operator
        self.extreme = self.r.randrange(8) == 0
        self.model = Model(f'{operator} {seed}')
        self.data = []

    # ---- Draws

    def size(self, most, least=1):
        """Mostly small, sometimes the most."""
        return self.r.choice([least, most, self.r.randint(least, most), self.r.randint(least, max(least, most // 2))])

    def shape(self, rank, most):
        return [self.size(most) for _ in range(rank)]

    def scale(self):
        return single(10 ** self.r.uniform(-6, 4) if self.extreme else 10 ** self.r.uniform(-3, 0))

    def zero_point(self, type_='INT8'):
        if type_ != 'INT8':
            return 0
        return self.r.choice([-128, 127, 0]) if self.extreme else self.r.choice([-128, 0, self.r.randint(-128, 127), self.r.randint(-30, 30)])

    def near(self, scale):
        """An output scale with which results of this scale mostly fit."""
        return single(scale * (10 ** self.r.uniform(-5, 5) if self.extreme else 10 ** self.r.uniform(-0.6, 0.6)))

    def numbers(self, type_, count):
        if type_ == 'FLOAT32':
            spread = self.r.choice([0.1, 1, 5])
            return [single(self.r.gauss(0, spread)) for _ in range(count)]
        if type_ == 'BOOL':
            return [self.r.random() < 0.5 for _ in range(count)]
        low, high = LIMITS[type_] if type_ in ('INT8', 'INT16') else (-1000, 1000)
        way = self.r.randrange(6)
        if way == 0:
            return [self.r.choice([low, high]) for _ in range(count)]
        if way == 1:
            return [min(high, max(low, round(self.r.gauss(0, high / 8)))) for _ in range(count)]
        return [self.r.randint(low, high) for _ in range(count)]

    def activation(self, *others):
        return self.r.choice(['NONE', 'NONE', 'RELU', 'RELU6', *others])

    # ---- Tensors

    def quantised(self, type_, scale=None, zero_point=None):
        if type_ not in ('INT8', 'INT16'):
            return {}
        return {'scale': self.scale() if scale is None else scale, 'zero_point': self.zero_point(type_) if zero_point is None else zero_point}

    def input(self, type_, shape, scale=None, zero_point=None):
        quantisation = self.quantised(type_, scale, zero_point)
        values = self.numbers(type_, elements(shape))
        self.data.append(struct.pack(f'<{len(values)}{LETTERS[type_]}', *values))
        index = self.model.tensor(f'input{len(self.data)}', type_, shape, **quantisation)
        self.model.inputs.append(index)
        return index, quantisation.get('scale', 1.0), quantisation.get('zero_point', 0)

    def output(self, type_, shape, scale=None, zero_point=None):
        index = self.model.tensor(f'output{len(self.model.outputs)}', type_, shape, **self.quantised(type_, scale, zero_point))
        self.model.outputs.append(index)
        return index

    def constant(self, name, type_, shape, values, **quantisation):
        return self.model.constant(name, type_, shape, values, **quantisation)

    def integers(self, name, values, shape=None):
        return self.constant(name, 'INT32', [len(values)] if shape is None else shape, values)

    def operator(self, inputs, outputs, **options):
        self.model.operator(self.operator_name, inputs, outputs, **options)

    def bytes(self):
        parts = [self.model.to_bytes(), *self.data]
        head = struct.pack('<I', len(parts[0])) + parts[0] + struct.pack('<I', len(self.data))
        return head + b''.join(struct.pack('<I', len(part)) + part for part in self.data)


# ---- Weights: a sum of `terms` products

def weights_and_bias(case, type_, shape, channels, axis, terms, input_scale, per_channel=True, with_bias=True):
    """(indices, scale of a typical sum). Per channel or per tensor for int8 weights; bias of int32, int64 for int16, or float32."""
    r = case.r
    if type_ == 'FLOAT32':
        spread = 1 / math.sqrt(terms)
        weights = [single(r.gauss(0, spread)) for _ in range(elements(shape))]
        bias = [single(r.gauss(0, 1)) for _ in range(channels)]
        return [case.constant('weights', 'FLOAT32', shape, weights), case.constant('bias', 'FLOAT32', [channels], bias) if with_bias else -1], 1.0
    base = 10 ** r.uniform(-4, 1) if case.extreme else 10 ** r.uniform(-3, -1)
    scales = [single(base * (2 ** r.uniform(-4, 4) if per_channel else 1)) for _ in range(channels if per_channel else 1)]
    values = [r.randint(-127, 127) for _ in range(elements(shape))]
    typical = sum(scales) / len(scales) * input_scale * (74 if type_ == 'INT8' else 19000) * 73 * math.sqrt(terms)
    bias_scales = [single(single(scale) * input_scale) for scale in scales]
    spread = max(1, int(74 * 73 * math.sqrt(terms)))
    bias = [r.randint(-spread, spread) for _ in range(channels)]
    indices = [case.constant('weights', 'INT8', shape, values, scale=scales, axis=axis if per_channel else 0)]
    bias_type = 'INT32' if type_ == 'INT8' else 'INT64'
    indices.append(case.constant('bias', bias_type, [channels], bias, scale=bias_scales) if with_bias else -1)
    return indices, typical


def typical_output(case, type_, typical):
    """The output's scale for sums of that typical size."""
    return case.near(typical / (60 if type_ == 'INT8' else 15000))


def window(case, most_extent, most_kernel):
    """(extent, kernel, stride, dilation, padding, output extent) for each of height and width; one padding for both."""
    r = case.r
    padding = r.choice(['SAME', 'VALID'])
    axes = []
    for _ in range(2):
        kernel, stride = case.size(most_kernel), r.choice([1, 1, 2, 3])
        dilation = r.choice([1, 1, 1, 2, 3])
        reach = (kernel - 1) * dilation + 1
        extent = r.randint(reach if padding == 'VALID' else 1, max(reach, most_extent))
        out = -(-extent // stride) if padding == 'SAME' else (extent - reach) // stride + 1
        axes.append((extent, kernel, stride, dilation, out))
    return padding, axes


@generator('CONV_2D', 'CONV_2D_INT16', 'CONV_2D_FLOAT32')
def conv_2d(case, type_):
    r = case.r
    padding, ((h, kh, sh, dh, oh), (w, kw, sw, dw, ow)) = window(case, 9, 5)
    batch, channels, filters = r.choice([1, 1, 1, 2]), case.size(12), case.size(10)
    x, scale, _ = case.input(type_, [batch, h, w, channels])
    constants, typical = weights_and_bias(case, type_, [filters, kh, kw, channels], filters, 0, kh * kw * channels, scale,
                                          with_bias=r.randrange(8) > 0)
    y = case.output(type_, [batch, oh, ow, filters], typical_output(case, type_, typical))
    case.operator([x, *constants], [y], padding=padding, stride_h=sh, stride_w=sw, dilation_h_factor=dh, dilation_w_factor=dw,
                  fused_activation_function=case.activation())


@generator('DEPTHWISE_CONV_2D', 'DEPTHWISE_CONV_2D_INT16', 'DEPTHWISE_CONV_2D_FLOAT32')
def depthwise_conv_2d(case, type_):
    r = case.r
    padding, ((h, kh, sh, dh, oh), (w, kw, sw, dw, ow)) = window(case, 9, 5)
    batch, channels, multiplier = r.choice([1, 1, 1, 2]), case.size(12), r.choice([1, 1, 1, 2, 3])
    x, scale, _ = case.input(type_, [batch, h, w, channels])
    constants, typical = weights_and_bias(case, type_, [1, kh, kw, channels * multiplier], channels * multiplier, 3, kh * kw, scale,
                                          with_bias=r.randrange(8) > 0)
    y = case.output(type_, [batch, oh, ow, channels * multiplier], typical_output(case, type_, typical))
    case.operator([x, *constants], [y], padding=padding, stride_h=sh, stride_w=sw, dilation_h_factor=dh, dilation_w_factor=dw,
                  depth_multiplier=multiplier, fused_activation_function=case.activation())


@generator('TRANSPOSE_CONV', 'TRANSPOSE_CONV_FLOAT32', 'TRANSPOSE_CONV_INT16')
def transpose_conv(case, type_):
    r = case.r
    padding = r.choice(['SAME', 'VALID'])
    axes = []
    for _ in range(2):
        kernel, stride, extent = case.size(4), r.choice([1, 2, 3]), case.size(5)
        axes.append((extent, kernel, stride, extent * stride if padding == 'SAME' else (extent - 1) * stride + max(kernel, stride)))
    (h, kh, sh, oh), (w, kw, sw, ow) = axes
    channels, filters = case.size(6), case.size(6)
    shape = case.integers('shape', [1, oh, ow, filters])
    x, scale, _ = case.input(type_, [1, h, w, channels])
    (weights, bias), typical = weights_and_bias(case, type_, [filters, kh, kw, channels], filters, 0, kh * kw * channels, scale,
                                                with_bias=r.randrange(2) > 0)
    y = case.output(type_, [1, oh, ow, filters], typical_output(case, type_, typical))
    case.operator([shape, weights, x] + ([bias] if bias >= 0 else []), [y], padding=padding, stride_h=sh, stride_w=sw)


@generator('FULLY_CONNECTED', 'FULLY_CONNECTED_INT16', 'FULLY_CONNECTED_FLOAT32')
def fully_connected(case, type_):
    r = case.r
    batch, depth, units = case.size(3), case.size(60), case.size(20)
    x, scale, _ = case.input(type_, [batch, depth])
    constants, typical = weights_and_bias(case, type_, [units, depth], units, 0, depth, scale,
                                          per_channel=type_ == 'INT8' and r.randrange(3) == 0, with_bias=r.randrange(4) > 0)
    y = case.output(type_, [batch, units], typical_output(case, type_, typical))
    case.operator([x, *constants], [y], fused_activation_function=case.activation())


@generator('AVERAGE_POOL_2D', 'AVERAGE_POOL_2D_INT16', 'AVERAGE_POOL_2D_FLOAT32', 'MAX_POOL_2D', 'MAX_POOL_2D_INT16', 'MAX_POOL_2D_FLOAT32')
def pool_2d(case, type_):
    padding, axes = window(case, 9, 5)
    sizes = []
    for extent, kernel, stride, _, _ in axes:
        out = -(-extent // stride) if padding == 'SAME' else (extent - kernel) // stride + 1
        sizes.append((extent, kernel, stride, out))
    (h, kh, sh, oh), (w, kw, sw, ow) = sizes
    batch, channels = case.r.choice([1, 1, 2]), case.size(20)
    x, scale, zero_point = case.input(type_, [batch, h, w, channels])
    y = case.output(type_, [batch, oh, ow, channels], scale, zero_point)
    case.operator([x], [y], padding=padding, stride_h=sh, stride_w=sw, filter_height=kh, filter_width=kw,
                  fused_activation_function=case.activation())


# ---- Element by element

def broadcast_shapes(case):
    """Two shapes that broadcast against each other: mostly the same one."""
    r = case.r
    full = case.shape(r.randint(1, 4), 6)
    way = r.randrange(4)
    if way <= 1:
        return full, full, full
    left, right = list(full), list(full)
    for axis in range(len(full)):
        side = r.choice([left, right, None])
        if side is not None and r.random() < 0.5:
            side[axis] = 1
    if way == 3:
        right = right[r.randrange(len(right)):]
    both = [max(a, b) for a, b in zip(left, [1] * (len(left) - len(right)) + right)]
    return left, right, both


@generator('ADD', 'ADD_FLOAT32', 'ADD_INT16', 'ADD_INT32', 'SUB', 'SUB_FLOAT32', 'SUB_INT16', 'SUB_INT32', 'MUL', 'MUL_FLOAT32', 'MUL_INT16',
           'MUL_INT32')
def binary(case, type_):
    left_shape, right_shape, shape = broadcast_shapes(case)
    x, left_scale, _ = case.input(type_, left_shape)
    near = case.near(left_scale)
    if case.r.randrange(4) == 0:
        values = case.numbers(type_, elements(right_shape))
        y = case.constant('constant', type_, right_shape, values, **case.quantised(type_, near))
        right_scale = near
    else:
        y, right_scale, _ = case.input(type_, right_shape, near if type_ != 'FLOAT32' else None)
    full = 74 if type_ == 'INT8' else 19000
    typical = left_scale * right_scale * full if case.operator_name == 'MUL' else max(left_scale, right_scale)
    z = case.output(type_, shape, case.near(typical))
    rest = {'pot_scale_int16': False} if type_ == 'INT16' and case.operator_name != 'MUL' else {}
    activation = 'NONE' if type_ == 'INT32' else case.activation()
    case.operator([x, y], [z], fused_activation_function=activation, **rest)


@generator('MAXIMUM', 'MAXIMUM_FLOAT32', 'MINIMUM', 'MINIMUM_FLOAT32')
def extremum(case, type_):
    left_shape, right_shape, shape = broadcast_shapes(case)
    x, scale, zero_point = case.input(type_, left_shape)
    y, _, _ = case.input(type_, right_shape, scale, zero_point)
    case.operator([x, y], [case.output(type_, shape, scale, zero_point)])


FIXED_OUTPUTS = {('LOGISTIC', 'INT8'): (1 / 256, -128), ('TANH', 'INT8'): (1 / 128, 0), ('LOGISTIC', 'INT16'): (1 / 32768, 0),
                 ('TANH', 'INT16'): (1 / 32768, 0), ('SOFTMAX', 'INT8'): (1 / 256, -128), ('SOFTMAX', 'INT16'): (1 / 32768, 0),
                 ('SOFTMAX', 'INT8_INT16'): (1 / 65536, -32768)}


@generator('LOGISTIC', 'LOGISTIC_FLOAT32', 'LOGISTIC_INT16', 'TANH', 'TANH_FLOAT32', 'TANH_INT16')
def saturating(case, type_):
    shape = case.shape(case.r.randint(1, 4), 8)
    scale = single(10 ** case.r.uniform(-2.5, -0.5) / (1 if type_ == 'INT8' else 256))
    x, _, _ = case.input(type_, shape, scale)
    case.operator([x], [case.output(type_, shape, *FIXED_OUTPUTS.get((case.operator_name, type_), ()))])


@generator('SOFTMAX', 'SOFTMAX_FLOAT32', 'SOFTMAX_INT16', 'SOFTMAX_INT8_INT16')
def softmax(case, type_):
    shape = case.shape(case.r.choice([1, 2, 2, 3, 4]), 5)
    shape[-1] = case.size(40)
    out_type = type_
    if case.variant == 'INT8_INT16':
        type_, out_type = 'INT8', 'INT16'
    scale = single(10 ** case.r.uniform(-2.5, 0.3) / (1 if type_ == 'INT8' else 256))
    x, _, _ = case.input(type_, shape, scale)
    beta = 1.0 if type_ == 'INT16' else case.r.choice([1.0, 1.0, 0.5, 2.0])
    case.operator([x], [case.output(out_type, shape, *FIXED_OUTPUTS.get(('SOFTMAX', case.variant or type_), ()))], beta=beta)


@generator('LOG_SOFTMAX_FLOAT32')
def log_softmax(case, type_):
    shape = [case.size(3), case.size(30)]
    x = case.input(type_, shape)[0]
    case.operator([x], [case.output(type_, shape)])


@generator('RELU', 'RELU_FLOAT32', 'RELU6', 'RELU6_FLOAT32', 'HARD_SWISH', 'HARD_SWISH_FLOAT32')
def rectifier(case, type_):
    shape = case.shape(case.r.randint(1, 4), 8)
    x, scale, zero_point = case.input(type_, shape)
    same = case.operator_name == 'RELU6' or case.r.random() < 0.3
    y = case.output(type_, shape, *((scale, zero_point) if same else (case.near(scale),)))
    case.operator([x], [y])


@generator('LEAKY_RELU', 'LEAKY_RELU_FLOAT32', 'LEAKY_RELU_INT16')
def leaky_relu(case, type_):
    shape = case.shape(case.r.randint(1, 4), 8)
    x, scale, _ = case.input(type_, shape)
    case.operator([x], [case.output(type_, shape, case.near(scale))], alpha=single(case.r.choice([0.01, 0.1, 0.3, case.r.uniform(0, 1), 1.5])))


@generator('QUANTIZE', 'QUANTIZE_INT8_INT8', 'QUANTIZE_INT16_INT8', 'QUANTIZE_INT8_INT16', 'QUANTIZE_INT16_INT16', 'QUANTIZE_INT8_INT32',
           'QUANTIZE_INT16_INT32', 'QUANTIZE_FLOAT32_INT16')
def quantize(case, type_):
    source, result = (case.variant or 'FLOAT32_INT8').split('_')
    shape = case.shape(case.r.randint(1, 4), 8)
    x, scale, _ = case.input(source, shape)
    wider = {'INT8': 1, 'INT16': 256, 'INT32': 65536, 'FLOAT32': 50}
    y_scale = case.near(scale * wider[source] / wider[result])
    if result == 'INT32':
        index = case.model.tensor('output', 'INT32', shape, scale=y_scale, zero_point=0)
        case.model.outputs.append(index)
    else:
        index = case.output(result, shape, y_scale)
    case.operator([x], [index])


@generator('DEQUANTIZE', 'DEQUANTIZE_INT16')
def dequantize(case, type_):
    shape = case.shape(case.r.randint(1, 4), 8)
    x, _, _ = case.input(type_, shape)
    case.operator([x], [case.output('FLOAT32', shape)])


@generator('CAST')
def cast(case, type_):
    shape = case.shape(case.r.randint(1, 4), 6)
    source, result = case.r.choice([('INT8', 'FLOAT32'), ('FLOAT32', 'INT32'), ('INT32', 'FLOAT32'), ('INT32', 'INT16'), ('INT16', 'INT32'),
                                    ('BOOL', 'FLOAT32'), ('INT8', 'INT32')])
    x = case.input(source, shape, 1.0, 0)[0]
    y = case.model.tensor('output', result, shape)
    case.model.outputs.append(y)
    case.operator([x], [y], in_data_type=source, out_data_type=result)


# ---- Reductions

@generator('MEAN', 'MEAN_FLOAT32', 'MEAN_INT16')
def mean(case, type_):
    r = case.r
    rank = r.choice([2, 3, 4, 4, 4])
    shape = case.shape(rank, 7)
    axes = [1, 2] if rank == 4 and r.random() < 0.5 else sorted(r.sample(range(rank), r.randint(1, rank)))
    keep = r.random() < 0.5
    out = [1 if axis in axes else extent for axis, extent in enumerate(shape) if keep or axis not in axes]
    x, scale, zero_point = case.input(type_, shape)
    given = [axis - rank if r.random() < 0.2 else axis for axis in axes]
    y = case.output(type_, out, *((scale, zero_point) if r.random() < 0.4 else (case.near(scale),)))
    case.operator([x, case.integers('axes', given)], [y], keep_dims=keep)


@generator('ARG_MAX', 'ARG_MAX_FLOAT32', 'ARG_MIN', 'ARG_MIN_FLOAT32')
def arg_extremum(case, type_):
    shape = case.shape(case.r.randint(1, 4), 6)
    axis = case.r.randrange(len(shape))
    x, _, _ = case.input(type_, shape)
    y = case.model.tensor('output', 'INT32', shape[:axis] + shape[axis + 1:])
    case.model.outputs.append(y)
    given = axis if case.r.random() < 0.7 else axis - len(shape)
    case.operator([x, case.integers('axis', [given], [])], [y], output_type='INT32')


# ---- Moving values about

def moved_type(case, type_):
    return case.r.choice(['INT8', 'INT8', 'FLOAT32']) if type_ == 'INT8' else type_


@generator('RESHAPE', 'SQUEEZE', 'EXPAND_DIMS')
def reshape(case, type_):
    r, type_ = case.r, moved_type(case, type_)
    shape = case.shape(r.randint(1, 4), 6)
    if case.operator_name == 'RESHAPE':
        out = list(shape)
        r.shuffle(out)
        if r.random() < 0.5:
            out = [elements(out)]
        given = list(out)
        if r.random() < 0.3:
            given[r.randrange(len(given))] = -1
        x, scale, zero_point = case.input(type_, shape)
        case.operator([x, case.integers('shape', given)], [case.output(type_, out, scale, zero_point)], new_shape=given)
    elif case.operator_name == 'SQUEEZE':
        axis = r.randrange(len(shape) + 1)
        x, scale, zero_point = case.input(type_, shape[:axis] + [1] + shape[axis:])
        case.operator([x], [case.output(type_, shape, scale, zero_point)], squeeze_dims=[axis])
    else:
        axis = r.randrange(len(shape) + 1)
        x, scale, zero_point = case.input(type_, shape)
        case.operator([x, case.integers('axis', [axis])], [case.output(type_, shape[:axis] + [1] + shape[axis:], scale, zero_point)])


@generator('PAD', 'PADV2', 'PAD_FLOAT32', 'PADV2_FLOAT32', 'PAD_INT16')
def pad(case, type_):
    shape = case.shape(case.r.randint(1, 4), 5)
    paddings = [(case.r.choice([0, 0, 1, 2, 3]), case.r.choice([0, 0, 1, 2])) for _ in shape]
    x, scale, zero_point = case.input(type_, shape)
    out = [before + extent + after for extent, (before, after) in zip(shape, paddings)]
    inputs = [x, case.integers('paddings', [n for pair in paddings for n in pair], [len(shape), 2])]
    if case.operator_name == 'PADV2':
        inputs.append(case.constant('value', type_, [1], case.numbers(type_, 1), **case.quantised(type_, scale, zero_point)))
    case.operator(inputs, [case.output(type_, out, scale, zero_point)])


@generator('CONCATENATION', 'CONCATENATION_INT16', 'CONCATENATION_FLOAT32')
def concatenation(case, type_):
    r = case.r
    shape = case.shape(r.randint(1, 4), 6)
    axis = r.randrange(len(shape))
    count = r.randint(1, 4)
    scale, zero_point = case.scale(), case.zero_point(type_)
    inputs, total = [], 0
    for _ in range(count):
        part = list(shape)
        part[axis] = case.size(6)
        total += part[axis]
        inputs.append(case.input(type_, part, scale, zero_point)[0])
    shape[axis] = total
    case.operator(inputs, [case.output(type_, shape, scale, zero_point)], axis=axis if r.random() < 0.7 else axis - len(shape))


@generator('SPLIT', 'SPLIT_V')
def split(case, type_):
    r, type_ = case.r, moved_type(case, type_)
    shape = case.shape(r.randint(1, 4), 5)
    axis, count = r.randrange(len(shape)), r.randint(1, 4)
    sizes = [case.size(4)] * count if case.operator_name == 'SPLIT' else [case.size(4) for _ in range(count)]
    shape[axis] = sum(sizes)
    given = case.integers('axis', [axis if r.random() < 0.7 else axis - len(shape)], [])
    x, scale, zero_point = case.input(type_, shape)
    outputs = [case.output(type_, shape[:axis] + [size] + shape[axis + 1:], scale, zero_point) for size in sizes]
    inputs = [given, x] if case.operator_name == 'SPLIT' else [x, case.integers('sizes', sizes), given]
    case.operator(inputs, outputs, num_splits=count)


@generator('STRIDED_SLICE', 'SLICE')
def slices(case, type_):
    r, type_ = case.r, moved_type(case, type_)
    shape = case.shape(r.randint(1, 4), 7)
    x, scale, zero_point = case.input(type_, shape)
    if case.operator_name == 'SLICE':
        begins = [r.randrange(extent) for extent in shape]
        sizes = [r.randint(1, extent - begin) for extent, begin in zip(shape, begins)]
        given = [-1 if begin + size == extent and r.random() < 0.5 else size for extent, begin, size in zip(shape, begins, sizes)]
        case.operator([x, case.integers('begin', begins), case.integers('size', given)], [case.output(type_, sizes, scale, zero_point)])
        return
    begins, ends, strides, out = [], [], [], []
    masks = {'begin_mask': 0, 'end_mask': 0, 'shrink_axis_mask': 0}
    for axis, extent in enumerate(shape):
        stride = r.choice([1, 1, 2, 3, -1, -2])
        begin, end = r.randrange(extent), r.randrange(extent)
        if r.random() < 0.15 and len(shape) > 1:
            begins, ends, strides = [*begins, begin], [*ends, begin + 1], [*strides, 1]
            masks['shrink_axis_mask'] |= 1 << axis
            continue
        if (end - begin) * stride <= 0:
            begin, end = (0, extent) if stride > 0 else (extent - 1, -extent - 1)
        first, last = begin, end
        if r.random() < 0.2:
            masks['begin_mask'] |= 1 << axis
            first = 0 if stride > 0 else extent - 1
        if r.random() < 0.2:
            masks['end_mask'] |= 1 << axis
            last = extent if stride > 0 else -1
        if last < 0 and not (masks['end_mask'] >> axis & 1):
            last = -1
        out.append(max(0, -(-(last - first) // stride)))
        begins.append(begin - extent if r.random() < 0.2 else begin)
        ends.append(end)
        strides.append(stride)
    inputs = [x, case.integers('begin', begins), case.integers('end', ends), case.integers('strides', strides)]
    case.operator(inputs, [case.output(type_, out, scale, zero_point)], **masks)


@generator('TRANSPOSE')
def transpose(case, type_):
    type_ = moved_type(case, type_)
    shape = case.shape(case.r.randint(1, 5), 5)
    order = case.r.sample(range(len(shape)), len(shape))
    x, scale, zero_point = case.input(type_, shape)
    case.operator([x, case.integers('order', order)], [case.output(type_, [shape[axis] for axis in order], scale, zero_point)])


@generator('PACK', 'UNPACK')
def pack(case, type_):
    type_ = moved_type(case, type_)
    shape = case.shape(case.r.randint(1, 3), 5)
    axis, count = case.r.randrange(len(shape) + 1), case.r.randint(1, 4)
    scale, zero_point = case.scale(), case.zero_point(type_)
    packed = shape[:axis] + [count] + shape[axis:]
    if case.operator_name == 'PACK':
        inputs = [case.input(type_, shape, scale, zero_point)[0] for _ in range(count)]
        case.operator(inputs, [case.output(type_, packed, scale, zero_point)], values_count=count, axis=axis)
    else:
        x = case.input(type_, packed, scale, zero_point)[0]
        case.operator([x], [case.output(type_, shape, scale, zero_point) for _ in range(count)], num=count, axis=axis)


@generator('GATHER')
def gather(case, type_):
    type_ = moved_type(case, type_)
    shape = case.shape(case.r.randint(1, 3), 6)
    axis = case.r.randrange(len(shape))
    indices = [case.r.randrange(shape[axis]) for _ in range(case.size(6))]
    x, scale, zero_point = case.input(type_, shape)
    y = case.output(type_, shape[:axis] + [len(indices)] + shape[axis + 1:], scale, zero_point)
    case.operator([x, case.integers('indices', indices)], [y], axis=axis)


@generator('SPACE_TO_BATCH_ND', 'BATCH_TO_SPACE_ND')
def space_and_batch(case, type_):
    r, type_ = case.r, moved_type(case, type_)
    blocks, channels, batch = [r.randint(1, 3), r.randint(1, 3)], case.size(4), r.randint(1, 2)
    inner = [case.size(3), case.size(3)]
    edges = []
    for block, extent in zip(blocks, inner):
        before = r.randint(0, min(2, block * extent - 1))
        after = r.randint(0, min(2, block * extent - 1 - before))
        edges.append((before, after))
    space = [batch, *[block * extent - sum(edge) for block, extent, edge in zip(blocks, inner, edges)], channels]
    batches = [batch * blocks[0] * blocks[1], *inner, channels]
    source, result = (space, batches) if case.operator_name == 'SPACE_TO_BATCH_ND' else (batches, space)
    x, scale, zero_point = case.input(type_, source)
    y = case.output(type_, result, scale, zero_point)
    case.operator([x, case.integers('blocks', blocks), case.integers('edges', [n for edge in edges for n in edge], [2, 2])], [y])


@generator('RESIZE_NEAREST_NEIGHBOR')
def resize(case, type_):
    r, type_ = case.r, moved_type(case, type_)
    shape = [r.choice([1, 2]), case.size(7), case.size(7), case.size(5)]
    out = [case.size(12), case.size(12)]
    corners, centres = r.choice([(False, False), (True, False), (False, True)])
    x, scale, zero_point = case.input(type_, shape)
    y = case.output(type_, [shape[0], *out, shape[3]], scale, zero_point)
    case.operator([x, case.integers('size', out)], [y], align_corners=corners, half_pixel_centers=centres)


# ---- Networks with a state

@generator('SVDF', 'SVDF_FLOAT32')
def svdf(case, type_):
    """Steps of a filter bank; the state is a variable tensor. int8: state int16 or int8, time weights likewise."""
    r = case.r
    batch, depth, rank, units, memory = 1, case.size(12), r.randint(1, 2), case.size(6), case.size(8)
    filters = rank * units
    if type_ == 'FLOAT32':
        x = case.input(type_, [batch, depth])[0]
        feature = case.constant('feature', type_, [filters, depth], case.numbers(type_, filters * depth))
        time = case.constant('time', type_, [filters, memory], case.numbers(type_, filters * memory))
        bias = case.constant('bias', type_, [units], case.numbers(type_, units))
        state = case.model.tensor('state', type_, [batch, memory * filters], is_variable=True)
        y = case.output(type_, [batch, units])
    else:
        x, scale, _ = case.input('INT8', [batch, depth], single(10 ** r.uniform(-2, -1)))
        feature_scale, state_scale, time_scale = single(10 ** r.uniform(-3, -2)), single(10 ** r.uniform(-4.5, -3)), single(10 ** r.uniform(-5, -4))
        feature = case.constant('feature', 'INT8', [filters, depth], case.numbers('INT8', filters * depth), scale=feature_scale)
        time = case.constant('time', 'INT16', [filters, memory], case.numbers('INT16', filters * memory), scale=time_scale)
        bias = case.constant('bias', 'INT32', [units], [r.randint(-10 ** 7, 10 ** 7) for _ in range(units)], scale=single(state_scale * time_scale))
        state = case.model.tensor('state', 'INT16', [batch, memory * filters], scale=state_scale, is_variable=True)
        y = case.output('INT8', [batch, units], case.near(state_scale * time_scale * 5e6 * math.sqrt(memory * rank)))
    case.operator([x, feature, time, bias, state], [y], rank=rank, fused_activation_function=r.choice(['NONE', 'RELU']) if type_ == 'FLOAT32' else 'RELU')


@generator('UNIDIRECTIONAL_SEQUENCE_LSTM', 'UNIDIRECTIONAL_SEQUENCE_LSTM_FLOAT32')
def lstm(case, type_):
    """A layer over a sequence, without peepholes, projection and normalisation. int8: cell state int16, scale a power of two."""
    r = case.r
    time_major, batch, steps, depth, units = r.random() < 0.3, r.choice([1, 1, 2]), case.size(6), case.size(8), case.size(8)
    shape = [steps, batch] if time_major else [batch, steps]
    is_int8 = type_ == 'INT8'
    x, scale, _ = case.input(type_, [*shape, depth], single(10 ** r.uniform(-2, -1.3)))
    hidden_scale, hidden_zero = single(r.uniform(0.5, 1.5) / 128), r.randint(-20, 20) if is_int8 else 0

    def weights(name, columns):
        values = case.numbers(type_, units * columns) if is_int8 else [single(v / 3) for v in case.numbers(type_, units * columns)]
        return case.constant(name, type_, [units, columns], values, **({'scale': single(10 ** r.uniform(-2.7, -2))} if is_int8 else {}))

    input_weights = [weights(f'input{gate}', depth) for gate in range(4)]
    recurrent = [weights(f'recurrent{gate}', units) for gate in range(4)]
    biases = []
    for gate in range(4):
        if is_int8:
            weight_scale = case.model.main.tensors[input_weights[gate]]['quantization']['scale'][0]
            values = [r.randint(-2000, 2000) for _ in range(units)]
            biases.append(case.constant(f'bias{gate}', 'INT32', [units], values, scale=single(weight_scale * scale)))
        else:
            biases.append(case.constant(f'bias{gate}', type_, [units], case.numbers(type_, units)))
    hidden = case.model.tensor('hidden', type_, [batch, units], is_variable=True, **({'scale': hidden_scale, 'zero_point': hidden_zero} if is_int8 else {}))
    cell_type = 'INT16' if is_int8 else type_
    cell = case.model.tensor('cell', cell_type, [batch, units], is_variable=True, **({'scale': 2.0 ** -r.randint(10, 13)} if is_int8 else {}))
    y = case.output(type_, [*shape, units], hidden_scale, hidden_zero)
    inputs = [x, *input_weights, *recurrent, -1, -1, -1, *biases, -1, -1, hidden, cell, -1, -1, -1, -1]
    intermediates = None
    if is_int8:
        # Four for layer normalisation, which is not there, and the hidden state's own.
        intermediates = [case.model.tensor(f'intermediate{i}', 'INT16', [], scale=1.0) for i in range(4)]
        intermediates.append(case.model.tensor('intermediate4', 'INT8', [], scale=hidden_scale, zero_point=hidden_zero))
    case.operator(inputs, [y], intermediates=intermediates, fused_activation_function='TANH', time_major=time_major,
                  cell_clip=single(r.choice([0.0, 0.0, 3.0])))


def make(name, seed):
    """The case of that operator (its schema name, or with an ending for other types than int8) and seed."""
    operator = name
    variant = None
    for ending in ('_FLOAT32_INT16', '_INT8_INT16', '_INT8_INT8', '_INT16_INT8', '_INT16_INT16', '_INT8_INT32', '_INT16_INT32', '_FLOAT32', '_INT16', '_INT32'):
        if name.endswith(ending) and name in GENERATORS:
            operator, variant = name[:-len(ending)], ending[1:]
            break
    case = Case(operator, f'{variant}:{seed}' if variant else seed)
    case.variant = variant
    GENERATORS[name](case, variant if variant in ('FLOAT32', 'INT16', 'INT32') else 'INT8')
    return case


if __name__ == '__main__':
    name, first, count, path = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    cases = [make(name, seed) for seed in range(first, first + count)]
    if path == '-':
        for case in cases:
            tensors = [case.model.main.tensors[index] for index in case.model.inputs + case.model.outputs]
            print(case.model.description, [tensor['shape'] for tensor in tensors], case.model.main.operators[0].get('builtin_options'))
    else:
        with open(path, 'wb') as file:
            file.write(b''.join(case.bytes() for case in cases))

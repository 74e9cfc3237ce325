"""
Published networks as torch functions: weights and structure from the .tflite file, 8-bit ones with their roundings. Enough operators for
MobileNets; for training, measuring and teaching only.
"""

import numpy
import torch
from torch.nn import functional

import tflite
from quantise import same_padding

INT8 = 9
ACTIVATION_RELU, ACTIVATION_RELU6 = 1, 3
VALID = 1


class Published:
    """Call it with [n][height][width][channels], 0 to 1: gives the logits [n][2], no person first."""

    def __init__(self, path, preprocess=lambda x: x):
        with open(path, 'rb') as file:
            self.model = tflite.read(file.read())
        self.graph = self.model['subgraphs'][0]
        self.preprocess = preprocess
        self.constants = {}

    def quantisation(self, index):
        table = self.graph['tensors'][index]['quantization']
        return table if table and table['scale'] else None

    def constant(self, index):
        """The real values of a constant tensor."""
        if index not in self.constants:
            tensor = self.graph['tensors'][index]
            values = numpy.array(tflite.values(self.model, tensor), numpy.float32).reshape(tensor['shape'])
            table = self.quantisation(index)
            if table:
                along = [1] * values.ndim
                if len(table['scale']) > 1:
                    along[table['quantized_dimension'] if values.ndim > 1 else 0] = -1
                zero_points = numpy.array(table['zero_point'] or [0], numpy.float32).reshape(-1)
                values = (values - zero_points.reshape(along if len(zero_points) > 1 else -1)) * numpy.array(table['scale'], numpy.float32).reshape(along)
            self.constants[index] = torch.from_numpy(values.astype(numpy.float32))
        return self.constants[index]

    def rounded(self, index, x):
        table = self.quantisation(index)
        if table is None or self.graph['tensors'][index]['type'] != INT8:
            return x
        scale, zero_point = table['scale'][0], table['zero_point'][0]
        return (torch.clamp(torch.round(x / scale) + zero_point, -128, 127) - zero_point) * scale

    def weighted(self, operator, x):
        """CONV_2D and DEPTHWISE_CONV_2D."""
        options = operator['builtin_options']
        weights, bias = [self.constant(index) for index in operator['inputs'][1:3]]
        is_depthwise = operator['operator'] == 'DEPTHWISE_CONV_2D'
        weights = weights.permute(3, 0, 1, 2) if is_depthwise else weights.permute(0, 3, 1, 2)
        stride = (options['stride_h'], options['stride_w'])
        if options['padding'] != VALID:
            (_, top, bottom), (_, left, right) = [same_padding(n, k, s) for n, k, s in zip(x.shape[2:], weights.shape[2:], stride)]
            x = functional.pad(x, (left, right, top, bottom))
        x = functional.conv2d(x, weights, bias.reshape(-1), stride, groups=x.shape[1] if is_depthwise else 1)
        activation = options['fused_activation_function']
        return x.clamp(min=0) if activation == ACTIVATION_RELU else x.clamp(0, 6) if activation == ACTIVATION_RELU6 else x

    def __call__(self, x):
        x = self.preprocess(x).permute(0, 3, 1, 2)
        for operator in self.graph['operators']:
            name = operator['operator']
            if name in ('CONV_2D', 'DEPTHWISE_CONV_2D'):
                x = self.weighted(operator, x)
            elif name in ('AVERAGE_POOL_2D', 'MEAN'):
                x = x.mean((2, 3), keepdim=name != 'MEAN')
            elif name == 'RESHAPE':
                x = x.flatten(1)
            elif name == 'FULLY_CONNECTED':
                x = functional.linear(x, self.constant(operator['inputs'][1]), self.constant(operator['inputs'][2]))
            elif name == 'SOFTMAX':
                return x
            else:
                raise ValueError(f'{name}: this reader does not have it')
            x = self.rounded(operator['outputs'][0], x)
        return x

    def layers(self):
        """(weights [out][in][height][width] or [out][in], bias) of each convolution and dense layer, in order."""
        for operator in self.graph['operators']:
            if operator['operator'] == 'FULLY_CONNECTED':
                yield self.constant(operator['inputs'][1]), self.constant(operator['inputs'][2])
            elif operator['operator'] in ('CONV_2D', 'DEPTHWISE_CONV_2D'):
                order = (3, 0, 1, 2) if operator['operator'] == 'DEPTHWISE_CONV_2D' else (0, 3, 1, 2)
                yield self.constant(operator['inputs'][1]).permute(order), self.constant(operator['inputs'][2])


def grey(x):
    """[n][height][width][1], -1 to 1: what TensorFlow Lite Micro's person detection takes."""
    return (x @ torch.tensor([[77 / 256], [150 / 256], [29 / 256]])) * 2 - 1

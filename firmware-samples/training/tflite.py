"""
Writes .tflite files: a network as tensors and operators, and the bytes of it. The standard library is all it needs; values may be
numpy arrays where there is numpy. The same network gives the same bytes, always.

    model = Model('one convolution')
    x = model.tensor('input', 'INT8', (1, 8, 8, 1), scale=0.5, zero_point=-128)
    w = model.constant('weights', 'INT8', (4, 3, 3, 1), [...], scale=[0.1, 0.2, 0.1, 0.3], axis=0)
    b = model.constant('bias', 'INT32', (4,), [1, 2, 3, 4], scale=[0.05, 0.1, 0.05, 0.15], axis=0)
    y = model.tensor('output', 'INT8', (1, 8, 8, 4), scale=0.25, zero_point=3)
    model.operator('CONV_2D', [x, w, b], [y], padding='SAME', stride_w=1, stride_h=1, fused_activation_function='RELU')
    model.inputs, model.outputs = [x], [y]
    open('model.tflite', 'wb').write(model.to_bytes())

Options have the schema's names (tflite_schema.py). read() gives a file's tables back as dicts.
"""

import struct
import sys

import flatbuffer
from tflite_schema import (ELEMENT_LETTERS, ENUMS, IDENTIFIER, INT8_VERSIONS, LAST_CODE_OF_A_BYTE, OPERATOR_NAMES, OPERATORS, OPTIONS,
                           SCHEMA, TENSOR_TYPES, UNIONS)


class ModelError(ValueError):
    """A network that cannot be written, in one line."""


def _elements(shape):
    count = 1
    for extent in shape:
        count *= extent
    return count


def _pack(name, type_, shape, values):
    """The little-endian bytes of a tensor's values: bytes as they are, a numpy array of the type's size, or numbers in row order."""
    letter = ELEMENT_LETTERS.get(type_)
    if letter is None:
        raise ModelError(f'tensor {name}: constants of type {type_} cannot be written')
    size = struct.calcsize('<' + letter)
    expected = _elements(shape) * size
    if isinstance(values, (bytes, bytearray)):
        data = bytes(values)
    elif hasattr(values, 'dtype'):
        if values.dtype.itemsize != size or (values.dtype.kind == 'f') != (letter in 'efd'):
            raise ModelError(f'tensor {name}: values are {values.dtype}, the tensor is {type_}')
        data = values.astype(values.dtype.newbyteorder('<')).tobytes()
    else:
        values = list(values)
        data = struct.pack(f'<{len(values)}{letter}', *values)
    if len(data) != expected:
        raise ModelError(f'tensor {name}: {len(data)} bytes of values, shape {tuple(shape)} of {type_} takes {expected}')
    return data


def _list(value):
    """A number as a list of one, a sequence (numpy's too) as a list of Python numbers."""
    values = value.tolist() if hasattr(value, 'tolist') else value
    return list(values) if isinstance(values, (list, tuple)) else [values]


def _quantization(scale, zero_point, axis):
    if scale is None:
        return None
    scales, zero_points = _list(scale), _list(zero_point)
    if len(zero_points) == 1:
        zero_points = zero_points * len(scales)
    return {'scale': scales, 'zero_point': zero_points, 'quantized_dimension': axis}


class Subgraph:
    """Tensors, addressed by their index, and operators in the order in which they run."""

    def __init__(self, model, name):
        self._model, self.name = model, name
        self.tensors, self.operators = [], []
        self.inputs, self.outputs = [], []

    def tensor(self, name, type_, shape, scale=None, zero_point=0, axis=0, is_variable=False):
        """
        A tensor computed at run time; returns its index.
        type_: a name of TENSOR_TYPES. scale, zero_point: of the tensor, or one per slice of `axis`; None: not quantised.
        is_variable: keeps its value between runs.
        """
        return self._add(name, type_, shape, scale, zero_point, axis, is_variable, 0)

    def constant(self, name, type_, shape, values, scale=None, zero_point=0, axis=0):
        """A tensor whose values are in the file, in row order; returns its index. Raises ModelError if their number does not fit."""
        buffer = self._model.add_buffer(_pack(name, type_, shape, values))
        return self._add(name, type_, shape, scale, zero_point, axis, False, buffer)

    def _add(self, name, type_, shape, scale, zero_point, axis, is_variable, buffer):
        if type_ not in TENSOR_TYPES:
            raise ModelError(f'tensor {name}: there is no type {type_}')
        self.tensors.append({
            'shape': [int(extent) for extent in shape], 'type': TENSOR_TYPES[type_], 'buffer': buffer, 'name': name,
            'quantization': _quantization(scale, zero_point, axis), 'is_variable': is_variable,
        })
        return len(self.tensors) - 1

    def operator(self, name, inputs, outputs, version=None, intermediates=None, **options):
        """
        Appends an operator; inputs are tensor indices, -1 for one left out. Returns its index.
        version: as in the schema; None: what TFLite's converter writes for the type of the first output.
        Raises ModelError for an operator or option that the schema does not have.
        """
        if name not in OPERATORS:
            raise ModelError(f'there is no operator {name} in tflite_schema.py')
        code, table = OPERATORS[name]
        if version is None:
            is_int8 = bool(outputs) and self.tensors[outputs[0]]['type'] == TENSOR_TYPES['INT8']
            version = INT8_VERSIONS.get(name, 1) if is_int8 else 1
        entry = {'opcode_index': self._model.operator_code(code, version), 'inputs': list(inputs), 'outputs': list(outputs)}
        if table is not None:
            entry['builtin_options_type'] = OPTIONS[table][0]
            entry['builtin_options'] = _options(name, table, options)
        elif options:
            raise ModelError(f'{name} has no options')
        if intermediates is not None:
            entry['intermediates'] = list(intermediates)
        self.operators.append(entry)
        return len(self.operators) - 1

    def to_table(self):
        return {'tensors': self.tensors, 'inputs': list(self.inputs), 'outputs': list(self.outputs), 'operators': self.operators,
                'name': self.name}


def _options(operator, table, given):
    fields = {name: type_ for name, type_, _ in OPTIONS[table][1]}
    value = {}
    for name, option in given.items():
        if name not in fields:
            raise ModelError(f'{operator} has no option {name}; it has: {", ".join(fields) or "none"}')
        if isinstance(option, str) and fields[name] in ENUMS:
            names = ENUMS[fields[name]][1]
            if option not in names:
                raise ModelError(f'{operator}: {name} cannot be {option}; it can be: {", ".join(names)}')
            option = names[option]
        value[name] = option
    return value


class Model:
    """A file: its main subgraph (tensor, constant, operator, inputs and outputs here are that one's), others, and their buffers."""

    def __init__(self, description='', name='main'):
        self.description = description
        self._codes, self._buffers, self._metadata = [], [b''], []      # buffer 0 is empty: tensors without values name it
        self.main = Subgraph(self, name)
        self.subgraphs = [self.main]
        self.tensor, self.constant, self.operator = self.main.tensor, self.main.constant, self.main.operator

    @property
    def inputs(self):
        return self.main.inputs

    @inputs.setter
    def inputs(self, tensors):
        self.main.inputs = tensors

    @property
    def outputs(self):
        return self.main.outputs

    @outputs.setter
    def outputs(self, tensors):
        self.main.outputs = tensors

    def subgraph(self, name):
        """One more subgraph, for CALL_ONCE."""
        self.subgraphs.append(Subgraph(self, name))
        return self.subgraphs[-1]

    def metadata(self, name, data):
        """Named bytes that go with the network, such as its labels."""
        self._metadata.append({'name': name, 'buffer': self.add_buffer(bytes(data))})

    def add_buffer(self, data):
        self._buffers.append(data)
        return len(self._buffers) - 1

    def operator_code(self, code, version):
        entry = {'deprecated_builtin_code': min(code, LAST_CODE_OF_A_BYTE), 'builtin_code': code, 'version': version}
        if entry not in self._codes:
            self._codes.append(entry)
        return self._codes.index(entry)

    def to_bytes(self):
        """The file. Raises ModelError if an input or output names a tensor that is not there."""
        for subgraph in self.subgraphs:
            for index in [*subgraph.inputs, *subgraph.outputs, *(i for o in subgraph.operators for i in [*o['inputs'], *o['outputs']])]:
                if not -1 <= index < len(subgraph.tensors):
                    raise ModelError(f'subgraph {subgraph.name}: there is no tensor {index}')
        return flatbuffer.write(SCHEMA, UNIONS, 'Model', {
            'version': 3, 'operator_codes': self._codes, 'subgraphs': [subgraph.to_table() for subgraph in self.subgraphs],
            'description': self.description, 'buffers': [{'data': data} if data else {} for data in self._buffers],
            'metadata': self._metadata or None,
        }, IDENTIFIER)


def read(data):
    """
    A .tflite file's tables as dicts with the schema's names. Each operator has its name added ('operator'): that of the schema, or
    its number. Raises flatbuffer.FlatbufferError for other bytes.
    """
    model = flatbuffer.read(SCHEMA, UNIONS, 'Model', data, IDENTIFIER)
    codes = [max(code['deprecated_builtin_code'], code['builtin_code']) for code in model['operator_codes'] or []]
    for subgraph in model['subgraphs'] or []:
        for operator in subgraph['operators'] or []:
            code = codes[operator['opcode_index']]
            operator['operator'] = OPERATOR_NAMES.get(code, str(code))
    return model


def values(model, tensor):
    """A constant's numbers in row order, from read()'s dicts; None if it has none."""
    data = model['buffers'][tensor['buffer']]['data']
    if not data:
        return None
    type_ = next(name for name, number in TENSOR_TYPES.items() if number == tensor['type'])
    letter = ELEMENT_LETTERS[type_]
    return list(struct.unpack(f'<{len(data) // struct.calcsize("<" + letter)}{letter}', data))


if __name__ == '__main__':
    # Lists a file's operators and shapes.
    contents = read(open(sys.argv[1], 'rb').read())
    for subgraph in contents['subgraphs']:
        for operator in subgraph['operators']:
            shapes = ['-' if index < 0 else 'x'.join(map(str, subgraph['tensors'][index]['shape'] or [])) or 'scalar'
                      for index in [*operator['inputs'], *operator['outputs']]]
            print(f"{operator['operator']:<24}{'  '.join(shapes)}")

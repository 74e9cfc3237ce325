"""
A network described in JSON (standard input) as a .tflite file (the argument), by the samples' own writer.

    {"tensors": [{"name", "type", "shape", "scale"?, "zero_point"?, "axis"?, "is_variable"?, "values"?}],
     "operators": [{"name", "inputs", "outputs", "options"?}], "inputs": [...], "outputs": [...]}

A tensor with values is a constant.
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'firmware-samples', 'training'))
from tflite import Model  # noqa: E402

description = json.load(sys.stdin)
model = Model('of a test')
for tensor in description['tensors']:
    make = model.constant if 'values' in tensor else model.tensor
    make(tensor.pop('name'), tensor.pop('type'), tensor.pop('shape'), **tensor)
for operator in description['operators']:
    model.operator(operator['name'], operator['inputs'], operator['outputs'], **operator.get('options', {}))
model.inputs, model.outputs = description['inputs'], description['outputs']
with open(sys.argv[1], 'wb') as file:
    file.write(model.to_bytes())

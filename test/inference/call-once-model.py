"""
Writes a network with a variable to the file that the argument names: each run adds the input to it and gives the sum. With a second
argument, CALL_ONCE gives it that number first; without, it starts as it does.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'firmware-samples', 'training'))
from tflite import Model  # noqa: E402

QUANTISED = {'scale': 1.0, 'zero_point': 3}

model = Model('a sum')
if len(sys.argv) > 2:
    first = model.subgraph('first value')
    handle = first.tensor('handle', 'RESOURCE', ())
    value = first.constant('value', 'INT8', (1, 1), [int(sys.argv[2])], **QUANTISED)
    first.operator('VAR_HANDLE', [], [handle], shared_name='sum')
    first.operator('ASSIGN_VARIABLE', [handle, value], [])
    model.operator('CALL_ONCE', [], [], init_subgraph_index=1)
added = model.tensor('added', 'INT8', (1, 1), **QUANTISED)
handle = model.tensor('handle', 'RESOURCE', ())
before, after = (model.tensor(name, 'INT8', (1, 1), **QUANTISED) for name in ('before', 'after'))
model.operator('VAR_HANDLE', [], [handle], shared_name='sum')
model.operator('READ_VARIABLE', [handle], [before])
model.operator('ADD', [before, added], [after])
model.operator('ASSIGN_VARIABLE', [handle, after], [])
model.inputs, model.outputs = [added], [after]
with open(sys.argv[1], 'wb') as file:
    file.write(model.to_bytes())

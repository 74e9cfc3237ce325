"""
Figures for model cards, as Markdown: accuracy, the confusion matrix, the size and multiply-accumulates of a .tflite file.

    print(card(open('model.tflite', 'rb').read(), labels, predicted, ['yes', 'no']))

`python3 card.py FILE` prints what a file alone tells.
"""

import sys

import tflite


def _product(numbers):
    total = 1
    for number in numbers:
        total *= number
    return total


def layers(model):
    """
    Every operator of the first subgraph as (name, output shape, multiply-accumulates, bytes of constants); model: tflite.read()'s.
    Counted are those of convolutions, dense layers and SVDF/LSTM weights; additions, pools and the like are none.
    """
    subgraph = model['subgraphs'][0]
    tensors = subgraph['tensors']
    rows = []
    for operator in subgraph['operators']:
        inputs = [tensors[index] for index in operator['inputs'] if index >= 0]
        output = tensors[operator['outputs'][0]]
        constants = [tensor for tensor in inputs if model['buffers'][tensor['buffer']]['data']]
        size = sum(len(model['buffers'][tensor['buffer']]['data']) for tensor in constants)
        rows.append((operator['operator'], output['shape'] or [], _macs(operator['operator'], inputs, output, constants), size))
    return rows


def _macs(name, inputs, output, constants):
    if name == 'CONV_2D':
        return _product(output['shape']) * _product(inputs[1]['shape'][1:])
    if name == 'DEPTHWISE_CONV_2D':
        return _product(output['shape']) * _product(inputs[1]['shape'][1:3])
    if name == 'TRANSPOSE_CONV':
        return _product(inputs[2]['shape']) * _product(inputs[1]['shape'][:3])
    if name == 'FULLY_CONNECTED':
        return _product(output['shape']) * inputs[1]['shape'][-1]
    if name in ('SVDF', 'UNIDIRECTIONAL_SEQUENCE_LSTM'):
        steps = inputs[0]['shape'][1] if name != 'SVDF' and len(inputs[0]['shape']) == 3 else 1
        return steps * sum(_product(tensor['shape']) for tensor in constants if len(tensor['shape']) == 2)
    return 0


def macs(data):
    """Multiply-accumulates of one run of a .tflite file."""
    return sum(row[2] for row in layers(tflite.read(data)))


def confusion(labels, predicted, classes):
    """counts[true class][predicted class]."""
    counts = [[0] * classes for _ in range(classes)]
    for label, guess in zip(labels, predicted):
        counts[int(label)][int(guess)] += 1
    return counts


def accuracy(labels, predicted):
    pairs = list(zip(labels, predicted))
    return sum(int(label) == int(guess) for label, guess in pairs) / len(pairs)


def confusion_table(labels, predicted, names):
    """The confusion matrix as a Markdown table: a row per true class, with its recall; precision in the last row."""
    counts = confusion(labels, predicted, len(names))
    lines = ['| true \\ predicted | ' + ' | '.join(names) + ' | recall |', '| --- |' + ' ---: |' * (len(names) + 1)]
    for row, name in zip(counts, names):
        recall = row[names.index(name)] / sum(row) if sum(row) else 0
        lines.append(f'| {name} | ' + ' | '.join(map(str, row)) + f' | {recall:.1%} |')
    columns = [sum(row[i] for row in counts) for i in range(len(names))]
    precisions = [f'{counts[i][i] / total:.1%}' if total else '-' for i, total in enumerate(columns)]
    lines.append('| precision | ' + ' | '.join(precisions) + ' | |')
    return '\n'.join(lines)


def size_table(data):
    """Layers, multiply-accumulates and weights of a .tflite file as a Markdown table."""
    rows = layers(tflite.read(data))
    lines = ['| operator | output | MACs | weights, bytes |', '| --- | --- | ---: | ---: |']
    lines += [f'| {name} | {"x".join(map(str, shape))} | {count:,} | {size:,} |' for name, shape, count, size in rows]
    lines.append(f'| **total** | file: {len(data):,} bytes | {sum(row[2] for row in rows):,} | {sum(row[3] for row in rows):,} |')
    return '\n'.join(lines)


def card(data, labels, predicted, names):
    """Accuracy, confusion matrix and size of a .tflite file with its predictions on held-out data."""
    right = accuracy(labels, predicted)
    return f'Accuracy: {right:.1%} of {len(labels)}.\n\n{confusion_table(labels, predicted, names)}\n\n{size_table(data)}\n'


if __name__ == '__main__':
    print(size_table(open(sys.argv[1], 'rb').read()))

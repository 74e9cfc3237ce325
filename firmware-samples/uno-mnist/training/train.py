"""
Trains the two digit networks of uno-mnist and writes weights-cnn.h and weights-rows.h. One core, some minutes: python3 train.py

cnn:  3x3 convolution to 8, ReLU, 2x2 maximum; 3x3 convolution to 16, ReLU, 2x2 maximum; dense to 10.
rows: a recurrent net of 40 units that reads one row of 14 pixels at a time: h = clamp(W x + U h + b), of 0..127; dense to 10.
"""
import os
import sys
import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path += [HERE, os.path.join(HERE, '../../uno-common/training')]
import digits
import uno

torch.set_num_threads(1)
PIXEL = 7          # fraction bits of a pixel: 0..127 is 0..1
ACTIVATION = 5     # fraction bits of an activation: 0..127 is 0..4


def activation(x, fraction):
    return uno.fixed(x, fraction, 0, 127)


class Cnn(torch.nn.Module):
    CHANNELS = (8, 16)

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Conv2d(1, self.CHANNELS[0], 3)
        self.second = torch.nn.Conv2d(*self.CHANNELS, 3)
        self.last = torch.nn.Linear(self.CHANNELS[1] * 4, 10)

    def layer(self, x, layer, input_fraction, operation):
        return operation(x, uno.fixed_weight(layer.weight), uno.fixed_bias(layer.bias, layer.weight, input_fraction))

    def forward(self, x):
        x = F.max_pool2d(activation(self.layer(x[:, None], self.first, PIXEL, F.conv2d), ACTIVATION), 2)
        x = F.max_pool2d(activation(self.layer(x, self.second, ACTIVATION, F.conv2d), ACTIVATION), 2)
        return self.layer(x.flatten(1), self.last, ACTIVATION, F.linear)

    def text(self):
        parts, inputs = [], {'first': PIXEL, 'second': ACTIVATION, 'last': ACTIVATION}
        orders = {'first': lambda w: w.permute(0, 2, 3, 1), 'second': lambda w: w.permute(0, 2, 3, 1),
                  'last': lambda w: w.reshape(10, self.CHANNELS[1], 2, 2).permute(0, 2, 3, 1)}
        for name, input_fraction in inputs.items():
            layer = getattr(self, name)
            fraction = uno.fraction_bits(layer.weight)
            weight = uno.integers(uno.fixed_weight(layer.weight), fraction)
            bias = uno.integers(uno.fixed_bias(layer.bias, layer.weight, input_fraction), fraction + input_fraction)
            parts.append(uno.c_array('int8_t', f'{name}_weights', orders[name](weight), '[output][row][column][input]'))
            parts.append(uno.c_array('int32_t', f'{name}_bias', bias, '[output]'))
            if name != 'last':
                parts.append(f'enum {{ {name}_shift = {fraction + input_fraction - ACTIVATION} }};\n')
        return uno.header('training/train.py', parts)


class Rows(torch.nn.Module):
    UNITS = 40

    def __init__(self):
        super().__init__()
        self.input = torch.nn.Linear(14, self.UNITS)
        self.state = torch.nn.Linear(self.UNITS, self.UNITS, bias=False)
        self.last = torch.nn.Linear(self.UNITS, 10)
        torch.nn.init.eye_(self.state.weight)
        with torch.no_grad():
            self.state.weight *= 0.8

    def fractions(self):
        """W x and U h are summed: both weights take the fraction bits that give the sums the same unit."""
        state = min(uno.fraction_bits(self.state.weight), uno.fraction_bits(self.input.weight) + PIXEL - ACTIVATION)
        return state + ACTIVATION - PIXEL, state

    def forward(self, x):
        input_fraction, state_fraction = self.fractions()
        W = uno.fixed(self.input.weight, input_fraction, -127, 127)
        U = uno.fixed(self.state.weight, state_fraction, -127, 127)
        b = uno.fixed(self.input.bias, input_fraction + PIXEL, -2 ** 30, 2 ** 30)
        h = torch.zeros(len(x), self.UNITS)
        for row in range(14):
            h = activation(F.linear(x[:, row], W, b) + F.linear(h, U), ACTIVATION)
        return F.linear(h, uno.fixed_weight(self.last.weight), uno.fixed_bias(self.last.bias, self.last.weight, ACTIVATION))

    def text(self):
        input_fraction, state_fraction = self.fractions()
        last = uno.fraction_bits(self.last.weight)
        return uno.header('training/train.py', [
            uno.c_array('int8_t', 'input_weights', uno.integers(uno.fixed(self.input.weight, input_fraction, -127, 127), input_fraction), '[unit][pixel]'),
            uno.c_array('int8_t', 'state_weights', uno.integers(uno.fixed(self.state.weight, state_fraction, -127, 127), state_fraction), '[unit][unit before]'),
            uno.c_array('int32_t', 'input_bias', uno.integers(self.input.bias, input_fraction + PIXEL), '[unit]'),
            f'enum {{ UNITS = {self.UNITS}, state_shift = {state_fraction} }};\n',
            uno.c_array('int8_t', 'last_weights', uno.integers(uno.fixed_weight(self.last.weight), last), '[digit][unit]'),
            uno.c_array('int32_t', 'last_bias', uno.integers(uno.fixed_bias(self.last.bias, self.last.weight, ACTIVATION), last + ACTIVATION), '[digit]'),
        ])


def train(network, pictures, labels, test, test_labels, epochs, rate, augment):
    generator = torch.Generator().manual_seed(1)
    optimiser = torch.optim.Adam(network.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, epochs * ((len(labels) + 63) // 64))
    for epoch in range(epochs):
        order = torch.randperm(len(labels), generator=generator)
        for at in range(0, len(labels), 64):
            batch = order[at:at + 64]
            x = pictures[batch]
            x = torch.floor(digits.moved(x, generator)) if augment else x.float()
            loss = F.cross_entropy(network(x / 128), labels[batch])
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
        with torch.no_grad():
            guess = network(test.float() / 128).argmax(1)
        print(f'{type(network).__name__} {epoch + 1}/{epochs}: held-out accuracy {(guess == test_labels).float().mean() * 100:.2f} %', flush=True)
    return guess


def main():
    pictures, labels, test, test_labels = digits.load()
    for network, name, epochs, rate in ((Cnn, 'cnn', 30, 6e-3), (Rows, 'rows', 50, 4e-3)):
        torch.manual_seed(7)
        model = network()
        guess = train(model, pictures, labels, test, test_labels, epochs, rate, augment=True)
        with open(os.path.join(HERE, f'../weights-{name}.h'), 'w') as file:
            file.write(model.text())
        print(uno.confusion_table(test_labels, guess, [str(d) for d in range(10)]))


main()

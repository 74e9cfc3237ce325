"""
Trains the binary network of uno-digits and writes weights.h. One core, some minutes: python3 train.py

Pixels, weights and activations are -1 or 1, one bit each: 196 -> 512 -> 10. A unit is 1 if enough of its inputs agree with its
weights; the threshold is where batch normalisation crosses zero. The last layer counts agreements and adds a bias.
"""
import os
import sys
import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path += [HERE, os.path.join(HERE, '../../uno-mnist/training'), os.path.join(HERE, '../../uno-common/training')]
import digits
import uno

torch.set_num_threads(1)
UNITS = 512
INK = 32   # a pixel of 0..127 from this on is ink


class _Sign(torch.autograd.Function):
    """-1 or 1; the gradient passes where the input lies within -1 and 1 (straight through)."""

    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return torch.where(x >= 0, 1.0, -1.0)

    @staticmethod
    def backward(context, gradient):
        x, = context.saved_tensors
        return gradient * (x.abs() <= 1)


sign = _Sign.apply


class Binary(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Parameter(torch.randn(UNITS, 196) * 0.1)
        self.normalise = torch.nn.BatchNorm1d(UNITS, affine=True)
        self.last = torch.nn.Parameter(torch.randn(10, UNITS) * 0.1)
        self.bias = torch.nn.Parameter(torch.zeros(10))

    def forward(self, pictures):
        x = torch.where(pictures >= INK, 1.0, -1.0).flatten(1)
        h = sign(self.normalise(F.linear(x, sign(self.first))))
        return (F.linear(h, sign(self.last)) + uno.round_through(self.bias)) / 24

    def thresholds(self):
        """Of agreements among 196: a unit is 1 from this count on; where gamma is negative, up to it: then its weights are inverted."""
        n = self.normalise
        crossing = n.running_mean - n.bias * torch.sqrt(n.running_var + n.eps) / n.weight   # of the sum of products
        inverted = n.weight < 0
        sums = torch.where(inverted, -crossing, crossing)
        return torch.clamp(torch.ceil((sums + 196) / 2), 0, 255).to(torch.int64), inverted

    def text(self):
        thresholds, inverted = self.thresholds()
        first = torch.where(inverted[:, None], -self.first, self.first) >= 0
        padded = torch.zeros(UNITS, 200, dtype=torch.bool)
        padded[:, :196] = first
        return uno.header('training/train.py', [
            f'enum {{ UNITS = {UNITS}, INK = {INK} }};\n',
            uno.c_array('uint8_t', 'first_weights', packed(padded), '[unit][25]: pixel 8 i + b is bit b of byte i; the last four bits are none'),
            uno.c_array('uint8_t', 'first_thresholds', thresholds, '[unit]: agreements from which it is 1'),
            uno.c_array('uint8_t', 'last_weights', packed(self.last >= 0), '[digit][UNITS / 8]'),
            uno.c_array('int16_t', 'last_bias', torch.floor(self.bias + 0.5), '[digit], in units of the difference of agreements and disagreements'),
        ])


def packed(bits):
    return (bits.reshape(len(bits), -1, 8).to(torch.int64) << torch.arange(8)).sum(2)


def main():
    pictures, labels, test, test_labels = digits.load()
    torch.manual_seed(3)
    generator = torch.Generator().manual_seed(1)
    network, epochs = Binary(), 60
    optimiser = torch.optim.Adam(network.parameters(), lr=5e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    for epoch in range(epochs):
        network.train()
        order = torch.randperm(len(labels), generator=generator)
        for at in range(0, len(labels), 100):
            batch = order[at:at + 100]
            loss = F.cross_entropy(network(digits.moved(pictures[batch], generator)), labels[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            with torch.no_grad():
                network.first.clamp_(-1, 1)
                network.last.clamp_(-1, 1)
        schedule.step()
        network.eval()
        with torch.no_grad():
            guess = network(test).argmax(1)
        if epoch % 5 == 4:
            print(f'{epoch + 1}/{epochs}: held-out accuracy {(guess == test_labels).float().mean() * 100:.2f} %', flush=True)
    with open(os.path.join(HERE, '../weights.h'), 'w') as file:
        file.write(network.text())
    print(uno.confusion_table(test_labels, guess, [str(d) for d in range(10)]))


main()

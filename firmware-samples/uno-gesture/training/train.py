"""
Trains the two classifiers of uno-gesture and writes weights-bonsai.h and weights-protonn.h. One core, some minutes:
python3 train.py [--rotate], where --rotate leaves out each pair of persons in turn and tells the accuracy of each.

Bonsai (Kumar, Goyal, Varma, ICML 2017): features are projected to few dimensions; a shallow tree of sparse branches; each node
on the path adds W z times clamp(V z). ProtoNN (Gupta et al., ICML 2017): projected features are compared with prototypes, each of
which votes with exp(-gamma^2 distance^2).
"""
import os
import sys
import numpy
import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path += [HERE, os.path.join(HERE, '../../uno-common/training')]
import recordings
import uno

torch.set_num_threads(1)
FEATURE = 6        # fraction bits: 64 is 1 g
Z = 5              # fraction bits of a projected value, -127..127
CLASSES = len(recordings.GESTURES)
VARIATIONS = 12    # of each training recording


def signed(x, fraction):
    return uno.fixed(x, fraction, -127, 127)


class Projected(torch.nn.Module):
    """Both classifiers begin with z = P x, of 8 bits."""

    def __init__(self, dimensions):
        super().__init__()
        self.projection = torch.nn.Parameter(torch.randn(dimensions, recordings.Motion.FEATURES) * 0.08)
        self.offset = torch.nn.Parameter(torch.zeros(dimensions))

    def z(self, x):
        offset = uno.fixed_bias(self.offset, self.projection, FEATURE)
        return signed(F.linear(x, uno.fixed_weight(self.projection), offset), Z)

    def projection_text(self):
        fraction = uno.fraction_bits(self.projection)
        return [
            f'enum {{ DIMENSIONS = {len(self.offset)}, z_shift = {fraction + FEATURE - Z} }};\n',
            uno.c_array('int8_t', 'projection', uno.integers(uno.fixed_weight(self.projection), fraction), '[dimension][feature]'),
            uno.c_array('int32_t', 'projection_offset', uno.integers(self.offset, fraction + FEATURE), '[dimension]'),
        ]


class Bonsai(Projected):
    DEPTH, DIMENSIONS, V = 2, 12, 6   # V: fraction bits of clamp(V z), 64 is 1

    def __init__(self):
        super().__init__(self.DIMENSIONS)
        nodes = 2 ** (self.DEPTH + 1) - 1
        self.W = torch.nn.Parameter(torch.randn(nodes, CLASSES, self.DIMENSIONS) * 0.3)
        self.V_weights = torch.nn.Parameter(torch.randn(nodes, CLASSES, self.DIMENSIONS) * 0.3)
        self.theta = torch.nn.Parameter(torch.randn(2 ** self.DEPTH - 1, self.DIMENSIONS) * 0.3)
        self.sharpness = 1.0

    def forward(self, x):
        z = self.z(x)
        W, V, theta = (uno.fixed_weight(weight) for weight in (self.W, self.V_weights, self.theta))
        terms = torch.einsum('ncd,bd->bnc', W, z) * uno.fixed(torch.einsum('ncd,bd->bnc', V, z), self.V, -64, 64)
        branch = F.linear(z, theta)
        right = torch.sigmoid(self.sharpness * branch) if self.training else (branch > 0).float()
        share = [torch.ones(len(x))]
        for node in range(2 ** self.DEPTH - 1):
            share += [share[node] * (1 - right[:, node]), share[node] * right[:, node]]
        return (terms * torch.stack(share, 1)[:, :, None]).sum(1)

    def text(self):
        f = {name: uno.fraction_bits(getattr(self, name)) for name in ('W', 'V_weights', 'theta')}
        array = lambda name, c_name, comment: uno.c_array('int8_t', c_name, uno.integers(uno.fixed_weight(getattr(self, name)), f[name]), comment)
        return uno.header('training/train.py', self.projection_text() + [
            f'enum {{ DEPTH = {self.DEPTH}, v_shift = {f["V_weights"] + Z - self.V}, V_ONE = {2 ** self.V} }};\n',
            array('W', 'node_w', '[node][class][dimension]'), array('V_weights', 'node_v', '[node][class][dimension]'),
            array('theta', 'node_theta', '[branch][dimension]'),
        ])


class ProtoNN(Projected):
    DIMENSIONS, PROTOTYPES = 10, 24
    DISTANCE = 6    # fraction bits of distance^2 / 2 as it indexes the table of exp; 256 entries reach 4

    def __init__(self):
        super().__init__(self.DIMENSIONS)
        self.prototypes = torch.nn.Parameter(torch.randn(self.PROTOTYPES, self.DIMENSIONS))
        self.votes = torch.nn.Parameter(torch.randn(self.PROTOTYPES, CLASSES) * 0.3)

    def forward(self, x):
        difference = self.z(x)[:, None] - signed(self.prototypes, Z)
        index = torch.clamp(torch.floor((difference ** 2).sum(2) * 2 ** (self.DISTANCE - 1)), max=255) / 2 ** self.DISTANCE
        exact = (difference ** 2).sum(2) / 2
        distance = exact + (index - exact).detach()
        closeness = torch.floor(torch.exp(-distance) * 255 + 0.5) / 255
        smooth = torch.exp(-exact)
        return F.linear(smooth + (closeness - smooth).detach(), uno.fixed_weight(self.votes).T) * 4

    def text(self):
        fraction = uno.fraction_bits(self.votes)
        table = [int(numpy.floor(numpy.exp(-index / 2 ** self.DISTANCE) * 255 + 0.5)) for index in range(256)]
        return uno.header('training/train.py', self.projection_text() + [
            f'enum {{ PROTOTYPES = {self.PROTOTYPES}, distance_shift = {2 * Z - self.DISTANCE + 1} }};\n',
            uno.c_array('int8_t', 'prototypes', uno.integers(signed(self.prototypes, Z), Z), '[prototype][dimension]'),
            uno.c_array('int8_t', 'votes', uno.integers(uno.fixed_weight(self.votes), fraction), '[prototype][class]'),
            uno.c_array('uint8_t', 'closeness_of', table, 'round(255 exp(-index / 64)), index = distance^2 / 2 in 64ths'),
        ])


def gestures_of(motion, gesture, milli_g):
    """A negative recording may hold many movements; of a gesture's the longest is meant."""
    found = motion.gestures(milli_g)
    if recordings.GESTURES[gesture] == 'negative' or not found:
        return found
    return [max(found, key=lambda features: features[48])]


def persons_of(every):
    return sorted({person for gesture, person, _ in every if recordings.GESTURES[gesture] != 'negative'})


def data(motion, every, fold):
    random = numpy.random.default_rng(5)
    training, test = [], []
    persons = persons_of(every)
    for index, (gesture, person, milli_g) in enumerate(every):
        if recordings.is_held_out(fold, index, gesture, person, persons):
            test += [(gesture, features) for features in gestures_of(motion, gesture, milli_g)]
            continue
        weight = VARIATIONS * (2 if recordings.GESTURES[gesture] == 'negative' else 1)
        for version in [milli_g] + [recordings.varied(milli_g, random) for _ in range(weight)]:
            training += [(gesture, features) for features in gestures_of(motion, gesture, version)]
    unzip = lambda pairs: (torch.tensor([f for _, f in pairs]).float() / 2 ** FEATURE, torch.tensor([g for g, _ in pairs]))
    return unzip(training), unzip(test)


def train(network, training, test, epochs=60):
    (x, y), (test_x, test_y) = training, test
    generator = torch.Generator().manual_seed(2)
    optimiser = torch.optim.AdamW(network.parameters(), lr=8e-3, weight_decay=2e-2)
    steps = epochs * ((len(y) + 127) // 128)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 8e-3, steps)
    for epoch in range(epochs):
        network.train()
        network.sharpness = 1 + 15 * epoch / epochs
        order = torch.randperm(len(y), generator=generator)
        for at in range(0, len(y), 128):
            batch = order[at:at + 128]
            loss = F.cross_entropy(network(x[batch]), y[batch], label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    network.eval()
    with torch.no_grad():
        guess = network(test_x).argmax(1)
    return guess, float((guess == test_y).float().mean())


def main():
    motion, every = recordings.Motion(), recordings.load()
    for fold in (range(4) if '--rotate' in sys.argv else [3]):
        training, test = data(motion, every, fold)
        for kind, name in ((Bonsai, 'bonsai'), (ProtoNN, 'protonn')):
            torch.manual_seed(11)
            network = kind()
            guess, accuracy = train(network, training, test)
            print(f'{name}, held out {persons_of(every)[2 * fold:2 * fold + 2]}: {accuracy * 100:.1f} % of {len(guess)}', flush=True)
            if fold == 3:
                print(uno.confusion_table(test[1], guess, recordings.GESTURES))
                with open(os.path.join(HERE, f'../weights-{name}.h'), 'w') as file:
                    file.write(network.text())


main()

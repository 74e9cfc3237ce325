"""
Trains the visual wake word network: MobileNet V1 0.25 from the weights of MLPerf Tiny's reference network, distilled from two published
networks on pictures of which none is for non-commercial use only, then with the roundings of int8. See ../MODEL.md for the figures.

    python3 train.py --pictures FOLDER --models FOLDER [--out model.tflite] [--keep 01234] [--steps 6]
"""

import argparse
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..', '..', 'training')]

import numpy  # noqa: E402
import torch  # noqa: E402
from torch.nn import functional  # noqa: E402

import pictures  # noqa: E402
import quantise  # noqa: E402
import shrink  # noqa: E402
from published import Published, grey  # noqa: E402

BATCH = 32
TEMPERATURE = 2.0
TEACHERS_SHARE = 0.7
# How often a picture of each source is shown; the rest are composites.
SHARES = {'vww': 0.32, 'coco': 0.18, 'caltech': 0.22, 'intel': 0.10}
# Output channels and stride of the blocks (depthwise, then 1x1); the equal ones in the middle can be left out.
BLOCKS = [(16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), *[(128, 1)] * 5, (256, 2), (256, 1)]
FIRST_MIDDLE, MIDDLES = 6, 5


def network(middles, keep):
    """keep: which of the middle blocks stay. The input is a pixel's value less 128."""
    net = quantise.Network((96, 96, 3), scale=1 / 255, zero_point=-128)
    x = net.conv2d(net.input, 8, 3, stride=2, batch_norm=False)
    for index, (channels, stride) in enumerate(BLOCKS):
        if FIRST_MIDDLE <= index < FIRST_MIDDLE + MIDDLES and index - FIRST_MIDDLE not in keep:
            continue
        x = net.depthwise(x, 3, stride=stride, batch_norm=False)
        x = net.conv2d(x, channels, 1, batch_norm=False)
    net.finish(net.dense(net.average_pool(x), 2))
    return net


def start_from(net, published, keep):
    """Copies the published weights, less those of blocks that were left out."""
    source = list(published.layers())
    kept = source[:1]
    for index in range(len(BLOCKS)):
        if not FIRST_MIDDLE <= index < FIRST_MIDDLE + MIDDLES or index - FIRST_MIDDLE in keep:
            kept += source[1 + 2 * index:3 + 2 * index]
    kept += source[-1:]
    own = [layer for layer in net.layers if isinstance(layer, quantise.Weighted)]
    with torch.no_grad():
        for layer, (weights, bias) in zip(own, kept, strict=True):
            layer.weights.copy_(weights)
            layer.bias.copy_(bias)


class Teachers:
    """Two networks, each on the picture and its mirror image: margins of equal spread, averaged."""

    def __init__(self, networks, sample):
        self.networks = networks
        with torch.no_grad():
            self.spreads = [self.margin(network, sample).std() for network in networks]
        self.spread = sum(self.spreads) / len(networks)

    @staticmethod
    def margin(network, x):
        logits = network(x) + network(x.flip(2))
        return (logits[:, 1] - logits[:, 0]) / 2

    def __call__(self, x):
        with torch.no_grad():
            margin = sum(self.margin(network, x) / spread for network, spread in zip(self.networks, self.spreads)) / len(self.networks) * self.spread
        return torch.stack([-margin / 2, margin / 2], 1)


class Batches:
    """Random batches of what may be trained on: flipped, cut, turned, brightened, tinted; and heads and shoulders pasted on other pictures."""

    def __init__(self, catalogue, views, seed):
        self.random = numpy.random.default_rng(seed)
        train = [index for index, picture in enumerate(catalogue) if picture.use == 'train']
        self.views = views
        self.labels = {index: catalogue[index].label for index in train}
        self.groups = {source: [[index for index in train if catalogue[index].source == source and catalogue[index].label == label] for label in (0, 1)]
                       for source in SHARES}
        self.faces = [index for index in train if catalogue[index].category == 'Caltech-101 Faces']
        self.backgrounds = [index for source in ('vww', 'coco', 'caltech') for index in self.groups[source][0]]

    def plain(self, index):
        return self.views[index].astype(numpy.float32)

    def composite(self):
        """A face picture's middle, smaller, with soft edges, somewhere on a picture without persons."""
        background = self.plain(self.random.choice(self.backgrounds))
        face = torch.from_numpy(self.plain(self.random.choice(self.faces))).permute(2, 0, 1)[None]
        side = int(self.random.integers(28, 90))
        face = functional.interpolate(face, (side, side), mode='area')[0].permute(1, 2, 0).numpy()
        y, x = numpy.mgrid[0:side, 0:side] / (side - 1) * 2 - 1
        # An ellipse about the head, wider downwards: Faces has them in the middle of the picture.
        inside = 1 - numpy.sqrt((x / (0.55 + 0.25 * (y > 0) * y)) ** 2 + (y / 0.95) ** 2)
        mask = numpy.clip(inside * 6, 0, 1)[..., None]
        top, left = self.random.integers(0, 97 - side, 2)
        area = background[top:top + side, left:left + side]
        background[top:top + side, left:left + side] = area * (1 - mask) + face * mask
        return background

    def one(self):
        source = self.random.choice([*SHARES, 'composite'], p=[*SHARES.values(), 1 - sum(SHARES.values())])
        if source == 'composite':
            return self.composite(), 1
        label = int(self.random.integers(2))
        return self.plain(self.random.choice(self.groups[source][label])), label

    def next(self):
        """[n][96][96][3] of 0 to 1, and labels."""
        chosen = [self.one() for _ in range(BATCH)]
        x = torch.from_numpy(numpy.stack([view for view, _ in chosen])).permute(0, 3, 1, 2)
        size = self.random.uniform(0.75, 1.1, BATCH)
        mirror = self.random.choice([-1, 1], BATCH)
        turn = self.random.uniform(-0.12, 0.12, BATCH)
        theta = numpy.zeros((BATCH, 2, 3), numpy.float32)
        theta[:, 0, 0], theta[:, 0, 1] = mirror * size * numpy.cos(turn), -numpy.sin(turn)
        theta[:, 1, 0], theta[:, 1, 1] = numpy.sin(turn), size * self.random.uniform(0.9, 1.1, BATCH) * numpy.cos(turn)
        theta[:, :, 2] = self.random.uniform(-1, 1, (BATCH, 2)) * numpy.maximum(0.05, 1 - size)[:, None]
        x = functional.grid_sample(x, functional.affine_grid(torch.from_numpy(theta), x.shape, align_corners=False), padding_mode='reflection',
                                   align_corners=False)
        gain = self.random.uniform(0.75, 1.25, (BATCH, 1, 1, 1)) * self.random.uniform(0.93, 1.07, (BATCH, 3, 1, 1))
        offset = self.random.uniform(-18, 18, (BATCH, 1, 1, 1))
        x = (x * torch.from_numpy(gain.astype(numpy.float32)) + torch.from_numpy(offset.astype(numpy.float32))).clamp(-128, 127)
        return (torch.round(x) + 128).permute(0, 2, 3, 1) / 255, torch.tensor([label for _, label in chosen])


def as_input(views):
    return torch.from_numpy(views.astype(numpy.float32) + 128) / 255


def margins(net, x):
    """Logit of person less that of no person."""
    with torch.no_grad():
        logits = torch.cat([net(x[at:at + 64]) for at in range(0, len(x), 64)])
    return (logits[:, 1] - logits[:, 0]).numpy()


def accuracy(margin, labels, threshold=0.0):
    return float(numpy.mean((margin > threshold) == (labels == 1)))


def best_threshold(margin, labels):
    """The middle of the thresholds that give the best accuracy."""
    tried = numpy.linspace(-4, 4, 321)
    scores = numpy.array([accuracy(margin, labels, threshold) for threshold in tried])
    # A broad hill counts, not a needle: the mean over one fifth of a logit each way.
    smooth = numpy.convolve(scores, numpy.ones(17) / 17, 'same')
    return float(tried[8:-8][smooth[8:-8].argmax()])


def move_threshold(net, threshold):
    """Makes zero the threshold: nothing is left for the firmware to know."""
    with torch.no_grad():
        net.result.bias += torch.tensor([threshold / 2, -threshold / 2])


class Scores:
    """Accuracy by source on the pictures held out, and on those that choose."""

    def __init__(self, catalogue, views):
        self.sets = {}
        for use in ('choose', 'test'):
            for source in SHARES:
                indices = [i for i, picture in enumerate(catalogue) if picture.use == use and picture.source == source]
                if indices:
                    self.sets[use, source] = (as_input(views[indices]), numpy.array([catalogue[i].label for i in indices]))

    def choosing(self, net):
        """Margins and labels of what chooses."""
        chosen = [self.sets['choose', source] for source in ('vww', 'coco')]
        return numpy.concatenate([margins(net, x) for x, _ in chosen]), numpy.concatenate([labels for _, labels in chosen])

    def line(self, name, net, threshold=0.0):
        parts = [f'{source} {100 * accuracy(margins(net, x), labels, threshold):.1f}' for (use, source), (x, labels) in self.sets.items() if use == 'test']
        margin, labels = self.choosing(net)
        return f'{name}: held out {", ".join(parts)}; choosing {100 * accuracy(margin, labels, threshold):.1f}'


def train(net, batches, teachers, steps, rate):
    optimiser = torch.optim.Adam(net.parameters(), rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps, pct_start=0.1)
    net.train()
    for _ in range(steps):
        x, labels = batches.next()
        loss = quantise.distillation_loss(net(x), teachers(x), labels, TEMPERATURE, TEACHERS_SHARE)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    net.eval()


def main():
    options = argparse.ArgumentParser()
    options.add_argument('--pictures', required=True)
    options.add_argument('--models', required=True)
    options.add_argument('--cache', default='views.npz')
    options.add_argument('--out', default=os.path.join(HERE, '..', 'model.tflite'))
    options.add_argument('--whole', help='where to leave the file from before channels that do nothing are taken out, for costs.py')
    options.add_argument('--keep', default='01234', help='which of the five middle blocks stay')
    options.add_argument('--steps', type=int, default=6, help='of distillation; a third of them with the roundings of 8 bits')
    options.add_argument('--rate', type=float, default=2e-4)
    options.add_argument('--no-published', action='store_true', help='do not measure the published networks')
    chosen = options.parse_args()
    quantise.seed(8)

    def say(line):
        print(line, flush=True)

    catalogue = pictures.catalogue(chosen.pictures)
    views = pictures.views(catalogue, chosen.cache)
    scores = Scores(catalogue, views)
    reference = Published(os.path.join(chosen.models, 'mlperf_tiny/vww_96_float.tflite'))
    other = Published(os.path.join(chosen.models, 'tinymaix/vww96_q.tflite'))
    if not chosen.no_published:
        say(scores.line('MLPerf Tiny vww_96_float', reference))
        say(scores.line('MLPerf Tiny vww_96_int8', Published(os.path.join(chosen.models, 'mlperf_tiny/vww_96_int8.tflite'))))
        say(scores.line('TinyMaix vww96_q', other))
        say(scores.line('TFLM person_detect (grey)', Published(os.path.join(chosen.models, 'tflite_micro/person_detect.tflite'), grey)))

    batches = Batches(catalogue, views, 8)
    teachers = Teachers([reference, other], torch.cat([batches.next()[0] for _ in range(8)]))
    say(scores.line('both teachers, with mirror images', teachers))
    keep = [int(digit) for digit in chosen.keep]
    net = network(MIDDLES, keep)
    start_from(net, reference, keep)
    net.eval()
    say(scores.line('at the start', net))
    train(net, batches, teachers, chosen.steps * 2 // 3, chosen.rate)
    say(scores.line('distilled, float32, threshold 0', net))
    threshold = best_threshold(*scores.choosing(net))
    say(scores.line(f'distilled, float32, threshold {threshold:.2f}', net, threshold))
    net.calibrate([batches.next()[0] for _ in range(16)])
    net.quantise()
    say(scores.line(f'8 bits without training, threshold {threshold:.2f}', net, threshold))
    train(net, batches, teachers, chosen.steps // 3, chosen.rate / 4)
    threshold = best_threshold(*scores.choosing(net))
    say(scores.line('8 bits, trained on, threshold 0', net))
    move_threshold(net, threshold)
    say(scores.line(f'8 bits, trained on, threshold {threshold:.2f} moved into the bias', net))
    data = net.export('visual wake words: no person, person')
    whole = chosen.whole or chosen.out
    with open(whole, 'wb') as file:
        file.write(data)
    say(f'{len(data)} bytes')
    say(shrink.shrink_file(whole, chosen.out))


if __name__ == '__main__':
    main()

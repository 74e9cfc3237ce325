"""
Trains the image classification network: ResNet-8 as in MLPerf Tiny, with the weights of its reference network (CIFAR-10) and with a new last
layer for ten categories of Caltech-101. See ../MODEL.md for the figures.

    python3 train.py --pictures FOLDER --models FOLDER [--out model.tflite] [--copies 6]
"""

import argparse
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', '..', 'vww', 'training'), os.path.join(HERE, '..', '..', 'training')]

import numpy  # noqa: E402
import torch  # noqa: E402
from torch.nn import functional  # noqa: E402

import pictures  # noqa: E402
import quantise  # noqa: E402
from card import card  # noqa: E402
from published import Published  # noqa: E402

SIDE, BATCH = 32, 32
CATEGORIES = ['Faces', 'Leopards', 'Motorbikes', 'airplanes', 'bonsai', 'car_side', 'laptop', 'pizza', 'sunflower', 'watch']
# There are ten times as many faces as anything else.
MOST = 45


def network():
    """Input: 0 to 255, as the published network takes it."""
    net = quantise.Network((SIDE, SIDE, 3), scale=1.0, zero_point=-128)
    x = net.conv2d(net.input, 16, 3, batch_norm=False)
    for channels, stride in ((16, 1), (32, 2), (64, 2)):
        y = net.conv2d(x, channels, 3, stride=stride, batch_norm=False)
        y = net.conv2d(y, channels, 3, activation=None, batch_norm=False)
        shortcut = x if stride == 1 else net.conv2d(x, channels, 1, stride=stride, activation=None, batch_norm=False)
        x = net.add(shortcut, y)
    net.finish(net.dense(net.average_pool(x), len(CATEGORIES)))
    return net


def start_from(net, published):
    """All but the last layer."""
    own = [layer for layer in net.layers if isinstance(layer, quantise.Weighted)]
    with torch.no_grad():
        for layer, (weights, bias) in list(zip(own, published.layers(), strict=True))[:-1]:
            layer.weights.copy_(weights)
            layer.bias.copy_(bias)
        own[-1].weights.mul_(0.1)


def chosen_pictures(folder):
    """Pictures of the ten categories, and the number of each one's category."""
    count = dict.fromkeys(CATEGORIES, 0)
    for picture in pictures.catalogue(folder):
        name = picture.category.removeprefix('Caltech-101 ')
        if picture.source == 'caltech' and name in count and count[name] < MOST:
            count[name] += 1
            yield picture, CATEGORIES.index(name)


def augmented(x, random):
    """[n][height][width][3], 0 to 255: mirrored, cut, turned, moved, brightened, tinted."""
    n = len(x)
    size, turn, mirror = random.uniform(0.72, 1.12, n), random.uniform(-0.15, 0.15, n), random.choice([-1, 1], n)
    theta = numpy.zeros((n, 2, 3), numpy.float32)
    theta[:, 0, 0], theta[:, 0, 1] = mirror * size * numpy.cos(turn), -numpy.sin(turn)
    theta[:, 1, 0], theta[:, 1, 1] = numpy.sin(turn), size * random.uniform(0.85, 1.15, n) * numpy.cos(turn)
    theta[:, :, 2] = random.uniform(-1, 1, (n, 2)) * numpy.maximum(0.1, 1 - size)[:, None]
    x = x.permute(0, 3, 1, 2)
    x = functional.grid_sample(x, functional.affine_grid(torch.from_numpy(theta), x.shape, align_corners=False), padding_mode='reflection', align_corners=False)
    gain = random.uniform(0.7, 1.3, (n, 1, 1, 1)) * random.uniform(0.9, 1.1, (n, 3, 1, 1))
    offset = random.uniform(-20, 20, (n, 1, 1, 1))
    x = x * torch.from_numpy(gain.astype(numpy.float32)) + torch.from_numpy(offset.astype(numpy.float32))
    return torch.round(x.clamp(0, 255)).permute(0, 2, 3, 1)


def features(net, x):
    """What the last layer sees: [n][64]."""
    seen = []
    hook = net.result.register_forward_pre_hook(lambda layer, inputs: seen.append(inputs[0].detach()))
    with torch.no_grad():
        for at in range(0, len(x), BATCH):
            net(x[at:at + BATCH])
    hook.remove()
    return torch.cat(seen)


def train_last_layer(net, x, labels, copies, steps, random):
    """
    The last layer alone, on what the layers before it see of each picture and of `copies` changed ones: with some twenty pictures of a
    category, the other layers stay as they were published. Every category counts the same.
    """
    changed = [x] + [augmented(x, random) for _ in range(copies)]
    inputs, targets = features(net, torch.cat(changed)), labels.repeat(copies + 1)
    weight = len(labels) / (len(CATEGORIES) * torch.bincount(labels, minlength=len(CATEGORIES)).float())
    optimiser = torch.optim.Adam([net.result.weights, net.result.bias], 0.02, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        loss = functional.cross_entropy(functional.linear(inputs, net.result.weights, net.result.bias), targets, weight)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()


def figures(name, net, x, labels):
    with torch.no_grad():
        right = (net(x).argmax(1) == labels).float()
    by_category = [float(right[labels == category].mean()) for category in range(len(CATEGORIES))]
    print(f'{name}: {100 * float(right.mean()):.1f} % of {len(labels)}, mean over categories {100 * sum(by_category) / len(by_category):.1f} %', flush=True)


def main():
    options = argparse.ArgumentParser()
    options.add_argument('--pictures', required=True)
    options.add_argument('--models', required=True)
    options.add_argument('--cache', default='views32.npz')
    options.add_argument('--out', default=os.path.join(HERE, '..', 'model.tflite'))
    options.add_argument('--copies', type=int, default=6, help='changed copies of each picture')
    chosen = options.parse_args()
    quantise.seed(32)
    random = numpy.random.default_rng(32)
    listed = list(chosen_pictures(chosen.pictures))
    views = torch.from_numpy(pictures.views([picture for picture, _ in listed], chosen.cache, SIDE).astype(numpy.float32) + 128)
    labels = torch.tensor([category for _, category in listed])
    held_out = torch.tensor([picture.is_held_out for picture, _ in listed])
    test, train_on = (views[held_out], labels[held_out]), (views[~held_out], labels[~held_out])
    print(f'{len(train_on[0])} to train on, {len(test[0])} held out')
    net = network()
    start_from(net, Published(os.path.join(chosen.models, 'mlperf_tiny/pretrainedResnet.tflite')))
    net.eval()
    train_last_layer(net, *train_on, chosen.copies, 600, random)
    figures('float32', net, *test)
    net.calibrate(train_on[0].split(BATCH)).quantise()
    figures('8 bits', net, *test)
    data = net.export('ten categories of Caltech-101')
    with open(chosen.out, 'wb') as file:
        file.write(data)
    with torch.no_grad():
        print(card(data, test[1].tolist(), net(test[0]).argmax(1).tolist(), CATEGORIES))


if __name__ == '__main__':
    main()

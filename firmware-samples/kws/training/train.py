#!/usr/bin/python3
"""
Trains the keyword network and writes model.tflite.

    /usr/bin/python3 train.py DATA [--variants 5] [--minutes 8] [--from-scratch] [--no-teacher] [--out model.tflite]

DATA has speech/labels.csv, speech/{train,test,extra_opus,noise} and models/mlperf_tiny (MODEL.md says what these are). The network is
MLPerf Tiny's DS-CNN. Its weights start from the published ones (--from-scratch: random, with batch normalisation), and the published
network's answers to its own features of the same sound are the second half of the goal (--no-teacher: labels alone). Training is
quantisation-aware from the start, or for the last third from scratch.
"""

import argparse
import os
import sys
import time
import zlib

import numpy
import torch
from torch.nn import functional

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, '..', '..', 'training'))
import sounds
import teacher
from card import card
from quantise import Network, seed
from runtime import Runtime

BATCH, TEMPERATURE = 64, 2.0
QUIET_PER_VARIANT = 150


def ds_cnn(batch_norm):
    net = Network((sounds.FRAMES, sounds.COEFFICIENTS, 1), scale=sounds.SCALE, zero_point=sounds.ZERO_POINT)
    x = net.conv2d(net.input, 64, (10, 4), stride=2, batch_norm=batch_norm)
    for _ in range(4):
        x = net.depthwise(x, 3, batch_norm=batch_norm)
        x = net.conv2d(x, 64, 1, batch_norm=batch_norm)
    x = net.dropout(net.average_pool(x), 0.1)
    net.finish(net.dense(x, len(sounds.CLASSES)))
    return net


def start_from(net, published):
    """Puts the published weights into our layers: the shapes are the same."""
    weighted = [layer for layer in net.layers if hasattr(layer, 'weights')]
    with torch.no_grad():
        for layer, (_, weights, bias) in zip(weighted, published):
            layer.weights.copy_(weights)
            layer.bias.copy_(bias)


def prepared(data, variants, published, cache):
    """Training data: int8 inputs, the teacher's logits, the class of the word, how much of the word is in it, the clip's number."""
    if cache and os.path.exists(cache):
        return dict(numpy.load(cache))
    random = numpy.random.default_rng(2)
    clips, classes, speakers = sounds.read_clips(data, 'train', 'extra')
    augmenter = sounds.Augmenter(sounds.read_noises(data), [clip for clip, c in zip(clips, classes) if c == sounds.SILENCE], random)
    windows, heard, words, shares, numbers = [], [], [], [], []

    def keep(sound, word, share, number):
        sample = sounds.pcm(sound)
        windows.append(sounds.frames(sample))
        heard.append(teacher.features(sample.astype(numpy.float32)))
        words.append(word)
        shares.append(share)
        numbers.append(number)

    for variant in range(variants):
        for number, (clip, word) in enumerate(zip(clips, classes)):
            sound, share = augmenter.word(clip) if variant else (sounds.second(clip), 1)
            keep(sound, word, 1 if word == sounds.SILENCE else share, number)
        for _ in range(QUIET_PER_VARIANT):
            keep(augmenter.quiet(), sounds.SILENCE, 1, -1)
        print(f'variant {variant + 1} of {variants} is made', flush=True)
    with torch.no_grad():
        said = torch.cat([teacher.logits(published, batch) for batch in torch.tensor(numpy.array(heard, numpy.float32)).split(256)]).numpy()
    held_out = numpy.array([n >= 0 and zlib.crc32(speakers[n].encode()) % 10 == 0 for n in numbers])
    made = {'inputs': sounds.inputs(numpy.array(windows)), 'teacher': said, 'words': numpy.array(words),
            'shares': numpy.array(shares, numpy.float32), 'held_out': held_out}
    if cache:
        numpy.savez(cache, **made)
    return made


def floats(inputs):
    return torch.tensor((inputs.astype(numpy.float32) - sounds.ZERO_POINT) * sounds.SCALE)[..., None]


def goal(logits, word, share, said, with_teacher):
    """
    A word of which less than 60 % of the energy is in the second is none yet (or no longer); from 90 % on it is heard. The teacher
    counts for whole words that it gets right.
    """
    heard = ((share - 0.6) / 0.3).clamp(0, 1)
    log = functional.log_softmax(logits, 1)
    own = -(heard * log.gather(1, word[:, None])[:, 0] + (1 - heard) * log[:, sounds.SILENCE]) * 0.95 - 0.05 * log.mean(1)
    if not with_teacher:
        return own.mean()
    counts = ((said.argmax(1) == word) & (share >= 0.9)).float()
    soft = functional.kl_div(functional.log_softmax(logits / TEMPERATURE, 1), functional.softmax(said / TEMPERATURE, 1),
                             reduction='none').sum(1) * TEMPERATURE ** 2
    return (own * (1 - 0.5 * counts) + 0.35 * soft * counts).mean()


def accuracy(net, inputs, words):
    net.eval()
    with torch.no_grad():
        guesses = torch.cat([net(batch).argmax(1) for batch in floats(inputs).split(256)])
    net.train()
    return float((guesses == torch.tensor(words)).float().mean())


def train(net, made, minutes, rate, with_teacher, random, everyone=False):
    rows = numpy.nonzero(~made['held_out'] | everyone)[0]
    x, said, word, share = floats(made['inputs']), torch.tensor(made['teacher']), torch.tensor(made['words']), torch.tensor(made['shares'])
    optimiser = torch.optim.Adam(net.parameters(), rate, weight_decay=1e-5)
    net.train()
    begun, steps = time.time(), 0
    while time.time() - begun < 60 * minutes:
        for batch in torch.tensor(random.permutation(rows)).split(BATCH):
            done = (time.time() - begun) / (60 * minutes)
            if done >= 1:
                break
            for group in optimiser.param_groups:
                group['lr'] = rate * min(1, (steps + 1) / 50) * (0.51 + 0.49 * numpy.cos(numpy.pi * done))
            seconds = x[batch]
            if random.random() < 0.5:                              # a few frames are lost (SpecAugment)
                length, at = random.integers(1, 6), random.integers(0, 43)
                seconds[:, at:at + length] = seconds[:, at:at + length].mean(1, keepdim=True)
            loss = goal(net(seconds), word[batch], share[batch], said[batch], with_teacher)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimiser.step()
            steps += 1
            if steps % 100 == 0:
                print(f'{steps} steps, {time.time() - begun:.0f} s, loss {loss.item():.3f}', flush=True)
    return steps


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('data')
    arguments.add_argument('--variants', type=int, default=5)
    arguments.add_argument('--minutes', type=float, default=8)
    arguments.add_argument('--from-scratch', action='store_true')
    arguments.add_argument('--no-teacher', action='store_true')
    arguments.add_argument('--cache', help='keeps the prepared data between runs: a .npz file')
    arguments.add_argument('--out', default=os.path.join(HERE, '..', 'model.tflite'))
    options = arguments.parse_args()
    seed(1)
    random = numpy.random.default_rng(3)
    published = teacher.layers(os.path.join(options.data, 'models', 'mlperf_tiny', 'kws_ref_model_float32.tflite'))
    made = prepared(options.data, options.variants, published, options.cache)
    whole = made['held_out'] & (made['shares'] >= 0.9)
    net = ds_cnn(options.from_scratch)
    minutes = options.minutes
    if options.from_scratch:
        train(net, made, minutes * 2 / 3, 3e-3, not options.no_teacher, random)
        minutes /= 3
        print(f'float32: {accuracy(net, made["inputs"][whole], made["words"][whole]):.1%} of held-out training speakers')
    else:
        start_from(net, published)
        print(f'published weights, our features: {accuracy(net, made["inputs"][whole], made["words"][whole]):.1%} of held-out training speakers')
    net.calibrate(floats(made['inputs'][:2048]).split(256)).quantise()
    train(net, made, minutes, 7e-4, not options.no_teacher, random)
    print(f'int8: {accuracy(net, made["inputs"][whole], made["words"][whole]):.1%} of held-out training speakers')
    data = net.eval().export('keywords')
    with open(options.out, 'wb') as file:
        file.write(data)
    clips, classes, _ = sounds.read_clips(options.data, 'test')
    test = sounds.inputs(numpy.array([sounds.frames(sounds.pcm(sounds.second(clip))) for clip in clips]))
    print(f'test, fake quantisation: {accuracy(net, test, classes):.1%}')
    print(card(data, classes, Runtime(data).run(test[..., None]).argmax(1), sounds.CLASSES))


if __name__ == '__main__':
    main()

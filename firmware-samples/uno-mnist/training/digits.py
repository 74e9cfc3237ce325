"""MNIST digits for the Uno: 14x14 pixels of 0..127, each the mean of four pixels of 28x28. Every fifth picture is held out."""
import gzip
import os
import numpy
import torch

DATA = os.path.join(os.environ.get('THUMBELINA_DATA', os.path.join(os.path.dirname(__file__), '../../../../shared/data')), 'mnist')


def load():
    """Returns (training pictures, labels, held-out pictures, labels); pictures int64 [n][14][14], 0..127."""
    with gzip.open(os.path.join(DATA, 't10k-images-idx3-ubyte.gz')) as file:
        pictures = numpy.frombuffer(file.read(), numpy.uint8, offset=16).reshape(-1, 28, 28).astype(numpy.int64)
    with gzip.open(os.path.join(DATA, 't10k-labels-idx1-ubyte.gz')) as file:
        labels = numpy.frombuffer(file.read(), numpy.uint8, offset=8).astype(numpy.int64)
    small = pictures.reshape(-1, 14, 2, 14, 2).sum(axis=(2, 4)) // 8
    held_out = numpy.arange(len(labels)) % 5 == 4
    as_tensor = torch.from_numpy
    return as_tensor(small[~held_out]), as_tensor(labels[~held_out]), as_tensor(small[held_out]), as_tensor(labels[held_out])


def moved(pictures, generator):
    """The batch, turned by up to 12 degrees, scaled and sheared by a tenth, moved by up to 1.4 pixels; real values."""
    n = len(pictures)
    draw = lambda spread: (torch.rand(n, generator=generator) * 2 - 1) * spread
    angle, scale, shear = draw(0.21), 1 + draw(0.1), draw(0.1)
    rows = torch.stack([
        torch.stack([scale * torch.cos(angle), -torch.sin(angle) + shear, draw(0.2)], 1),
        torch.stack([torch.sin(angle), scale * torch.cos(angle), draw(0.2)], 1),
    ], 1)
    grid = torch.nn.functional.affine_grid(rows, (n, 1, 14, 14), align_corners=False)
    return torch.nn.functional.grid_sample(pictures[:, None].float(), grid, align_corners=False)[:, 0]

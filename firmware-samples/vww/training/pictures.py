"""
The pictures that the network learns from and is measured on, as the firmware's camera and scaling show them.

labels.csv of the folder of pictures (columns file, label, licence, ...): see MODEL.md for what is in it. A picture's source is its name up to the
first underscore. Held out: one of five, by the CRC-32 of the file's name, whatever its licence. Pictures for non-commercial use only are
never trained on: those that are not held out choose the threshold and the epoch.
"""

import csv
import os
import sys
import zlib

import numpy as np
from PIL import Image

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'common', 'picture'))
import camera_view  # noqa: E402

SIDE = 96
# The files of this source hold red and blue the wrong way round: skies are orange, skin is blue. The published networks say so too:
# 72 % as the files are, 86 % with the channels exchanged.
SWAPPED = 'vww'


class Picture:
    """One row of labels.csv."""

    def __init__(self, folder, row):
        self.path = os.path.join(folder, row['file'])
        self.name = os.path.basename(row['file'])
        self.source = self.name.split('_')[0]
        self.label = int(row['label'] == 'person')
        self.category = row['set']
        self.is_non_commercial = 'NC' in row['licence']
        # Frames of one film are alike: a film is held out or not, as a whole.
        unit = self.name.rsplit('_', 1)[0] if self.source == 'intel' else self.name
        self.is_held_out = zlib.crc32(unit.encode()) % 5 == 0

    @property
    def use(self):
        """'test', 'choose' (threshold and epoch) or 'train'."""
        if self.is_held_out:
            return 'test'
        return 'choose' if self.is_non_commercial else 'train'

    def pixels(self):
        """[row][column][red, green, blue]"""
        pixels = np.asarray(Image.open(self.path).convert('RGB'))
        return pixels[..., ::-1] if self.source == SWAPPED else pixels


def catalogue(folder):
    with open(os.path.join(folder, 'labels.csv'), newline='') as file:
        return [Picture(folder, row) for row in csv.DictReader(file)]


def view(picture, side=SIDE):
    """int8 [row][column][channel]: what the network sees when the picture fills the camera's view."""
    return camera_view.network_view(picture.pixels(), side)


def views(pictures, cache, side=SIDE):
    """int8 [picture][row][column][channel], kept in the file `cache` for the next time."""
    if os.path.exists(cache):
        kept = np.load(cache)
        if list(kept['names']) == [picture.name for picture in pictures]:
            return kept['views']
    made = np.stack([view(picture, side) for picture in pictures])
    np.savez_compressed(cache, names=np.array([picture.name for picture in pictures]), views=made)
    return made

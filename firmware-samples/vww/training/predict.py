"""
What the network says of the pictures held out, on this machine: the firmware's scaling and runtime, compiled for it, behind an exact model of
the camera (camera_view.py).

    python3 predict.py --pictures FOLDER --out FOLDER [--model model.tflite]

Writes into --out each picture as NAME.ppm and predictions.json: [{name, source, label, scores}], scores int8, person last.
"""

import argparse
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..', '..', 'training')]

import numpy  # noqa: E402
from PIL import Image  # noqa: E402

import pictures  # noqa: E402
from runtime import Runtime  # noqa: E402


def main():
    options = argparse.ArgumentParser()
    options.add_argument('--pictures', required=True)
    options.add_argument('--out', required=True)
    options.add_argument('--model', default=os.path.join(HERE, '..', 'model.tflite'))
    options.add_argument('--sources', default='vww,coco', help='which of vww, coco, caltech, intel')
    chosen = options.parse_args()
    held_out = [picture for picture in pictures.catalogue(chosen.pictures) if picture.is_held_out and picture.source in chosen.sources.split(',')]
    views = numpy.stack([pictures.view(picture) for picture in held_out])
    with open(chosen.model, 'rb') as file:
        scores = Runtime(file.read()).run(views)
    for picture in held_out:
        Image.fromarray(numpy.ascontiguousarray(picture.pixels())).save(os.path.join(chosen.out, picture.name + '.ppm'))
    with open(os.path.join(chosen.out, 'predictions.json'), 'w') as file:
        json.dump([{'name': picture.name, 'source': picture.source, 'label': picture.label, 'scores': [int(score) for score in row]}
                   for picture, row in zip(held_out, scores)], file)


if __name__ == '__main__':
    main()

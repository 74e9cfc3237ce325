"""
Draws the demo pictures: a sunflower and a pizza. Nothing in them is a photograph.

    python3 draw.py sunflower.png pizza.png
"""

import math
import random
import sys

from PIL import Image, ImageDraw, ImageFilter

SIZE = (320, 240)
LARGER = 3


def scaled(points):
    return [(x * LARGER, y * LARGER) for x, y in points]


def disc(draw, x, y, rx, ry, colour):
    draw.ellipse([(x - rx) * LARGER, (y - ry) * LARGER, (x + rx) * LARGER, (y + ry) * LARGER], fill=colour)


def finish(image):
    return image.resize(SIZE, Image.BOX).filter(ImageFilter.GaussianBlur(0.7)).quantize(64)


def canvas(colour):
    image = Image.new('RGB', tuple(n * LARGER for n in SIZE), colour)
    return image, ImageDraw.Draw(image)


def petal(draw, x, y, angle, inner, outer, width, colour):
    along, across = (math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))
    places = [(inner, -0.6), ((inner + outer) / 2, -1), (outer * 0.93, -0.45), (outer, 0), (outer * 0.93, 0.45), ((inner + outer) / 2, 1), (inner, 0.6)]
    draw.polygon(scaled([(x + r * along[0] + w * width * across[0], y + r * along[1] + w * width * across[1]) for r, w in places]), fill=colour)


def sunflower(rng):
    image, draw = canvas((70, 112, 58))
    for _ in range(60):
        disc(draw, rng.uniform(0, 320), rng.uniform(0, 240), rng.uniform(10, 40), rng.uniform(8, 25), (rng.randint(40, 80), rng.randint(90, 135), rng.randint(36, 62)))
    x, y = 160, 118
    for ring, shade in ((0.5, 0.82), (0, 1.0)):
        for n in range(22):
            tone = shade * rng.uniform(0.92, 1.04)
            petal(draw, x, y, (n + ring) * 2 * math.pi / 22, 40, rng.uniform(100, 114), 13, (int(248 * tone), int(196 * tone), int(28 * tone)))
    disc(draw, x, y, 52, 50, (66, 40, 20))
    for n in range(420):
        r, a = 48 * math.sqrt(n / 420), n * 2.39996
        disc(draw, x + r * math.cos(a), y + r * math.sin(a), 2, 2, (104, 68, 30) if n % 2 else (50, 30, 16))
    return finish(image)


def pizza(rng):
    image, draw = canvas((226, 222, 214))
    x, y = 160, 120
    disc(draw, x, y, 116, 110, (176, 118, 58))
    disc(draw, x, y, 108, 102, (208, 150, 80))
    disc(draw, x, y, 97, 92, (196, 84, 40))
    for _ in range(260):
        r, a = 88 * math.sqrt(rng.random()), rng.uniform(0, 2 * math.pi)
        disc(draw, x + r * math.cos(a), y + r * math.sin(a), rng.uniform(4, 12), rng.uniform(4, 10), (rng.randint(222, 246), rng.randint(180, 208), rng.randint(96, 128)))
    for n in range(13):
        r, a = (34 if n < 4 else 70), n * 2 * math.pi / (4 if n < 4 else 9)
        disc(draw, x + r * math.cos(a), y + r * math.sin(a), 13, 12, (160, 44, 32))
        disc(draw, x + r * math.cos(a) - 2, y + r * math.sin(a) - 2, 9, 8, (188, 66, 46))
    for _ in range(40):
        r, a = 85 * math.sqrt(rng.random()), rng.uniform(0, 2 * math.pi)
        disc(draw, x + r * math.cos(a), y + r * math.sin(a), 4, 3, (60, 104, 44))
    return finish(image)


if __name__ == '__main__':
    sunflower(random.Random(1)).save(sys.argv[1], optimize=True)
    pizza(random.Random(1)).save(sys.argv[2], optimize=True)

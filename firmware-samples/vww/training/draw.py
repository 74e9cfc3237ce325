"""
Draws the demo pictures: a room or a meadow, with and without a person. Nothing in them is a photograph.

    python3 draw.py SEED person.png no-person.png
"""

import random
import sys

from PIL import Image, ImageDraw, ImageFilter

SIZE = (640, 480)
LARGER = 2                   # drawn twice as large, then scaled: smooth edges
SKINS = [(236, 196, 168), (214, 162, 124), (166, 112, 78), (110, 70, 48)]
HAIRS = [(34, 24, 20), (92, 58, 34), (60, 50, 46)]


class Canvas:
    def __init__(self):
        self.image = Image.new('RGB', tuple(n * LARGER for n in SIZE))

    def soft(self, kind, box, colour, blur=0, shade=0.0):
        """A shape whose right side is darker by `shade`."""
        box = [n * LARGER for n in box]
        mask = Image.new('L', self.image.size)
        getattr(ImageDraw.Draw(mask), kind)(box, fill=255)
        self.fill(mask, colour, min(box[0::2]), max(box[0::2]), blur, shade)

    def limb(self, points, width, colour, shade=0.3):
        """A line with round ends and joints."""
        mask = Image.new('L', self.image.size)
        draw = ImageDraw.Draw(mask)
        scaled = [(x * LARGER, y * LARGER) for x, y in points]
        draw.line(scaled, fill=255, width=int(width * LARGER), joint='curve')
        radius = width * LARGER / 2
        for x, y in scaled:
            draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=255)
        xs = [x for x, _ in scaled]
        self.fill(mask, colour, min(xs) - radius, max(xs) + radius, 0, shade)

    def fill(self, mask, colour, left, right, blur, shade):
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur * LARGER))
        width = max(1, int(right - left))
        ramp = Image.new('RGB', (width, 1))
        ramp.putdata([tuple(int(c * (1.12 - shade * 1.3 * (x / width) ** 1.5)) for c in colour) for x in range(width)])
        layer = Image.new('RGB', self.image.size, tuple(int(c * (1.12 - shade * 1.3)) for c in colour))
        layer.paste(ramp.resize((width, self.image.size[1])), (int(left), 0))
        self.image.paste(layer, (0, 0), mask)

    def gradient(self, top, bottom, colours):
        rows = int((bottom - top) * LARGER)
        column = Image.new('RGB', (1, rows))
        column.putdata([tuple(int(a + (b - a) * y / rows) for a, b in zip(*colours)) for y in range(rows)])
        self.image.paste(column.resize((self.image.size[0], rows)), (0, int(top * LARGER)))

    def finish(self, rng):
        """Scaled, with a little grain, as a camera has."""
        small = self.image.resize(SIZE, Image.BOX).filter(ImageFilter.GaussianBlur(0.8)).resize((320, 240), Image.BOX)
        grain = [rng.gauss(0, 2.5) for _ in range(4096)]
        small.putdata([tuple(max(0, min(255, int(c + grain[(i * 31 + i // 320 * 17) % 4096]))) for c in pixel) for i, pixel in enumerate(small.getdata())])
        # 32 levels a channel: what the camera's RGB565 keeps, and the file is a third of the size.
        return small.quantize(96)


def background(canvas, rng):
    if rng.random() < 0.5:
        wall = tuple(rng.randint(150, 215) for _ in range(3))
        canvas.gradient(0, 330, (wall, tuple(int(c * 0.8) for c in wall)))
        canvas.gradient(330, 480, ((120, 88, 60), (84, 60, 40)))
        x = rng.choice([40, 430])
        canvas.soft('rectangle', [x, 60, x + 150, 220], (92, 66, 48))
        canvas.soft('rectangle', [x + 10, 70, x + 140, 210], (196, 218, 236), shade=0.2)
        canvas.soft('rectangle', [x + 72, 70, x + 78, 210], (92, 66, 48))
    else:
        canvas.gradient(0, 280, ((110, 160, 214), (206, 222, 232)))
        canvas.gradient(280, 480, ((104, 138, 66), (62, 96, 40)))
        for _ in range(7):
            x, r = rng.randint(0, 640), rng.randint(30, 80)
            canvas.soft('ellipse', [x - r, 285 - 1.5 * r, x + r, 300], (48 + rng.randint(0, 30), 88 + rng.randint(0, 30), 44), blur=4, shade=0.35)


def person(canvas, rng):
    """Head to knees, in front of the camera."""
    skin, hair = rng.choice(SKINS), rng.choice(HAIRS)
    shirt = tuple(rng.randint(30, 200) for _ in range(3))
    trousers = rng.choice([(42, 50, 84), (50, 46, 44), (96, 88, 72)])
    x, head, top = rng.randint(240, 400), rng.uniform(34, 62), rng.randint(40, 90)

    def at(dx, dy):
        return x + dx * head, top + dy * head

    for side in (-1, 1):
        canvas.limb([at(0.55 * side, 5.6), at(0.7 * side, 8), at(0.75 * side, 11.5)], 0.95 * head, trousers)
    for side in (-1, 1):
        bend = rng.uniform(0.1, 0.9)
        elbow, hand = at((1.9 + bend * 0.3) * side, 4.2), at((1.8 - bend * 0.5) * side, 5.9)
        canvas.limb([at(1.3 * side, 2.75), elbow], 0.72 * head, shirt)
        canvas.limb([elbow, hand], 0.52 * head, skin)
        canvas.limb([hand, (hand[0], hand[1] + 0.25 * head)], 0.5 * head, skin)
    canvas.limb([at(-0.85, 2.9), at(-0.6, 5.6)], 1.2 * head, shirt, 0.1)
    canvas.limb([at(0.85, 2.9), at(0.6, 5.6)], 1.2 * head, shirt, 0.3)
    canvas.limb([at(0, 2.8), at(0, 5.5)], 1.6 * head, shirt, 0.2)
    canvas.limb([at(0, 1.7), at(0, 2.45)], 0.62 * head, tuple(int(c * 0.85) for c in skin))
    canvas.soft('ellipse', [*at(-0.95, -0.25), *at(0.95, 1.7)], hair)
    canvas.soft('ellipse', [*at(-0.76, 0.1), *at(0.76, 2.15)], skin, shade=0.35)
    canvas.soft('ellipse', [*at(-0.85, -0.25), *at(0.85, 0.5)], hair)
    for side in (-1, 1):
        canvas.soft('ellipse', [*at(0.32 * side - 0.17, 0.93), *at(0.32 * side + 0.17, 1.1)], (240, 236, 230))
        canvas.soft('ellipse', [*at(0.32 * side - 0.09, 0.92), *at(0.32 * side + 0.09, 1.11)], (40, 28, 24))
        canvas.limb([at(0.32 * side - 0.2, 0.78), at(0.32 * side + 0.2, 0.76)], 0.07 * head, hair, 0)
    canvas.limb([at(0.02, 1.1), at(0.08, 1.38), at(-0.06, 1.42)], 0.06 * head, tuple(int(c * 0.75) for c in skin), 0)
    canvas.limb([at(-0.24, 1.68), at(0, 1.76), at(0.24, 1.68)], 0.1 * head, (150, 70, 66), 0)


def draw(seed, with_person):
    rng = random.Random(seed)
    canvas = Canvas()
    background(canvas, rng)
    if with_person:
        person(canvas, rng)
    return canvas.finish(random.Random(seed))


if __name__ == '__main__':
    number, person_path, empty_path = sys.argv[1:]
    draw(int(number), True).save(person_path, optimize=True)
    draw(int(number), False).save(empty_path, optimize=True)

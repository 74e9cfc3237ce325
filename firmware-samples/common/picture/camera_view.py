"""
What a sample's network sees of a picture: the emulated camera's array and its scaling in whole numbers (emulator/sensors/ov7670-frame.ts,
camera/scene.ts: area averages, blocks rounded down, RGB565), then the firmware's own scale.c, compiled for this machine.
"""

import ctypes
import os
import subprocess
import tempfile

import numpy

ARRAY = (640, 480)
BLOCK = 4                    # the camera averages 4 x 4 pixels: 160 x 120
_HERE = os.path.dirname(os.path.abspath(__file__))
_library = None


def _taps(source, target):
    """For each target pixel, the source pixels that it covers some of and how much, in units of 1 / target of a source pixel: pairs of [target] arrays."""
    i = numpy.arange(target)
    first, last = i * source // target, -(-(i + 1) * source // target) - 1
    for tap in range(int((last - first).max()) + 1):
        at = numpy.minimum(first + tap, last)
        share = numpy.minimum((at + 1) * target, (i + 1) * source) - numpy.maximum(at * target, i * source)
        yield at, numpy.where(first + tap <= last, share, 0).astype(numpy.int32)


def area_average(picture, width, height):
    """picture: [row][column][channel], 0 to 255. Rounded to nearest, half up."""
    rows, columns = picture.shape[:2]
    picture = picture.astype(numpy.int32)
    sums = sum(picture[at] * share[:, None, None] for at, share in _taps(rows, height))
    sums = sum(sums[:, at] * share[:, None] for at, share in _taps(columns, width))
    total = rows * columns
    return (2 * sums + total) // (2 * total)


def camera_rows(picture):
    """The bytes that the camera puts out of a picture that fills its array (`fit=stretch`): [120][320], RGB565, high byte first."""
    exposed = area_average(picture, *ARRAY)
    columns = sum(exposed[:, x::BLOCK] for x in range(BLOCK))
    blocks = sum(columns[y::BLOCK] for y in range(BLOCK)) // (BLOCK * BLOCK)
    words = blocks[..., 0] >> 3 << 11 | blocks[..., 1] >> 2 << 5 | blocks[..., 2] >> 3
    return numpy.stack([words >> 8, words & 0xff], -1).astype(numpy.uint8).reshape(words.shape[0], -1)


def _scale():
    global _library
    if _library is None:
        folder = tempfile.mkdtemp(prefix='scale-')
        path = os.path.join(folder, 'libscale.so')
        subprocess.run(['cc', '-O2', '-shared', '-fPIC', os.path.join(_HERE, 'scale.c'), '-o', path], check=True)
        _library = ctypes.CDLL(path)
    return _library


def network_view(picture, side):
    """int8 [side][side][red, green, blue] of a picture, as the firmware makes it."""
    rows = camera_rows(picture)
    out = numpy.zeros((side, side, 3), numpy.int8)
    state = ctypes.create_string_buffer(4096)
    library = _scale()
    library.scale_start(state, out.ctypes.data_as(ctypes.c_void_p), rows.shape[1] // 2, rows.shape[0], side)
    for row in rows:
        library.scale_row(state, numpy.ascontiguousarray(row).ctypes.data_as(ctypes.c_void_p))
    return out

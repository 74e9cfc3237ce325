"""
Synthetic gestures, made by arithmetic and by no person: python3 synthetic.py wing > ../wing.csv, or ring > ../ring.csv. The hand
rests, draws in some two and a half seconds, trembling a
little, and rests again; the courses follow what the recordings have in common.
"""
import math
import sys

HZ, REST = 25, (-0.65, 0.25, 0.68)
LENGTH = {'wing': 2.6, 'ring': 2.2}


def bell(phase, centre, width):
    return math.exp(-((phase - centre) / width) ** 2)


def drawn(gesture, phase):
    """In g; phase 0 to 1. A wing (a W) throws the board down twice, a ring once, in a circle."""
    lifted = bell(phase, 0.5, 0.33) if gesture == 'wing' else 1.3 * bell(phase, 0.42, 0.2)
    x, y = REST[0] * (1 - lifted), REST[1] * (1 - lifted)
    if gesture == 'wing':
        return x, y, REST[2] + bell(phase, 0.27, 0.07) - 0.4 * bell(phase, 0.43, 0.05) + 0.8 * bell(phase, 0.6, 0.08)
    return x, y - 0.4 * bell(phase, 0.28, 0.08) + 0.2 * bell(phase, 0.5, 0.08), REST[2] + 0.75 * bell(phase, 0.38, 0.12) - 0.3 * bell(phase, 0.15, 0.07)


def acceleration(gesture, time):
    phase = (time - 1) / LENGTH[gesture]
    if not 0 <= phase < 1:
        return REST
    tremor = [0.08 * math.sin(2 * math.pi * hz * time) for hz in (5.1, 6.3, 7.7)]
    return [value + shake for value, shake in zip(drawn(gesture, phase), tremor)]


print('time,ax_g,ay_g,az_g')
for sample in range(5 * HZ):
    print(f'{sample / HZ:.2f},' + ','.join(f'{value:.3f}' for value in acceleration(sys.argv[1], sample / HZ)))

"""
What the network says of recordings, run by the C runtime on this machine: a line per recording, movements separated by blanks.

    /usr/bin/python3 predict.py DATA [PERSON..]

For test/firmware-samples/accuracy/magic-wand.ts, which compares the firmware with it.
"""

import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(_HERE, '..', '..', 'training'))

import recordings
from runtime import Runtime

with open(os.path.join(_HERE, '..', 'model.tflite'), 'rb') as file:
    network = Runtime(file.read())
for gesture, person, samples in recordings.load(sys.argv[1]):
    if sys.argv[2:] and person not in sys.argv[2:]:
        continue
    movements = recordings.features(recordings.felt(samples))
    said = [recordings.NAMES[network.run_once(row)[0].argmax()] for row in movements]
    print(recordings.NAMES[gesture], person, len(samples), ' '.join(said))

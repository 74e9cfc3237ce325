"""
What making the trained network smaller costs in accuracy, without training again: the smallest weights set to zero, fewer bits.

    python3 costs.py --pictures FOLDER --model whole.tflite [--cache views.npz]
"""

import argparse

import train                                        # first: it says where the shared modules are
import pictures
import quantise
from published import Published


def main():
    options = argparse.ArgumentParser()
    options.add_argument('--pictures', required=True)
    options.add_argument('--cache', default='views.npz')
    options.add_argument('--model', required=True, help='what train.py --whole leaves')
    chosen = options.parse_args()
    quantise.seed(8)
    catalogue = pictures.catalogue(chosen.pictures)
    views = pictures.views(catalogue, chosen.cache)
    scores = train.Scores(catalogue, views)
    trained = Published(chosen.model)

    def fresh():
        net = train.network(train.MIDDLES, range(train.MIDDLES))
        train.start_from(net, trained, range(train.MIDDLES))
        return net.eval()

    # Weights only: activations stay float32, so that the rows differ in one thing.
    print(scores.line('weights of 8 bits', fresh()), flush=True)
    for percent in (10, 20, 30, 40, 50):
        net = fresh()
        net.prune(percent / 100)
        print(scores.line(f'{percent} % of the weights pruned', net), flush=True)
    for bits in (6, 5, 4, 1):
        net = fresh()
        for layer in net.layers:
            if isinstance(layer, quantise.Weighted) and layer.weights[0].numel() > 9:
                layer.weights.data = quantise.fake_weights(layer.weights.data, quantise.weight_scales(layer.weights, bits, True), bits)
        print(scores.line(f'weights of {bits} bits but for the depthwise ones', net), flush=True)


if __name__ == '__main__':
    main()

"""
Times one recipe's step beside another's of the same network, in turns in one process: what one algorithm costs in units of the other.

usage: OPENBLAS_NUM_THREADS=1 /usr/bin/python3 tests/bench/beside.py [--library build/release/libpcil.so] [--rounds 100]
           [--set NAME=VALUE]... RECIPE OTHER

Each round runs two steps of either and times the second, so that each finds the caches as its own step left them. Printed are the
median and the least times, the median of the rounds' ratios and the ratio of the least. Needs PyTorch for its arrays, as
against_torch.py does.
"""

import argparse
import statistics
import time

import torch

from against_torch import random_data, read_recipe
from libpcil import Library, Step
from torch_networks import Network


def timed(step, batch):
    for _ in range(2):
        begin = time.perf_counter()
        step.step(*batch)
        seconds = time.perf_counter() - begin
    return 1e3 * seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("recipes", nargs=2)
    parser.add_argument("--library", default="build/release/libpcil.so")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--set", action="append", default=[])
    arguments = parser.parse_args()
    library = Library(arguments.library)
    described = read_recipe(library, arguments.recipes[0])
    network, batch = Network(described["network"]), int(described["batch"])
    data = random_data(network, batch, network.output)
    settings = dict(pair.split("=", 1) for pair in arguments.set)
    steps = [Step(library, recipe, settings, *data) for recipe in arguments.recipes]
    part = tuple(None if array is None else array[:batch].contiguous() for array in data)
    times = [[], []]
    for i in range(arguments.rounds):
        for k in (0, 1) if i % 2 else (1, 0):
            times[k].append(timed(steps[k], part))
    for recipe, found in zip(arguments.recipes, times):
        print(f"{recipe}: median {statistics.median(found):.2f} ms, least {min(found):.2f}")
    ratios = [first / other for first, other in zip(*times)]
    print(f"ratio: median of the rounds {statistics.median(ratios):.3f}, of the least times {min(times[0]) / min(times[1]):.3f}")


if __name__ == "__main__":
    main()

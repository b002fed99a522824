"""
Training end to end against its bare parts: one epoch of `pcil train` with test scoring, divided by the time of as many
bare steps (`pcil bench`) and of the test data's forward pass (`pcil bench`'s phase `forward`).

usage: OPENBLAS_NUM_THREADS=1 python3 tests/bench/end_to_end.py PCIL DATA [--recipe cifar10-mlp-seqil-mq] [--repetitions 60]

The bare parts are timed before and after the epoch. What opening the data and writing a run take, however short, is told by a
run of one step.
"""

import argparse
import json
import subprocess
import tempfile
import time

TRAIN, TEST = 50000, 10000


def run(*command):
    begin = time.monotonic()
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return time.monotonic() - begin, json.loads(out)


def bench(pcil, recipe, repetitions):
    return run(pcil, "bench", "--recipe", recipe, "--repetitions", str(repetitions), "--json")[1]


def train(pcil, recipe, data, images, tests, out):
    """The command's seconds, and what it says of the run; 0 images are all."""
    return run(pcil, "train", "--recipe", recipe, "--data", data, "--epochs", "1", "--limit-train", str(images), "--limit-test",
               str(tests), "--out", out, "--json")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pcil")
    parser.add_argument("data")
    parser.add_argument("--recipe", default="cifar10-mlp-seqil-mq")
    parser.add_argument("--repetitions", type=int, default=60)
    arguments = parser.parse_args()
    first = bench(arguments.pcil, arguments.recipe, arguments.repetitions)
    with tempfile.TemporaryDirectory() as folder:
        begin, _ = train(arguments.pcil, arguments.recipe, arguments.data, 64, 64, f"{folder}/begin")
        whole, result = train(arguments.pcil, arguments.recipe, arguments.data, 0, 0, f"{folder}/whole")
    last = bench(arguments.pcil, arguments.recipe, arguments.repetitions)
    steps, batches = TRAIN // first["batch"], -(-TEST // first["batch"])
    step = (first["step_median_ms"] + last["step_median_ms"]) / 2e3
    forward = (first["phases_median"]["forward"] + last["phases_median"]["forward"]) / 2e3
    bare = steps * step + batches * forward
    print(f"{arguments.recipe}: {steps} steps of {1e3 * step:.2f} ms, {batches} forward passes of {1e3 * forward:.2f} ms: {bare:.2f} s")
    print(f"trained in {result['seconds']:.2f} s, waiting for data {100 * result['data_wait_share']:.2f} %; the whole command {whole:.2f} s, "
          f"of which {begin:.2f} s are opening the data and writing the run")
    print(f"ratio {(whole - begin) / bare:.3f}; with opening and writing {whole / bare:.3f}")


if __name__ == "__main__":
    main()

"""
What a training run keeps resident: the peak of `pcil train`'s memory, as the system counts it, on data sets of the full size.

usage: OPENBLAS_NUM_THREADS=1 python3 tests/bench/memory.py PCIL [--folder DIR] [--steps 60] [RECIPE]...

The data sets are drawn digits in the official layouts (`pcil data write`): CIFAR-10's 50,000 and 10,000 images, 100,000 and
10,000 pictures as Tiny ImageNet has. They are kept in DIR, if that is given, for the next time. Tiny ImageNet is run twice:
with its cache to be made, and with no place for one, so that each run decodes into an unnamed file in the temporary folder.
"""

import argparse
import os
import subprocess
import sys
import tempfile

RECIPES = ["cifar10-mlp-seqil-mq", "cifar10-conv-seqil-mq", "cifar10-autoencoder-seqil-mq", "tiny-conv-tiny-seqil-mq"]
SIZES = {"cifar10": (50000, 10000), "tiny-imagenet": (100000, 10000)}
LAYOUTS = {"cifar10": "cifar10", "tiny": "tiny-imagenet"}
NO_PLACE = "/dev/null"


def written(pcil, folder, layout):
    """The folder of a data set of that layout, made unless it is there."""
    place = os.path.join(folder, layout)
    if not os.path.exists(place):
        train, test = SIZES[layout]
        subprocess.run([pcil, "data", "write", "--dataset", "digits", "--format", layout, "--out", place + ".part",
                        "--train", str(train), "--test", str(test)], check=True, stdout=subprocess.DEVNULL)
        os.rename(place + ".part", place)
    return place


def peak(pcil, recipe, data, steps, environment):
    """MiB of a run of a few steps."""
    command = [pcil, "train", "--recipe", recipe, "--data", data, "--epochs", "1", "--set", f"steps={steps}",
               "--limit-test", "64"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, **environment})
    message = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(message)
    return usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pcil")
    parser.add_argument("recipes", nargs="*", default=RECIPES)
    parser.add_argument("--folder")
    parser.add_argument("--steps", type=int, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or temporary
        for recipe in arguments.recipes:
            data = written(arguments.pcil, folder, LAYOUTS[recipe.split("-")[0]])
            kinds = {"": {}}
            if recipe.startswith("tiny"):
                kinds = {", cache made": {"PCIL_CACHE": tempfile.mkdtemp(dir=temporary)}, ", no place for a cache": {"PCIL_CACHE": NO_PLACE}}
            for name, environment in kinds.items():
                print(f"{recipe}{name}: {peak(arguments.pcil, recipe, data, arguments.steps, environment):.0f} MiB", flush=True)


if __name__ == "__main__":
    main()

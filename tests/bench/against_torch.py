"""
Times training steps of libpcil against the same steps in PyTorch, in turns in one process, so that a busy machine slows all
of them: once with all that the paper's program computes (torch_published.py), once with care (torch_careful.py).

usage: OPENBLAS_NUM_THREADS=1 /usr/bin/python3 tests/bench/against_torch.py [--library build/release/libpcil.so] [--seconds 6]
           [--batch N] [--set NAME=VALUE]... [--json FILE] [--check] RECIPE[:ITERATIONS]...

For each recipe: the least times in milliseconds, and PyTorch's over libpcil's. Both use the same BLAS library where it is the
system's, as Debian's PyTorch does; it is asked for one thread. --check compares the weights after two steps from equal
weights instead; the errors of "published" are differences of activities, so it is compared with libpcil's error=recomputed.
"""

import argparse
import json
import sys
import time

import torch

from libpcil import Library, Step
from torch_careful import Careful
from torch_networks import Network, Settings
from torch_published import Published

BATCHES = 4


def random_data(network, batch, output):
    generator = torch.Generator().manual_seed(1)
    channels, height, width = network.blocks[0].below
    images = torch.rand(BATCHES * batch, height, width, channels, generator=generator)
    outputs = network.blocks[-1].shape[0]
    labels = (torch.arange(BATCHES * batch) * 7 % outputs).int()
    labels[-1] = outputs - 1  # so that their number is known from them
    return images, labels, torch.rand(BATCHES * batch, outputs, generator=generator) if output == "sigmoid" else None


class Contest:
    """One recipe in all three programs, from the same weights."""

    def __init__(self, library, recipe, batch, settings):
        recipe, _, iterations = recipe.partition(":")
        words = dict(settings)
        if iterations:
            words["iterations"] = iterations
        self.recipe = recipe + (f", T = {iterations}" if iterations else "")
        described = read_recipe(library, recipe)
        self.network = Network(described["network"])
        self.batch = batch or int(described["batch"])
        words["batch"] = self.batch
        self.data = random_data(self.network, self.batch, self.network.output)
        self.steps = {"libpcil": Step(library, recipe, words, *self.data)}
        chosen = self.steps["libpcil"].settings()
        numbers = Settings({**chosen, "inference": chosen["inference"], "optimizer": chosen["optimizer"]})
        for kind in (Published, Careful):
            network = Network(described["network"])
            for block, (weight, bias) in zip(network.blocks, self.steps["libpcil"].weights()):
                block.load(weight, bias)
            extra = (self.batch,) if kind is Careful else ()
            self.steps[kind.name] = kind(network, numbers, *extra)
        self.prepare_batches()

    def prepare_batches(self):
        images, labels, targets = self.data
        self.ours, self.theirs = [], []
        outputs = self.network.blocks[-1].shape[0]
        for i in range(BATCHES):
            part = slice(i * self.batch, (i + 1) * self.batch)
            x, y = images[part], torch.nn.functional.one_hot(labels[part].long(), outputs).float()
            wanted = targets[part] if targets is not None else None
            self.ours.append((x.contiguous(), labels[part].contiguous(), wanted))
            planes = x.permute(0, 3, 1, 2).contiguous()
            if not self.network.blocks[0].conv:
                planes = planes.flatten(1)
            self.theirs.append((planes, y if wanted is None else wanted))

    def run(self, name, i):
        batch = (self.ours if name == "libpcil" else self.theirs)[i % BATCHES]
        begin = time.perf_counter()
        self.steps[name].step(*batch)
        return 1e3 * (time.perf_counter() - begin)

    def least_times(self, seconds):
        times = {name: [] for name in self.steps}
        for i in range(2):
            for name in self.steps:
                self.run(name, i)
        end, i = time.monotonic() + seconds, 0
        while time.monotonic() < end or i < 3:
            for name in self.steps:
                times[name].append(self.run(name, i))
            i += 1
        return {name: min(found) for name, found in times.items()}, i


def read_recipe(library, recipe):
    """A recipe's settings, from a trainer that is not prepared."""
    import ctypes

    trainer, length, text = ctypes.c_void_p(), ctypes.c_int64(), ctypes.create_string_buffer(1 << 16)
    library.call("trainer_create", ctypes.byref(trainer))
    library.call("trainer_recipe", trainer, recipe.encode())
    library.call("trainer_settings", trainer, text, ctypes.c_int64(len(text)), ctypes.byref(length))
    library.c.pcil_trainer_free(trainer)
    return json.loads(text.value.decode())


def stored(program):
    blocks = program.blocks if isinstance(program, Careful) else program.network.blocks
    return [block.stored() for block in blocks]


def differences(contest, name):
    """|our change of a block's weights - theirs| / |ours|, by block, after two steps."""
    before = [weight.clone() for weight, _ in contest.steps["libpcil"].weights()]
    for i in range(2):
        contest.run("libpcil", i)
        contest.run(name, i)
    found = []
    with torch.no_grad():
        for old, (ours, _), theirs in zip(before, contest.steps["libpcil"].weights(), stored(contest.steps[name])):
            theirs = theirs.reshape(ours.shape)
            found.append(float((theirs - ours).norm() / (ours - old).norm().clamp(min=1e-30)))
    return found


def check(library, recipes, batch, settings):
    """Sums run in another order, so a thousandth is allowed; differences of activities are mostly noise in first blocks."""
    good = True
    for recipe in recipes:
        for name, error in (("published", "recomputed"), ("careful", "carried")):
            words = {} if "-bp" in recipe else {"error": error}
            contest = Contest(library, recipe, batch, {**settings, **words})
            found = differences(contest, name)
            good &= all(value < 0.3 if name == "published" else value < 1e-3 for value in found)
            print(f"{recipe:28} {name:10}", " ".join(f"{value:.1e}" for value in found), flush=True)
    return good


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("recipes", nargs="+")
    parser.add_argument("--library", default="build/release/libpcil.so")
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--json")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    library = Library(arguments.library)
    settings = dict(pair.split("=", 1) for pair in arguments.set)
    if arguments.check:
        sys.exit(0 if check(library, arguments.recipes, arguments.batch, settings) else 1)
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} thread; libpcil's BLAS {library.info('blas')}")
    print(f"{'recipe':28} {'batch':>5} {'libpcil':>9} {'published':>9} {'careful':>9} {'/ published':>11} {'/ careful':>9}")
    results = []
    for recipe in arguments.recipes:
        contest = Contest(library, recipe, arguments.batch, settings)
        times, rounds = contest.least_times(arguments.seconds)
        ours = times["libpcil"]
        row = {"recipe": contest.recipe, "batch": contest.batch, "rounds": rounds, "ms": times}
        row["ratio_published"], row["ratio_careful"] = times["published"] / ours, times["careful"] / ours
        results.append(row)
        print(f"{row['recipe']:28} {row['batch']:5} {ours:9.2f} {times['published']:9.2f} {times['careful']:9.2f}"
              f" {row['ratio_published']:10.2f}x {row['ratio_careful']:8.2f}x", flush=True)
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump({"torch": torch.__version__, "blas": library.info("blas"), "results": results}, file, indent=2)


if __name__ == "__main__":
    main()

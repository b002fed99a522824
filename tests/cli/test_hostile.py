"""
Files that the command itself reads, and what of them it shows: pipes, sizes, JSON of many values, zero bytes, bytes that
steer a terminal.

usage: test_hostile.py PCIL
"""

import json
import os

from run import TINY, check, in_empty_folder, pcil, read

REPRODUCE = ["reproduce", "fig1", "--dataset", "cifar10", "--data", "set", "--epochs", "1", "--seeds", "1", "--limit-train", "64",
             "--set", "network=3x32x32; dense 8; relu, dense 10; softmax"]
BENCH = ["bench", "--network", "8; dense 4; softmax", "--batch", "2", "--repetitions", "1"]

OBJECT, TABLE = 100000, 4000000  # the most values


def put(path, content):
    if os.path.lexists(path):
        os.remove(path)
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())


def put_pipe(path):
    if os.path.lexists(path):
        os.remove(path)
    os.mkfifo(path)


def put_hole(path, size):
    put(path, b"")
    os.truncate(path, size)


def refused(path, *command, values=0, lines=False):
    """A file that `command` reads, in each of the ways in which it can be none; of JSON, with more values than are read."""
    def expect(*words):
        done = pcil(*command, exit_code=1)
        for word in (path, *words):
            check(word in done.stderr, f"{command}: {done.stderr}")

    put_pipe(path)
    expect("is a pipe, not a file")
    put_hole(path, 3 << 30)
    expect("holds more than")
    put(path, b"{}\0 garbage {{{")
    expect("is no text: byte 2 is zero")
    if values:
        put(path, '{"a":[' + "[]," * (values // 5 + 1) + "0]}\n")
        expect("holds more than", "an object or list counted as 4")
        put(path, '{"a":1}\n{"b":1,"b":2}\n' if lines else '{"a":1}\n{"b":1,\n"b":2}\n')
        expect("line 2" if lines else "line 3", "duplicate")
        put(path, "[1]\n")
        expect("line 1: expected a JSON object in braces")
    os.remove(path)


def metrics():
    os.mkdir("run")
    refused("run/metrics.jsonl", "plot", "run", values=TABLE, lines=True)
    put("run/metrics.jsonl", '{"epoch":1}\n{"epoch":2} {"epoch":3}\n')
    done = pcil("plot", "run", exit_code=1)
    check("'run/metrics.jsonl', line 2, column 13: end of file expected" in done.stderr, done.stderr)


def names():
    pcil("train", *TINY, "--epochs", "1", "--out", "trained")
    refused("names.json", "convert", "trained/model.safetensors", "out.npz", "--names", "names.json")


def benches():
    refused("old.json", *BENCH, "--compare", "old.json", values=TABLE)
    bench = pcil(*BENCH, "--json").stdout
    put("old.json", "\n" + bench + bench)
    check("now/then" in pcil(*BENCH, "--compare", "old.json").stdout, "no comparison")
    put("old.json", bench + bench[:50])
    check("'old.json', line" in pcil(*BENCH, "--compare", "old.json", exit_code=1).stderr, "half a bench")


def reproduction():
    """Each file of a run that is read when it is done; then those that tell whether it is."""
    pcil(*REPRODUCE, "--out", "rep")
    (run,) = [f"rep/runs/{name}" for name in os.listdir("rep/runs")][:1]
    again = [*REPRODUCE, "--out", "rep"]
    for name in ("metrics.jsonl", "measures.json", "config.json"):
        os.rename(f"{run}/{name}", "kept")
        table = name == "metrics.jsonl"
        refused(f"{run}/{name}", *again, values=TABLE if table else OBJECT, lines=table)
        os.rename("kept", f"{run}/{name}")
    put(f"{run}/config.json", "{}{}")
    check("holds 2 JSON objects, expected one" in pcil(*again, exit_code=1).stderr, "two objects")
    for name in (f"{run}/diverged.txt", f"{run}/begun", "rep/reproduce.txt"):
        if name.endswith("begun"):
            os.remove(f"{run}/finished")
        refused(name, *again)


def links():
    """What waits where a file is to be written first, even by the process's own number, is neither followed nor waited for."""
    pcil(*REPRODUCE, "--out", "fresh")
    before = read("fresh/results.csv")
    put("victim", "kept")

    def wait_there():
        for at, plant in enumerate((lambda path: os.symlink("../victim", path), lambda path: os.link("victim", path), os.mkfifo)):
            plant(f"fresh/results.csv.{os.getpid()}-{at}.new")

    os.symlink("../victim", "fresh/results.csv.new")
    pcil(*REPRODUCE, "--out", "fresh", preexec_fn=wait_there)
    check(read("victim") == "kept", "a file was written through a link")
    check(not os.path.islink("fresh/results.csv") and read("fresh/results.csv") == before, "the table is none")
    check(len([name for name in os.listdir("fresh") if name.endswith(".new")]) == 4, f"{os.listdir('fresh')}")


def test():
    links()
    metrics()
    names()
    benches()
    reproduction()


in_empty_folder(test)

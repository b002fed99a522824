"""
deterministic=1: the same bits whatever the BLAS's number of threads, also for a run that goes on with another number. Sizes
at which OpenBLAS 0.3.21 gives other bits to two threads than to one.

usage: test_threads.py PCIL
"""

import json
import os
import subprocess

from run import PCIL, QUIET, TINY, check, environment, in_empty_folder, read, without_times

RUN = [*TINY, "--epochs", "1", "--set", "network=3x32x32; dense 333; relu, dense 77; relu, dense 10; softmax", "--set", "checkpoint_iterations=1"]


def train(folder, threads, *more, first=RUN):
    run = {**environment(), "OPENBLAS_NUM_THREADS": threads}
    done = subprocess.run([PCIL, "train", *first, *more], capture_output=True, text=True, env=run, timeout=120)
    return done


def same(left, right):
    check(read(f"{left}/model.safetensors", "rb") == read(f"{right}/model.safetensors", "rb"), f"{left} and {right} differ in their models")
    one, two = (without_times(read(f"{folder}/metrics.jsonl")) for folder in (left, right))
    check(one == two, f"{left} and {right} differ:\n{one}\n{two}")


def measured():
    """What is measured before the first step and after the last: the same bits too, also of a run that goes on."""
    wide = ["--epochs", "1", "--set", "network=3x32x32; dense 700; relu, dense 500; relu, dense 10; softmax", "--limit-train", "150",
            "--set", "batch=50", "--set", "backend=blas", "--set", "deterministic=1"]
    for what in ("delay", "proximal"):
        for threads in ("1", "2"):
            done = train(f"{what}{threads}", threads, *wide, "--measure", what, "--out", f"{what}{threads}", first=TINY)
            check(done.returncode == 0 and done.stderr == QUIET, done.stderr)
        same(f"{what}1", f"{what}2")
        whole = read(f"{what}1/measures.json")
        check(whole == read(f"{what}2/measures.json"), f"{what}: measured otherwise by two threads")
        os.remove(f"{what}2/measures.json")
        train("on", "2", "--resume", f"{what}2", "--measure", what, first=[])
        check(whole == read(f"{what}2/measures.json"), f"{what}: measured otherwise by a run that goes on")


def test():
    done = train("one", "1", "--set", "deterministic=1", "--out", "one")
    if "another BLAS" in done.stderr:
        print("not OpenBLAS: the option is refused")
        return
    check(done.returncode == 0, done.stderr)
    for threads in ("2", "3"):
        done = train(threads, threads, "--set", "deterministic=1", "--out", threads)
        check(done.returncode == 0 and done.stderr == QUIET, done.stderr)
        same("one", threads)
    measured()
    # With more epochs, by another number of threads: no warning, and the bits of the run at once.
    done = train("two", "3", "--resume", "one", "--epochs", "2", first=[])
    check(done.returncode == 0 and done.stderr == QUIET, done.stderr)
    train("whole", "2", "--set", "deterministic=1", "--epochs", "2", "--out", "whole")
    same("one", "whole")
    # Without the option a run that goes on by another number is warned of.
    train("free", "1", "--out", "free")
    done = train("free", "2", "--resume", "free", "--epochs", "2", first=[])
    check("warning" in done.stderr and "blas_threads 1" in done.stderr and "blas_threads 2" in done.stderr, done.stderr)
    check(json.loads(read("free/config.json"))["deterministic"] is False, "the option is not in config.json")
    check(os.path.exists("free/model.safetensors"), "the run did not end")


in_empty_folder(test)

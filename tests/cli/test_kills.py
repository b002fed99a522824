"""
Runs that are killed at random moments and gone on with end with the files of one that was never killed.

usage: test_kills.py PCIL [KILLS [SEED]]
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time

from run import PCIL, check, environment, in_empty_folder, pcil, read, without_times

KILLS = int(sys.argv[2]) if len(sys.argv) > 2 else 5
RANDOM = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
# Augmentation, prefetch, an optimizer with state, evaluations and checkpoints inside epochs, an incomplete batch.
RUN = ["--recipe", "cifar10-mlp-seqil-adam", "--data", "set", "--epochs", "3", "--set", "network=3x32x32; dense 32; relu, dense 32; relu, dense 10; softmax",
       "--set", "batch=20", "--set", "drop_last=0", "--set", "flip=1", "--set", "crop=4", "--set", "prefetch=1", "--set", "evaluations=2",
       "--set", "measure_interval=3", "--set", "rate_decay=inverse_time", "--set", "checkpoint_iterations=7"]
FILES = ("config.json", "model.safetensors", "best.safetensors")


def start(folder):
    """Begins the run, or goes on with what there is of it."""
    how = ["--resume", folder] if os.path.exists(f"{folder}/config.json") else [*RUN, "--out", folder]
    return subprocess.Popen([PCIL, "train", *how], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment())


def compare(folder):
    for name in FILES:
        check(read(f"whole/{name}", "rb") == read(f"{folder}/{name}", "rb"), f"{folder}/{name} is not that of the undisturbed run")
    whole, other = (without_times(read(f"{run}/metrics.jsonl")) for run in ("whole", folder))
    check(whole == other, f"the metrics differ:\n{whole}\n{other}")
    left = [name for name in os.listdir(folder) if name.endswith(".tmp") or name == "run.lock"]
    check(not left, f"left over: {left}")


def kill_until_done(folder, seconds, kills):
    """Kills the run again and again, at most `kills` times, then lets it end. Returns how often it was killed."""
    killed = 0
    while True:
        run = start(folder)
        if killed < kills:
            time.sleep(RANDOM.uniform(0, seconds))
            run.send_signal(signal.SIGKILL)
        _, err = run.communicate(timeout=120)
        check(run.returncode in (0, -signal.SIGKILL), f"exit code {run.returncode}: {err}")
        check("damaged" not in err and "warning" not in err, err)
        if run.returncode == 0:
            return killed
        killed += 1


def test():
    begin = time.monotonic()
    pcil("train", *RUN, "--out", "whole")
    seconds, killed, runs = time.monotonic() - begin, 0, 0
    while killed < KILLS:
        killed += kill_until_done("run", seconds, min(KILLS - killed, 8))
        compare("run")
        shutil.rmtree("run")
        runs += 1
    print(f"{killed} kills in {runs} runs, each with the files of the undisturbed run")


in_empty_folder(test)

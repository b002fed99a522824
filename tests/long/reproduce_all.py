#!/usr/bin/env python3
"""
All items of the paper on the drawn digits, small: once undisturbed, once killed at random moments and started again.
Reports, tables and figures are the same to the byte, times aside. Some eight minutes of processor time.

usage: reproduce_all.py PCIL FOLDER [JOBS [SEED]]
"""

import filecmp
import os
import random
import resource
import shutil
import subprocess
import sys
import time

PCIL, FOLDER = os.path.abspath(sys.argv[1]), sys.argv[2]
JOBS = sys.argv[3] if len(sys.argv) > 3 else "1"
SEED = int(sys.argv[4]) if len(sys.argv) > 4 else random.randrange(1000000)
KILLS = 3
TASK = [PCIL, "reproduce", "all", "--dataset", "digits", "--epochs", "2", "--seeds", "2", "--jobs", JOBS]


def used():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def killed(folder, seconds):
    """Starts the command and kills it `seconds` after it has begun to run; it may be done before."""
    process = subprocess.Popen([*TASK, "--out", folder], stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if line.startswith("in all"):
            break
    time.sleep(seconds)
    process.kill()
    process.communicate()


def outcome(folder):
    """Files whose bytes may not depend on time."""
    return sorted(name for name in os.listdir(folder) if os.path.isfile(os.path.join(folder, name)) and not name.startswith("time"))


shutil.rmtree(FOLDER, ignore_errors=True)
whole, cut = os.path.join(FOLDER, "whole"), os.path.join(FOLDER, "cut")
os.makedirs(FOLDER)
begun = time.monotonic()
subprocess.run([*TASK, "--out", whole], check=True)
length = time.monotonic() - begun
print(f"undisturbed: {used():.0f} s of processor time, {length:.0f} s; moments of seed {SEED}", flush=True)

moments = random.Random(SEED)
for _ in range(KILLS):
    killed(cut, moments.uniform(0, length / KILLS))
left = [name for name in os.listdir(os.path.join(cut, "runs")) if os.path.exists(os.path.join(cut, "runs", name, "finished"))]
print(f"killed {KILLS} times: {len(left)} of {len(os.listdir(os.path.join(whole, 'runs')))} runs were done", flush=True)
subprocess.run([*TASK, "--out", cut], check=True)

names = outcome(whole)
assert names == outcome(cut) and {"report.md", "results.csv", "measures.csv"} <= set(names), (names, outcome(cut))
different = filecmp.cmpfiles(whole, cut, names, shallow=False)[1:]
assert different == ([], []), different
print(f"the same to the byte: {', '.join(names)}")

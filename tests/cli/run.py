"""What the tests of whole runs share: a tiny run, calling the command, checking."""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile

# Where flushing costs no time, if there is such a place and no other is wanted.
if "TMPDIR" not in os.environ and os.access("/dev/shm", os.W_OK):
    tempfile.tempdir = "/dev/shm"
PCIL = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else "pcil"
# On a few drawn digits in CIFAR-10's layout, which in_empty_folder writes: the set "digits" would be drawn whole each time.
TINY = ["--recipe", "cifar10-mlp-seqil-mq", "--data", "set", "--epochs", "2", "--set", "measure_interval=1", "--set", "network=3x32x32; dense 16; relu, dense 10; softmax"]

# What a run of nothing to complain about writes to standard error.
QUIET = "" if shutil.which("gnuplot") else "pcil: gnuplot is not installed: no curves.png\n"


def built_with(library):
    return library in os.environ.get("PCIL_BUILT", "ZLIB JPEG PNG").split()


def environment():
    return {**os.environ, "NO_COLOR": "1", "OPENBLAS_NUM_THREADS": "1"}


def pcil(*arguments, exit_code=0, **more):
    """Runs the command; any other exit code is a failure that shows all."""
    done = subprocess.run([PCIL, *arguments], capture_output=True, text=True, timeout=120, env=more.pop("env", environment()), **more)
    if done.returncode != exit_code:
        sys.exit(f"pcil {' '.join(arguments)}: exit code {done.returncode}, not {exit_code}\n{done.stdout}\n{done.stderr}")
    return done


def check(condition, message):
    if not condition:
        sys.exit(message)


def read(path, mode="r"):
    with open(path, mode) as file:
        return file.read()


def within(seconds):
    """For pcil(): an end to a command that takes more of a processor's time, whatever else the machine does."""
    return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))}


def metrics(folder):
    return [json.loads(line) for line in read(os.path.join(folder, "metrics.jsonl")).splitlines()]


def without_times(text):
    return re.sub(r'"(seconds|samples_per_second)": ?[-+0-9.eE]+', r'"\1": 0', text)


def in_empty_folder(test):
    """Runs a test in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        pcil("data", "write", "--dataset", "digits", "--format", "cifar10", "--out", "set", "--train", "256", "--test", "64")
        test()
        os.chdir("/")

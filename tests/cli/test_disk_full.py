"""
Training on a disk that fills up: a clear word, the last checkpoint whole, and when there is space again the run goes on to
the files of an undisturbed one. On a small file system of its own where mounting is permitted, else by a limit of file sizes.

usage: test_disk_full.py PCIL
"""

import os
import resource
import subprocess
import sys

from run import PCIL, TINY, check, environment, in_empty_folder, pcil, read, without_times

RUN = [*TINY, "--epochs", "4", "--set", "checkpoint_iterations=1"]


def compare(folder):
    for name in ("config.json", "model.safetensors", "best.safetensors"):
        check(read(f"whole/{name}", "rb") == read(f"{folder}/{name}", "rb"), f"{folder}/{name} is not that of the undisturbed run")
    whole, other = (without_times(read(f"{run}/metrics.jsonl")) for run in ("whole", folder))
    check(whole == other, f"the metrics differ:\n{whole}\n{other}")


def filled(folder, word, **how):
    """The run ends with a word about the disk; nothing that is there is half a file."""
    done = subprocess.run([PCIL, "train", *RUN, "--out", folder], capture_output=True, text=True, env=environment(), timeout=120, **how)
    check(done.returncode == 1, f"exit code {done.returncode}: {done.stdout} {done.stderr}")
    check(word in done.stderr and folder in done.stderr, done.stderr)
    check("what was there is unchanged" in done.stderr, done.stderr)
    names = sorted(os.listdir(folder))
    check(not [name for name in names if name.endswith(".tmp")], f"left over: {names}")
    check("checkpoint.safetensors" in names, f"no checkpoint: {names}")
    return done.stderr


def go_on(folder):
    pcil("train", "--resume", folder)
    compare(folder)


def on_a_small_disk():
    """Three files of the model's size do not fit, and a run needs five at once; then the disk grows."""
    os.mkdir("disk")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=560k", "none", "disk"], check=True)
    try:
        said = filled("disk/run", "No space left on device")
        check("warning: no checkpoint at iteration" in said, said)
        subprocess.run(["mount", "-o", "remount,size=4m", "disk"], check=True)
        go_on("disk/run")
    finally:
        subprocess.run(["umount", "disk"], check=True)


def limited():
    """The model is larger than a file may be: nothing of it is written, config and metrics stay whole."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (150000, 150000))

    done = subprocess.run([PCIL, "train", *RUN, "--out", "limited"], capture_output=True, text=True, env=environment(), preexec_fn=limit)
    check(done.returncode == 1 and "File too large" in done.stderr, done.stderr)
    check(sorted(os.listdir("limited")) == ["config.json", "metrics.jsonl"], f"{os.listdir('limited')}")
    go_on("limited")


def unwritable():
    """A folder in which nothing can be made is refused before training begins."""
    if os.geteuid() == 0:
        return
    os.mkdir("closed", 0o500)
    done = pcil("train", *RUN, "--out", "closed", exit_code=1)
    check("Permission denied" in done.stderr and "epoch" not in done.stdout, done.stderr)


def test():
    pcil("train", *RUN, "--out", "whole")
    limited()
    unwritable()
    if sys.argv[-1] == "inside":
        on_a_small_disk()


inside = subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode == 0
if sys.argv[-1] != "inside" and inside:
    # Again in a name space of its own, where anybody may mount.
    sys.exit(subprocess.run(["unshare", "-rm", sys.executable, "-B", *sys.argv, "inside"]).returncode)
if not inside:
    print("mounting is not permitted here: the small disk was not tried")
in_empty_folder(test)

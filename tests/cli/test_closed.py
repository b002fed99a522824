"""
Standard streams that are closed: no file of a run takes the place of one, the run is that of open ones, and that nothing
could be printed is told.

usage: test_closed.py PCIL
"""

import os
import subprocess

from run import PCIL, TINY, check, environment, in_empty_folder, pcil, read, without_times


def without(streams, *arguments):
    """Exit code and messages of a command for which the shell closes streams: "<&- >&-"."""
    done = subprocess.run(["sh", "-c", f'exec "$0" "$@" {streams}', PCIL, *arguments], capture_output=True, text=True, env=environment(), timeout=120)
    return done.returncode, done.stdout, done.stderr


def same(folder):
    for name in ("config.json", "model.safetensors", "best.safetensors"):
        check(read(f"whole/{name}", "rb") == read(f"{folder}/{name}", "rb"), f"{folder} differs in {name}")
    whole, other = (without_times(read(f"{run}/metrics.jsonl")) for run in ("whole", folder))
    check(whole == other, f"{folder}: the metrics differ:\n{whole}\n{other}")
    check(not os.path.exists(f"{folder}/run.lock"), f"{folder} is locked")


def trained():
    """Then gone on with, which reads what the first wrote."""
    pcil("train", *TINY, "--epochs", "3", "--out", "whole")
    told = "cannot write to standard output: Bad file descriptor\n"
    for number, streams in enumerate(("<&-", ">&-", "2>&-", "<&- >&-", ">&- 2>&-", "<&- >&- 2>&-")):
        folder, silent = f"run{number}", ">&-" in streams.split()
        for how in ([*TINY, "--out", folder], ["--resume", folder, "--epochs", "3"]):
            ended, out, err = without(streams, "train", *how)
            check(ended == int(silent), f"{streams}: exit code {ended}: {err}")
            check((told in err) == (silent and "2>" not in streams), f"{streams}: {err}")
            check(("best test accuracy" in out) == (not silent), f"{streams}: {out}")
        same(folder)


def printed():
    for arguments in (["recipes"], ["kinds", "--json"], ["--version"], ["train", "--help"]):
        check(without("<&-", *arguments)[::2] == (0, ""), f"{arguments}: {without('<&-', *arguments)}")
        code, _, err = without("<&- >&-", *arguments)
        check(code == 1 and "cannot write to standard output: Bad file descriptor" in err, f"{arguments}: {code} {err}")


def test():
    trained()
    printed()


in_empty_folder(test)

"""
Curves: hostile names and metrics, a machine without gnuplot, kills while it draws.

usage: test_plot.py PCIL
"""

import json
import os
import resource
import shutil
import signal
import subprocess
import time

from run import PCIL, TINY, check, environment, in_empty_folder, pcil, read

ROW = {"epoch": 1, "iteration": 4, "train_loss": 2.0, "train_energy": None, "test_loss": 1.5, "test_accuracy": 0.5,
       "test_top5": 0.9, "seconds": 1.0, "samples_per_second": 9.0, "update_magnitude": [1e-4, None]}


def make_run(folder, text):
    os.mkdir(folder)
    with open(os.path.join(folder, "metrics.jsonl"), "w") as file:
        file.write(text)
    return folder


def without_gnuplot():
    """A run is done all the same; plot is not."""
    bare = {**environment(), "PATH": "/nowhere"}
    done = pcil("train", *TINY, "--epochs", "1", "--out", "one", env=bare)
    check(done.stderr == "pcil: gnuplot is not installed: no curves.png\n", done.stderr)
    check("curves.png" not in done.stdout and "best.safetensors" in done.stdout, done.stdout)
    check(not [name for name in os.listdir("one") if "curves" in name], f"{os.listdir('one')}")
    done = pcil("plot", "one", exit_code=1, env=bare)
    check("gnuplot is not installed" in done.stderr, done.stderr)
    check(not [name for name in os.listdir("one") if "curves" in name], f"{os.listdir('one')}")


def killed():
    """While gnuplot is at work nothing of a picture is in the folder; what a kill left later is no obstacle."""
    make_run("slow", json.dumps(ROW) + "\n")
    os.mkdir("programs")
    with open("programs/gnuplot", "w") as program:
        program.write("#!/bin/sh\nprintf half\n: > drawing\nexec sleep 1\n")
    os.chmod("programs/gnuplot", 0o755)
    slow = {**environment(), "PATH": f"{os.path.abspath('programs')}:{os.environ['PATH']}"}
    plot = subprocess.Popen([PCIL, "plot", "slow"], env=slow)
    while not os.path.exists("drawing"):
        check(plot.poll() is None, f"it ended by itself: {plot.returncode}")
        time.sleep(0.001)
    plot.kill()
    plot.wait()
    check(os.listdir("slow") == ["metrics.jsonl"], f"left over: {os.listdir('slow')}")
    if not shutil.which("gnuplot"):
        return
    def leave():
        with open(f"slow/curves.png.{os.getpid()}-0.new", "w") as half:
            half.write("half")

    pcil("plot", "slow", preexec_fn=leave)
    check(len(os.listdir("slow")) == 3, f"{os.listdir('slow')}")
    whole = read("slow/curves.png", "rb")
    check(whole[:4] == b"\x89PNG" and whole[-8:-4] == b"IEND", "no whole picture")


def own_settings():
    """What a user sets for gnuplot is for other pictures."""
    if not shutil.which("gnuplot"):
        return
    os.mkdir("home")
    with open("home/.gnuplot", "w") as file:
        file.write('set output "harm.png"\n')
    make_run("own", json.dumps(ROW) + "\n")
    pcil("plot", "own", env={**environment(), "HOME": os.path.abspath("home")})
    check(read("own/curves.png", "rb")[:4] == b"\x89PNG" and not os.path.exists("harm.png"), "gnuplot obeyed its user's settings")


def figures():
    """Those of a report stay whole where gnuplot is missing or fails; the report is written, and tells. A signal ends it."""
    if not shutil.which("gnuplot"):
        return
    task = ["reproduce", "fig2", "--dataset", "cifar10", "--data", "set", "--epochs", "1", "--seeds", "1", "--limit-train", "64", "--set", "network=3x32x32; dense 8; relu, dense 10; softmax", "--out", "rep"]
    pcil(*task)
    (name,) = [name for name in os.listdir("rep") if name.endswith(".png")]
    picture, report = read(f"rep/{name}", "rb"), read("rep/report.md")
    check(f"({name})" in report, report)
    bare = {**environment(), "PATH": "/nowhere"}
    os.makedirs("failing")
    with open("failing/gnuplot", "w") as program:
        program.write("#!/bin/sh\necho >&2\necho '    line 7: no picture today' >&2\nexit 1\n")
    os.chmod("failing/gnuplot", 0o755)
    failing = {**environment(), "PATH": f"{os.path.abspath('failing')}:{os.environ['PATH']}"}
    for told, exit_code, env in (("gnuplot is not installed: no figures", 0, bare), (f"gnuplot failed to draw 'rep/{name}': line 7: no picture today", 1, failing)):
        os.remove("rep/results.csv")
        done = pcil(*task, exit_code=exit_code, env=env)
        check(told in done.stderr and read(f"rep/{name}", "rb") == picture, done.stderr)
        check(f"{name} was not drawn" in read("rep/report.md") and os.path.exists("rep/results.csv"), read("rep/report.md"))
    pcil(*task)
    check(read("rep/report.md") == report, "the report is another")
    os.remove("drawing")
    slow = {**environment(), "PATH": f"{os.path.abspath('programs')}:{os.environ['PATH']}"}
    work = subprocess.Popen([PCIL, *task], env=slow, stdout=subprocess.DEVNULL)
    while not os.path.exists("drawing"):
        check(work.poll() is None, f"it ended by itself: {work.returncode}")
        time.sleep(0.001)
    work.terminate()
    check(work.wait() == -signal.SIGTERM and read(f"rep/{name}", "rb") == picture, f"{work.returncode}")


def wrong_metrics():
    done = pcil("plot", "nowhere", exit_code=1)
    check("nowhere/metrics.jsonl" in done.stderr, done.stderr)
    done = pcil("plot", make_run("empty", ""), exit_code=1)
    check("no evaluation yet" in done.stderr, done.stderr)
    done = pcil("plot", make_run("cut", json.dumps(ROW) + '\n{"epoch": 2, "tr'), exit_code=1)
    check("line 2" in done.stderr, done.stderr)
    done = pcil("plot", make_run("twice", '{"epoch": 1, "epoch": 2}\n'), exit_code=1)
    check("line 1" in done.stderr, done.stderr)
    done = pcil("plot", make_run("list", "[1]\n"), exit_code=1)
    check("line 1" in done.stderr, done.stderr)
    for folder in ("empty", "cut", "twice", "list"):
        check(os.listdir(folder) == ["metrics.jsonl"], f"{os.listdir(folder)}")


def hostile():
    """Names are texts to gnuplot, never program; values of the wrong type are as if they were missing."""
    if not shutil.which("gnuplot"):
        return
    name = "it's\nsystem('touch harm')\n`touch harm`"
    strange = dict(ROW, test_loss="'\nsystem('touch harm')", update_magnitude={"a": 1}, epoch=[2])
    make_run(name, json.dumps(ROW) + "\n" + json.dumps(strange) + "\n")
    make_run("plain", json.dumps(ROW) + "\n" + json.dumps(dict(ROW, epoch=2, test_accuracy=None)) + "\n")
    make_run("bare", "{}\n")
    pcil("plot", name, "plain", "bare")
    check(read("curves.png", "rb")[:4] == b"\x89PNG", "no picture")
    for folder in (name, "plain", "bare"):
        pcil("plot", folder)
        check(read(f"{folder}/curves.png", "rb")[:4] == b"\x89PNG", "no picture")
    check(not os.path.exists("harm"), "a name was run as program")


def wide():
    """A first row of many values makes no more of the rows behind it than they hold: no file grows beyond 4 MB."""
    if not shutil.which("gnuplot"):
        return
    limit = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 22, 1 << 22)), "restore_signals": False}
    short = "\n".join(json.dumps({"epoch": 2 + at, "test_loss": 1.0, "update_magnitude": [1e-4]}) for at in range(40000))
    table = [[1.0] * 10000] * 2
    first = dict(ROW, update_magnitude=[1e-3] * 10000, error_magnitude=table, energy_prediction=table, cosine=table[0], signal_to_noise=table[0],
                 zero_share=table[0])
    make_run("wide", json.dumps(first) + "\n" + short)
    pcil("plot", "wide", "--out", "wide.png", **limit)
    pcil("plot", "wide", "--traces", "--out", "traces.png", **limit)
    # Values of blocks in a row without an epoch only, which has no place.
    make_run("unplaced", '{"update_magnitude": [1, 2], "error_magnitude": [[0, 1, 2]]}\n{"epoch": 1, "update_magnitude": [1], "error_magnitude": [[0, 1]]}\n')
    pcil("plot", "unplaced", "--out", "unplaced.png")
    pcil("plot", "unplaced", "--traces", "--out", "traces.png")


def traces():
    """Six panels of blocks and nodes; a run without traces has none to draw, and values of the wrong type are missing."""
    done = pcil("plot", "--traces", make_run("without", json.dumps(ROW)), exit_code=1)
    check("'without' holds no traces" in done.stderr, done.stderr)
    done = pcil("plot", "--traces", "without", "without", exit_code=2)
    if not shutil.which("gnuplot"):
        return
    pcil("train", *TINY, "--out", "traced")
    pcil("plot", "traced", "--traces")
    check(read("traced/traces.png", "rb")[:4] == b"\x89PNG", "no picture")
    table = [[0, 0.0, 1.0], [0, 1e-3, None]]
    good = dict(ROW, error_magnitude=table, energy_prediction=table, cosine=[1, None, 0.5], zero_share=[0, 0.5, 0])
    odd = dict(ROW, error_magnitude="'", energy_prediction=[7], cosine={"a": 1}, signal_to_noise=[[]], epoch=2)
    pcil("plot", "--traces", make_run("odd", json.dumps(good) + "\n" + json.dumps(odd) + "\n"), "--out", "odd.png")
    check(read("odd.png", "rb")[:4] == b"\x89PNG", "no picture")


def test():
    without_gnuplot()
    killed()
    own_settings()
    figures()
    traces()
    wrong_metrics()
    hostile()
    wide()


in_empty_folder(test)

"""
Reproductions: killed anywhere and started again, the report is that of an undisturbed one; finished runs are never run
again nor lost; foreign files are left alone; the strict preset opens the test set once.

usage: test_reproduce.py PCIL
"""

import csv
import os
import random
import resource
import shutil
import signal
import subprocess
import time

from run import PCIL, check, environment, in_empty_folder, pcil, read

TASK = ["--dataset", "cifar10", "--data", "set", "--epochs", "1", "--seeds", "2", "--limit-train", "128"]


def start(item, out, *more):
    return subprocess.Popen([PCIL, "reproduce", item, *TASK, "--out", out, *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, env=environment())


def await_runs(process, count):
    """Reads until so many runs are done."""
    while count > 0:
        line = process.stdout.readline()
        check(line, f"it ended by itself: {process.stderr.read() if not line else ''}")
        count -= line.startswith("[")


def results(out):
    with open(f"{out}/results.csv") as file:
        return list(csv.DictReader(file))


def compare(one, other):
    """All of the report but the times."""
    names = sorted(name for name in os.listdir(one) if name.startswith(("report", "results", "fig")))
    check("report.md" in names and "results.csv" in names, f"{names}")
    check(not shutil.which("gnuplot") or "fig2-cifar10-mlp.png" in names, f"{names}")
    for name in names:
        check(read(f"{one}/{name}", "rb") == read(f"{other}/{name}", "rb"), f"{name} differs")


def killed():
    pcil("reproduce", "fig2", *TASK, "--out", "whole")
    check(len(results("whole")) == 6, f"{results('whole')}")
    for at in range(2):
        run = start("fig2", "cut", "--jobs", "2")
        await_runs(run, at)
        time.sleep(random.uniform(0, 0.7))
        run.kill()
        run.communicate()
    kept = {name: os.stat(f"cut/runs/{name}/metrics.jsonl").st_mtime_ns
            for name in os.listdir("cut/runs") if os.path.exists(f"cut/runs/{name}/finished")}
    check(kept, "no run was finished")
    pcil("reproduce", "fig2", *TASK, "--out", "cut")
    compare("whole", "cut")
    for name, time_then in kept.items():
        check(os.stat(f"cut/runs/{name}/metrics.jsonl").st_mtime_ns == time_then, f"{name} was run again")
    check(" 2 done" in pcil("reproduce", "fig2", *TASK, "--out", "cut", "--dry-run").stdout, "the plan forgets what is done")


def cut_marks():
    """A kill while a mark was being written."""
    os.makedirs("marks")
    open("marks/reproduce.txt.new", "w").close()
    folder = "marks/runs/cifar10-mlp-seqil-t15-s1"
    run = start("fig2", "marks", "--seeds", "1")
    await_runs(run, 1)
    run.kill()
    run.communicate()
    os.rename(f"{folder}/begun", f"{folder}/begun.new")
    for name in set(os.listdir(folder)) - {"begun.new"}:
        os.remove(f"{folder}/{name}")
    pcil("reproduce", "fig2", *TASK, "--seeds", "1", "--out", "marks")
    check(sorted(os.listdir("marks/runs")) == sorted({name for name in os.listdir("whole/runs") if name.endswith("s1")}), "runs")


def stopped():
    run = start("fig2", "stopped")
    await_runs(run, 1)
    run.send_signal(signal.SIGTERM)
    out, err = run.communicate(timeout=60)
    check(run.returncode == 143 and "finished runs are kept" in err, f"{run.returncode} {err}")
    check(not os.path.exists("stopped/report.md"), "a report of half the runs")
    pcil("reproduce", "fig2", *TASK, "--out", "stopped", "--jobs", "2")
    compare("whole", "stopped")


def refused():
    """Other settings, a foreign file among the runs, a disk that is full."""
    done = pcil("reproduce", "fig2", *TASK, "--out", "whole", "--epochs", "3", exit_code=2)
    check("'whole' holds runs of other settings" in done.stderr, done.stderr)
    folder = "whole/runs/cifar10-mlp-bp-s1"
    os.mkdir(folder)
    with open(f"{folder}/notes", "w") as file:
        file.write("notes")
    done = pcil("reproduce", "table2", *TASK, "--out", "whole", exit_code=1)
    check(f"'{folder}' holds something else" in done.stderr, done.stderr)
    check(read(f"{folder}/notes") == "notes", "a foreign file was touched")
    shutil.rmtree(folder)


def full():
    """No file may grow beyond 1 MB: the child's message is shown, finished runs stay; then the rest is done."""
    before = read("whole/results.csv")

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    done = subprocess.run([PCIL, "reproduce", "time", *TASK, "--seeds", "1", "--out", "whole"], capture_output=True, text=True, env=environment(),
                          preexec_fn=limit, restore_signals=False)
    check(done.returncode == 1, f"{done.returncode} {done.stderr}")
    check("cifar10-mlp-bp seed 1 failed: pcil: cannot" in done.stderr and "finished runs are kept" in done.stderr, done.stderr)
    check(read("whole/results.csv") == before, "the earlier results were touched")
    pcil("reproduce", "time", *TASK, "--seeds", "1", "--out", "whole", "--jobs", "2")
    check(len(results("whole")) == 8, f"{len(results('whole'))} runs")
    check("seconds, mean" in read("whole/times.md") and "epochs, mean" in read("whole/report.md"), "no table of times")


def strict():
    pcil("reproduce", "fig2", *TASK[:-4], "--seeds", "1", "--out", "strict", "--preset", "strict")
    for row in results("strict"):
        check(0 <= float(row["held_out_accuracy"]) <= 1 and row["held_out_loss"], f"{row}")
    report = read("strict/report.md")
    check("Preset strict" in report and '"validation": 0.1' in report and '"rate_decay": "none"' in report, report)
    check('"validation": 0.0,' in read("whole/report.md") or '"validation": 0,' in read("whole/report.md"), "the paper's preset holds data out")


def test():
    killed()
    cut_marks()
    stopped()
    refused()
    full()
    strict()


in_empty_folder(test)

"""
Reproductions: killed anywhere and started again, the report is that of an undisturbed one; finished runs are never run
again nor lost, not even where the disk is full; what diverged is told; foreign files are left alone; the strict preset
opens the test set once.

usage: test_reproduce.py PCIL
"""

import csv
import fcntl
import json
import math
import os
import random
import resource
import shutil
import signal
import subprocess
import time

from run import PCIL, check, environment, in_empty_folder, pcil, read

NETWORK = "network=3x32x32; dense 16; relu, dense 12; relu, dense 10; softmax"
TASK = ["--dataset", "cifar10", "--data", "set", "--epochs", "1", "--seeds", "2", "--set", NETWORK, "--limit-train", "128"]


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
        if read(f"{one}/{name}", "rb") != read(f"{other}/{name}", "rb"):
            shown = "" if name.endswith(".png") else subprocess.run(["diff", f"{one}/{name}", f"{other}/{name}"], capture_output=True, text=True).stdout
            check(False, f"{one}, {other}: {name} differs\n{shown}")


def killed():
    pcil("reproduce", "fig2", *TASK, "--out", "whole")
    check(len(results("whole")) == 6, f"{results('whole')}")
    for at in range(2):
        run = start("fig2", "cut", "--jobs", "2")
        while not os.path.isdir("cut/runs") or not os.listdir("cut/runs"):
            check(run.poll() is None, f"it ended by itself: {run.returncode}")
            time.sleep(0.001)
        await_runs(run, at)
        time.sleep(random.uniform(0, 0.05))  # a run takes longer, whatever else the machine does, so that some are left
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


def gone_on():
    """A run that was killed behind a checkpoint goes on from there, what it measured before its first step included."""
    task = ["reproduce", "error-delay", *TASK, "--seeds", "1", "--set", "batch=2", "--set", "checkpoint_iterations=1"]
    pcil(*task, "--out", "unbroken")
    folder = "broken/runs/cifar10-mlp4-seqil-adam-delay-s1"
    run = subprocess.Popen([PCIL, *task, "--out", "broken"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment())
    while not os.path.exists(f"{folder}/checkpoint.safetensors.previous"):
        check(run.poll() is None, f"it ended by itself: {run.returncode}")
        time.sleep(0.001)
    run.kill()
    run.communicate()
    check(not os.path.exists(f"{folder}/finished"), "the run was done before the kill")
    pcil(*task, "--out", "broken")
    check("goes on  behind batch" in read(f"{folder}/output.txt"), read(f"{folder}/output.txt"))
    for name in ("report.md", "results.csv", "measures.csv"):
        check(read(f"unbroken/{name}") == read(f"broken/{name}"), f"{name} differs")


def cut_marks():
    """A kill while a mark was being written."""
    os.makedirs("marks")
    open("marks/reproduce.txt.4711-0.new", "w").close()
    folder = "marks/runs/cifar10-mlp-seqil-t15-s1"
    run = start("fig2", "marks", "--seeds", "1")
    await_runs(run, 1)
    run.kill()
    run.communicate()
    os.rename(f"{folder}/begun", f"{folder}/begun.4711-1.new")
    for name in set(os.listdir(folder)) - {"begun.4711-1.new"}:
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


def signalled():
    """A terminal's signal comes to all processes of the command at once: the run at work saves all the same, and goes on from there."""
    for number in (signal.SIGINT, signal.SIGHUP):
        task = ["reproduce", "error-delay", *TASK, "--seeds", "1", "--set", "batch=2", "--set", "checkpoint_iterations=1"]
        folder = f"group{number}/runs/cifar10-mlp4-seqil-adam-delay-s1"

        def as_from_a_shell():
            for each in (signal.SIGINT, signal.SIGHUP):
                signal.signal(each, signal.SIG_DFL)

        run = subprocess.Popen([PCIL, *task, "--out", f"group{number}"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               env=environment(), start_new_session=True, preexec_fn=as_from_a_shell)
        while not os.path.exists(f"{folder}/checkpoint.safetensors.previous"):
            check(run.poll() is None, f"it ended by itself: {run.returncode}")
            time.sleep(0.001)
        os.killpg(run.pid, number)
        _, err = run.communicate(timeout=60)
        check(run.returncode == 128 + number and "finished runs are kept" in err, f"{run.returncode} {err}")
        check(not os.path.exists(f"{folder}/finished"), "the run was done before the signal")
        check(f"in {folder}: config.json" in read(f"{folder}/output.txt"), "the run at work was cut off: " + read(f"{folder}/output.txt"))


def overtaken():
    """A command that finds the folder new, and then another's mark in it when it has the lock."""
    os.mkdir("race")
    folder = os.open("race", os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    run = start("fig2", "race")
    time.sleep(0.5)
    check(run.poll() is None and os.listdir("race") == [], f"{run.returncode}: {os.listdir('race')} was written without the lock")
    shutil.copy("whole/reproduce.txt", "race/reproduce.txt")
    with open("race/reproduce.txt", "a") as mark:
        mark.write("of other settings\n")
    os.close(folder)
    _, err = run.communicate(timeout=60)
    check(run.returncode == 2 and "'race' holds runs of other settings" in err, f"{run.returncode} {err}")
    check(os.listdir("race") == ["reproduce.txt"] and "of other" in read("race/reproduce.txt"), f"{os.listdir('race')}")


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
    """No file may grow beyond 128 kB: the child's message is shown, finished runs stay; then the rest is done."""
    before = read("whole/results.csv")

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 17, 1 << 17))

    done = subprocess.run([PCIL, "reproduce", "time", *TASK, "--seeds", "1", "--out", "whole"], capture_output=True, text=True, env=environment(),
                          preexec_fn=limit, restore_signals=False)
    check(done.returncode == 1, f"{done.returncode} {done.stderr}")
    check("cifar10-mlp-bp seed 1 failed:" in done.stderr and "finished runs are kept" in done.stderr, done.stderr)
    check("cannot write 'whole/runs/cifar10-mlp-bp-s1/model.safetensors': File too large" in done.stderr, done.stderr)
    check(read("whole/results.csv") == before, "the earlier results were touched")
    pcil("reproduce", "time", *TASK, "--seeds", "1", "--out", "whole", "--jobs", "2")
    check(len(results("whole")) == 8, f"{len(results('whole'))} runs")
    check("seconds, mean" in read("whole/times.md") and "epochs, mean" in read("whole/report.md"), "no table of times")


# A small file system of its own, seen by this script alone; "$@" is the command. It fills up between the runs.
FILLING = """
mount -t tmpfs -o size=2m none disk || exit 9
head -c 1100000 /dev/zero > disk/ballast
"$@" 2> messages; echo $? > code
(cd disk/out/runs && for run in *; do [ ! -e $run/finished ] || echo $run $(stat -c %Y.%i $run/metrics.jsonl); done) > kept
rm disk/ballast
mount -o remount,size=20m disk
"$@" && cp -r disk/out freed || exit 8
(cd freed/runs && ls) > all
while read run mark; do [ "$(stat -c %Y.%i disk/out/runs/$run/metrics.jsonl)" = "$mark" ] || exit 7; done < kept
"""


def full_disk():
    if subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode != 0:
        print("no file system of one's own may be mounted here: the full disk was left out")
        return
    os.mkdir("disk")
    command = [PCIL, "reproduce", "fig2", *TASK, "--out", "disk/out"]
    done = subprocess.run(["unshare", "-rm", "sh", "-c", FILLING, "sh", *command], capture_output=True, text=True, env=environment())
    check(done.returncode == 0, f"{done.returncode} {done.stdout} {done.stderr}")
    check(read("code") == "1\n", read("messages"))
    check("No space left on device" in read("messages") and "finished runs are kept" in read("messages"), read("messages"))
    check(0 < len(read("kept").split()) // 2 < 6 and len(read("all").split()) == 6, f"{read('kept')} {read('all')}")
    compare("whole", "freed")


def diverged():
    """A rate far too high: the others complete, report and exit code tell, and it is not tried again."""
    task = ["table2", *TASK, "--set", "learning_rate=1e6", "--out", "diverged", "--json"]
    done = pcil("reproduce", *task, exit_code=3)
    told = {group["recipe"]: group for group in json.loads(done.stdout)["groups"]}
    rows = {(row["algorithm"], row["seed"]): row for row in results("diverged") if row["network"] == "mlp"}
    check(rows["bp", "1"]["status"] == "diverged" and not rows["bp", "1"]["best_accuracy"], f"{rows}")
    check(rows["seqil-mq", "2"]["status"] == "done" and rows["seqil-mq", "2"]["best_accuracy"], f"{rows}")
    check(told["cifar10-mlp-bp"]["diverged"] == 2 and told["cifar10-mlp-bp"]["accuracy"]["mean"] is None, done.stdout)
    mean = sum(float(rows["seqil-mq", seed]["best_accuracy"]) for seed in "12") / 2
    check(math.isclose(told["cifar10-mlp-seqil-mq"]["accuracy"]["mean"], mean, rel_tol=1e-8), f"{mean} {done.stdout}")
    report = read("diverged/report.md")
    check("- `cifar10-mlp-bp` seed 1: `epoch 1, " in report and "| bp | - (2 of 2 diverged) |" in report, report)
    check("runs diverged; the report names them" in done.stderr, done.stderr)
    again = pcil("reproduce", *task, exit_code=3)
    check("[" not in again.stderr and read("diverged/report.md") == report, again.stdout)


def measured():
    """Figure 1 and the delay: a number for every iteration; errors come a node further with each simultaneous one."""
    pcil("reproduce", "fig1", *TASK, "--seeds", "1", "--out", "measured")
    pcil("reproduce", "error-delay", *TASK, "--seeds", "1", "--out", "measured")
    with open("measured/measures.csv") as file:
        rows = list(csv.DictReader(file))
    check(len(rows) == 2 * 2 * 9 * 3 and {row["steps"] for row in rows} == {"0", "2"}, f"{len(rows)} rows")
    here = {(row["group"], row["t"], row["beta_or_node"]): float(row["value"]) for row in rows if row["steps"] == "2"}
    for t in range(9):
        for node in range(1, 4):
            value = here["cifar10-mlp4-simil-adam-delay", str(t), str(node)]
            check((value > 0) == (t >= 3 - node), f"node {node} after {t}: {value}")
            check((here["cifar10-mlp4-seqil-adam-delay", str(t), str(node)] > 0) == (t > 0 or node == 3), f"node {node} after {t}")
    check("| cifar10 | simil-adam | 2 | 2, 1, 0 |" in read("measured/report.md"), read("measured/report.md"))
    pcil("reproduce", "fig1", *TASK, "--seeds", "1", "--out", "measured")
    with open("measured/measures.csv") as file:
        rows = list(csv.DictReader(file))
    check(len(rows) == 2 * 5 * (2 * 6 + 2 * 21) and all(float(row["value"]) > 0 for row in rows), f"{len(rows)} rows")
    check("| cifar10 | simil-mq | 2 | 100 |" in read("measured/report.md"), read("measured/report.md"))
    config = read("measured/runs/cifar10-mlp4-simil-fig1-s1/config.json")
    check('"steps": 1000' in config and '"iterations": 20' in config and '"learning_rate": 0.1' in config, config)


def strict():
    pcil("reproduce", "fig2", *TASK[:-2], "--seeds", "1", "--out", "strict", "--preset", "strict")
    for row in results("strict"):
        check(0 <= float(row["held_out_accuracy"]) <= 1 and row["held_out_loss"], f"{row}")
    report = read("strict/report.md")
    check("Preset strict" in report and '"validation": 0.1' in report and '"rate_decay": "none"' in report, report)
    check('"validation": 0.0,' in read("whole/report.md") or '"validation": 0,' in read("whole/report.md"), "the paper's preset holds data out")


def test():
    killed()
    gone_on()
    full_disk()
    cut_marks()
    stopped()
    signalled()
    overtaken()
    refused()
    full()
    diverged()
    measured()
    strict()


in_empty_folder(test)

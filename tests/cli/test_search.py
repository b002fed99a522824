"""
Searches: the best is the best of the table, a table cut anywhere is completed to the same bytes, halving drops halves.

usage: test_search.py PCIL
"""

import csv
import glob
import json
import os
import resource
import shutil
import signal
import subprocess
import time

from run import PCIL, TINY, check, environment, in_empty_folder, pcil, read

TASK = [*TINY[:4], *TINY[8:], "--epochs", "4", "--limit-train", "128"]
GRID = [*TASK, "--vary", "learning_rate=1e-4:1e-2:3", "--vary", "batch=16,32", "--seeds", "2"]


def rows(path):
    lines = read(path).splitlines()
    check(lines[0].startswith("# pcil search"), lines[0])
    return list(csv.DictReader(lines[1:]))


def rows_of(path):
    """The whole rows of a table at work."""
    return [line for line in read(path).splitlines(keepends=True)[2:] if line.endswith("\n")]


def whole_grid():
    done = pcil("search", *GRID, "--table", "grid.csv")
    table = rows("grid.csv")
    check(len(table) == 12, f"{len(table)} rows")
    means = {}
    for row in table:
        key = (row["learning_rate"], row["batch"])
        means.setdefault(key, []).append((float(row["accuracy"]), -float(row["loss"])))
    best = max(means, key=lambda key: tuple(sum(column) for column in zip(*means[key])))
    check(f"best: learning_rate={best[0]} batch={best[1]} " in done.stdout, f"{best} {done.stdout}")
    check([row["learning_rate"] for row in table[::4]] == ["0.0001", "0.001", "0.01"], f"{table}")


def resumed():
    """A table that ends in the middle of a row, after a row, or in its head."""
    whole = read("grid.csv")
    first = pcil("search", *GRID, "--table", "grid.csv").stdout
    check(read("grid.csv") == whole, "a finished table was changed")
    lines = whole.splitlines(keepends=True)
    for kept in ("".join(lines[:5]), "".join(lines[:7]) + lines[7][:9], "".join(lines[:2]), ""):
        with open("grid2.csv", "w") as file:
            file.write(kept)
        done = pcil("search", *GRID, "--table", "grid2.csv")
        check(read("grid2.csv") == whole, "the resumed table differs")
        check(done.stdout.replace("grid2", "grid") == first, "the resumed report differs")


def start(table, *more):
    return subprocess.Popen([PCIL, "search", *GRID, *more, "--table", table], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                            env=environment())


def killed():
    """A trial that was killed behind a checkpoint goes on from one: the newest is damaged, so that this is told."""
    often = ["--set", "checkpoint_iterations=1"]
    pcil("search", *GRID, *often, "--table", "unbroken.csv")
    run = start("broken.csv", *often)
    while not glob.glob("broken.csv.*/checkpoint.safetensors") or not glob.glob("broken.csv.*/checkpoint.safetensors.previous"):
        check(run.poll() is None, f"it ended by itself: {run.returncode}")
        run.send_signal(signal.SIGCONT)
        time.sleep(0.001)
        run.send_signal(signal.SIGSTOP)
    done = pcil("search", *GRID, *often, "--table", "broken.csv", exit_code=1)
    check("another search works on 'broken.csv'" in done.stderr, done.stderr)
    run.kill()
    run.communicate()
    (newest,) = glob.glob("broken.csv.*/checkpoint.safetensors")
    os.truncate(newest, 100)
    done = pcil("search", *GRID, *often, "--table", "broken.csv")
    check("The checkpoint before it is used" in done.stderr, done.stderr)
    check(read("broken.csv") == read("unbroken.csv").replace("unbroken", "broken"), "the table differs")
    check(not glob.glob("*.csv.*"), f"left over: {glob.glob('*.csv.*')}")


def left_over():
    """The folder of a trial that is in the table; one of another search; one that holds something else."""
    def leave(trial, mark):
        os.mkdir(f"grid.csv.{trial}")
        with open(f"grid.csv.{trial}/begun", "w") as file:
            file.write(mark)

    leave("point1-epochs4-seed2", "")
    for name in ("model.safetensors.4711-0.tmp", "checkpoint.safetensors.previous", "reconstructions-1.5.png", "traces.png", "finished.4711-2.new"):
        open(f"grid.csv.point1-epochs4-seed2/{name}", "w").close()
    pcil("search", *GRID, "--table", "grid.csv")
    check(not glob.glob("grid.csv.*"), "a finished trial's folder is left")
    lines = read("grid.csv").splitlines(keepends=True)
    with open("grid.csv", "w") as file:
        file.write("".join(lines[:-1]))
    leave("point5-epochs4-seed2", "pcil search of something else")
    with open("grid.csv.point5-epochs4-seed2/config.json", "w") as file, open("grid.csv.point5-epochs4-seed2/checkpoint.safetensors", "w"):
        file.write("{}")
    pcil("search", *GRID, "--table", "grid.csv")
    check(read("grid.csv") == "".join(lines) and not glob.glob("grid.csv.*"), "another search's trial was gone on with")
    with open("grid.csv", "w") as file:
        file.write("".join(lines[:-1]))
    os.mkdir("grid.csv.point5-epochs4-seed2")
    open("grid.csv.point5-epochs4-seed2/notes", "w").close()
    done = pcil("search", *GRID, "--table", "grid.csv", exit_code=1)
    check("'grid.csv.point5-epochs4-seed2' holds something else" in done.stderr, done.stderr)
    # Whose mark cannot be read: nothing of it is removed.
    os.mkdir("grid.csv.point5-epochs4-seed2/begun")
    open("grid.csv.point5-epochs4-seed2/checkpoint.safetensors", "w").close()
    done = pcil("search", *GRID, "--table", "grid.csv", exit_code=1)
    check("'grid.csv.point5-epochs4-seed2/begun' is a folder, not a file" in done.stderr, done.stderr)
    check(os.path.exists("grid.csv.point5-epochs4-seed2/checkpoint.safetensors"), "the checkpoint is gone")
    shutil.rmtree("grid.csv.point5-epochs4-seed2")


def not_its_own():
    """What stands in a trial's place and is no run of the command's is left as it is, whether the trial is in the table or not."""
    pcil("search", *GRID, "--table", "grid.csv")
    lines = read("grid.csv").splitlines(keepends=True)
    folder = "grid.csv.point5-epochs4-seed2"
    pcil("train", *TASK, "--out", "mine")
    kept = sorted(os.listdir("mine"))
    for part in (lines, lines[:-1]):
        def refused(words):
            with open("grid.csv", "w") as file:
                file.write("".join(part))
            done = pcil("search", *GRID, "--table", "grid.csv", exit_code=1)
            check(f"'{folder}'" in done.stderr and words in done.stderr, done.stderr)

        for mark in (False, True):
            if mark:
                open("mine/begun", "w").close()
            os.symlink("mine", folder)
            refused("as a run's folder" if part is lines else "is a link, where a run is to have its folder")
            os.remove(folder)
        os.remove("mine/begun")
        os.rename("mine", folder)
        refused("holds something else than a run of this command")
        os.rename(folder, "mine")
        check(sorted(os.listdir("mine")) == kept, f"{os.listdir('mine')} are left of {kept}")
        os.mkdir(folder)
        for name in ("begun", "model.safetensors.mine", "finished.notes", "reconstructions-of-me.png"):
            open(f"{folder}/{name}", "w").close()
        refused("holds something else than a run of this command")
        check(len(os.listdir(folder)) == 4, f"{os.listdir(folder)}")
        shutil.rmtree(folder)
    with open("grid.csv", "w") as file:
        file.write("".join(lines))


def foreign_tables():
    done = pcil("search", *GRID, "--halving", "--table", "grid.csv", exit_code=2)
    check("'grid.csv' is the table of another search" in done.stderr, done.stderr)
    with open("notes.txt", "w") as file:
        file.write("notes\n")
    done = pcil("search", *GRID, "--table", "notes.txt", exit_code=2)
    check("or no table" in done.stderr and read("notes.txt") == "notes\n", done.stderr)
    with open("bad.csv", "w") as file:
        file.write("".join(read("grid.csv").splitlines(keepends=True)[:3]) + "4,1,7,16,done,1,1,1\n")
    done = pcil("search", *GRID, "--table", "bad.csv", exit_code=1)
    check("'bad.csv' line 4 is not a row of this search" in done.stderr, done.stderr)
    os.mkfifo("pipe")
    os.symlink("pipe", "link")
    for path in ("pipe", "link", "/dev/full"):
        done = pcil("search", *GRID, "--table", path, exit_code=1)
        check(f"'{path}' is not a regular file" in done.stderr, done.stderr)


def config_changed():
    """A search is known by what its file of settings says: neither by the file's name, nor by where its data lie."""
    pcil("train", *TASK, "--out", "settled")
    config = json.loads(read("settled/config.json"))

    def search(exit_code=0, **changes):
        with open("own.json", "w") as file:
            json.dump({**config, **changes}, file)
        return pcil("search", "--config", "own.json", "--epochs", "1", "--vary", "batch=16,32", "--table", "own.csv", exit_code=exit_code)

    first = search().stdout
    shutil.copytree("set", "moved")
    check(search(data="moved").stdout == first, "the settings are the same")
    check(search(epochs=7, seed=3).stdout == first, "the search has its own")
    done = search(learning_rate=0.5, exit_code=2)
    check("'own.csv' is the table of another search" in done.stderr, done.stderr)


def config_changed_at_work():
    """What is changed while the search is at work does not become a row of it."""
    pcil("train", *TASK, "--out", "working")
    shutil.copy("working/config.json", "work.json")
    task = ["search", "--config", "work.json", "--epochs", "2", "--vary", "batch=4,5,6,7,8", "--table", "work.csv"]
    run = subprocess.Popen([PCIL, *task], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment())
    while not os.path.exists("work.csv") or len(rows_of("work.csv")) < 1:
        check(run.poll() is None, f"it ended by itself: {run.returncode}")
        time.sleep(0.001)
    run.send_signal(signal.SIGSTOP)
    done = len(rows_of("work.csv"))
    with open("work.json", "w") as file:
        json.dump({**json.loads(read("working/config.json")), "learning_rate": 0.5}, file)
    run.send_signal(signal.SIGCONT)
    _, err = run.communicate(timeout=60)
    check(run.returncode == 1 and "'work.json' was changed while the search was at work" in err, f"{run.returncode} {err}")
    check(len(rows_of("work.csv")) <= done + 1, "trials of other settings are in the table")
    shutil.copy("working/config.json", "work.json")
    pcil(*task)
    pcil(*[word.replace("work.csv", "quiet.csv") for word in task])
    check(read("work.csv") == read("quiet.csv"), "the table differs")


def wrong_rows():
    head = "".join(read("grid.csv").splitlines(keepends=True)[:3])
    for row, problem in (("4,1,0.0001,16,done,1,1", "expected 8 cells"), ("4,1,0.0001,16,done,1,1,1,1", "expected 8 cells"),
                         ("0,1,0.0001,16,done,1,1,1", "its epochs is '0', expected a whole number from 1"),
                         ("4294967297,1,0.0001,16,done,1,1,1", "its epochs is '4294967297'"), (" 4,1,0.0001,16,done,1,1,1", "its epochs is ' 4'"),
                         ("4,99999999999999999999,0.0001,16,done,1,1,1", "its seed is '99999999999999999999'"),
                         ("4,-1,0.0001,16,done,1,1,1", "its seed is '-1'"), ("4,,0.0001,16,done,1,1,1", "its seed is ''"),
                         ("4,1,0.0001,16,whatever,1,1,1", "its status is 'whatever', expected done or diverged"),
                         ("4,1,0.0001,16,done,7e5junk,1,1", "its accuracy is '7e5junk', expected a number from 0 to 1"),
                         ("4,1,0.0001,16,done,1.5,1,1", "its accuracy is '1.5'"), ("4,1,0.0001,16,done,1,0x10,1", "its loss is '0x10'"),
                         ("4,1,0.0001,16,done,1,inf,1", "its loss is 'inf'"), ("4,1,0.0001,16,done,1,1e999,1", "its loss is '1e999'"),
                         ("4,1,0.0001,16,done,1,1,-3", "its best_epoch is '-3'"), ("4,1,0.0001,16,done,1,1,5", "its best_epoch is '5', expected a whole number, at most its epochs"),
                         ("4,2,0.0001,16,done,1,,1", "its loss is '', expected a number"), ("4,2,0.0001,16,diverged,1,,0", "its accuracy is '1', expected nothing"),
                         ("4,2,0.0001,16,diverged,,1,0", "its loss is '1', expected nothing"), ("4,1,0.0001,16,done,1,1,1", "line 3 is of the same trial"),
                         ("4,1,0.0001,16,done,1,1,1\r", "its best_epoch is '1\\x0d'")):
        with open("bad.csv", "w", newline="") as file:
            file.write(head + row + "\n")
        done = pcil("search", *GRID, "--table", "bad.csv", exit_code=1)
        check("'bad.csv' line 4 is not a row of this search: " in done.stderr and problem in done.stderr, f"{row}: {done.stderr}")
    # A zero byte within a row, or before one: nothing behind it is lost.
    for place in (len(head) - 3, len(head)):
        whole = head[:place].encode() + b"\0" + head[place:].encode() + head.splitlines(keepends=True)[2].encode()
        with open("bad.csv", "wb") as file:
            file.write(whole)
        done = pcil("search", *GRID, "--table", "bad.csv", exit_code=1)
        check(f"'bad.csv' is no text: byte {place} is zero" in done.stderr and read("bad.csv", "rb") == whole, done.stderr)


def halving():
    done = pcil("search", *GRID, "--halving", "--table", "half.csv")
    epochs = [int(row["epochs"]) for row in rows("half.csv")]
    check([epochs.count(n) for n in (1, 2, 4)] == [12, 6, 4], f"{epochs}")
    check("best: learning_rate=" in done.stdout, done.stdout)


def diverging():
    wild = [*TASK, "--set", "optimizer=sgd", "--set", "inference=backprop", "--set", "batch=4",
            "--set", "network=3x32x32; dense 16; identity, dense 16; identity, dense 10; softmax", "--vary"]
    done = pcil("search", *wild, "learning_rate=1e-3,1000000", "--table", "wild.csv")
    check([row["status"] for row in rows("wild.csv")] == ["done", "diverged"], done.stdout)
    check("best: learning_rate=1e-3 " in done.stdout and "diverged" in done.stdout, done.stdout)
    for more in ([], ["--json"]):
        done = pcil("search", *wild, "learning_rate=1000000", "--table", "wilder.csv", *more, exit_code=3)
        check("every setting that was tried to the end diverged" in done.stderr, done.stderr)
    check(json.loads(done.stdout)["points"][0]["diverged"], done.stdout)
    # A value that does not fit is told before the first trial is run.
    done = pcil("search", *TASK, "--vary", "learning_rate=1e-3,1e-4", "--vary", "batch=16,1000000", "--table", "unfit.csv", exit_code=2)
    check("batch=1000000 is more than the" in done.stderr and not os.path.exists("unfit.csv"), done.stderr)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    check(most < 4 << 20, f"{most} KiB were taken for a batch that is refused")


def locks():
    """That a file system has no locks is not told as another process's work, here or by reproduce."""
    if not shutil.which("strace"):
        return
    for command, name in ((["search", *GRID, "--table", "grid.csv"], "grid.csv"), (["reproduce", "fig2", "--dataset", "cifar10", "--data", "set", "--seeds", "1", "--out", "rep"], "rep")):
        unlocked = ["strace", "-o", "/dev/null", "-e", "inject=flock:error=ENOLCK", PCIL, *command]
        done = subprocess.run(unlocked, capture_output=True, text=True, timeout=120, env={**environment(), "ASAN_OPTIONS": "detect_leaks=0"})
        if "ptrace" in done.stderr:
            return  # tracing is not permitted here
        check(done.returncode == 1 and f"cannot lock '{name}': No locks available" in done.stderr, done.stderr)


def read_only():
    """A table that no row can be added to is told before a trial is run, and read all the same where none is left to run."""
    whole = read("grid.csv")
    as_nobody = {"user": 65534, "group": 65534} if os.geteuid() == 0 else {}
    os.chmod(".", 0o777)
    try:
        subprocess.run([PCIL, "--version"], check=True, capture_output=True, **as_nobody)
        os.access(".", os.X_OK)
    except (OSError, subprocess.SubprocessError):
        return  # this build or folder is not for others to use
    os.chmod("grid.csv", 0o444)
    pcil("search", *GRID, "--table", "grid.csv", **as_nobody)
    with open("cut.csv", "w") as file:
        file.write("".join(whole.splitlines(keepends=True)[:-1]))
    os.chmod("cut.csv", 0o444)
    done = pcil("search", *GRID, "--table", "cut.csv", exit_code=1, **as_nobody)
    check("cannot write 'cut.csv': Permission denied" in done.stderr and not glob.glob("cut.csv.*"), done.stderr)


def test():
    whole_grid()
    resumed()
    killed()
    left_over()
    not_its_own()
    foreign_tables()
    config_changed()
    config_changed_at_work()
    wrong_rows()
    halving()
    diverging()
    locks()
    read_only()


in_empty_folder(test)

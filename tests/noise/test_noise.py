#!/usr/bin/env python3
"""noise: a row before training and one per epoch; little noise in carried errors, much in recomputed ones."""
import csv
import os
import subprocess
import sys
import tempfile

program = sys.argv[1]


def train(folder, error):
    table = os.path.join(folder, error + ".csv")
    subprocess.run(
        [program, table, "recipe=digits-conv-seqil-adam", "error=" + error, "seed=3", "epochs=2", "limit_train=128",
         "limit_test=50"],
        check=True)
    with open(table, newline="") as file:
        return list(csv.DictReader(file))


def tabulate(names):
    table = os.path.join(os.path.dirname(os.path.abspath(__file__)), "table.py")
    return subprocess.run([sys.executable, "-B", table, *names], check=True, capture_output=True, text=True).stdout


def write(folder, name, error, accuracy):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(f"recipe,error,seed,epoch,test_accuracy,noise_0\nr,{error},1,0,nan,1e-7\nr,{error},1,1,{accuracy},3e-7\n")
    return path


with tempfile.TemporaryDirectory() as folder:
    carried, recomputed = train(folder, "carried"), train(folder, "recomputed")
    # Equal spreads and two seeds: Student's t with two degrees of freedom, 1 - 3 / sqrt(11) = .0955.
    known = tabulate([write(folder, "a", "carried", 0), write(folder, "b", "carried", 2 ** .5), write(folder, "c", "recomputed", 3),
                      write(folder, "d", "recomputed", 3 + 2 ** .5)])

for rows, error in (carried, "carried"), (recomputed, "recomputed"):
    assert [row["epoch"] for row in rows] == ["0", "1", "2"], rows
    assert all((row["recipe"], row["error"], row["seed"]) == ("digits-conv-seqil-adam", error, "3") for row in rows)
    assert rows[0]["test_accuracy"] == "nan" and all(0 <= float(row["test_accuracy"]) <= 1 for row in rows[1:])
assert all(0 < float(row["noise_%d" % block]) < 1e-4 for row in carried for block in range(4)), carried
assert all(float(row["noise_0"]) > 1e-3 for row in recomputed), recomputed
assert "| `r` | 1 | 2, 2 | the last epoch | 0.7071 ± 1.0000 | 3.7071 ± 1.0000 | 0.10 |" in known, known
assert "| `r` | carried | 1.0e-07, 3.0e-07 |" in known, known

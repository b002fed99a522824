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


with tempfile.TemporaryDirectory() as folder:
    carried, recomputed = train(folder, "carried"), train(folder, "recomputed")

for rows, error in (carried, "carried"), (recomputed, "recomputed"):
    assert [row["epoch"] for row in rows] == ["0", "1", "2"], rows
    assert all((row["recipe"], row["error"], row["seed"]) == ("digits-conv-seqil-adam", error, "3") for row in rows)
    assert rows[0]["test_accuracy"] == "nan" and all(0 <= float(row["test_accuracy"]) <= 1 for row in rows[1:])
assert all(0 < float(row["noise_%d" % block]) < 1e-4 for row in carried for block in range(4)), carried
assert all(float(row["noise_0"]) > 1e-3 for row in recomputed), recomputed

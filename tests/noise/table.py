#!/usr/bin/env python3
"""
Sets the tables of noise side by side: test accuracy of the last and of the best epoch with carried and with recomputed
errors, mean and deviation over seeds, Welch's two-sided t-test, and block 0's noise over the epochs. Markdown.

usage: table.py FILE.csv...
"""

import csv
import math
import statistics
import sys


def welch(a, b):
    """The p-value of equal means: the tails of Student's t, integrated over the angle."""
    if min(len(a), len(b)) < 2:
        return math.nan
    u, v = statistics.variance(a) / len(a), statistics.variance(b) / len(b)
    if u + v == 0:
        return 1.0 if statistics.mean(a) == statistics.mean(b) else 0.0
    freedom = (u + v) ** 2 / (u * u / (len(a) - 1) + v * v / (len(b) - 1))
    t = abs(statistics.mean(a) - statistics.mean(b)) / math.sqrt(u + v)
    steps, first = 20000, math.atan(t / math.sqrt(freedom))
    width = (math.pi / 2 - first) / steps
    tail = sum(math.cos(first + (i + 0.5) * width) ** (freedom - 1) for i in range(steps)) * width
    whole = math.sqrt(math.pi) * math.exp(math.lgamma(freedom / 2) - math.lgamma((freedom + 1) / 2))
    return 2 * tail / whole


def spread(values):
    return f"{statistics.mean(values):.4f}" + (f" ± {statistics.stdev(values):.4f}" if len(values) > 1 else "")


runs = {}
for name in sys.argv[1:]:
    with open(name, newline="") as file:
        rows = list(csv.DictReader(file))
    if len(rows) < 2:
        sys.exit(f"table.py: {name} has no epoch yet")
    runs.setdefault(rows[0]["recipe"], {}).setdefault(rows[0]["error"], []).append(rows)

print("| recipe | epochs | seeds | accuracy of | carried | recomputed | p |\n|---|---|---|---|---|---|---|")
for recipe, kinds in runs.items():
    for what, choose in ("the last epoch", lambda scores: scores[-1]), ("the best epoch", max):
        sides = [[choose([float(row["test_accuracy"]) for row in rows[1:]]) for rows in kinds.get(error, [])] for error in ("carried", "recomputed")]
        if not all(sides):
            continue
        epochs = {len(rows) - 1 for some in kinds.values() for rows in some}
        print(f"| `{recipe}` | {'–'.join(str(e) for e in sorted(epochs))} | {', '.join(str(len(side)) for side in sides)} | {what} | "
              f"{spread(sides[0])} | {spread(sides[1])} | {welch(*sides):.2f} |")

print("\n| recipe | errors | block 0's noise before training and after each epoch, mean over seeds |\n|---|---|---|")
for recipe, kinds in runs.items():
    for error, some in kinds.items():
        means = [statistics.mean(float(rows[i]["noise_0"]) for rows in some) for i in range(min(len(rows) for rows in some))]
        print(f"| `{recipe}` | {error} | {', '.join(f'{mean:.1e}' for mean in means)} |")

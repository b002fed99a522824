"""
Time of a training step against the time of its products, as T, depth, width and batch grow: `pcil bench` for each, a line
through the origin of the products' times, and a plot of each.

usage: OPENBLAS_NUM_THREADS=1 python3 tests/bench/scaling.py PCIL SWEEP [--backend blas] [--repetitions N] [--out docs/images]

SWEEP is iterations, depth, width or batch. Prints a table and draws scaling-SWEEP.png by gnuplot. The products alone are the
BLAS's: a step's are those with backend blas, the default here; the library's own kernels need less time the smaller the batch.
"""

import argparse
import json
import subprocess

INPUTS, CLASSES = "3x32x32", 10


def dense(width, depth):
    return "; ".join([INPUTS, f"dense {width}"] + [f"relu, dense {width}"] * (depth - 1) + [f"relu, dense {CLASSES}", "softmax"])


SWEEPS = {
    "iterations": ("inference iterations T", (1, 2, 4, 8, 16, 32), lambda n: (dense(1024, 3), 64, n)),
    "depth": ("hidden layers of 512", (2, 4, 8, 16, 32), lambda n: (dense(512, n), 64, 3)),
    "width": ("units of each of 2 hidden layers", (256, 512, 1024, 2048, 4096), lambda n: (dense(n, 2), 64, 3)),
    "batch": ("samples in a batch", (1, 4, 16, 64, 256, 1024), lambda n: (dense(512, 3), n, 3)),
}


def measure(pcil, network, batch, iterations, backend, repetitions):
    command = [pcil, "bench", "--network", network, "--batch", str(batch), "--iterations", str(iterations), "--inference",
               "sequential", "--optimizer", "mq", "--set", f"backend={backend}", "--repetitions", str(repetitions), "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def slope(rows):
    """Of the line through the origin whose largest relative error is least: step = slope * products."""
    ratios = [row["step_ms"] / row["products_ms"] for row in rows]
    return (min(ratios) + max(ratios)) / 2


def plot(path, title, rows, line):
    points = "\n".join(f"{row['n']} {row['step_ms']} {line * row['products_ms']}" for row in rows)
    script = f"""
set terminal pngcairo size 560,380
set output '{path}'
set logscale xy
set grid
set key left top spacing 1.2
set format y '%g'
set format x '%g'
set xlabel '{title}'
set ylabel 'milliseconds a step'
$data << EOD
{points}
EOD
plot $data using 1:2 with points pointtype 7 title 'step', $data using 1:3 with lines title '{line:.3f} x its products alone'
"""
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pcil")
    parser.add_argument("sweep", choices=SWEEPS)
    parser.add_argument("--backend", default="blas")
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--out", default="docs/images")
    arguments = parser.parse_args()
    title, values, describe = SWEEPS[arguments.sweep]
    rows = []
    for n in values:
        result = measure(arguments.pcil, *describe(n), arguments.backend, arguments.repetitions)
        rows.append({"n": n, "step_ms": result["step_ms"], "products_ms": result["products_ms"]})
    line = slope(rows)
    print(f"{title}, backend {arguments.backend}; step = {line:.3f} x products")
    for row in rows:
        off = row["step_ms"] / (line * row["products_ms"]) - 1
        print(f"{row['n']:6} {row['step_ms']:10.3f} {row['products_ms']:10.3f}  {100 * off:+6.1f} %", flush=True)
    plot(f"{arguments.out}/scaling-{arguments.sweep}.png", title, rows, line)


if __name__ == "__main__":
    main()

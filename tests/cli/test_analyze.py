"""
Analyses of the example, of models, of recipes: numbers that fit together, pictures that are pictures.

usage: test_analyze.py PCIL
"""

import json
import os
import shutil
import struct
import zlib

from run import TINY, built_with, check, environment, in_empty_folder, pcil, read, within

CURVES = ["proximal", "theorem1", "theorem2", "magnitudes", "delay", "energy", "compare"]
SHEETS = ["weights", "activities"]


def picture(path):
    """Decodes a PNG as far as its scanlines; fails if it is not one, or of one colour."""
    data, place, packed, size = read(path, "rb"), 8, b"", None
    check(data[:8] == b"\x89PNG\r\n\x1a\n", f"{path} is no PNG")
    while place < len(data):
        length, kind = struct.unpack(">I4s", data[place:place + 8])
        body = data[place + 8:place + 8 + length]
        check(zlib.crc32(kind + body) == struct.unpack(">I", data[place + 8 + length:place + 12 + length])[0], f"{path}: checksum")
        if kind == b"IHDR":
            size = struct.unpack(">II", body[:8])
        packed += body if kind == b"IDAT" else b""
        place += length + 12
    lines = zlib.decompress(packed)
    check(size and min(size) >= 60, f"{path}: {size}")
    check(len(lines) > size[1] and len(set(lines)) > 3, f"{path} shows nothing")
    return size


def table(*arguments, **more):
    return json.loads(pcil("analyze", *arguments, "--json", **more).stdout)


def csv(path):
    lines = read(path).splitlines()
    return lines[0].split(","), [[float(word) if word else None for word in line.split(",")] for line in lines[1:]]


def subject(name, *arguments):
    """Runs one with a picture; its numbers are in the CSV too."""
    first = table(name, *arguments, "--out", f"{name}.png")
    picture(f"{name}.png")
    columns, rows = csv(f"{name}.csv")
    # names hold commas where a pair is compared
    check(",".join(columns) == ",".join(first["columns"]), f"{name}: {columns}")
    check(len(rows) == len(first["rows"]) > 0, f"{name}: {len(rows)} rows")
    for one, other in zip(rows, first["rows"]):
        check(all(v is o is None or abs(v - o) <= 1e-6 * abs(o) for v, o in zip(one, other)), f"{name}: {one} {other}")
    for ending in ("png", "csv"):
        os.remove(f"{name}.{ending}")
    return first


def explained(*arguments):
    """theorem2 where its assumption does not hold: exit code 1, and JSON all the same."""
    done = pcil("analyze", "theorem2", *arguments, "--json", exit_code=1)
    result = json.loads(done.stdout)
    check(result["holds"] is False and result["why"] in done.stderr, f"{result} {done.stderr}")
    return result


def column(result, name):
    return [row[result["columns"].index(name)] for row in result["rows"]]


def drawn():
    """What is there without gnuplot and libpng is asked for alone."""
    return (CURVES if shutil.which("gnuplot") else []) + (SHEETS if built_with("PNG") else [])


def samples(name):
    """Weights are of no sample, activities of one."""
    return [] if name in SHEETS else ["--samples", "2"]


def example():
    for name in drawn():
        quick = ["--iterations", "50"] if name == "theorem1" else []
        result = subject(name, *quick)
        if name in ("magnitudes", "compare"):
            check(result == table(name), f"{name} is not the same twice")
        if name == "theorem2":
            check(abs(result["slope_second_order"] - 2) < 0.15, f"{result}")
            check(abs(result["slope_first_order"] - 1) < 0.15, f"{result}")


def example_shows():
    """What the paper's figures show is to be seen in the built-in example too, by no small part."""
    result = table("proximal")
    for beta in ("0.01", "0.1", "1", "10", "100"):
        losses = column(result, f"beta {beta}")
        check(losses[-1] < 0.8 * losses[0] and losses[1] < losses[0], f"beta {beta}: {losses}")
    for row in result["rows"]:
        check(abs(row[1] - row[6] - row[7] / 0.02) < 1e-6 * row[1], f"loss and distance do not make the proximal loss: {row}")
    F = column(table("energy"), "F")
    check(F == sorted(F, reverse=True) and F[-1] < 0.7 * F[0], f"{F}")


def auto():
    """Analyses over t = 0 ... T take of iterations=auto as many as it makes."""
    untrained = ["--train", "0", "--samples", "40"]
    for name in ["proximal", "magnitudes", "delay", "energy"]:
        followed = table(name, *untrained, "--set", "iterations=auto", "--set", "auto_most=9", "--set", "auto_tolerance=0.3")
        taken = followed["iterations_of_auto"]
        check(2 <= taken <= 9, f"{name}: {followed}")
        check(followed["rows"] == table(name, *untrained, "--iterations", str(taken))["rows"], f"{name}: as many by number are others")
    rows = table("activities", "--iterations", "auto")["rows"]
    check(max(row[1] for row in rows) >= 2, "activities stand still")
    check(table("compare", "--iterations", "auto")["iterations"] >= 2, "compare")
    check("theorem 1 needs inference that has come to rest: --iterations is a number" in pcil("analyze", "theorem1", "--iterations", "auto", exit_code=2).stderr, "theorem1")
    check(table("theorem2", "--iterations", "auto")["holds"] is True, "theorem2 has no iterations")
    pcil("train", *TINY, "--set", "iterations=auto", "--set", "auto_most=5", "--out", "auto", "--measure", "proximal")
    check(len(json.loads(read("auto/measures.json"))["after"]["rows"]) >= 3, "train --measure")
    check(len(table("energy", "auto/best.safetensors", "--samples", "2")["rows"]) >= 3, "a model trained with auto")


def reasons():
    """Why theorem 2 does not hold is told apart."""
    check(explained("--beta", "1e-13,1e-12")["reason"] == "rounding", "1e-13")
    large = explained("--beta", "1e-3,1e-2")
    check(large["reason"] == "beta" and large["rows"][0][1] is None and 100 < large["lambda_max"] < 120, f"{large}")
    relu = ["--set", "network=3x32x32; dense 8; relu, dense 8; relu, dense 10; softmax"]
    check(explained(*relu)["reason"] == "kinks", "relu")
    check(explained("--set", "network=3x32x32; dense 10; linear")["reason"] == "quadratic", "a linear network")


def nothing_is_nan():
    """What does not exist is a dash, null, empty: here the part of an update that is 0."""
    for more in (["--json"], []):
        out = pcil("analyze", "compare", "--iterations", "0", "--out", "none.png", *more).stdout
        check("nan" not in out.lower(), out)
        check(("null" if more else " -") in out, out)
    check("nan" not in read("none.csv") and ",," in read("none.csv"), read("none.csv"))


def theorem1():
    """Towards the limit the gap closes, and the distance to the proximal step with it."""
    result = table("theorem1", "--beta", "0.1", "--iterations", "1500")
    gaps, distances = column(result, "gap"), column(result, "exact weights")
    check(gaps == sorted(gaps, reverse=True) and gaps[-1] < 1e-2, f"{gaps}")
    check(distances == sorted(distances, reverse=True) and distances[-1] < 1e-2, f"{distances}")
    check(min(column(result, "printed weights")) > 1, "the printed weights are those of beta 1")


def model():
    """A trained model: settings from the config.json beside it, or from a recipe."""
    pcil("train", *TINY, "--out", "run")
    for name in drawn():
        if not name.startswith("theorem"):  # relu has no second derivative at its kinks
            subject(name, "run/best.safetensors", *samples(name))
    own = table("energy", "run/best.safetensors", "--samples", "8")
    shutil.copy("run/best.safetensors", "alone.safetensors")
    bare = table("energy", "alone.safetensors", "--recipe", "cifar10-mlp-seqil-mq", "--data", "set", "--samples", "8")
    check(own["rows"] == bare["rows"], "the recipe's settings are the run's")
    check(own["rows"] != table("energy", "alone.safetensors", "--data", "set", "--samples", "8", "--set", "step_size=1")["rows"], "--set changes nothing")
    check(own["rows"] != table("energy", "run/best.safetensors", "--samples", "8", "--part", "train")["rows"], "--part changes nothing")
    F, parts = column(own, "F"), ("loss", "decay", "node 1", "node 2")
    for total, *terms in zip(F, *(column(own, part) for part in parts)):
        check(abs(total - sum(terms)) < 1e-6 * total, f"{total} {terms}")
    check(F == sorted(F, reverse=True), f"energy grows: {F}")


def no_run():
    """An analysis writes no run, whatever folder a config.json names, and is not kept from its work by one that is there."""
    os.mkdir("strange")
    shutil.copy("run/best.safetensors", "strange")
    for out in ("elsewhere", os.path.abspath("elsewhere"), "run"):
        with open("strange/config.json", "w") as file:
            json.dump({**json.loads(read("run/config.json")), "out": out}, file)
        for more in ([], ["--config", "strange/config.json"]):
            table("energy", "strange/best.safetensors", "--samples", "2", "--train", "2", *more)
        check(not os.path.exists("elsewhere") and sorted(os.listdir("strange")) == ["best.safetensors", "config.json"], "an analysis wrote a run")
    check("--set out=x: this command sets 'out' by itself" in pcil("analyze", "energy", "--set", "out=x", exit_code=2).stderr, "--set out")


def training():
    """--train goes on from where the weights are, and leaves the optimizer's state as training does."""
    untrained = table("magnitudes", *TINY[:4], *TINY[8:], "--samples", "64")
    trained = table("magnitudes", *TINY[:4], *TINY[8:], "--samples", "64", "--train", "6")
    check(untrained["rows"] != trained["rows"], "--train changes nothing")
    losses = [column(table("energy", *TINY[:4], *TINY[8:], "--samples", "64", "--part", "train", "--iterations", "0", "--train", n), "F")[0] for n in ("1", "60")]
    check(losses[1] < losses[0], f"training raises the loss: {losses}")


def many_rows():
    """The most iterations that there are take time by their number, not its square."""
    result = table("delay", "--samples", "1", "--train", "0", "--set", "network=3x32x32; dense 10; softmax", "--iterations", "1000000", **within(60))
    check(len(result["rows"]) == 1000001, "rows are missing")


def others():
    """Convolutions and autoencoders."""
    conv = ["--recipe", "cifar10-conv-seqil", "--data", "set", "--set", "network=3x32x32; conv 6 5x5/4, relu; conv 4 3x3/2, relu; dense 10; softmax"]
    for name in drawn():
        if not name.startswith("theorem"):
            subject(name, *conv, *samples(name))
    if built_with("PNG"):
        check(len(subject("weights", *conv)["rows"]) == 6, "filters")
        check(len(subject("weights", *conv, "--block", "1")["rows"]) == 4, "filters")
        check(len(subject("weights", *conv, "--block", "2", "--units", "3")["rows"]) == 3, "units")
    auto = ["--recipe", "cifar10-autoencoder-seqil", "--data", "set", "--set", "network=3x32x32; dense 8; relu, dense 3072; sigmoid"]
    loss = column(table("proximal", *auto, "--samples", "3", "--beta", "1e30"), "beta 1e+30")
    check(1500 < loss[0] < 2500, f"{loss}: some ln 2 for each of 3072 pixels at first")


def without_gnuplot():
    done = pcil("analyze", "delay", "--out", "bare.png", exit_code=1, env={**environment(), "PATH": "/nowhere"})
    check("gnuplot is not installed, 'bare.png' was not drawn" in done.stderr, done.stderr)
    check(os.path.exists("bare.csv") and not os.path.exists("bare.png"), "the numbers are written all the same")


def test():
    example()
    example_shows()
    auto()
    reasons()
    nothing_is_nan()
    theorem1()
    model()
    no_run()
    training()
    many_rows()
    others()
    without_gnuplot()


in_empty_folder(test)

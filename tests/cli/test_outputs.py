"""
Files that a command writes where its user says: what is there is replaced as a whole, keeps its mode, and is neither a
device nor what is read.

usage: test_outputs.py PCIL
"""

import os
import shutil
import stat

from run import TINY, built_with, check, in_empty_folder, pcil, read

SHEET = ["data", "sheet", "--dataset", "cifar10", "--data", "set", "--count", "2"]
MODEL = "run/model.safetensors"


def writers():
    """Command lines that want the name of a picture, with the files that each writes."""
    found = []
    if built_with("PNG"):
        found += [(SHEET, "--out", (".png",)), (["predict", MODEL, "photo.png"], "--sheet", (".png",)),
                  (["analyze", "weights", MODEL], "--out", (".png", ".csv"))]
    if shutil.which("gnuplot"):
        found += [(["plot", "run"], "--out", (".png",)), (["analyze", "energy", MODEL, "--samples", "2"], "--out", (".png", ".csv"))]
    return found


def clear():
    for name in os.listdir("."):
        if name.startswith("made"):
            os.remove(name)


def refused(command, option, out, problem):
    before = {name: read(name, "rb") for name in (MODEL, "run/metrics.jsonl") + (("photo.png",) if built_with("PNG") else ())}
    done = pcil(*command, option, out, exit_code=2)
    check(problem in done.stderr and not done.stdout, f"{command} {option} {out}: {done.stdout} {done.stderr}")
    for name, content in before.items():
        check(read(name, "rb") == content, f"{command} changed {name}")


def names(command, option):
    """Anything but a picture's name may be that of a model, or of metrics."""
    for name in (MODEL, "run/metrics.jsonl", "made", ""):
        refused(command, option, name, f"{option} is a picture's name that ends in .png, not '{name}'")


def kinds(command, option, endings):
    """A pipe is none to be replaced, nor a folder or a link that leads nowhere; what a link leads to is."""
    for ending in endings:
        os.mkfifo(f"made{ending}")
        refused(command, option, "made.png", f"cannot replace 'made{ending}': it is not a regular file")
        check(stat.S_ISFIFO(os.stat(f"made{ending}").st_mode), "the pipe was replaced")
        clear()
        os.symlink("nothing", f"made{ending}")
        refused(command, option, "made.png", f"'made{ending}' is a link that leads nowhere")
        clear()
    os.mkdir("folder.png")
    refused(command, option, "folder.png", "cannot replace 'folder.png': it is a folder")
    os.rmdir("folder.png")


def links_and_modes(command, option, endings):
    for ending in endings:
        with open(f"made.target{ending}", "w") as file:
            file.write("old")
        os.chmod(f"made.target{ending}", 0o600)
        os.symlink(f"made.target{ending}", f"made{ending}")
    done = pcil(*command, option, "made.png")
    for ending in endings:
        target = f"made.target{ending}"
        check(os.path.islink(f"made{ending}"), f"{command}: the link was replaced: {done.stdout}")
        check(read(target, "rb")[:3] != b"old" and stat.S_IMODE(os.stat(target).st_mode) == 0o600, f"{command}: {target}, {os.stat(target)}")
    clear()


def inputs():
    """What is read is not written."""
    shutil.copy(MODEL, "model.png")
    if built_with("PNG"):
        os.symlink("photo.png", "made.png")
        for out in ("photo.png", "made.png"):
            refused(["predict", MODEL, "photo.png"], "--sheet", out, f"'{out}' is read here: write to another file")
        clear()
        refused(["predict", "model.png", "photo.png"], "--sheet", "model.png", "'model.png' is read here")
    refused(["analyze", "weights", "model.png"], "--out", "model.png", "'model.png' is read here")
    pcil("search", *TINY[:4], *TINY[8:], "--epochs", "1", "--vary", "learning_rate=0.001", "--table", "rates.csv")
    before = read("rates.csv")
    refused(["analyze", "weights"], "--out", "rates.png", "'rates.csv' is the table of a search, and --out rates.png would replace it")
    check(read("rates.csv") == before, "a search's table was replaced")


def own_names():
    """Of a name that the command chooses in a run's folder a link is replaced; what cannot be replaced says why."""
    if not shutil.which("gnuplot"):
        return
    os.remove("run/curves.png")
    os.symlink("../made", "run/curves.png")
    pcil("plot", "run")
    check(not os.path.lexists("made") and not os.path.islink("run/curves.png"), "a picture was written through a link")
    os.remove("run/curves.png")
    os.mkdir("run/curves.png")
    done = pcil("plot", "run", exit_code=1)
    check("cannot write 'run/curves.png': Is a directory" in done.stderr, done.stderr)
    check(not [name for name in os.listdir("run") if name.endswith(".new")], f"{os.listdir('run')}")


def test():
    pcil("train", *TINY, "--epochs", "1", "--out", "run")
    if built_with("PNG"):
        pcil(*SHEET, "--out", "photo.png")
    for command, option, endings in writers():
        names(command, option)
        kinds(command, option, endings)
        links_and_modes(command, option, endings)
    inputs()
    own_names()


in_empty_folder(test)

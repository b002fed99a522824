"""
An autoencoder's run: what its metrics hold, what it draws, what predict and eval say of it.

usage: test_autoencoder.py PCIL
"""

import json
import math
import os

from run import built_with, check, in_empty_folder, metrics, pcil, read

SMALL = ["--recipe", "cifar10-autoencoder-seqil-adam", "--data", "set", "--epochs", "2", "--set", "learning_rate=1e-3",
         "--set", "network=3x32x32; dense 16; relu, dense 3072; sigmoid"]


def train():
    drawn = ["--set", "reconstructions=5"] if built_with("PNG") else []
    pcil("train", *SMALL, *drawn, "--out", "one")
    rows = metrics("one")
    check(len(rows) == 2 and all(row["test_accuracy"] is None and row["test_top5"] is None for row in rows), f"{rows}")
    check(rows[1]["test_loss"] < rows[0]["test_loss"] < math.log(2) + .01, f"no mean over pixels that falls: {rows}")
    for epoch in (1, 2) if drawn else ():
        check(read(f"one/reconstructions-{epoch}.png", "rb")[:4] == b"\x89PNG", f"epoch {epoch} is not drawn")
    score = json.loads(pcil("eval", "one/model.safetensors", "--json").stdout)
    check(score["accuracy"] is None and abs(score["loss"] - rows[1]["test_loss"]) < 1e-5, f"eval {score}")


def predict():
    text = pcil("predict", "one/model.safetensors", "--count", "3").stdout
    check(text.count("mean squared error") == 4 and "of 3 reconstructions" in text, text)
    images = json.loads(pcil("predict", "one/model.safetensors", "--count", "3", "--json").stdout)
    check([image["image"] for image in images] == ["0", "1", "2"], f"{images}")
    check(all(0 < image["mean_squared_error"] < .25 for image in images), f"{images}")
    done = pcil("predict", "one/model.safetensors", "--top", "2", exit_code=2)
    check("an autoencoder" in done.stderr, done.stderr)


def draw():
    """What it draws are pictures, which it can reconstruct too."""
    if not built_with("PNG"):
        return
    pcil("predict", "one/model.safetensors", "--count", "3", "--sheet", "pairs.png")
    check(read("pairs.png", "rb")[:4] == b"\x89PNG", "pairs.png is no PNG")
    text = pcil("predict", "one/model.safetensors", "pairs.png", "one/reconstructions-2.png", "--sheet", "again.png").stdout
    check("pairs.png: mean squared error" in text and os.path.exists("again.png"), text)


def misuse():
    done = pcil("train", *SMALL, "--set", "target=label", "--set", "reconstructions=5", "--out", "two", exit_code=2)
    check("network has 3072 outputs" in done.stderr, done.stderr)
    done = pcil("train", *SMALL, "--set", "reconstructions=65", "--out", "two", exit_code=2)
    check("reconstructions=65 is more than the 64 images" in done.stderr, done.stderr)
    check(not os.path.exists("two"), "a folder is left")


def test():
    train()
    predict()
    draw()
    misuse()


in_empty_folder(test)

"""
A tiny run: what it leaves, that its models are read by the other commands, that a second one has the same bits.

usage: test_train.py PCIL
"""

import json
import os
import shutil
import subprocess

from run import PCIL, QUIET, TINY, built_with, check, in_empty_folder, metrics, pcil, read, without_times

FILES = {"config.json", "metrics.jsonl", "model.safetensors", "best.safetensors", "checkpoint.safetensors", "checkpoint.safetensors.previous"}
KEYS = {"epoch", "iteration", "train_loss", "train_energy", "test_loss", "test_accuracy", "test_top5", "seconds",
        "samples_per_second", "update_magnitude", "v", "rate", "iterations", "signal_to_noise", "cosine", "zero_share",
        "error_magnitude", "energy_prediction", "energy_decay", "energy_loss"}


def check_files(folder):
    found = set(os.listdir(folder))
    expected = FILES | ({"curves.png"} if shutil.which("gnuplot") else set())
    check(found == expected, f"{folder} holds {sorted(found)}, not {sorted(expected)}")
    if "curves.png" in found:
        check(read(f"{folder}/curves.png", "rb")[:8] == b"\x89PNG\r\n\x1a\n", "curves.png is no PNG")


def check_metrics(folder):
    rows = metrics(folder)
    check([row["epoch"] for row in rows] == [1, 2], f"epochs {[row['epoch'] for row in rows]}")
    for row in rows:
        check(KEYS <= set(row), f"metrics lack {KEYS - set(row)}")
        check(0 <= row["test_accuracy"] <= row["test_top5"] <= 1, f"accuracy {row['test_accuracy']}, top5 {row['test_top5']}")
        check(len(row["update_magnitude"]) == 2, "update_magnitude is not per block")
        check(len(row["cosine"]) == len(row["signal_to_noise"]) == 3, "cosine or signal_to_noise is not per block and in all")
        check(len(row["zero_share"]) == 3, "zero_share is not per node")
        for table in ("error_magnitude", "energy_prediction", "energy_decay"):
            check([len(nodes) for nodes in row[table]] == [3] * 4, f"{table} is not per iteration and node")
    check(rows[1]["train_loss"] < rows[0]["train_loss"], "the loss did not fall")
    return rows


def train_twice():
    first = pcil("train", *TINY, "--out", "one", "--seed", "7")
    check("epoch 1/2" in first.stdout and "epoch 2/2" in first.stdout, f"no line per evaluation: {first.stdout}")
    check("best.safetensors" in first.stdout, f"it does not say where things are: {first.stdout}")
    check(first.stderr == QUIET, f"stderr: {first.stderr}")
    pcil("train", *TINY, "--out", "two", "--seed", "7")
    pcil("train", *TINY, "--out", "other", "--seed", "8")
    check_files("one")
    rows = check_metrics("one")
    for name in ("model.safetensors", "best.safetensors"):
        check(read(f"one/{name}", "rb") == read(f"two/{name}", "rb"), f"two runs differ in {name}")
        check(read(f"one/{name}", "rb") != read(f"other/{name}", "rb"), f"another seed gives the same {name}")
    one, two = (without_times(read(f"{folder}/metrics.jsonl")) for folder in ("one", "two"))
    check(one == two, f"two runs differ in metrics.jsonl:\n{one}\n{two}")
    return rows


def rerun_from_config():
    """config.json is complete: a run from it has the same bits."""
    pcil("train", "--config", "one/config.json", "--out", "again")
    check(read("one/model.safetensors", "rb") == read("again/model.safetensors", "rb"), "config.json does not give the same run")


def same_folder_twice():
    before = {name: read(f"one/{name}", "rb") for name in FILES}
    done = pcil("train", *TINY, "--out", "one", "--seed", "8", exit_code=2)
    check("'one/config.json' exists: the folder holds another run; choose a new one, or go on with that run (--resume)" in done.stderr, done.stderr)
    check(before == {name: read(f"one/{name}", "rb") for name in FILES}, "another run's files were changed")


def own_settings():
    """A run that goes on has its own settings: a recipe or a file would bring another number of epochs."""
    before = {name: read(f"one/{name}", "rb") for name in FILES}
    for other, name in (("recipe", "cifar10-mlp-seqil-mq"), ("config", "other/config.json")):
        for arguments in (["--resume", "one", f"--{other}", name], [f"--{other}", name, "--resume", "one", "--epochs", "3"]):
            done = pcil("train", *arguments, exit_code=2)
            check(f"leave out --{other}; --epochs N makes the run longer" in done.stderr, done.stderr)
    check(before == {name: read(f"one/{name}", "rb") for name in FILES}, "the run was gone on with")


def measured_again():
    """What a run was before its first step follows from its checkpoint, whatever became of config.json."""
    pcil("train", *TINY, "--out", "measured", "--measure", "delay")
    pcil("train", *TINY, "--epochs", "3", "--out", "longer", "--measure", "delay")
    config, whole = read("measured/config.json"), read("measured/measures.json")

    def again(*more):
        os.remove("measured/measures.json")
        pcil("train", "--resume", "measured", "--measure", "delay", *more)
        check(read("measured/config.json") == (config.replace('"epochs": 2', '"epochs": 3') if more else config), "config.json was not written anew")
        return read("measured/measures.json")

    os.remove("measured/config.json")
    check(again() == whole, "without config.json it is measured otherwise")
    changed = json.loads(config)
    changed["seed"] += 1
    with open("measured/config.json", "w") as file:
        json.dump(changed, file)
    check(again() == whole, "another seed in config.json is believed")
    check(again("--epochs", "3", "--data", "set") == read("longer/measures.json"), "of a run made longer it is measured otherwise")


def evaluate(rows):
    score = json.loads(pcil("eval", "one/model.safetensors", "--json", "--limit", "64").stdout)
    check(score["dataset"] == "cifar10" and score["samples"] == 64, f"eval: {score}")
    check(abs(score["accuracy"] - rows[1]["test_accuracy"]) < 1e-9, f"eval {score['accuracy']}, trained {rows[1]['test_accuracy']}")
    check(abs(score["loss"] - rows[1]["test_loss"]) < 1e-5, f"eval {score['loss']}, trained {rows[1]['test_loss']}")
    text = pcil("eval", "one/model.safetensors", "--limit", "64").stdout
    check("accuracy" in text and "64 images" in text, text)
    for command in ("eval", "predict"):
        done = pcil(command, "one/model.safetensors", "--dataset", "digits", "--data", "set", exit_code=2)
        check("digits are drawn: leave --data out" in done.stderr, done.stderr)


def forget(path, *keys):
    """Takes entries out of a model file's metadata."""
    whole = read(path, "rb")
    length = int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8:8 + length])
    for key in keys:
        header["__metadata__"].pop(key, None)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + whole[8 + length:])


def alone():
    """A model without config.json beside it tells its data set; one that does not needs --dataset."""
    os.mkdir("alone")
    shutil.copy("one/model.safetensors", "alone")
    score = json.loads(pcil("eval", "alone/model.safetensors", "--data", "set", "--limit", "10", "--json").stdout)
    normalise = json.loads(read("one/config.json"))["normalise"]
    check(score["dataset"] == "cifar10" and score["normalise"] == normalise, f"{score}, trained with {normalise}")
    forget("alone/model.safetensors", "dataset", "recipe", "classes")
    done = pcil("eval", "alone/model.safetensors", exit_code=2)
    check("--dataset" in done.stderr, done.stderr)
    pcil("eval", "alone/model.safetensors", "--dataset", "cifar10", "--data", "set", "--limit", "10")
    done = pcil("eval", "alone/model.safetensors", "--dataset", "cifar", exit_code=2)
    check("known: cifar10" in done.stderr, done.stderr)


def normalised():
    """A run's normalisation comes back from the model alone; --normalise stands over it."""
    for word in ("none", "centre", "standard", "shrink"):
        pcil("train", *TINY, "--epochs", "1", "--set", f"normalise={word}", "--out", word)
        row = metrics(word)[0]
        os.remove(f"{word}/config.json")
        score = json.loads(pcil("eval", f"{word}/model.safetensors", "--data", "set", "--json").stdout)
        check(score["normalise"] == word, f"{score}")
        check(abs(score["loss"] - row["test_loss"]) < 1e-5, f"{word}: eval {score['loss']}, trained {row['test_loss']}")
        images = json.loads(pcil("predict", f"{word}/model.safetensors", "--data", "set", "--count", "64", "--json").stdout)
        right = sum(image["predicted"][0]["class"] == image["label"] for image in images)
        check(right / 64 == row["test_accuracy"], f"{word}: predict {right / 64}, trained {row['test_accuracy']}")
    score = json.loads(pcil("eval", "centre/model.safetensors", "--data", "set", "--limit", "64", "--normalise", "none", "--json").stdout)
    check(score["normalise"] == "none", f"{score}")
    done = pcil("eval", "centre/model.safetensors", "--data", "set", "--normalise", "center", exit_code=2)
    check("centre" in done.stderr, done.stderr)


def predict():
    text = pcil("predict", "one/model.safetensors", "--count", "12").stdout
    check(text.count("label") == 12 and "of 12 right" in text, text)
    images = json.loads(pcil("predict", "one/model.safetensors", "--count", "3", "--top", "10", "--json").stdout)
    check(len(images) == 3, f"{len(images)} images")
    total = sum(row["output"] for row in images[0]["predicted"])
    check(abs(total - 1) < 1e-4, f"probabilities sum to {total}")
    outputs = [row["output"] for row in images[0]["predicted"]]
    check(outputs == sorted(outputs, reverse=True), "not the likeliest first")
    text = pcil("predict", "one/model.safetensors", "missing.png", exit_code=1)
    check("missing.png" in text.stderr and text.stdout == "", text.stderr)


def pictures():
    """What predict draws it can also read."""
    if not built_with("PNG"):
        return
    pcil("predict", "one/model.safetensors", "--count", "12", "--sheet", "seen.png")
    check(read("seen.png", "rb")[:4] == b"\x89PNG", "no contact sheet")
    one = json.loads(pcil("predict", "one/model.safetensors", "seen.png", "--json").stdout)
    check(one[0]["image"] == "seen.png" and len(one[0]["predicted"]) == 3, f"{one}")
    check("label" not in one[0], "a picture has a label")
    done = pcil("predict", "one/model.safetensors", "one/model.safetensors", exit_code=1)
    check("model.safetensors" in done.stderr, done.stderr)


def info_and_plot():
    info = json.loads(pcil("info", "one/model.safetensors", "--json").stdout)
    check(info["network"] == "3x32x32; dense 16; relu, dense 10; softmax", info["network"])
    if not shutil.which("gnuplot"):
        return
    pcil("plot", "one", "other", "--out", "both.png")
    check(read("both.png", "rb")[:4] == b"\x89PNG", "no picture")
    os.remove("one/curves.png")
    pcil("plot", "one")
    check(os.path.exists("one/curves.png"), "plot RUN did not write RUN/curves.png")
    done = pcil("plot", "one", "--out", "nowhere/x.png", exit_code=1)
    check("nowhere" in done.stderr, done.stderr)


def json_result():
    done = pcil("train", *TINY, "--out", "told", "--seed", "7", "--json")
    result = json.loads(done.stdout)
    check(result["status"] == "done" and result["out"] == "told" and result["best_epoch"] in (1, 2), f"{result}")
    check(done.stderr == QUIET, f"--json is not quiet: {done.stderr}")


def autoencoder():
    """A network that learns its input: a loss, no accuracy, no classes."""
    network = "network=3x32x32; dense 8; tanh, dense 3072; sigmoid"
    pcil("train", *TINY, "--epochs", "1", "--set", network, "--set", "normalise=none", "--set", "target=input", "--set", "learning_rate=1e-4", "--out", "auto")
    row = metrics("auto")[0]
    score = json.loads(pcil("eval", "auto/model.safetensors", "--limit", "64", "--json").stdout)
    check(score["accuracy"] is None and abs(score["loss"] - row["test_loss"]) < 1e-5, f"eval {score}, trained {row['test_loss']}")
    check("accuracy" not in pcil("eval", "auto/model.safetensors", "--limit", "64").stdout, "an accuracy of nothing")
    pcil("train", *TINY, "--epochs", "1", "--set", network.replace("sigmoid", "linear"), "--set", "target=input", "--set", "learning_rate=1e-6", "--out", "linear")
    done = pcil("predict", "linear/model.safetensors", exit_code=2)
    check("10 classes" in done.stderr and "3072 outputs" in done.stderr, done.stderr)


def full_disk():
    """What cannot be printed is a failure."""
    with open("/dev/full", "w") as full:
        for command in (["kinds"], ["recipes", "--json"], ["info", "one/model.safetensors", "--json"]):
            done = subprocess.run([PCIL, *command], stdout=full, stderr=subprocess.PIPE, text=True)
            check(done.returncode == 1 and "standard output" in done.stderr, f"{command}: {done.returncode} {done.stderr}")


def test():
    rows = train_twice()
    rerun_from_config()
    same_folder_twice()
    own_settings()
    measured_again()
    evaluate(rows)
    alone()
    normalised()
    predict()
    pictures()
    info_and_plot()
    json_result()
    autoencoder()
    full_disk()


in_empty_folder(test)

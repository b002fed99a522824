"""
A trained model to other formats and back: with --like the same bytes and the same scores, and never a model that is lost
without a word.

usage: test_convert_back.py PCIL
"""

import json
import os
import struct

from run import TINY, check, in_empty_folder, pcil, read

NETWORK = "3x32x32; dense 16; relu, dense 10; softmax"
MODEL = "run/model.safetensors"
TOLD = ["classes", "dataset", "description", "recipe", "scale", "shift"]


def write_plain(path, metadata):
    """A file of one tensor, as other programs write it."""
    header = {"__metadata__": metadata} if metadata else {}
    header |= {"block0.dense.weight": {"dtype": "F32", "shape": [1, 1], "data_offsets": [0, 4]},
               "block0.dense.bias": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + bytes(8))


def metadata_of(path):
    whole = read(path, "rb")
    return json.loads(whole[8 : 8 + struct.unpack("<Q", whole[:8])[0]]).get("__metadata__")


def score(path):
    found = json.loads(pcil("eval", path, "--dataset", "cifar10", "--data", "set", "--json").stdout)
    return found["normalise"], found["loss"], found["accuracy"]


def there_and_back():
    pcil("train", *TINY, "--set", "normalise=centre", "--out", "run")
    known = metadata_of(MODEL)
    check(set(TOLD) <= set(known), f"the run tells {sorted(known)}")
    check(score(MODEL)[0] == "centre", f"{score(MODEL)}")
    for name in ("npz", "safetensors", "torch"):
        told = pcil("convert", MODEL, "out", "--to", name).stderr
        check(told.count("\n") == 1 and "'out' holds weights alone; left out: " in told, told)
        check(all(key in told for key in TOLD) and f"--like '{MODEL}' gives them back" in told, told)
        check("pcil_format" not in told and "data_crc32" not in told, told)
        done = pcil("convert", "out", "back.safetensors", "--from", name, "--like", MODEL)
        check(done.stderr == "", done.stderr)
        check(read("back.safetensors", "rb") == read(MODEL, "rb"), f"{name}: other bytes come back")
        check(score("back.safetensors") == score(MODEL), f"{name}: another score")
        pcil("convert", "out", "bare.safetensors", "--from", name, "--network", NETWORK)
        bare = metadata_of("bare.safetensors")
        check(sorted(bare) == ["data_crc32", "description", "pcil_format", "pcil_version"], f"{bare}")
    check(pcil("convert", MODEL, "copy.safetensors").stderr == "", "a model to a model is told")
    check(read("copy.safetensors", "rb") == read(MODEL, "rb"), "a model's copy is not the same")


def refuse(path, to, *options):
    """Nothing is written: neither the model nor what its name leads to."""
    before = read(MODEL, "rb")
    done = pcil("convert", path, to, *options, exit_code=2)
    check("would lose its metadata" in done.stderr and f"'{to}'" in done.stderr, done.stderr)
    check(read(MODEL, "rb") == before, f"{path} to {to}: the model is lost")


def in_its_place():
    os.symlink("run/model.safetensors", "link")
    os.link(MODEL, "hard")
    for to in (MODEL, "./run/../" + MODEL, "link", "hard"):
        refuse(MODEL, to, "--to", "safetensors")
        refuse("hard", to, "--to", "npz")
        refuse(MODEL, to, "--from", "safetensors", "--network", NETWORK, "--to", "torch")
    pcil("convert", MODEL, "out.npz")
    refuse("out.npz", MODEL, "--like", MODEL, "--to", "torch")
    before = read(MODEL, "rb")
    check(pcil("convert", MODEL, "link").stderr == "" and read(MODEL, "rb") == before, "a model in its own place")
    check(pcil("convert", "out.npz", MODEL, "--like", MODEL).stderr == "" and read(MODEL, "rb") == before, "like itself")
    write_plain("plain", None)
    done = pcil("convert", "plain", "plain", "--from", "safetensors", "--to", "npz", "--network", "1; dense 1")
    check(done.stderr == "" and read("plain", "rb")[:2] == b"PK", "weights alone in their own place")


def other_programs_metadata():
    write_plain("theirs", {"format": "pt"})
    one = ["--from", "safetensors", "--network", "1; dense 1"]
    pcil("convert", "theirs", "ours.safetensors", *one)
    check(metadata_of("ours.safetensors")["format"] == "pt", "another program's metadata do not go into a model")
    told = pcil("convert", "theirs", "theirs.npz", *one).stderr
    check(told == "pcil: 'theirs.npz' holds weights alone; left out: format\n", told)
    write_plain("many", {f"key{i}" + "x" * 200: "" for i in range(30)})
    told = pcil("convert", "many", "many.npz", *one).stderr
    check(told.count("key") == 20 and told.endswith(", ...\n") and "x" * 101 not in told, told)
    write_plain("lines", {"a\nb": ""})
    told = pcil("convert", "lines", "lines.npz", *one).stderr
    check(told.endswith("left out: a\\x0ab\n"), told)
    pcil("convert", "theirs", "other.safetensors", "--from", "safetensors", "--like", "ours.safetensors")
    check(read("other.safetensors", "rb") == read("ours.safetensors", "rb"), "metadata of --like")


def misuse():
    for options, part in ((["--like", MODEL], "describes itself"), (["--network", NETWORK], "describes itself")):
        check(part in pcil("convert", MODEL, "x", *options, exit_code=2).stderr, f"{options}")
    done = pcil("convert", "out.npz", "x", "--like", MODEL, "--network", NETWORK, exit_code=2)
    check("both --network and --like" in done.stderr, done.stderr)
    check("out.npz" in pcil("convert", "out.npz", "x", "--like", "out.npz", exit_code=1).stderr, "an npz is a model")
    check("pcil_format" in pcil("convert", "out.npz", "x", "--like", "plain2", exit_code=1).stderr, "no model")
    done = pcil("convert", "out.npz", "x", "--like", "ours.safetensors", exit_code=1)
    check("'block0.dense.weight' is [3072, 16], expected [1, 1]" in done.stderr, done.stderr)
    check(not os.path.exists("x"), "wrong use writes")


def test():
    there_and_back()
    in_its_place()
    other_programs_metadata()
    write_plain("plain2", None)
    misuse()


in_empty_folder(test)
print("a trained model comes back from every format, and none is lost without a word")

"""
Writes the sound inputs that each fuzz corpus begins with, made by the library itself and by numbers alone.

usage: seeds.py LIBRARY [FOLDER]
"""

import ctypes
import gzip
import json
import os
import struct
import sys
import tempfile
import zipfile
import zlib

LIBRARY = ctypes.CDLL(sys.argv[1])
CORPUS = sys.argv[2] if len(sys.argv) > 2 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")
LIBRARY.pcil_last_error.restype = ctypes.c_char_p


def call(name, *arguments):
    if getattr(LIBRARY, name)(*arguments) != 0:
        sys.exit(f"{name}: {LIBRARY.pcil_last_error().decode()}")


def put(target, name, content):
    os.makedirs(os.path.join(CORPUS, target), exist_ok=True)
    with open(os.path.join(CORPUS, target, name), "wb") as file:
        file.write(content)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def part(content):
    return struct.pack("<H", len(content)) + content


def save_model(description, path):
    network = ctypes.c_void_p()
    call("pcil_network_parse", ctypes.byref(network), description.encode())
    call("pcil_network_save", network, path.encode(), b'{"note":"a \\"text\\""}')
    LIBRARY.pcil_network_free(network)


def images(count, side, classes, channels=3):
    """A data set in memory, and the arrays that it borrows."""
    size = count * side * side * channels
    pixels = (ctypes.c_float * size)(*[(i * 7 % 256) / 255 for i in range(size)])
    labels = (ctypes.c_int32 * count)(*[i % classes for i in range(count)])
    handle = ctypes.c_void_p()
    call("pcil_dataset_memory", ctypes.byref(handle), pixels, labels, None, ctypes.c_int64(count), channels, side, side, classes, 0)
    return handle, pixels, labels


def write_set(kind, folder, side):
    train, test = images(5, side, 2), images(1, side, 2)
    path = os.path.join(folder, kind)
    call("pcil_dataset_write", train[0], test[0], kind.encode(), path.encode())
    for part_of in (train, test):
        LIBRARY.pcil_dataset_free(part_of[0])
    return path


def models(folder):
    path = os.path.join(folder, "model")
    for number, text in enumerate(["4; dense 3; relu, dense 2; softmax", "1x4x4; conv 2 3x3/1 padding=1, relu; max_pool 2x2; dense 2"]):
        save_model(text, path)
        whole = read(path)
        put("safetensors", f"model{number}", whole)
        length = struct.unpack("<Q", whole[:8])[0]
        put("header", f"model{number}", struct.pack("<H", len(whole) - 8 - length) + whole[8 : 8 + length])


def arrays(folder):
    path, network = os.path.join(folder, "a.npz"), ctypes.c_void_p()
    call("pcil_network_parse", ctypes.byref(network), b"2; dense 2; relu, dense 1")
    call("pcil_network_save_arrays", network, path.encode(), b"npz", None)
    LIBRARY.pcil_network_free(network)
    put("npz", "stored", read(path))
    packed = os.path.join(folder, "packed.npz")
    with zipfile.ZipFile(path) as stored, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as deflated:
        for name in stored.namelist():
            deflated.writestr(zipfile.ZipInfo(name), stored.read(name).replace(b"False", b"True "), zipfile.ZIP_DEFLATED)
    put("npz", "packed", read(packed))


def descriptions():
    texts = [
        "3x32x32; dense 4; relu, dense 4; softmax",
        "1x8x8; conv 2 3x3/2 padding=1, relu; avg_pool 2x2/1; dense 3, sigmoid; linear",
        "6; dense 6; leaky_relu slope=0.5, dense 6 + from 1; gelu, dense 2 + from 0: dense 2; sigmoid",
        "4; identity, tanh; max_pool 1x1; dense 2147483647",
    ]
    for number, text in enumerate(texts):
        put("description", f"text{number}", text.encode())


def configs():
    put("config", "plain", b'{"pcil_version": "0.1.0", "network": "4; dense 2", "optimizer": "mq", "learning_rate": [0.1, 2e-5], "flip": true}')
    put("config", "recipe", b'{"recipe": "cifar10-mlp", "epochs": 3, "inference": "sequential", "beta": 0.5, "seed": 7}')
    put("config", "wrong", b'{"epochs": 1, "epochs": 2, "x": NaN, "\xff": {}}')


def matrices(path):
    whole = read(os.path.join(path, "test_32x32.mat"))
    put("matrix", "packed", whole)
    plain, at = whole[:128], 128
    while at < len(whole):
        size = struct.unpack("<I", whole[at + 4 : at + 8])[0]
        plain += zlib.decompress(whole[at + 8 : at + 8 + size])
        at += 8 + size
    put("matrix", "plain", plain)


def idx():
    labels = struct.pack(">II", 0x801, 2) + b"\0\1"
    pictures = struct.pack(">IIII", 0x803, 2, 2, 3) + bytes(range(12))
    packed = [gzip.compress(content, mtime=0) for content in (labels, pictures)]
    put("idx", "plain", b"\0" + part(labels) + pictures)
    put("idx", "packed", b"\3" + part(packed[0]) + packed[1])
    put("idx", "both", b"\x08" + part(labels) + pictures)
    put("idx", "bare", b"\4" + part(b"") + pictures)


def cifar(folder):
    ten, hundred = (write_set(kind, folder, 32) for kind in ("cifar10", "cifar100"))
    names = "\n".join(f"name {i}" for i in range(10)).encode()
    put("cifar", "ten", b"\0" + part(names) + read(os.path.join(ten, "test_batch.bin")))
    put("cifar", "hundred", b"\1" + part(b"\n".join(b"%d" % i for i in range(100))) + read(os.path.join(hundred, "test.bin")))


def tiny(folder):
    path = write_set("tiny-imagenet", folder, 64)
    picture = read(os.path.join(path, "val/images/val_0.JPEG"))
    lists = [read(os.path.join(path, name)) for name in ("val/val_annotations.txt", "wnids.txt")]
    lists.append(b"n00000000\tthe first, or another\nn00000001\tthe second\n")
    put("tree", "sound", b"".join(part(content) for content in lists) + picture)
    put("tree", "traversal", part(b"../../wnids.txt\tn00000001\n") + b"".join(part(content) for content in lists[1:]) + picture)
    put("jpeg", "colour", picture)
    put("picture", "jpeg", b"\0" + picture)


def pictures(folder):
    path = os.path.join(folder, "a.png")
    for channels in (1, 3):
        pixels = (ctypes.c_uint8 * 105)(*range(105))
        call("pcil_image_write", path.encode(), pixels, channels, 5, 7)
        put("picture", f"png{channels}", bytes([channels]) + read(path))


def run(folder):
    """The run of fuzz_checkpoint.c, to its end."""
    handle, *arrays = images(12, 2, 2, channels=1)
    trainer, path = ctypes.c_void_p(), os.path.join(folder, "run")
    call("pcil_trainer_create", ctypes.byref(trainer))
    call("pcil_trainer_data", trainer, handle, handle)
    settings = {"network": "1x2x2; dense 3; relu, dense 2; softmax", "epochs": 2, "batch": 3, "optimizer": "mq", "evaluations": 2, "seed": 3,
                "measure_interval": 2, "iterations": 2, "out": path}
    for name, value in settings.items():
        call("pcil_trainer_set_text", trainer, name.encode(), str(value).encode())
    call("pcil_trainer_run", trainer)
    LIBRARY.pcil_trainer_free(trainer)
    LIBRARY.pcil_dataset_free(handle)
    return os.path.join(path, "checkpoint.safetensors")


def checkpoints(folder):
    whole = read(run(folder))
    texts = json.loads(whole[8 : 8 + struct.unpack("<Q", whole[:8])[0]])["__metadata__"]
    settings, state = texts["settings"].encode(), texts["state"].encode()
    put("checkpoint", "whole", b"\x80" + whole)
    put("checkpoint", "sound", b"\0")
    put("checkpoint", "settings", b"\2" + part(settings))
    put("checkpoint", "state", b"\4" + part(state))
    put("checkpoint", "astray", b"\4" + part(state.replace(b'"counts.batch":4', b'"counts.batch":9007199254740991')))
    put("checkpoint", "network", b"\3" + part(b"9; dense 2147483647") + part(settings))
    put("checkpoint", "data", b"\x18" + part(b"another set") + part(b"none"))
    put("checkpoint", "numbers", b"\0\0\0\xc0\x7f" + bytes(range(64)))


def calls():
    """parse, an inference, an optimizer, then steps; and the trainer, data sets, views."""
    put("calls", "train", bytes([0, 0, 2, 0, 3, 3, 0, 5, 2, 1, 6, 2, 2, 7, 0, 1, 7, 2, 2, 8, 1, 0, 0, 2, 15, 1, 2, 2, 2]))
    put("calls", "data", bytes([11, 1, 4, 12, 2, 2, 0, 0, 4, 4, 0, 13, 2, 12, 1, 2, 0, 1, 1, 1, 0, 14, 0, 13, 14, 4, 1, 11, 0, 1, 2, 3, 3]))
    put("calls", "build", bytes([1, 1, 3, 1, 4, 0, 0, 16, 0, 10, 0, 0, 9, 0, 5, 5, 0, 0]))


with tempfile.TemporaryDirectory() as folder:
    models(folder)
    arrays(folder)
    descriptions()
    configs()
    matrices(write_set("svhn", folder, 32))
    idx()
    cifar(folder)
    tiny(folder)
    pictures(folder)
    checkpoints(folder)
    calls()
    put("cache", "sound", b"\0\0")
    put("cache", "short", b"\xff\xff")
    put("cache", "hash", b"\0\0" + bytes(16) + b"\1")

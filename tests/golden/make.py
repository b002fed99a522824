"""
Writes a version's golden files: models of every kind of operation and output, and runs that were stopped in the middle
of an epoch. They are made once, when a version is released, and never again: tests/file/test_golden.c and
tests/training/test_golden.c load those of all versions for ever.

usage: make.py LIBRARY
"""

import ctypes
import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
MODELS = {
    "dense": "6; dense 5; relu, dense 4; leaky_relu slope=0.25, dense 3; softmax",
    "smooth": "6; tanh, dense 5; sigmoid, dense 4; gelu, dense 3, identity; linear",
    "conv": "2x6x6; conv 3 3x3 padding=1, relu; max_pool 2x2; conv 4 2x2, relu; avg_pool 2x2; dense 3; sigmoid",
    "joined": "5; dense 5; relu, dense 5 + from 0: identity; dense 3 + from 1: dense 3; linear",
    "settings": "4; dense 3; linear",
}
# Of 60 pictures 3x2x2 of three classes; each ends behind its seventh step and has twelve more to go.
RUNS = {
    "adam": {"optimizer": "adam", "inference": "sequential", "learning_rate": 0.01, "rate_decay": "cosine", "decay_steps": 40, "flip": 1, "prefetch": 1},
    "mq": {"optimizer": "mq", "inference": "simultaneous", "learning_rate": 0.001, "normalise": "standard", "crop": 1},
}
COMMON = {"network": "3x2x2; dense 8; relu, dense 6; relu, dense 3; softmax", "epochs": 3, "batch": 8, "evaluations": 2, "measure_interval": 3, "seed": 5}
METADATA = b'{"recipe":"none","optimizer":"mq","learning_rate":"0.00002","classes":"[\\"a\\",\\"b\\",\\"c\\"]","scale":"[2]","shift":"[-1]"}'

library = ctypes.CDLL(sys.argv[1])
library.pcil_last_error.restype = library.pcil_version.restype = ctypes.c_char_p
library.pcil_network_node_size.restype = ctypes.c_int64
WATCH = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)


def call(name, *arguments):
    if getattr(library, name)(*arguments) != 0:
        sys.exit(f"{name}: {library.pcil_last_error().decode()}")


def single(number):
    return ctypes.c_float(number).value


def data():
    """The data of tests/training/small.h."""
    labels = [i * 7 % 3 for i in range(60)]
    pixels = [single(single(0.6 if p % 3 == labels[i] else 0.1) + single(single(0.01) * ((i * 31 + p * 17) % 29))) for i in range(60) for p in range(12)]
    arrays = (ctypes.c_float * 720)(*pixels), (ctypes.c_int32 * 60)(*labels)
    handle = ctypes.c_void_p()
    call("pcil_dataset_memory", ctypes.byref(handle), *arrays, None, ctypes.c_int64(60), 3, 2, 2, 3, 0)
    return handle, arrays


def value(trainer, name):
    number = ctypes.c_double()
    call("pcil_trainer_value", ctypes.c_void_p(trainer), name, ctypes.byref(number))
    return number.value


def stop(user, trainer, event):
    return value(trainer, b"iteration") >= 7


def trainer_of(settings, handle):
    trainer = ctypes.c_void_p()
    call("pcil_trainer_create", ctypes.byref(trainer))
    call("pcil_trainer_data", trainer, handle, handle)
    for name, word in {**COMMON, **settings}.items():
        call("pcil_trainer_set_text", trainer, name.encode(), str(word).encode())
    return trainer


def write_run(name, settings, handle):
    """The stopped run, and what an unbroken one comes to."""
    folder = os.path.join(FOLDER, f"{version}-{name}.run")
    trainer, watch = trainer_of({**settings, "out": folder}, handle), WATCH(stop)
    call("pcil_trainer_watch", trainer, watch, None)
    library.pcil_trainer_run(trainer)
    library.pcil_trainer_free(trainer)
    for other in set(os.listdir(folder)) - {"checkpoint.safetensors", "config.json", "metrics.jsonl"}:
        os.remove(os.path.join(folder, other))
    whole = trainer_of(settings, handle)
    call("pcil_trainer_run", whole)
    with open(os.path.join(folder, "end.txt"), "w", encoding="utf-8") as file:
        file.write(" ".join(f"{value(whole.value, b):.6f}" for b in (b"iteration", b"train_loss", b"test_loss", b"best_loss")) + "\n")
    library.pcil_trainer_free(whole)


version = library.pcil_version().decode()
with open(os.path.join(FOLDER, f"{version}.txt"), "w", encoding="utf-8") as table:
    for number, (name, description) in enumerate(MODELS.items()):
        network, inference = ctypes.c_void_p(), ctypes.c_void_p()
        call("pcil_network_parse", ctypes.byref(network), description.encode())
        call("pcil_network_initialise", network, b"he", ctypes.c_uint64(number))
        file = f"{version}-{name}.safetensors"
        call("pcil_network_save", network, os.path.join(FOLDER, file).encode(), METADATA if name == "settings" else None)
        call("pcil_inference_create", ctypes.byref(inference), network, b"backprop", 1)
        size = library.pcil_network_node_size(network, 0)
        inputs = (ctypes.c_float * size)(*[(i * 7 % 11 - 5) / 8 for i in range(size)])
        outputs = (ctypes.c_float * 3)()
        call("pcil_predict", inference, inputs, ctypes.c_int64(1), outputs)
        table.write(f"{file} {outputs[0]:.6f} {outputs[1]:.6f} {outputs[2]:.6f} {description}\n")

handle, arrays = data()
for name, settings in RUNS.items():
    write_run(name, settings, handle)

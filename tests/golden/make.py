"""
Writes a version's golden files: models of every kind of operation and output. They are made once, when a version is
released, and never again: tests/file/test_golden.c loads those of all versions for ever.

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
METADATA = b'{"recipe":"none","optimizer":"mq","learning_rate":"0.00002","classes":"[\\"a\\",\\"b\\",\\"c\\"]","scale":"[2]","shift":"[-1]"}'

library = ctypes.CDLL(sys.argv[1])
library.pcil_last_error.restype = library.pcil_version.restype = ctypes.c_char_p
library.pcil_network_node_size.restype = ctypes.c_int64


def call(name, *arguments):
    if getattr(library, name)(*arguments) != 0:
        sys.exit(f"{name}: {library.pcil_last_error().decode()}")


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

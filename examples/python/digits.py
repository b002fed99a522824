"""Trains on the library's own digits from Python: ctypes and numpy, nothing else.

usage: digits.py [LIBRARY]        the path of libpcil.so; without it the loader's search finds libpcil.so.0

Introduces: loading the library, handles and arrays through ctypes, a data set and its batches, scoring.
"""

import ctypes
import sys
from ctypes import POINTER, byref, c_double, c_float, c_int32, c_void_p

import numpy

library = ctypes.CDLL(sys.argv[1] if len(sys.argv) > 1 else "libpcil.so.0")
library.pcil_last_error.restype = ctypes.c_char_p


def call(name, *arguments):
    """Calls a function that returns a status; texts go in as UTF-8, numpy arrays as pointers, a failure is raised."""
    plain = []
    for argument in arguments:
        if isinstance(argument, str):
            argument = argument.encode()
        elif isinstance(argument, numpy.ndarray):
            kind = {"float32": c_float, "int32": c_int32}[argument.dtype.name]
            argument = argument.ctypes.data_as(POINTER(kind))
        elif isinstance(argument, float):
            argument = c_double(argument)
        plain.append(argument)
    if getattr(library, name)(*plain) != 0:
        raise RuntimeError(library.pcil_last_error().decode())


class Handle(c_void_p):
    """A handle of the library: made by a create function, freed with the object."""

    def __init__(self, kind, create, *arguments):
        super().__init__()
        self.keep = arguments  # what a handle was made of outlives it
        self.free = getattr(library, f"pcil_{kind}_free")
        call(create, byref(self), *arguments)

    def __del__(self):
        self.free(self)


def main(batch=64, train=10000, test=1000, epochs=3):
    network = Handle("network", "pcil_network_parse", "3x32x32; dense 256; relu, dense 256; relu, dense 10; softmax")
    inference = Handle("inference", "pcil_inference_create", network, "sequential", batch)
    optimizer = Handle("optimizer", "pcil_optimizer_create", network, "adam")
    call("pcil_optimizer_set", optimizer, "learning_rate", 0.0003)

    images = Handle("dataset", "pcil_dataset_digits", ctypes.c_int64(train), ctypes.c_uint64(1))
    unseen = Handle("dataset", "pcil_dataset_digits", ctypes.c_int64(test), ctypes.c_uint64(2))
    batches = Handle("batches", "pcil_batches_create", images, batch, ctypes.c_uint64(1))
    scoring = Handle("batches", "pcil_batches_create", unseen, batch, ctypes.c_uint64(1))
    for walk in (batches, scoring):
        call("pcil_batches_set_text", walk, "normalise", "centre")
    call("pcil_batches_set", scoring, "shuffle", 0.0)
    call("pcil_batches_set", scoring, "drop_last", 0.0)

    inputs = numpy.empty((batch, 32, 32, 3), numpy.float32)
    labels = numpy.empty(batch, numpy.int32)
    count, accuracy = c_int32(), c_double()
    for epoch in range(epochs):
        call("pcil_batches_begin", batches, ctypes.c_int64(epoch), ctypes.c_int64(0))
        while True:
            call("pcil_batches_next", batches, inputs, labels, None, byref(count))
            if count.value == 0:
                break
            call("pcil_train_step_labels", inference, optimizer, inputs, labels, count, None)
        call("pcil_batches_begin", scoring, ctypes.c_int64(0), ctypes.c_int64(0))
        call("pcil_evaluate", inference, scoring, None, byref(accuracy), None)
        print(f"epoch {epoch + 1}: test accuracy {accuracy.value:.3f}")
    return 0 if accuracy.value > 0.5 else 1  # chance is 0.1


if __name__ == "__main__":
    sys.exit(main())

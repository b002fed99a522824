"""A training step of libpcil on random data, through its C interface."""

import ctypes
import json

import torch

POINTER = ctypes.c_void_p


class Failure(Exception):
    pass


class Library:
    def __init__(self, path):
        self.c = ctypes.CDLL(path)
        self.c.pcil_last_error.restype = ctypes.c_char_p
        self.c.pcil_network_tensor_name.restype = ctypes.c_char_p
        self.c.pcil_build_info.restype = ctypes.c_char_p
        for name in ("network", "inference", "optimizer"):
            getattr(self.c, f"pcil_trainer_{name}").restype = POINTER

    def call(self, name, *arguments):
        if getattr(self.c, "pcil_" + name)(*arguments) != 0:
            raise Failure(self.c.pcil_last_error().decode())

    def info(self, topic):
        return self.c.pcil_build_info(topic.encode()).decode()


def address(tensor):
    return POINTER(tensor.data_ptr())


class Step:
    """The recipe's step; `settings` are those of `pcil train --set`."""

    def __init__(self, library, recipe, settings, images, labels, targets):
        self.library, self.trainer, data = library, POINTER(), POINTER()
        library.call("trainer_create", ctypes.byref(self.trainer))
        library.call("trainer_recipe", self.trainer, recipe.encode())
        fixed = {"normalise": "none", "validation": "0", "target": "label" if targets is None else "given"}
        for name, value in {**settings, **fixed}.items():
            library.call("trainer_set_text", self.trainer, name.encode(), str(value).encode())
        count, height, width, channels = images.shape
        sizes = [ctypes.c_int64(count), channels, height, width]
        classes, size = (int(labels.max()) + 1, 0) if targets is None else (0, targets.shape[1])
        labels, targets = (address(labels), None) if targets is None else (None, address(targets))
        library.call("dataset_memory", ctypes.byref(data), address(images), labels, targets, *sizes, classes, size)
        library.call("trainer_data", self.trainer, data, None)
        library.call("trainer_prepare", self.trainer)
        c = library.c
        self.network = POINTER(c.pcil_trainer_network(self.trainer))
        self.inference = POINTER(c.pcil_trainer_inference(self.trainer))
        self.optimizer = POINTER(c.pcil_trainer_optimizer(self.trainer))

    def settings(self):
        """All settings, as `pcil recipes --json` prints them."""
        length = ctypes.c_int64()
        text = ctypes.create_string_buffer(1 << 16)
        self.library.call("trainer_settings", self.trainer, text, ctypes.c_int64(len(text)), ctypes.byref(length))
        return json.loads(text.value.decode())

    def weights(self):
        """Weight and bias of each block, as libpcil keeps them."""
        found = []
        for i in range(self.library.c.pcil_network_tensors(self.network)):
            name = self.library.c.pcil_network_tensor_name(self.network, i)
            rank, shape = ctypes.c_int32(), (ctypes.c_int64 * 4)()
            self.library.call("network_tensor_shape", self.network, name, ctypes.byref(rank), shape)
            tensor = torch.empty(tuple(shape[: rank.value]))
            self.library.call("network_get", self.network, name, address(tensor), ctypes.c_int64(tensor.numel()))
            found.append(tensor)
        return list(zip(found[0::2], found[1::2]))

    def step(self, images, labels, targets):
        name = "train_step_labels" if targets is None else "train_step"
        wanted = labels if targets is None else targets
        batch = images.shape[0]
        self.library.call(name, self.inference, self.optimizer, address(images), address(wanted), batch, None)

"""
Modules of PyTorch itself: their state_dict, written as safetensors, becomes a model by `pcil convert`, which gives the
same outputs on the same pictures, to rounding; and the model's own weights, read back by torch, do too.

usage: torch_models.py PCIL     (77: torch is missing)
"""

import json
import os
import struct
import subprocess
import sys
import tempfile

import numpy

try:
    import torch
    from torch import nn
except ImportError:
    print("torch is missing: skipped")
    sys.exit(77)

import pcil

PCIL = os.path.abspath(sys.argv[1])
MODELS = [
    (
        "dense",
        (48,),
        nn.Sequential(nn.Linear(48, 20), nn.Tanh(), nn.Linear(20, 12), nn.LeakyReLU(0.1), nn.Linear(12, 10), nn.Sigmoid(), nn.Linear(10, 4)),
        "48; dense 20; tanh, dense 12; leaky_relu slope=0.1, dense 10; sigmoid, dense 4; linear",
    ),
    (
        "image",
        (3, 7, 5),
        nn.Sequential(nn.Flatten(), nn.Linear(105, 16), nn.ReLU(), nn.Linear(16, 10), nn.Softmax(1)),
        "3x7x5; dense 16; relu, dense 10; softmax",
    ),
    (
        "conv",
        (3, 16, 14),
        nn.Sequential(
            nn.Conv2d(3, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 8, 3, stride=2), nn.ReLU(), nn.AvgPool2d(3, stride=1),
            nn.Flatten(), nn.Linear(8, 9), nn.ReLU(), nn.Linear(9, 5), nn.Sigmoid(),
        ),
        "3x16x14; conv 6 5x5 padding=2, relu; max_pool 2x2; conv 8 3x3/2, relu; avg_pool 3x3/1; dense 9; relu, dense 5; sigmoid",
    ),
    (
        "wide",
        (2, 9, 11),
        nn.Sequential(nn.Conv2d(2, 4, (3, 5), padding=1, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 5 * 5, 3)),
        "2x9x11; conv 4 3x5/2 padding=1, relu; dense 3; linear",
    ),
]


def write_safetensors(path, state):
    """By the format's specification: length, header, data."""
    header, data = {}, b""
    for name, tensor in state.items():
        content = tensor.detach().contiguous().numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def read_safetensors(path):
    with open(path, "rb") as file:
        whole = file.read()
    length = struct.unpack("<Q", whole[:8])[0]
    header, data = json.loads(whole[8 : 8 + length]), whole[8 + length :]
    return {
        name: torch.from_numpy(numpy.frombuffer(data[slice(*entry["data_offsets"])], "<f4").reshape(entry["shape"]).copy())
        for name, entry in header.items()
    }


def convert(*arguments):
    subprocess.run([PCIL, "convert", *arguments], check=True)


def ours(model, pictures):
    """Pictures of PyTorch lie channels first, ours channels last."""
    network = pcil.Network.load(model)
    inference = pcil.Inference(network, "backprop", len(pictures))
    array = pictures.numpy()
    rows = array.transpose(0, 2, 3, 1) if array.ndim == 4 else array
    return network, inference.predict(numpy.ascontiguousarray(rows).reshape(len(array), -1))


def compare(name, theirs, outputs):
    difference = numpy.abs(theirs.detach().numpy() - outputs).max()
    size = numpy.abs(theirs.detach().numpy()).max()
    assert outputs.shape == tuple(theirs.shape) and difference <= 2e-6 * max(size, 1), f"{name}: {difference} of {size}"
    assert numpy.ptp(outputs) > 1e-3, f"{name}: outputs that tell nothing"


def try_model(name, shape, module, description):
    pictures = torch.rand(6, *shape)
    state = module.state_dict()
    write_safetensors(f"{name}.state", state)
    with open("names.json", "w", encoding="utf-8") as file:
        json.dump(dict(zip(state, names_of(description))), file)
    convert(f"{name}.state", f"{name}.safetensors", "--from", "torch", "--network", description, "--names", "names.json")
    network, outputs = ours(f"{name}.safetensors", pictures)
    compare(name, module(pictures), outputs)
    network.initialise("he", 7)
    network.save("other.safetensors", None)
    convert("other.safetensors", "back.state", "--to", "torch", "--names", "names.json")
    module.load_state_dict(read_safetensors("back.state"))
    compare(f"{name}, back", module(pictures), ours("other.safetensors", pictures)[1])


def names_of(description):
    """In the order of the network's operations, which is that of the modules."""
    network = pcil.Network.parse(description)
    return [network.tensor_name(index) for index in range(network.tensors())]


torch.manual_seed(3)
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for model in MODELS:
        try_model(*model)
    os.chdir("/")
print(f"torch {torch.__version__}: {len(MODELS)} modules, the same outputs there and back")

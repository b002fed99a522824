"""
Models to numpy, plain safetensors and PyTorch's layout and back, against numpy itself and against a reader and a writer
of safetensors made from the format's specification alone.

usage: test_convert.py PCIL
"""

import json
import os
import struct
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    print("numpy is missing: skipped")
    sys.exit(0)

PCIL = sys.argv[1]
NETWORK = "2x4x3; conv 3 3x3 padding=1, relu; dense 5; tanh, dense 2; softmax"
SHAPES = {
    "block0.conv.weight": (3, 3, 2, 3),
    "block0.conv.bias": (3,),
    "block1.dense.weight": (36, 5),
    "block1.dense.bias": (5,),
    "block2.dense.weight": (5, 2),
    "block2.dense.bias": (2,),
}


def pcil(*arguments, code=0):
    result = subprocess.run([PCIL, *arguments], capture_output=True, text=True)
    assert result.returncode == code, (arguments, result.returncode, result.stderr)
    return result.stderr


def read_safetensors(path):
    """Length, header, data: https://github.com/huggingface/safetensors, section Format."""
    with open(path, "rb") as file:
        whole = file.read()
    length = struct.unpack("<Q", whole[:8])[0]
    header = json.loads(whole[8 : 8 + length])
    metadata, data = header.pop("__metadata__", None), whole[8 + length :]
    assert length % 8 == 0 and whole[8:9] == b"{"
    assert metadata is None or all(isinstance(value, str) for value in metadata.values())
    arrays, covered = {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        assert begin == covered and entry["dtype"] == "F32" and end - begin == 4 * np.prod(entry["shape"], dtype=int)
        arrays[name] = np.frombuffer(data[begin:end], "<f4").reshape(entry["shape"])
        covered = end
    assert covered == len(data)
    return arrays, metadata


def write_safetensors(path, arrays):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, array in arrays.items():
        content = np.ascontiguousarray(array, "<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def same(a, b):
    assert sorted(a) == sorted(b), (sorted(a), sorted(b))
    for name in a:
        assert a[name].shape == b[name].shape and a[name].tobytes() == b[name].tobytes(), name


def try_numpy(weights):
    """numpy's files of each kind are read; ours is read by numpy; the bytes survive the way round."""
    np.savez("stored.npz", **weights)
    np.savez_compressed("packed.npz", **weights)
    np.savez("fortran.npz", **{name: np.asfortranarray(array) for name, array in weights.items()})
    for name in ("stored", "packed", "fortran"):
        message = pcil("convert", name + ".npz", name + ".safetensors", "--network", NETWORK) if name != "packed" or "ZLIB" in os.environ.get("PCIL_BUILT", "ZLIB") else None
        if message is None:
            continue
        arrays, metadata = read_safetensors(name + ".safetensors")
        same(arrays, weights)
        assert metadata["description"] == NETWORK and metadata["pcil_format"] == "1" and metadata["pcil_version"]
        pcil("convert", name + ".safetensors", "back.npz")
        with np.load("back.npz", allow_pickle=False) as back:
            same({key: back[key] for key in back.files}, weights)
    np.savez("double.npz", **{name: array.astype("f8") for name, array in weights.items()})
    assert "save .astype('float32')" in pcil("convert", "double.npz", "x", "--network", NETWORK, code=1)
    np.savez("more.npz", other=np.zeros((2, 3), "f4"), **weights)
    assert "holds 'other' [2, 3], which the network has not" in pcil("convert", "more.npz", "x", "--network", NETWORK, code=1)


def try_plain(weights):
    pcil("convert", "stored.safetensors", "plain", "--to", "safetensors")
    arrays, metadata = read_safetensors("plain")
    assert metadata is None
    same(arrays, weights)
    pcil("convert", "plain", "again.safetensors", "--from", "safetensors", "--network", NETWORK)
    with open("again.safetensors", "rb") as a, open("stored.safetensors", "rb") as b:
        assert a.read() == b.read()


def try_torch(weights):
    """A state_dict as torch.nn.Sequential(Conv2d, ReLU, Flatten, Linear, Tanh, Linear) has it, worked out by numpy."""
    conv = weights["block0.conv.weight"].transpose(3, 2, 0, 1)
    first = weights["block1.dense.weight"].reshape(4, 3, 3, 5).transpose(3, 2, 0, 1).reshape(5, 36)
    state = {
        "0.weight": conv,
        "0.bias": weights["block0.conv.bias"],
        "3.weight": first,
        "3.bias": weights["block1.dense.bias"],
        "5.weight": weights["block2.dense.weight"].T,
        "5.bias": weights["block2.dense.bias"],
    }
    names = dict(zip(state, SHAPES))
    with open("names.json", "w", encoding="utf-8") as file:
        json.dump(names, file)
    write_safetensors("state", state)
    pcil("convert", "state", "from-torch.safetensors", "--from", "torch", "--network", NETWORK, "--names", "names.json")
    same(read_safetensors("from-torch.safetensors")[0], weights)
    pcil("convert", "from-torch.safetensors", "to-torch", "--to", "torch", "--names", "names.json")
    arrays, metadata = read_safetensors("to-torch")
    same(arrays, {name: np.ascontiguousarray(array) for name, array in state.items()})
    assert metadata is None
    message = pcil("convert", "state", "x", "--from", "safetensors", "--network", NETWORK, "--names", "names.json", code=1)
    assert "'0.weight' is [3, 2, 3, 3], expected [3, 3, 2, 3]" in message, message


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    random = np.random.default_rng(1)
    weights = {name: random.standard_normal(shape, "f4") for name, shape in SHAPES.items()}
    try_numpy(weights)
    try_plain(weights)
    try_torch(weights)
print("numpy, plain safetensors, PyTorch's layout: the same bytes there and back")

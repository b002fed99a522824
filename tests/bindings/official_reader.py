"""
The official safetensors package reads what the library writes, and the library what it writes; what it refuses of our
files cut short or changed in one byte of the header, the library refuses too.

usage: official_reader.py PCIL GOLDEN     (77: the package is missing)

PCIL_SAFETENSORS may name the folder that `import safetensors` is to find it in: Debian 12 has no such package, later
ones have python3-safetensors.
"""

import glob
import json
import os
import subprocess
import sys
import tempfile

import numpy

sys.path[:0] = [folder for folder in [os.environ.get("PCIL_SAFETENSORS")] if folder]
try:
    import safetensors
    from safetensors import numpy as official
except ImportError:
    if os.environ.get("PCIL_SAFETENSORS"):
        raise
    print("safetensors is missing: skipped")
    sys.exit(77)

import pcil

PCIL, GOLDEN = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
MODELS = sorted(glob.glob(f"{GOLDEN}/*.safetensors"))
CHECKPOINTS = sorted(glob.glob(f"{GOLDEN}/*/checkpoint.safetensors"))


def metadata_of(path):
    with safetensors.safe_open(path, "numpy") as file:
        return file.metadata() or {}


def tensors_of(network):
    """All of a network's tensors by name."""
    found = {}
    for index in range(network.tensors()):
        name = network.tensor_name(index)
        rank, shape = network.tensor_shape(name)
        found[name] = network.get(name).reshape(shape[:rank])
    return found


def same(ours, theirs):
    assert sorted(ours) == sorted(theirs), f"{sorted(ours)} {sorted(theirs)}"
    for name, values in ours.items():
        assert theirs[name].dtype == numpy.float32 and theirs[name].shape == tuple(values.shape), name
        assert theirs[name].tobytes() == values.tobytes(), name


def reads_models():
    for path in MODELS:
        network = pcil.Network.load(path)
        same(tensors_of(network), official.load_file(path))
        assert metadata_of(path)["description"] == network.describe()


def reads_checkpoints():
    """The weights of a run that stopped, and the optimizer's state."""
    for path in CHECKPOINTS:
        texts, tensors = metadata_of(path), official.load_file(path)
        network = pcil.Network.parse(texts["description"])
        weights = tensors_of(network)
        assert {name: tensors[name].shape for name in weights} == {name: tuple(array.shape) for name, array in weights.items()}
        assert all(numpy.isfinite(array).all() and numpy.ptp(array) > 0 for array in tensors.values())
        kept = sum(array.size for name, array in tensors.items() if name.startswith("optimizer."))
        assert kept == {"adam": 2, "mq": 0}[json.loads(texts["settings"])["optimizer"]] * network.parameters(), kept


def writes_models():
    """With our description in its metadata it is a model; without it needs to be told what it is."""
    for path in MODELS:
        description, tensors = metadata_of(path)["description"], official.load_file(path)
        official.save_file(tensors, "theirs.safetensors", {"description": description, "pcil_format": "1"})
        same(tensors_of(pcil.Network.load("theirs.safetensors")), tensors)
        official.save_file(tensors, "plain.safetensors")
        subprocess.run([PCIL, "convert", "plain.safetensors", "ours.safetensors", "--from", "safetensors", "--network", description], check=True)
        same(tensors_of(pcil.Network.load("ours.safetensors")), tensors)


def takes(read, content):
    with open("damaged.safetensors", "wb") as file:
        file.write(content)
    try:
        read("damaged.safetensors")
    except (pcil.Error, safetensors.SafetensorError):
        return False
    return True


def refuses_no_less():
    """Of what they take, metadata and numbers that mean nothing to them, ours may refuse more."""
    refused = 0
    for path in MODELS:
        with open(path, "rb") as file:
            whole = file.read()
        header = 8 + int.from_bytes(whole[:8], "little")
        damaged = [whole[:end] for end in range(0, len(whole), 7)]
        damaged += [whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :] for at in range(header) for bit in (1, 64)]
        for content in damaged:
            if not takes(official.load_file, content):
                refused += 1
                assert not takes(pcil.Network.load, content), content[:header]
    return refused


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    reads_models()
    reads_checkpoints()
    writes_models()
    count = refuses_no_less()
    os.chdir("/")
assert MODELS and CHECKPOINTS and count > 1000
print(f"safetensors {safetensors.__version__}: {len(MODELS)} models, {len(CHECKPOINTS)} checkpoints; {count} damaged files refused by both")

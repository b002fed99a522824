"""
Tries abi.py on copies of the interface: a removed function, a changed signature, an addition that is not described, one whose
version has no node, and an update that would keep silent about a removal. Each must be found; the tree as it is must pass.

usage: abi_trial.py C_COMPILER NM LIBRARY
"""

import os
import shutil
import subprocess
import sys
import tempfile

import tree

LOSS = "pcil_status pcil_loss(const pcil_inference *inference, double *loss);"
UNITS = "pcil_status pcil_network_dense(pcil_network *network, int32_t units);"
NEW = "/** New. @since %s */\nint32_t pcil_new(void);\n\n"
REMOVED = ("include/pcil/energy.h", LOSS, "typedef enum pcil_gone { PCIL_GONE = 0 } pcil_gone;")
CASES = [
    ("nothing", [], ("", "", ""), 0, ["abi: in order"]),
    ("a removed function", [], REMOVED, 1, ["1 Removed", "pcil_loss", "raise the major version"]),
    ("a changed result", [], ("include/pcil/energy.h", LOSS, LOSS.replace("pcil_status", "int64_t", 1)), 1, ["1 Changed", "return type changed"]),
    ("a changed parameter", [], ("include/pcil/network.h", UNITS, UNITS.replace("int32_t", "int64_t")), 1, ["1 Changed", "parameter 2"]),
    ("another number of a status", [], ("include/pcil/status.h", "PCIL_ERROR_IO = -4", "PCIL_ERROR_IO = -14"), 1, ["PCIL_ERROR_IO"]),
    ("an addition not described", [], ("include/pcil/status.h", "/**\n * What the", NEW % "0.1" + "/**\n * What the"), 1,
     ["1 Added", "pcil_new", "--target abi-update"]),
    ("an addition without a node", [], ("include/pcil/status.h", "/**\n * What the", NEW % "1.1" + "/**\n * What the"), 1,
     ["pcil_new is of version 1.1, and so of node LIBPCIL_1.1 in src/libpcil.map; it has none"]),
    ("an update over a removal", ["--update"], REMOVED, 1, ["Not written", "PCIL_ABI_BREAK=yes"]),
]  # fmt: skip


def attempt(options, change, folder):
    shutil.copytree(os.path.join(tree.ROOT, "include"), os.path.join(folder, "include"))
    os.mkdir(os.path.join(folder, "src"))
    for name in ("src/libpcil.abi", "src/libpcil.map"):
        shutil.copy(os.path.join(tree.ROOT, name), os.path.join(folder, name))
    path, old, new = change
    if path:
        text = tree.read(path)
        if old not in text:
            tree.finish("abi_trial", [f"{path} no longer holds '{old}': adapt the trial"])
        with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))
    command = [sys.executable, "-B", os.path.join(tree.HERE, "abi.py"), *options, *sys.argv[1:]]
    return subprocess.run(command, env={**os.environ, "PCIL_TREE": folder, "PCIL_ABI_BREAK": ""}, capture_output=True, text=True)


problems = []
for name, options, change, status, messages in CASES:
    with tempfile.TemporaryDirectory() as folder:
        result = attempt(options, change, folder)
    if result.returncode != status:
        problems.append(f"{name}: status {result.returncode} instead of {status}\n{result.stdout}{result.stderr}")
    problems += [f"{name}: does not say '{message}', but:\n{result.stdout}" for message in messages if message not in result.stdout]
tree.finish("abi_trial", problems)

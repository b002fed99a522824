"""
No public function is left out of the walks that refuse memory (tests/faults/test_memory*.c), and none that is given a
path out of those that fail calls on files (tests/faults/test_files*.c). The list is the interface's own description.
"""

import glob
import json
import os
import re

import tree

PATHS = {"path", "folder"}


def sources(pattern):
    paths = sorted(glob.glob(os.path.join(tree.ROOT, "tests", "faults", pattern)))
    return "".join(tree.without_comments(tree.read(os.path.relpath(path, tree.ROOT)), strings=True) for path in paths)


def missing(names, text, where):
    return [f"{name} is in no fault loop of {where}" for name in names if not re.search(rf"\b{name}\(", text)]


functions = json.loads(tree.read("bindings/api.json"))["functions"]
with_paths = [name for name, function in functions.items() if PATHS & {p["name"] for p in function["parameters"]}]
problems = missing(functions, sources("test_memory*.c") + sources("walks.h"), "tests/faults/test_memory*.c")
problems += missing(with_paths, sources("test_files*.c"), "tests/faults/test_files*.c")
if len(functions) < 100 or len(with_paths) < 10:
    problems.append("the interface's description was not read whole")
tree.finish("faults", problems)

"""Words that must not stand in the tree: marks of unfinished work, and calls by which a library would print or end its caller."""

import os
import re

import tree

UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b")
ENDING = re.compile(r"\b(printf|fprintf|vprintf|vfprintf|puts|fputs|putchar|perror|abort|exit|_exit|quick_exit|assert|raise|signal)\s*\(")
RANDOM = re.compile(r"\b(rand|srand|random|drand48)\s*\(")
BINARY = (".png", ".jpg", ".JPEG", ".mat", ".bin", ".gz", ".safetensors", ".pyc")


def lines(pattern, text):
    for number, line in enumerate(text.split("\n"), 1):
        match = pattern.search(line)
        if match:
            yield number, match.group()


problems = []
for path in tree.files():
    if path.endswith(BINARY) or os.path.getsize(os.path.join(tree.ROOT, path)) > 1 << 20:
        continue
    try:
        text = tree.read(path)
    except UnicodeDecodeError:
        continue
    problems += [f"{path}:{number}: unfinished: {word}" for number, word in lines(UNFINISHED, text)]
    if path.startswith("src/") and path.endswith((".c", ".h")):
        plain = tree.without_comments(text, strings=True)
        problems += [f"{path}:{number}: {call}...): random numbers come from base/random.h" for number, call in lines(RANDOM, plain)]
        if not path.startswith("src/cli/"):
            problems += [f"{path}:{number}: {call}...): the library never prints nor ends its caller" for number, call in lines(ENDING, plain)]
tree.finish("words", problems)

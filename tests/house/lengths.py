"""Functions fit a screen: of src/, half of them in 10 lines, 95 of 100 in 40, none over 80; examples none over 80."""

import math
import re

import tree

MEDIAN, MOST_95, MOST = 10, 40, 80
NAME = re.compile(r"\b([A-Za-z_]\w*)\s*\(")


def functions(path):
    """(length, name, line) of each function: from its name's line to the brace that closes it in the first column."""
    head = body = None
    for number, line in enumerate(tree.without_comments(tree.read(path), strings=True).split("\n"), 1):
        line = line.rstrip()
        if head is None and body is None and re.match(r"[A-Za-z_][^=]*\(", line) and not line.startswith("typedef"):
            head = (number, NAME.search(line).group(1))
        if head and line.endswith(";"):
            head = None  # a declaration
        elif head and line.endswith("{}"):
            yield number - head[0] + 1, head[1], head[0]
            head = None
        elif head and line.endswith("{"):
            head, body = None, head
        elif body and line.startswith("}"):
            yield number - body[0] + 1, body[1], body[0]
            body = None


def rank(lengths, share):
    return lengths[max(math.ceil(share * len(lengths)) - 1, 0)] if lengths else 0


problems, lengths = [], []
for path in tree.files(".c", under="src") + tree.files(".c", ".cpp", under="examples"):
    for length, name, line in functions(path):
        if path.startswith("src"):
            lengths.append(length)
        if length > MOST:
            problems.append(f"{path}:{line}: {name} has {length} lines; at most {MOST}")
lengths.sort()
median, p95 = rank(lengths, 0.5), rank(lengths, 0.95)
print(f"{len(lengths)} functions: median {median} lines, 95th percentile {p95}, longest {lengths[-1] if lengths else 0}")
if len(lengths) < 40:
    problems.append(f"only {len(lengths)} functions were found in src/: the counting is wrong")
if median > MEDIAN:
    problems.append(f"the median of function lengths is {median} lines; at most {MEDIAN}")
if p95 > MOST_95:
    problems.append(f"95 of 100 functions should have at most {MOST_95} lines; the 95th percentile is {p95}")
tree.finish("lengths", problems)

"""
docs/reliability.md has a table of the rules that each input format is read by, with the tests that show them: a program's
test function as `FOLDER.NAME: test_...`, or any other test by its name in ctest, as `fuzz.safetensors` or `cli.run.hostile`.
They exist.
"""

import os
import re

import tree

TEXT = tree.read("docs/reliability.md")
BEGIN, END = "## Rules, and their tests", "\n## "


def rows():
    part = TEXT[TEXT.index(BEGIN) :]
    part = part[: part.index(END, len(BEGIN))]
    return [line for line in part.splitlines() if line.startswith("| ") and not line.startswith("| read |")]


def problem(name, function):
    folder, _, program = name.partition(".")
    paths = [f"tests/{folder}/test_{program}.c", f"tests/fuzz/fuzz_{program}.c", f"tests/{folder}/{program}.py",
             f"tests/{folder}/test_{program.removeprefix('run.')}.py"]
    path = next((path for path in paths if os.path.exists(os.path.join(tree.ROOT, path))), None)
    if not path:
        return f"there is no test {name}"
    if function and f"static void {function}(" not in tree.read(path):
        return f"{path} has no {function}"
    return None


problems = []
for row in rows():
    rule, tests = [cell.strip() for cell in row.strip("|").split("|")][-2:]
    found = re.findall(r"`(\w+(?:\.\w+)+)(?:: (\w+))?`", tests)
    if not found:
        problems.append(f"no test shows '{rule}'")
    problems += [text for text in (problem(*test) for test in found) if text]
if len(rows()) < 30:
    problems.append("the table of rules was not read whole")
tree.finish("rules", problems)

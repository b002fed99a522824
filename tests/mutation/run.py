"""
Plants small faults in the numerical and parsing code, one at a time, and tells which of them the tests notice.

usage: run.py [--count N] [--seed N] [--build FOLDER] [--only FILE]

The faults are drawn by a fixed seed: an operator, a constant, a condition. A fault that does not compile is drawn anew. The
tests are those that tests.txt names for the file. Those that survive are printed; same.txt holds the ones that change
nothing that could be tested, with the reason. Exit status 0: at least 90 of 100 were noticed.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "house"))
import tree  # noqa: E402

SECONDS, ENOUGH = 120, 90
# What is found (a whole token in code without comments and texts), and what may stand there instead.
OPERATORS = [
    (r"(?<![<>=!\-])<(?![<=])", ["<="]),
    (r"<=", ["<"]),
    (r"(?<![<>=!\-])>(?![>=])", [">="]),
    (r">=", [">"]),
    (r"==", ["!="]),
    (r"!=", ["=="]),
    (r"&&", ["||"]),
    (r"\|\|", ["&&"]),
    (r"(?<=\s)\+(?=\s)", ["-"]),
    (r"(?<=\s)-(?=\s)", ["+"]),
    (r"(?<=\w )\*(?= \w)", ["+"]),
    (r"(?<=\s)/(?=\s)", ["*"]),
    (r"(?<=\s)\+=", ["-="]),
    (r"(?<=\s)-=", ["+="]),
    (r"(?<![\w.])\d+(?![\w.])", ["constant"]),
    (r"\bif \((?=[^;{]*\) )", ["if (!"]),
    (r"\btrue\b", ["false"]),
    (r"\bfalse\b", ["true"]),
]


def read_table(name):
    """Lines "PATH WORD..." without comments."""
    table = {}
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        for line in file:
            words = line.split("#")[0].split()
            if words:
                table[words[0]] = words[1:]
    return table


def code_lines(text):
    """(line number, text) of lines within functions, comments and texts blanked."""
    inside = False
    for number, line in enumerate(tree.without_comments(text, strings=True).split("\n")):
        if re.match(r"^[A-Za-z_].*\{$", line):
            inside = "(" in line
        elif line.startswith("}"):
            inside = False
        elif inside and not line.lstrip().startswith("#"):
            yield number, line


def close_of(line, begin):
    depth = 0
    for i in range(begin, len(line)):
        depth += (line[i] == "(") - (line[i] == ")")
        if depth == 0:
            return i
    return -1


def faults(path):
    """All that could be planted: (path, line, column, length, what comes instead, the line with it)."""
    text = tree.read(path)
    whole = text.split("\n")
    for number, line in code_lines(text):
        for pattern, instead in OPERATORS:
            for match in re.finditer(pattern, line):
                for word in instead:
                    begin, end = match.span()
                    assert whole[number][begin:end] == match.group(), f"{path}:{number + 1}: a column that is not the text's"
                    if word == "constant":
                        word = str(int(match.group()) + 1)
                    if word == "if (!":
                        close = close_of(line, end - 1)
                        if close < 0:
                            continue
                        word, end = f"if (!{whole[number][end - 1 : close + 1]})", close + 1
                    yield path, number, whole[number][:begin] + word + whole[number][end:]


def build(folder, tests):
    command = ["cmake", "--build", folder, "--parallel", str(os.cpu_count()), "--target", *["test." + test for test in tests]]
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def noticed(folder, tests):
    for test in tests:
        try:
            program = os.path.join(folder, "tests", "test." + test)
            if subprocess.run([program], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=SECONDS).returncode != 0:
                return True
        except subprocess.TimeoutExpired:
            return True
    return False


def plant(copy, fault):
    path, number, line = fault
    lines = tree.read(path).split("\n")
    lines[number] = line
    write(copy, path, "\n".join(lines))


def write(copy, path, text):
    with open(os.path.join(copy, path), "w", encoding="utf-8") as file:
        file.write(text)


def prepare(build_folder):
    """A copy of the tree to plant in, and a build of it."""
    copy = os.path.join(build_folder, "tree")
    shutil.rmtree(copy, ignore_errors=True)
    for name in ("src", "include", "tests", "cmake", "bindings"):
        if os.path.isdir(os.path.join(tree.ROOT, name)):
            shutil.copytree(os.path.join(tree.ROOT, name), os.path.join(copy, name))
    shutil.copy(os.path.join(tree.ROOT, "CMakeLists.txt"), copy)
    folder = os.path.join(build_folder, "build")
    flags = ["-DCMAKE_BUILD_TYPE=Sanitize", "-DPCIL_WERROR=OFF", "-DPCIL_EXAMPLES=OFF", "-DPCIL_COMMAND=OFF"]  # the sanitizers see what reads beyond an array
    subprocess.run(["cmake", "-S", copy, "-B", folder, "-G", "Ninja", *flags], check=True, stdout=subprocess.DEVNULL)
    return copy, folder


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--count", type=int, default=120)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--build", default=os.path.join(tree.ROOT, "build", "mutation"))
    options.add_argument("--only", default="")
    chosen = options.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as ctest has it: with more, large batches are left to the BLAS
    tests, same = read_table("tests.txt"), tree.read("tests/mutation/same.txt")
    sites = {path: list(faults(path)) for path in sorted(tests) if chosen.only in path}
    draw = random.Random(chosen.seed)
    copy, folder = prepare(chosen.build)
    tried = killed = 0
    seen = set()
    while tried < chosen.count and len(seen) < sum(len(list_) for list_ in sites.values()):
        path = draw.choice(sorted(sites))
        fault = draw.choice(sites[path])
        if fault in seen or f"{path}: {fault[2].strip()}\n" in same:
            continue
        seen.add(fault)
        plant(copy, fault)
        if build(folder, tests[path]):
            tried += 1
            if noticed(folder, tests[path]):
                killed += 1
            else:
                print(f"{path}:{fault[1] + 1}: survived: {fault[2].strip()}", flush=True)
            if tried % 20 == 0:
                print(f"{killed} of {tried}", flush=True)
        write(copy, path, tree.read(path))
    print(f"{killed} of {tried} faults noticed ({100 * killed / max(tried, 1):.0f} of 100)")
    return 0 if killed * 100 >= ENOUGH * tried and tried > 0 else 1


if __name__ == "__main__":
    sys.exit(main())

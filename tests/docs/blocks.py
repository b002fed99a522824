"""
Runs the code blocks of a document, in order, in an empty folder that they share.

usage: blocks.py DOCUMENT PCIL LIBRARY_FOLDER C_COMPILER

Fenced blocks of sh, python and c are run; a C program is compiled first. A block is told apart by a comment in the line
before its fence, which readers do not see:

    <!-- not run: why -->           it is skipped, and the test says why
    <!-- small -->                  its commands run with one epoch, few steps and samples, on a stand-in for DIR and /data
    <!-- small: COMMANDS -->        the same, after these commands
    <!-- file: NAME -->             it is also saved under that name
    <!-- with: DECLARATIONS -->     a fragment of C is run in a main() behind these declarations

Commands stand in such blocks only: a line of any other block that begins with "pcil " is a failure, and so is a fence that does
not say what it holds.
"""

import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RUN = ("sh", "python", "c")
KINDS = ("", "not run", "small", "file", "with")
SHOWN = ("cmake", "json", "text", "julia")


class Block:
    def __init__(self, language, line, comment):
        self.language, self.line, self.lines = language, line, []
        kind, _, self.comment = comment.partition(": ")
        self.kind = kind if comment else ""

    @property
    def text(self):
        return "\n".join(self.lines) + "\n"


def read(path):
    """The blocks of a document, and what is wrong with how they are written."""
    blocks, problems, block, before = [], [], None, ""
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file.read().splitlines(), 1):
            if line.startswith("```") and block:
                block = None
            elif line.startswith("```"):
                comment = re.fullmatch(r"<!-- (.*) -->", before)
                block = Block(line[3:], number, comment.group(1) if comment else "")
                blocks.append(block)
                if block.language not in RUN + SHOWN:
                    problems.append(f"line {number}: a fence of '{block.language}', not of {', '.join(RUN + SHOWN)}")
                if block.kind not in KINDS:
                    problems.append(f"line {number}: '{block.kind}' is no word for a block")
            elif block:
                block.lines.append(line)
            elif re.match(r"    +\$? ?(pcil|\./\w+) ", line):
                problems.append(f"line {number}: a command outside of a fenced block")
            if block and block.language not in ("sh", "text") and re.match(r"pcil ", line):
                problems.append(f"line {number}: a command in a block of {block.language}")
            before = line
    return blocks, problems


def command_of_c(block, compiler):
    text = block.text
    if block.kind == "with":
        head = "".join(line + "\n" for line in block.lines if line.startswith("#"))
        body = "".join(line + "\n" for line in block.lines if not line.startswith("#"))
        text = f"#include <stdio.h>\n{head}int main(void) {{\n{block.comment}\n{body}return 0;\n}}\n"
    with open("block.c", "w", encoding="utf-8") as file:
        file.write(text)
    return ["sh", "-c", f"{compiler} -std=c11 -o block block.c -lpcil -lm && ./block"]


# The last of an option given twice counts, so what is put behind a command makes it small. A run that is resumed is small already.
SMALL = """
[ -d stand-in ] || {
    pcil data write --dataset digits --format svhn --out stand-in --train 256 --test 64
    pcil data write --dataset digits --format cifar10 --out stand-in/cifar-10-batches-bin --train 256 --test 64
}
pcil() {
    local digits=()
    [[ "$*" != *"--recipe digits-"* ]] || digits=(--set dataset=cifar10 --data stand-in) # which holds digits, drawn once
    case "$1 $*" in
        train*" --resume "*) command pcil "$@" ;;
        train* | search*) command pcil "$@" "${digits[@]}" --limit-train 128 --limit-test 64 --epochs 1 ;;
        analyze*" --train "*) command pcil "$@" --train 2 --samples 16 ;;
        analyze*" --samples "*) command pcil "$@" --samples 16 ;;
        bench*) command pcil "$@" --repetitions 1 ;;
        *) command pcil "$@" ;;
    esac
}
"""


def make_small(block):
    text = re.sub(r"(?<=[ ])(~?/data\b[/\w]*|DIR)(?= |$)", "stand-in", block.text, flags=re.M)
    return SMALL + block.comment + "\n" + text


def run(block, compiler):
    if block.kind == "file":
        with open(block.comment, "w", encoding="utf-8") as file:
            file.write(block.text)
    command = {"sh": lambda: ["bash", "-euo", "pipefail", "-c", make_small(block) if block.kind == "small" else block.text], "python": lambda: ["/usr/bin/python3", "-B", "-c", block.text]}
    words = command_of_c(block, compiler) if block.language == "c" else command[block.language]()
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    return "" if done.returncode == 0 else f"line {block.line}: exit code {done.returncode}\n{block.text}--- it printed\n{done.stdout[-3000:]}"


def surroundings(pcil, libraries):
    """The environment that an install would make."""
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(pcil), "/usr/bin", os.environ["PATH"]])  # the system's python3, as in python blocks
    os.environ["CPATH"] = os.path.join(ROOT, "include")
    os.environ["LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"] = libraries
    os.environ["PYTHONPATH"] = os.path.join(ROOT, "bindings", "python")
    os.environ["PCIL_LIBRARY"] = os.path.join(libraries, "libpcil.so")
    os.environ["NO_COLOR"] = "1"
    os.environ.pop("PCIL_DATA", None)


def main():
    document, pcil, libraries, compiler = sys.argv[1:]
    blocks, problems = read(document)
    surroundings(os.path.abspath(pcil), os.path.abspath(libraries))
    ran = 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for block in blocks:
            if block.language not in RUN or problems:
                continue
            if block.kind == "not run":
                print(f"skipped, {block.comment}: line {block.line}")
                continue
            problem = run(block, compiler)
            problems += [problem] if problem else []
            ran += 1
        os.chdir("/")
    for problem in problems:
        print(f"{document}: {problem}")
    print(f"{ran} blocks run, {len(problems)} problems")
    sys.exit(1 if problems else 0)


main()

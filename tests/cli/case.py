"""
Runs the command lines of a case file in an empty folder and compares.

usage: case.py PCIL FILE.case

    # a comment
    $ pcil recipes nonsense         runs it; the checks below it belong to it
    exit 2                          its exit code (0 if not said)
    err unknown recipe 'nonsense'   stderr holds this text
    err                             stderr is empty (also where nothing is said of it)
    out name                        stdout holds this text
    out-is pcil                     stdout is this line
    out                             stdout is empty
    json                            stdout is JSON
    json KEY.0.KEY                  ... and holds something there
    json KEY.0.KEY = VALUE          ... this value
    makes FILE FOLDER/              new in the folder; whatever else appears or changes is a failure
    lacks TEXT                      neither stdout nor stderr holds this text
    needs ZLIB JPEG PNG             the command line is skipped in a build without one of these

A line `@ PYTHON` runs Python in the folder first, to make files; `pcil` is the command's path there.
Words are split as a shell does; `$DATA` stands for the folder of real data that PCIL_DATA names: without it, command lines
that say it are skipped.
"""

import hashlib
import json
import os
import shlex
import subprocess
import sys
import tempfile


def snapshot(folder):
    """Every file's content hash and every folder, by path."""
    found = {}
    for place, folders, files in os.walk(folder):
        for name in folders:
            found[os.path.relpath(os.path.join(place, name), folder) + "/"] = ""
        for name in files:
            path = os.path.join(place, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = hashlib.sha256(file.read()).hexdigest()
    return found


def look_up(value, path):
    for key in path.split("."):
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


BUILT = os.environ.get("PCIL_BUILT", "ZLIB JPEG PNG").split()


class Step:
    def __init__(self, line, number):
        self.line, self.number, self.checks = line, number, []

    def skipped(self):
        """Why it is not run, or an empty text."""
        if "$DATA" in self.line and not os.environ.get("PCIL_DATA"):
            return "PCIL_DATA is not set"
        lacking = {word for kind, text in self.checks if kind == "needs" for word in text.split()} - set(BUILT)
        return f"built without {', '.join(sorted(lacking))}" if lacking else ""

    def problems(self, pcil, folder):
        words = [word.replace("$DATA", os.environ.get("PCIL_DATA", "")) for word in shlex.split(self.line)]
        before = snapshot(folder)
        environment = {**os.environ, "NO_COLOR": "1"}
        done = subprocess.run([pcil, *words[1:]], cwd=folder, capture_output=True, text=True, env=environment, timeout=120)
        after = snapshot(folder)
        changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
        self.printed = f"    stdout: {done.stdout[:2000]}\n    stderr: {done.stderr[:2000]}"
        yield from self.compare(done)
        allowed = {name for kind, text in self.checks if kind == "makes" for name in text.split()}
        for name in sorted(changed - allowed):
            if not any(name.startswith(folder_name) for folder_name in allowed if folder_name.endswith("/")):
                yield f"changed {name}"
        for name in sorted(allowed - changed):
            yield f"did not make {name}"

    def compare(self, done):
        exits = [int(text) for kind, text in self.checks if kind == "exit"] or [0]
        if done.returncode != exits[0]:
            yield f"exit code {done.returncode}, not {exits[0]}"
        if not any(kind == "err" and text for kind, text in self.checks) and done.stderr:
            yield "stderr is not empty"
        for kind, text in self.checks:
            if kind in ("err", "out"):
                stream = done.stderr if kind == "err" else done.stdout
                if (text not in stream) if text else stream:
                    yield f"{kind} lacks: {text}" if text else f"{kind} is not empty"
            elif kind == "out-is" and done.stdout.strip() != text:
                yield f"out is not: {text}"
            elif kind == "lacks" and text in done.stdout + done.stderr:
                yield f"holds: {text}"
            elif kind == "json":
                yield from self.compare_json(done.stdout, text)

    @staticmethod
    def compare_json(stdout, text):
        try:
            value = json.loads(stdout)
            if text:
                path, equals, expected = text.partition(" = ")
                found = look_up(value, path)
                if equals and found != json.loads(expected):
                    yield f"json {path} is {found!r}, not {expected}"
        except (ValueError, KeyError, IndexError, TypeError) as error:
            yield f"json {text}: {error!r}"


def read(path):
    """The steps of a case file; a string is Python to run before the next."""
    steps = []
    kinds = ("exit", "err", "out", "out-is", "json", "makes", "lacks", "needs")
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            if line.startswith("@ "):
                steps.append(line[2:])
            elif line.startswith("$ pcil"):
                steps.append(Step(line[2:], number))
            elif line and not line.startswith("#"):
                kind, _, text = line.partition(" ")
                if kind not in kinds or not steps or isinstance(steps[-1], str):
                    sys.exit(f"{path}:{number}: not understood: {line}")
                steps[-1].checks.append((kind, text))
    return steps


def main():
    pcil, path = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    failures = run = 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for step in read(path):
            if isinstance(step, str):
                exec(step, {"pcil": pcil, "os": os, "subprocess": subprocess})
                continue
            if step.skipped():
                print(f"skipped, {step.skipped()}: {step.line}")
                continue
            run += 1
            problems = list(step.problems(pcil, folder))
            for problem in problems:
                print(f"{path}:{step.number}: {step.line}\n    {problem}")
            failures += bool(problems)
            if problems:
                print(step.printed)
    print(f"{run} command lines, {failures} failed")
    sys.exit(1 if failures else 0)


main()

"""Manual pages tell of every command and option, and the programs that show them find nothing to complain of."""

import os
import re
import shutil
import subprocess

from run import check, in_empty_folder, pcil

LIBRARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "man", "libpcil.3")


def commands(*above):
    return pcil("help", "--complete", *above, "").stdout.split()


def lint(path):
    if shutil.which("mandoc"):
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", path], capture_output=True, text=True)
        check(done.returncode == 0, done.stdout)
    if shutil.which("groff"):
        done = subprocess.run(["groff", "-mdoc", "-ww", "-z", "-K", "utf8", "-T", "utf8", path], capture_output=True, text=True)
        check(done.returncode == 0 and not done.stderr, done.stderr)


def page(*command):
    path = "-".join(["pcil", *command]) + ".1"
    with open(path, "w") as file:
        file.write(pcil("help", "--man", *command).stdout)
    lint(path)
    with open(path) as file:
        return file.read()


def check_options(text, *command):
    for option in re.findall(r"^  --([\w-]+)", pcil(*command, "--help").stdout, re.M):
        check(f".It Fl -{option}" in text, f"the page of {' '.join(command)} lacks --{option}")


def test():
    top = page()
    names = commands()
    check("train" in names and len(names) > 10, f"commands: {names}")
    for name in names:
        text = page(name)
        check(f".It Xr pcil-{name} 1" in top, f"pcil(1) lacks {name}")
        check(f".Dt PCIL-{name.upper()} 1" in text and ".It 128+N" in text, f"the page of {name}:\n{text}")
        inner = commands(name) if pcil(name, "--help").stdout.find("\ncommands:") > 0 else []
        for sub in inner:
            check(f".Ss {name} {sub}" in text, f"the page of {name} lacks {sub}")
            check_options(text, name, sub)
        if not inner:
            check_options(text, name)
    check(".It Cm learning_rate" in page("train"), "the page of train lacks what the registries hold")
    pcil("help", "--man", "trian", exit_code=2)
    lint(LIBRARY)


in_empty_folder(test)

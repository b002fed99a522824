"""Manual pages tell of every command and option, and the programs that show them find nothing to complain of."""

import os
import re
import shutil
import subprocess

from run import check, in_empty_folder, pcil, read

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
LIBRARY = os.path.join(ROOT, "docs", "man", "libpcil.3")


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


def check_environment(text):
    """Each variable that the sources ask for."""
    asked = set()
    for folder, _, names in os.walk(os.path.join(ROOT, "src")):
        for name in names:
            asked |= set(re.findall(r'getenv\("(\w+)"\)', read(os.path.join(folder, name)))) if name.endswith(".c") else set()
    told = {name for line in re.findall(r"^(?:\.It )?\.?Ev (.*)", text, re.M) for name in re.findall(r"\b[A-Z_]{2,}\b", line)}
    check("PCIL_BACKEND" in asked and asked <= told, f"pcil(1) lacks {asked - told}")


def check_exits(text):
    """Each exit code of the help, which is that of the sources."""
    line = re.search(r"^exit codes: (.*)", pcil("--help").stdout, re.M).group(1)
    codes = dict(part.split(" ", 1) for part in line.split(", "))
    check(len(codes) == 5, line)
    for code, meaning in codes.items():
        check(f".It {code}\n{meaning}\n" in text, f"a page lacks exit code {code}")


def test():
    top = page()
    check_environment(top)
    check_exits(top)
    names = commands()
    check("train" in names and len(names) > 10, f"commands: {names}")
    for name in names:
        text = page(name)
        check(f".It Xr pcil-{name} 1" in top, f"pcil(1) lacks {name}")
        check(f".Dt PCIL-{name.upper()} 1" in text, f"the page of {name}:\n{text}")
        check_exits(text)
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

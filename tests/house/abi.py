"""
The binary interface against its kept description, src/libpcil.abi: within a major version nothing is removed or changed, each
addition is described, and each function carries the symbol version of the release that it came with (@since).

What is described is a library of empty functions made from the header with the version script: what programs are linked against,
without the insides of the handles, which are free to change. That the true library exports the same is said by exports.py, that
its functions are those of the header by the compiler (-Wmissing-prototypes).

usage: abi.py [--update] C_COMPILER NM LIBRARY

--update rewrites the description. It refuses a removal or change within a major version; before 1.0 the environment variable
PCIL_ABI_BREAK=yes allows one, which then has its line under "Breaking" in CHANGELOG.md.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

import declarations
import tree

UPDATE = "cmake --build build/release --target abi-update"
KEPT = os.path.join(tree.ROOT, "src/libpcil.abi")
DUMP = ["--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", "--no-elf-needed", "--type-id-style", "hash"]


def run(*command):
    if not shutil.which(command[0]):
        tree.finish("abi", [f"{command[0]} is missing; on Debian: apt-get install abigail-tools binutils"])
    return subprocess.run(command, capture_output=True, text=True)


def stand_in(compiler, api, name, folder):
    """A library of the interface alone: every function of the header, with an empty body, under its symbol version."""
    source, library = os.path.join(folder, "stand_in.c"), os.path.join(folder, "stand_in.so")
    with open(source, "w", encoding="utf-8") as file:
        file.write('#include "pcil.h"\n')
        for function in api["functions"].values():
            file.write(function["c"][:-1] + (" {}\n" if function["result"]["role"] == "nothing" else " { return 0; }\n"))
    script = "-Wl,--version-script=" + os.path.join(tree.ROOT, "src/libpcil.map")
    result = run(compiler, "-std=c11", "-g", "-O0", "-w", "-fPIC", "-shared", "-I", os.path.join(tree.ROOT, "include"), "-o", library,
                 "-Wl,-soname," + name, script, source)  # fmt: skip
    if result.returncode:
        tree.finish("abi", [result.stderr])
    return library


def dump(library, path):
    result = run("abidw", *DUMP, "--out-file", path, library)
    if result.returncode:
        tree.finish("abi", [f"abidw {library}: {result.stderr}"])
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if "function-decl" not in text:
        tree.finish("abi", [f"abidw found no function in {library}"])
    with open(path, "w", encoding="utf-8") as file:  # the folder's name is another each time
        file.write(re.sub(r" path='[^']*stand_in.c'", " path='pcil.h'", text))


def soname(path):
    with open(path, encoding="utf-8") as file:
        return re.search(r"soname='([^']*)'", file.read(4096)).group(1)


def compare(new):
    """(removals and changes, additions) of the library since the description was kept, as abidiff tells them."""
    if soname(KEPT) != soname(new):
        return "", f"{soname(new)} is another major version than {soname(KEPT)}"
    result = run("abidiff", "--fail-no-debug-info", KEPT, new)
    if result.returncode & 3:
        tree.finish("abi", [result.stderr])
    counts = re.search(r"(\d+) Removed, (\d+) Changed.*?, (\d+) Added functions?", result.stdout)
    broken = result.returncode & 8 or not counts or int(counts.group(1)) + int(counts.group(2))
    if result.returncode & 4:
        return (result.stdout, "") if broken else ("", result.stdout)
    return "", ""


def nodes(api, nm, library):
    """Functions whose symbol version is not the one of their @since: LIBPCIL_0 before 1.0, LIBPCIL_MAJOR.MINOR from then on."""
    listing = run(nm, "-D", "--defined-only", library).stdout
    version = dict(re.findall(r"^\w+ T (\w+)@@?(\w[\w.]*)$", listing, re.M))
    for name, function in api["functions"].items():
        wanted = "LIBPCIL_0" if function["since"].startswith("0.") else "LIBPCIL_" + function["since"]
        if version.get(name) != wanted:
            yield f"{name} is of version {function['since']}, and so of node {wanted} in src/libpcil.map; it has {version.get(name, 'none')}"


def check(new):
    broken, added = compare(new)
    if broken:
        yield (f"{broken}\nThe binary interface has lost or changed something: programs linked against the library break. Undo that, or raise the "
               f"major version; before 1.0:\n    PCIL_ABI_BREAK=yes {UPDATE}")  # fmt: skip
    if added:
        yield f"{added}\nAdded, and not yet described. Refresh the description and commit it:\n    {UPDATE}"


def update(new):
    if os.path.exists(KEPT):
        broken, _ = compare(new)
        allowed = soname(new).endswith(".0") and os.environ.get("PCIL_ABI_BREAK") == "yes"
        if broken and not allowed:
            return [f"{broken}\nNot written: a removal or change within a major version. Before 1.0, if it is meant:\n    PCIL_ABI_BREAK=yes {UPDATE}"]
    with open(new, "rb") as source, open(KEPT, "wb") as target:
        target.write(source.read())
    return []


def main(compiler, nm, library):
    try:
        api = declarations.describe.describe(compiler)
    except declarations.describe.Unclear as unclear:
        return [str(unclear)]
    name = re.search(r"libpcil\.so\.\d+", os.path.basename(os.path.realpath(library))).group()
    with tempfile.TemporaryDirectory() as folder:
        new = os.path.join(folder, "libpcil.abi")
        dump(stand_in(compiler, api, name, folder), new)
        return list(nodes(api, nm, library)) + list(update(new) if "--update" in sys.argv else check(new))


tree.finish("abi", main(*[word for word in sys.argv[1:] if word != "--update"]))

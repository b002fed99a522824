"""
What is handed to users is hardened: position-independent, relocations read-only and bound at once, no executable stack, stack
protector, fortified calls. (Control-flow marks are compiled in, but Debian 12's own crti.o has none, so that no linked file keeps them.)

usage: hardening.py READELF FILE...
"""

import re
import subprocess
import sys

import tree


def read(*arguments):
    return subprocess.run([sys.argv[1], "-W", *arguments], capture_output=True, text=True, check=True).stdout


def check(path):
    header, segments, dynamic = read("-h", path), read("-l", path), read("-d", path)
    symbols, notes = read("--dyn-syms", path), read("-n", path)
    wanted = {
        "position-independent (DYN)": "DYN" in header,
        "relocations read-only (RELRO)": "GNU_RELRO" in segments,
        "bound at once (BIND_NOW)": "BIND_NOW" in dynamic or re.search(r"FLAGS.*\bNOW\b", dynamic),
        "no executable stack": re.search(r"GNU_STACK.*\bRW\s", segments),
        "no writable and executable segment": not re.search(r"LOAD.*\bRWE\b", segments),
        "stack protector": "__stack_chk_fail" in symbols,
        "fortified calls": re.search(r"__\w+_chk\b(?<!__stack_chk)", symbols.replace("__stack_chk_fail", "")),
        "no run path": "RPATH" not in dynamic,
    }
    return [f"{path}: lacks: {what}" for what, there in wanted.items() if not there]


problems = []
for file in sys.argv[2:]:
    problems += check(file)
tree.finish("hardening", problems)

"""
What the shared library exports is what the public header declares: no more, no less.

usage: exports.py C_COMPILER NM LIBRARY
"""

import re
import subprocess
import sys

import tree
from declarations import functions

compiler, nm, library = sys.argv[1:4]
declared = set(functions(compiler))
listing = subprocess.run([nm, "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
symbols = {match[1]: match[0] for match in re.findall(r"^\w+ (\w) (\w+)(?:@.*)?$", listing, re.M)}
versions = {name for name, kind in symbols.items() if kind == "A"}
exported = set(symbols) - versions
problems = [f"declared, not in the library: {name}" for name in sorted(declared - exported)]
problems += [f"in the library, not declared: {name}" for name in sorted(exported - declared)]
problems += [f"{name} is exported as data ({symbols[name]}), not as a function" for name in sorted(exported & declared) if symbols[name] != "T"]
print(f"{len(declared)} declared, {len(exported)} exported, version {', '.join(sorted(versions)) or 'none'}")
if not versions:
    problems.append("the exported names carry no version (src/libpcil.map)")
tree.finish("exports", problems)

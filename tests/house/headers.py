"""
Each public header stands alone, as C11 and as C++11 and C++17, without a warning; none defines a macro but its guard.

usage: headers.py C_COMPILER CXX_COMPILER
"""

import os
import re
import subprocess
import sys
import tempfile

import tree

C = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wstrict-prototypes", "-Wmissing-prototypes", "-Wc++-compat"]
CXX = ["-Wall", "-Wextra", "-Wpedantic", "-Wold-style-cast", "-Wzero-as-null-pointer-constant"]


def compile(compiler, flags, language, header, folder):
    source = os.path.join(folder, "header." + language)
    with open(source, "w", encoding="utf-8") as file:
        # Twice: the guard is tried too.
        file.write(f'#include "{header}"\n#include "{header}"\nint header_test(void);\nint header_test(void) {{ return 0; }}\n')
    command = [compiler, *flags, "-Werror", "-I", os.path.join(tree.ROOT, "include"), "-fsyntax-only", source]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        yield f"include/{header}: {' '.join(command[:2])}: {result.stderr.strip()}"


def guard(header):
    """The guard's name says the path, and nothing else is defined."""
    expected = re.sub(r"[^A-Z]", "_", header.upper())
    defined = re.findall(r"^\s*#\s*define\s+(\w+)", tree.read("include/" + header), re.M)
    if defined != [expected]:
        yield f"include/{header}: defines {', '.join(defined)}; only {expected} is expected"


problems = []
headers = [os.path.relpath(path, "include") for path in tree.files(".h", under="include")]
if len(headers) < 2:
    problems.append("the public headers were not found")
with tempfile.TemporaryDirectory() as folder:
    for header in headers:
        problems += guard(header)
        problems += compile(sys.argv[1], C, "c", header, folder)
        for standard in ("-std=c++11", "-std=c++17"):
            problems += compile(sys.argv[2], [standard, *CXX], "cpp", header, folder)
included = re.findall(r'^#include "([^"]+)"', tree.read("include/pcil.h"), re.M)
problems += [f"pcil.h does not include {header}" for header in headers if header != "pcil.h" and header not in included]
tree.finish("headers", problems)

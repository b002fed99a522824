"""
Each public header stands alone, as C99 to C23 and as C++11 to C++20, without a warning; none defines a macro but its guard.

usage: headers.py C_COMPILER CXX_COMPILER [HEADER...]      those headers alone
"""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import tree

C_STANDARDS = ["c99", "c11", "c2x"]
CXX_STANDARDS = ["c++11", "c++14", "c++17", "c++20"]
C = ["-Wall", "-Wextra", "-Wpedantic", "-Wstrict-prototypes", "-Wmissing-prototypes", "-Wc++-compat"]
CXX = ["-Wall", "-Wextra", "-Wpedantic", "-Wold-style-cast", "-Wzero-as-null-pointer-constant"]


def compile(compiler, flags, language, header):
    # Twice: the guard is tried too.
    source = f'#include "{header}"\n#include "{header}"\nint header_test(void);\nint header_test(void) {{ return 0; }}\n'
    command = [compiler, *flags, "-Werror", "-I", os.path.join(tree.ROOT, "include"), "-fsyntax-only", "-x", language, "-"]
    result = subprocess.run(command, input=source, capture_output=True, text=True)
    return [f"include/{header}: {' '.join(command[:2])}: {result.stderr.strip()}"] if result.returncode else []


def compilations(c, cxx, headers):
    for header in headers:
        for standard in C_STANDARDS:
            yield c, ["-std=" + standard, *C], "c", header
        for standard in CXX_STANDARDS:
            yield cxx, ["-std=" + standard, *CXX], "c++", header


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
for header in headers:
    problems += guard(header)
with ThreadPoolExecutor(os.cpu_count()) as pool:
    for found in pool.map(lambda one: compile(*one), compilations(*sys.argv[1:3], sys.argv[3:] or headers)):
        problems += found
included = re.findall(r'^#include "([^"]+)"', tree.read("include/pcil.h"), re.M)
problems += [f"pcil.h does not include {header}" for header in headers if header != "pcil.h" and header not in included]
tree.finish("headers", problems)

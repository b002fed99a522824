"""Tries the tests of the house on a tree that breaks every rule: each must find what is wrong, and say where.

usage: trial.py C_COMPILER CXX_COMPILER NM SHARED_LIBRARY
"""

import os
import subprocess
import sys
import tempfile

import tree

compiler, cxx, nm, library = sys.argv[1:5]
LONG = "int pc_long(void) {\n    int a = 0;\n" + "    a++;\n" * 90 + "    return a;\n}\n"
TREE = {
    "include/pcil.h": '#ifndef PCIL_H\n#define PCIL_H\n#include "pcil/bad.h"\n#endif\n',
    "include/pcil/bad.h": "#ifndef PCIL_BAD_H\n#define PCIL_BAD_H\n#define PCIL_MACRO 1\n"
    "typedef struct pcil_open {\n    int a;\n} pcil_open;\ntypedef enum pcil_e { PCIL_A } pcil_e;\n"
    "void pcil_varargs(const char *format, ...);\nlong pcil_long(void);\nint32_t pcil_alone(void);\nextern int pcil_data;\nint bad_name(char *a);\n#endif\n",
    "src/base/up.c": '#include "energy/high.h"\n#include <stdio.h>\n\nvoid f(void) {\n    printf("x");\n    exit(1); /* TO' + 'DO */\n}\n',
    "src/energy/high.h": '#include "pcil.h"\n',
    "src/network/circle.h": '#include "file/circle.h"\n',
    "src/file/circle.h": '#include "network/circle.h"\n',
    "src/strange/floor.c": "int x;\n",
    "src/cli/inside.c": '#include "base/kinds.h"\n\nint  badly ( void ) ;\n',
    "src/base/long.c": LONG,
    "README.md": "[nowhere](docs/none.md), and `src/none/`\n",
    "docs/alone.md": "# Alone\n",
    "mkdocs.yml": "nav:\n",
}
EXPECTED = [
    ("floors.py", [], ["src/base/up.c: base (floor 0) includes \"energy/high.h\"", "src/energy/high.h: includes pcil.h", "circle: file -> network -> file",
                       "src/strange/floor.c: the folder strange", 'src/cli/inside.c: includes "base/kinds.h"']),
    ("lengths.py", [], ["src/base/long.c:1: pc_long has 94 lines"]),
    ("words.py", [], ["src/base/up.c:5: printf(", "src/base/up.c:6: exit(", "src/base/up.c:6: unfinished"]),
    ("format.py", [], ["src/cli/inside.c: run clang-format"]),
    ("documents.py", [], ["README.md: the link docs/none.md", "README.md: there is no src/none/", "pcil_varargs has no description",
                          "docs/alone.md is not among the pages of mkdocs.yml"]),
    ("headers.py", [compiler, cxx], ["include/pcil/bad.h: defines PCIL_BAD_H, PCIL_MACRO", "int32_t"]),
    ("binding.py", [compiler], ["pcil_open: neither opaque handle", "pcil_varargs: variable arguments", "pcil_long: result: type 'long'",
                                "bad_name: public names", "pcil_e: each value", "not a function"]),
    ("exports.py", [compiler, nm, library], ["declared, not in the library: pcil_long", "in the library, not declared: pcil_last_error"]),
]

problems = []
with tempfile.TemporaryDirectory() as root:
    for path, text in TREE.items():
        os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
        with open(os.path.join(root, path), "w", encoding="utf-8") as file:
            file.write(text)
    with open(os.path.join(root, ".clang-format"), "w", encoding="utf-8") as file:
        file.write(tree.read(".clang-format"))
    for script, arguments, messages in EXPECTED:
        if script in ("binding.py", "exports.py"):  # these want a header that parses
            bad = os.path.join(root, "include/pcil/bad.h")
            with open(bad, "w", encoding="utf-8") as file:
                file.write("#include <stdint.h>\n" + TREE["include/pcil/bad.h"])
        command = [sys.executable, "-B", os.path.join(tree.HERE, script), *arguments]
        result = subprocess.run(command, env={**os.environ, "PCIL_TREE": root}, capture_output=True, text=True)
        if result.returncode != 1:
            problems.append(f"{script}: status {result.returncode} on a tree that breaks its rules\n{result.stderr}")
        problems += [f"{script}: does not say '{message}', but:\n{result.stdout}" for message in messages if message not in result.stdout]
tree.finish("trial", problems)

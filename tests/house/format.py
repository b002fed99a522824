"""Every C and C++ file stands as clang-format puts it."""

import shutil
import subprocess

import tree

tool = shutil.which("clang-format-14") or shutil.which("clang-format")
if not tool:
    tree.finish("format", ["clang-format is missing; on Debian: apt-get install clang-format"])
paths = tree.files(".c", ".h", ".cpp")
result = subprocess.run([tool, "--dry-run", "-Werror", *paths], cwd=tree.ROOT, capture_output=True, text=True)
wrong = sorted({line.split(":")[0] for line in result.stderr.split("\n") if "clang-format-violations" in line})
problems = [f"{path}: run clang-format -i {path}" for path in wrong]
if result.returncode and not wrong:
    problems.append(result.stderr)
tree.finish("format", problems)

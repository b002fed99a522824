"""The source tree as the tests of the house see it: files, C without comments, and one way to report."""

import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
# Another tree may be named, so that the tests can be tried on one that breaks the rules.
ROOT = os.environ.get("PCIL_TREE") or os.path.dirname(os.path.dirname(HERE))
LEFT_OUT = re.compile(r"^(\.git|build.*|out.*|runs|__pycache__|node_modules|debian)$")


def files(*endings, under=""):
    """Paths relative to the root, sorted, of files with one of these endings (all files without any)."""
    found = []
    for folder, folders, names in os.walk(os.path.join(ROOT, under)):
        folders[:] = [name for name in folders if not LEFT_OUT.match(name)]
        for name in names:
            if not endings or name.endswith(endings):
                found.append(os.path.relpath(os.path.join(folder, name), ROOT))
    return sorted(found)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def without_comments(text, strings=False):
    """C with comments (and, if asked, the insides of strings) blanked; all that is left keeps its line and column."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''

    def blank(match):
        token = match.group()
        if token[0] in "\"'":
            return token[0] + re.sub(r"[^\n]", " ", token[1:-1]) + token[0] if strings else token
        return re.sub(r"[^\n]", " ", token)

    return re.sub(pattern, blank, text, flags=re.S)


def finish(what, problems):
    """Prints each problem and leaves: 0 if there is none."""
    for problem in problems:
        print(problem)
    print(f"{what}: {len(problems)} problem(s)" if problems else f"{what}: in order")
    sys.exit(1 if problems else 0)

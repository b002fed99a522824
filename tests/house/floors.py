"""Who may use whom: a folder of src/ includes its own floor and those below, never above, never in a circle."""

import os
import re

import tree

FLOORS = [
    {"base", "linalg"},
    {"network", "dataset", "file", "image"},
    {"energy"},
    {"inference", "learning", "optimizer"},
    {"training", "analysis"},
    {"cli"},
]
FLOOR = {folder: number for number, folders in enumerate(FLOORS) for folder in folders}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def check_library(path, folder, includes, uses):
    """A file of the library includes headers of src/ as "folder/name.h" and the public header through base/api.h."""
    for kind, name in includes:
        if name == "pcil.h" or name.startswith("pcil/"):
            if path != "src/base/api.h":
                yield f'{path}: includes {name}; the library sees the public header through "base/api.h"'
        elif kind == '"' and not os.path.exists(os.path.join(tree.ROOT, "src", name)):
            yield f'{path}: "{name}" is not a path below src/'
        elif kind == '"':
            other = name.split("/")[0]
            if folder is None or other == folder:
                continue
            uses.setdefault(folder, {})[other] = path
            if FLOOR.get(other, -1) > FLOOR[folder] or other == "cli":
                yield f'{path}: {folder} (floor {FLOOR[folder]}) includes "{name}" (floor {FLOOR.get(other)})'


def check_command(path, includes):
    """The command knows the public header, its own files, and nothing of the library's insides."""
    for kind, name in includes:
        if kind == '"' and name != "pcil.h" and not os.path.exists(os.path.join(tree.ROOT, "src/cli", name)):
            yield f'{path}: includes "{name}"; the command uses <pcil.h> and its own headers only'


def circles(uses):
    """Folders of one floor that include each other, whatever the length of the way round."""
    for start in sorted(uses):
        seen, todo = set(), [(start, [start])]
        while todo:
            folder, way = todo.pop()
            for other in sorted(uses.get(folder, {})):
                if other == start:
                    yield f"circle: {' -> '.join(way + [other])} (by {uses[folder][other]})"
                    return
                if other not in seen:
                    seen.add(other)
                    todo.append((other, way + [other]))


problems, uses = [], {}
for path in tree.files(".c", ".h", under="src"):
    parts = path.split(os.sep)
    folder = parts[1] if len(parts) > 2 else None
    if folder is not None and folder not in FLOOR:
        problems.append(f"{path}: the folder {folder} stands on no floor (tests/house/floors.py, docs/architecture.md)")
        continue
    includes = INCLUDE.findall(tree.without_comments(tree.read(path)))
    problems += check_command(path, includes) if folder == "cli" else check_library(path, folder, includes, uses)
tree.finish("floors", problems + list(circles(uses)))

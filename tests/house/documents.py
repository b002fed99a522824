"""Documents tell the truth where a program can tell: links lead somewhere, files named exist, every public function is described."""

import os
import re

import tree

LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
# `folder/file.ending` or `folder/`, below a folder of the root.
FILE = re.compile(r"`((?:\./)?(?:src|include|docs|tests|examples|cmake|datasets|\.ci)/[\w./-]*)`")
FUNCTION = re.compile(r"^[\w][\w \*]*?\b(pcil_\w+)\(", re.M)


def check_links(path, text):
    for link in LINK.findall(text):
        if "://" not in link and not os.path.exists(os.path.join(tree.ROOT, os.path.dirname(path), link)):
            yield f"{path}: the link {link} leads nowhere"
    for name in FILE.findall(text):
        # Words in capitals stand for names.
        if not re.search(r"[A-Z]{3}", name.replace("README", "")) and not os.path.exists(os.path.join(tree.ROOT, name)):
            yield f"{path}: there is no {name}"


def check_described(path, text):
    for match in FUNCTION.finditer(text):
        before = text[: match.start()].rstrip()
        begin = before.rfind("/**")
        if not before.endswith("*/") or begin < 0 or "*/" in before[begin:-2]:
            yield f"{path}: {match.group(1)} has no description"
        elif "@since" not in before[begin:]:
            yield f"{path}: the description of {match.group(1)} lacks @since"


problems, functions = [], 0
for path in tree.files(".md"):
    problems += check_links(path, tree.read(path))
for path in tree.files(".h", under="include"):
    text = tree.read(path)
    functions += len(FUNCTION.findall(text))
    problems += check_described(path, text)
if functions < 50:
    problems.append(f"only {functions} functions were found in the public headers")
tree.finish("documents", problems)

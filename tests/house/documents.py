"""Documents tell the truth where a program can tell: links lead somewhere, files named exist, every public function is described."""

import os
import re

import tree

LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]*))?[^)]*\)")
# A function's name in full; `pcil_kind_*` and `pcil_network_` stand for many.
NAMED = re.compile(r"`(pcil_\w+)(?=[`(])")
# `folder/file.ending` or `folder/`, below a folder of the root.
FILE = re.compile(r"`((?:\./)?(?:src|include|docs|tests|examples|cmake|datasets|\.ci)/[\w./-]*)`")
FUNCTION = re.compile(r"^[\w][\w \*]*?\b(pcil_\w+)\(", re.M)


def anchors(text):
    """What the headings of a document can be linked by."""
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in re.findall(r"^#+ (.*)", text, re.M)}


def check_links(path, text):
    for link, anchor in LINK.findall(text):
        target = os.path.normpath(os.path.join(os.path.dirname(path), link)) if link else path
        if "://" in link:
            continue
        if not os.path.exists(os.path.join(tree.ROOT, target)):
            yield f"{path}: the link {link} leads nowhere"
        elif anchor and target.endswith(".md") and anchor not in anchors(tree.read(target)):
            yield f"{path}: {target} has no heading #{anchor}"
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


def check_names(path, text, known):
    for name in sorted(set(NAMED.findall(text)) - known):
        if not name.endswith("_") and not re.search(r"_X\b|_X_", name):  # X stands for any
            yield f"{path}: there is no {name}"


problems, functions = [], 0
known = set(re.findall(r"\b(?:pcil|PCIL)_\w+", " ".join(tree.read(path) for path in tree.files(".h", under="include"))))
for path in tree.files(".md"):
    problems += check_links(path, tree.read(path))
    problems += check_names(path, tree.read(path), known)
site = tree.read("mkdocs.yml")
problems += [f"{path} is not among the pages of mkdocs.yml" for path in tree.files(".md", under="docs") if f" {os.path.basename(path)}\n" not in site]
for path in tree.files(".h", under="include"):
    text = tree.read(path)
    functions += len(FUNCTION.findall(text))
    problems += check_described(path, text)
if functions < 50:
    problems.append(f"only {functions} functions were found in the public headers")
tree.finish("documents", problems)

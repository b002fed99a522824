"""
The site of the documents: it builds without a warning, and each of its links leads to a file, and to a place in it that is there.

usage: site.py CMAKE BUILD_FOLDER
"""

import html.parser
import os
import subprocess
import sys
import urllib.parse


class Page(html.parser.HTMLParser):
    """What a page may be linked by, and what it links."""

    def __init__(self, path):
        super().__init__()
        self.places, self.links = set(), []
        with open(path, encoding="utf-8") as file:
            self.feed(file.read())

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.places |= {values[name] for name in ("id", "name") if values.get(name)}
        self.links += [values[name] for name in ("href", "src") if values.get(name)]


def problems_of(path, pages):
    for link in pages[path].links:
        parts = urllib.parse.urlsplit(link)
        target = os.path.normpath(os.path.join(os.path.dirname(path), urllib.parse.unquote(parts.path))) if parts.path else path
        if parts.scheme or parts.netloc or link.startswith("/"):
            continue  # other sites; 404.html alone names places from the root on
        if not os.path.exists(target):
            yield f"{path}: {link} leads nowhere"
        elif parts.fragment and target in pages and parts.fragment not in pages[target].places:
            yield f"{path}: there is no place #{parts.fragment} in {os.path.basename(target)}"


cmake, build = sys.argv[1:]
done = subprocess.run([cmake, "--build", build, "--target", "site"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
problems = [f"it does not build:\n{done.stdout}"] if done.returncode or "warning" in done.stdout.lower() else []
site = os.path.join(build, "site")
pages = {os.path.join(site, name): Page(os.path.join(site, name)) for name in os.listdir(site) if name.endswith(".html")}
for path in sorted(pages):
    problems += problems_of(path, pages)
print(*problems, f"{len(pages)} pages, {len(problems)} problems", sep="\n")
sys.exit(1 if problems or len(pages) < 20 else 0)

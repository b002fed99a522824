"""What the site's generator does beside turning pages into HTML: the ten minutes come first, headers are found in the reference, and what
is no part of the site is named, not linked."""

import re

REFERENCE = '\n\n<a href="reference/files.html">The reference: every function of the headers</a>\n'


def on_page_markdown(markdown, page, config, files):
    markdown = re.sub(r"\[([^\]]*)\]\(\.\./include/[^)]*\)", r'<a href="reference/files.html">\1</a>', markdown)
    return re.sub(r"\[([^\]]*)\]\(\.\./[^)]*\)", r"\1", markdown) + REFERENCE


def on_post_build(config):
    with open(f"{config['site_dir']}/index.html", "w", encoding="utf-8") as file:
        file.write('<!doctype html><title>libpcil</title><meta http-equiv="refresh" content="0; url=ten-minutes.html">\n')

"""
The public header as a C parser sees it, for the test of what it declares and the test of what is exported.
"""

import os
import subprocess

import tree

try:
    from pycparser import c_ast, c_parser
except ImportError:
    tree.finish("declarations", ["pycparser is missing; on Debian: apt-get install python3-pycparser"])


def parse(compiler):
    """The declarations of pcil.h alone, without those of the C library's headers."""
    command = [compiler, "-E", "-std=c11", "-D__attribute__(x)=", "-D__extension__=", "-I", os.path.join(tree.ROOT, "include")]
    source = subprocess.run([*command, "-x", "c", "-"], input='#include "pcil.h"\n', capture_output=True, text=True)
    if source.returncode:
        tree.finish("declarations", [source.stderr])
    whole = c_parser.CParser().parse(source.stdout, "pcil.h")
    public = os.path.join(tree.ROOT, "include") + os.sep
    return [node for node in whole.ext if node.coord and os.path.abspath(node.coord.file).startswith(public)]


def is_function(node):
    return isinstance(node, c_ast.Decl) and isinstance(node.type, c_ast.FuncDecl)


def functions(compiler):
    return sorted(node.name for node in parse(compiler) if is_function(node))

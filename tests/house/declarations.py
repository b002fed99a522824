"""
The public header as a C parser sees it, for the test of what it declares and the test of what is exported.
"""

import os
import sys

import tree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(tree.HERE)), "bindings"))
try:
    import describe
    from pycparser import c_ast
except ImportError:
    tree.finish("declarations", ["pycparser is missing; on Debian: apt-get install python3-pycparser"])


def parse(compiler):
    """The declarations of pcil.h alone, without those of the C library's headers."""
    try:
        return describe.declarations(compiler)
    except describe.Unclear as unclear:
        tree.finish("declarations", [str(unclear)])


def is_function(node):
    return isinstance(node, c_ast.Decl) and isinstance(node.type, c_ast.FuncDecl)


def functions(compiler):
    return sorted(node.name for node in parse(compiler) if is_function(node))

"""
What a foreign language can call: pcil.h, preprocessed, holds functions only, and their types are plain.

usage: binding.py C_COMPILER
"""

import os
import sys

import tree
from declarations import c_ast, is_function, parse

PLAIN = {"void", "char", "float", "double", "int32_t", "int64_t", "uint64_t", "uint8_t"}


def words(node):
    """The type's words and whether it is behind a pointer, arrays counted as pointers."""
    pointers = 0
    while isinstance(node, (c_ast.PtrDecl, c_ast.ArrayDecl)):
        node, pointers = node.type, pointers + 1
    if isinstance(node, c_ast.TypeDecl) and isinstance(node.type, c_ast.IdentifierType):
        return " ".join(node.type.names), pointers
    return type(node).__name__, pointers


def check_type(where, node, enums, callbacks, handles):
    name, pointers = words(node)
    if name in PLAIN or name in enums or name in callbacks:
        if name == "void" and pointers == 0 and not where.endswith("result"):
            yield f"{where}: void by value"
    elif name in handles:
        if pointers == 0:
            yield f"{where}: {name} by value; handles go by pointer"
    else:
        yield f"{where}: type '{name}'; plain are {', '.join(sorted(PLAIN))}, handles, enumerations, callbacks"


def check_function(name, function, *known):
    parameters = function.args.params if function.args else []
    if not parameters:
        yield f"{name}: no prototype; write (void)"
    yield from check_type(f"{name}: result", function.type, *known)
    if len(parameters) == 1 and words(parameters[0].type) == ("void", 0):
        return
    for parameter in parameters:
        if isinstance(parameter, c_ast.EllipsisParam):
            yield f"{name}: variable arguments"
        elif not getattr(parameter, "name", None):
            yield f"{name}: a parameter without a name"
        else:
            yield from check_type(f"{name}: {parameter.name}", parameter.type, *known)


def check_typedef(node, enums, callbacks, handles):
    """Sorts a typedef into enumerations, callbacks and opaque handles; anything else is a problem."""
    inner = node.type
    if isinstance(inner, c_ast.PtrDecl) and isinstance(inner.type, c_ast.FuncDecl):
        callbacks[node.name] = inner.type
    elif isinstance(inner, c_ast.TypeDecl) and isinstance(inner.type, c_ast.Enum):
        enums.add(node.name)
        if any(item.value is None for item in inner.type.values.enumerators):
            yield f"{node.name}: each value of an enumeration has its number written down"
    elif isinstance(inner, c_ast.TypeDecl) and isinstance(inner.type, c_ast.Struct) and inner.type.decls is None:
        handles.add(node.name)
    else:
        yield f"{node.name}: neither opaque handle, enumeration nor callback"


problems, enums, callbacks, handles, count = [], set(), {}, set(), 0
nodes = parse(sys.argv[1])
for node in nodes:
    if isinstance(node, c_ast.Typedef):
        problems += check_typedef(node, enums, callbacks, handles)
for name, function in callbacks.items():
    problems += check_function(name, function, enums, callbacks, handles)
for node in nodes:
    if is_function(node):
        count += 1
        problems += check_function(node.name, node.type, enums, callbacks, handles)
        if not node.name.startswith("pcil_"):
            problems.append(f"{node.name}: public names begin with pcil_")
    elif not isinstance(node, c_ast.Typedef):
        problems.append(f"{os.path.relpath(node.coord.file, tree.ROOT)}:{node.coord.line}: not a function")
if count < 50:
    problems.append(f"only {count} functions were found: the header was not read whole")
print(f"{count} functions, {len(handles)} handles, {len(enums)} enumerations, {len(callbacks)} callbacks")
tree.finish("binding", problems)

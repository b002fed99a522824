"""
Describes the public interface, from the headers alone: every handle, enumeration, callback and function; of each parameter its
role, direction, shape and whether it may be left out. The declarations are read by a C parser. What C cannot say (that a pointer
is an array, how long it is, that NULL is fine) stands in the comments, in the words that README.md lists.
"""

import os
import re
import subprocess

from pycparser import c_ast, c_generator, c_parser

ROOT = os.environ.get("PCIL_TREE") or os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INCLUDE = os.path.join(ROOT, "include")
NUMBERS = {"int32_t", "int64_t", "uint64_t", "uint8_t", "float", "double", "char", "void"}
# What a comment calls a dimension, and what the description calls it.
SIZES = {
    "features of node 0": "node_size(0)",
    "features of the output node": "node_size(-1)",
    "features of the node": "node_size(node)",
    "the network's parameters": "parameters",
    "the tensor's size": "tensor_size",
}
# Sizes that a binding learns from the object or from what it was made of.
KNOWN = {"node_size", "nodes", "blocks", "parameters", "tensor_size", "batch", "channels", "height", "width", "target_size"}
# Parameters that tell how many an array holds: a binding takes them from the array.
COUNTS = {"batch", "count", "samples"}


class Unclear(Exception):
    """A declaration or comment from which no description can be made."""


def declarations(compiler="cc"):
    """The nodes of pcil.h's own declarations, without those of the C library."""
    command = [compiler, "-E", "-std=c11", "-D__attribute__(x)=", "-D__extension__=", "-I", INCLUDE, "-x", "c", "-"]
    source = subprocess.run(command, input='#include "pcil.h"\n', capture_output=True, text=True)
    if source.returncode:
        raise Unclear(source.stderr)
    nodes = c_parser.CParser().parse(source.stdout, "pcil.h").ext
    return [node for node in nodes if node.coord and os.path.abspath(node.coord.file).startswith(INCLUDE + os.sep)]


def comment_before(node, texts={}):
    """The comment that ends right before a declaration, without its stars."""
    path = os.path.abspath(node.coord.file)
    if path not in texts:
        with open(path, encoding="utf-8") as file:
            texts[path] = file.read().split("\n")
    before = "\n".join(texts[path][: node.coord.line - 1]).rstrip()
    if not before.endswith("*/"):
        return ""
    inside = before[before.rindex("/**") + 3 : -2]
    return "\n".join(re.sub(r"^ ?\* ?", "", line.strip()).rstrip() for line in inside.split("\n")).strip()


def sections(comment):
    """The text of a comment and its @param, @return and @since parts."""
    parts = re.split(r"@(param|return|since)\b", comment)
    text, parameters, result, since = parts[0].strip(), {}, "", ""
    for word, part in zip(parts[1::2], parts[2::2]):
        if word == "return":
            result = " ".join(part.split())
        elif word == "since":
            since = part.strip()
        else:
            names, help = re.match(r"\s*((?:\w+,\s*)*\w+)\s*(.*)", part, re.S).groups()
            for name in re.split(r",\s*", names):
                parameters[name] = " ".join(help.split())
    return {"text": text, "parameters": parameters, "result": result, "since": since}


def type_of(node):
    """The name of the type pointed to, how many pointers lead there, and whether what is pointed to is constant."""
    pointers, constant = 0, False
    while isinstance(node, (c_ast.PtrDecl, c_ast.ArrayDecl)):
        node, pointers = node.type, pointers + 1
    if not isinstance(node, c_ast.TypeDecl) or not isinstance(node.type, c_ast.IdentifierType):
        raise Unclear(f"line {node.coord}: a type that is not plain")
    return " ".join(node.type.names), pointers, "const" in node.quals


def c_text(node):
    return c_generator.CGenerator().visit(node)


def name_without(node):
    """A type as C writes it, without the name declared."""
    text = c_text(node)
    return re.sub(r"\b" + re.escape(node.name) + r"$", "", text).strip()


def dimension(text, iterations):
    text = text.strip()
    text = SIZES.get(text, text)
    return re.sub(r"\bT\b", "iterations", text) if iterations else text


def shape_of(help, iterations):
    """The dimensions that a parameter's comment gives, and what to reserve if only a count is given."""
    room = re.search(r"room for (\d+)", help)
    brackets = re.match(r"(?:receives? )?((?:\[[^\]]+\])+)", help)
    shape = [dimension(part, iterations) for part in re.findall(r"\[([^\]]+)\]", brackets.group(1))] if brackets else None
    must = re.search(r"count (?:must be )?(the tensor's size|the network's parameters|their number)", help)
    if must and must.group(1) == "their number":
        return ["count"], shape
    if must or re.match(r"(?:receives? )?`count`", help):
        shape = shape or ["count"]
        return shape, [SIZES[must.group(1)] if size == "count" else size for size in shape] if must else None
    return ([room.group(1)], None) if room and not shape else (shape, None)


class Describer:
    def __init__(self, compiler="cc"):
        self.handles, self.enums, self.callbacks, self.functions = [], {}, {}, {}
        self.comments, self.order = {}, []
        functions = []
        for node in declarations(compiler):
            if isinstance(node, c_ast.Typedef):
                self.typedef(node)
            elif isinstance(node, c_ast.Decl) and isinstance(node.type, c_ast.FuncDecl):
                self.comments[node.name] = sections(comment_before(node))
                self.order.append(node.name)
                functions.append(node)
        for node in functions:
            self.functions[node.name] = self.function(node)
        for name, node in self.callbacks.items():
            self.callbacks[name] = self.callback(name, node)

    def typedef(self, node):
        inner = node.type
        if isinstance(inner, c_ast.PtrDecl) and isinstance(inner.type, c_ast.FuncDecl):
            self.comments[node.name] = sections(comment_before(node))
            self.callbacks[node.name] = inner.type
        elif isinstance(inner, c_ast.TypeDecl) and isinstance(inner.type, c_ast.Enum):
            values = inner.type.values.enumerators
            self.enums[node.name] = {item.name: int(c_text(item.value)) for item in values}
        elif isinstance(inner, c_ast.TypeDecl) and isinstance(inner.type, c_ast.Struct):
            self.handles.append(node.name)
        else:
            raise Unclear(f"{node.name}: neither handle, enumeration nor callback")

    def help(self, function, parameter, seen=()):
        """A parameter's comment; where it is "as pcil_other" or missing, that of the function referred to."""
        comment = self.comments[function]
        own = comment["parameters"].get(parameter, "")
        whole = own or comment["text"] + " " + comment["result"]
        others = re.findall(r"\bpcil_\w+", whole)
        if not own and comment["text"].startswith("The same"):
            others.insert(0, self.order[self.order.index(function) - 1])
        if own and not re.match(r"as pcil_", own):
            return own
        for other in others:
            if other in self.comments and other in self.order and other not in seen:
                found = self.help(other, parameter, (*seen, function))
                if found:
                    return found
        return own

    def role(self, function, parameter):
        """What a parameter is for; see README.md."""
        name, (type, pointers, constant) = parameter.name, type_of(parameter.type)
        if type in self.handles:
            return {"role": "handle" if pointers == 1 else "new handle", "type": type}
        if type in self.callbacks:
            return {"role": "callback", "type": type}
        if type == "char":
            if pointers == 1:
                return {"role": "text" if constant else "buffer", "type": type}
            return {"role": "array" if "const *" in c_text(parameter.type) else "text result", "type": "text"}
        if type == "void":
            return {"role": "user", "type": type}
        if pointers == 0:
            return {"role": "number", "type": type}
        return {"role": "array" if constant or type in ("float", "uint8_t") else "result", "type": type}

    def parameter(self, function, node, iterations):
        help = self.help(function, node.name)
        entry = {"name": node.name, "c": name_without(node), **self.role(function, node)}
        shape, reserve = shape_of(help, iterations)
        if entry["role"] == "result" and shape:
            entry["role"] = "array"
        if entry["role"] == "array":
            entry["out"] = not type_of(node.type)[2]
            entry["shape"] = shape
            if reserve and entry["out"]:
                entry["reserve"] = reserve
            if not shape:
                raise Unclear(f"{function}: {node.name} is an array: let its @param begin with its shape, [like][this], or 'receives [like][this]'")
        if re.search(r"NULL: (it is )?not (computed|wanted)|NULL if not wanted", help):
            entry["on_request"] = True
        elif re.search(r"may be NULL|NULL for none|NULL if there|NULL ends|NULL:", help) or (entry["role"] in ("callback", "user")):
            entry["nullable"] = True
        if help:
            entry["help"] = help
        return entry

    def parameters(self, name, function):
        nodes = [node for node in (function.args.params if function.args else []) if getattr(node, "name", None)]
        iterations = any(node.name == "iterations" for node in nodes)
        entries = [self.parameter(name, node, iterations) for node in nodes]
        names = {entry["name"] for entry in entries if entry["role"] == "number"}
        for before, entry, after in zip(entries, entries[1:], entries[2:]):
            if before["role"] == "buffer":  # the text convention of pcil.h
                entry["role"], after["role"] = "capacity", "length"
        for array in entries:
            for size in array.get("shape", []) + array.get("reserve", []):
                if re.sub(r" \+ \d+$|\(.*", "", size) not in names | KNOWN and not size.isdigit():
                    raise Unclear(f"{name}: {array['name']}: the size '{size}' is neither a parameter nor one of {', '.join(sorted(KNOWN))}")
            first = array.get("shape", [None])[0]
            if first in names & COUNTS and (not array["out"] or set(array["shape"]) == {first}):
                count = next(entry for entry in entries if entry["name"] == first)
                count.setdefault("counts", array["name"])
                if array["shape"].count(first) > 1:
                    count["is"] = array["reserve"][0]
        for entry in entries:
            self.check_result(name, entry)
        return entries

    @staticmethod
    def check_result(function, entry):
        """A pointer that receives one number must say so: an array whose shape was not read would be taken for one."""
        help = entry.get("help", "")
        if entry["role"] == "result" and (not re.match(r"receives? ", help) or "[" in help):
            raise Unclear(
                f"{function}: {entry['name']}: is it one number or an array? Let its @param begin with 'receives', for an array "
                f"with 'receives [like][this]'; it says: '{help}'"
            )

    def result(self, name, node):
        type, pointers, constant = type_of(node)
        if type in self.handles:
            return {"role": "handle", "type": type}
        if type == "char":
            return {"role": "text", "type": "char"}
        role = {"pcil_status": "status", "void": "nothing"}.get(type, "number")
        return {"role": role, "type": type}

    def function(self, node):
        comment = self.comments[node.name]
        if not comment["text"] and not comment["result"]:
            raise Unclear(f"{node.name}: no comment")
        entry = {"name": node.name, "c": c_text(node) + ";", "header": "pcil/" + os.path.basename(node.coord.file)}
        entry.update(self.place(node.name, node.type))
        entry["help"], entry["returns"] = " ".join(comment["text"].split()), comment["result"]
        entry["since"] = comment["since"].split()[0].rstrip(".") if comment["since"] else ""
        if not re.fullmatch(r"\d+\.\d+", entry["since"]):
            raise Unclear(f"{node.name}: the comment lacks @since MAJOR.MINOR")
        entry["result"] = self.result(node.name, node.type.type)
        if entry["result"]["role"] == "status" and node.name == "pcil_status_name":
            entry["result"]["role"] = "number"
        entry["parameters"] = self.parameters(node.name, node.type)
        for parameter in entry["parameters"][1:]:
            if entry["kind"] == "method" and parameter["role"] == "handle" and "must outlive" in entry["help"] + parameter.get("help", ""):
                parameter["kept"] = True
        return entry

    def place(self, name, function):
        """The class that a function belongs to in object-oriented languages, and its name there."""
        short = name[len("pcil_") :]
        first = type_of(function.args.params[0].type) if function.args else ("", 0, False)
        handles = {handle[len("pcil_") :] for handle in self.handles}
        prefix = next((handle for handle in sorted(handles, key=len, reverse=True) if short.startswith(handle + "_")), None)
        if first[0] in self.handles and first[1] == 1:
            own = first[0][len("pcil_") :]
            return {"class": own, "method": short[len(own) + 1 :] if short.startswith(own + "_") else short, "kind": "method"}
        if prefix is None:
            return {"class": None, "method": short, "kind": "function"}
        kind = "constructor" if first == ("pcil_" + prefix, 2, False) else "static"
        return {"class": prefix, "method": short[len(prefix) + 1 :], "kind": kind}

    def callback(self, name, function):
        entries = []
        help = self.comments[name]["parameters"]
        for node in function.args.params:
            type, pointers, constant = type_of(node.type)
            entry = {"name": node.name, "c": name_without(node), "type": type}
            shape, _ = shape_of(help.get(node.name, ""), False)
            entry["role"] = "user" if type == "void" else "handle" if type in self.handles else "array" if pointers else "number"
            if entry["role"] == "array":
                if not shape:
                    raise Unclear(f"{name}: {node.name} is an array: let its @param begin with its shape")
                entry["shape"] = shape
            entries.append(entry)
        for array in entries:
            for entry in entries:
                if entry["name"] in array.get("shape", []):
                    entry["counts"] = array["name"]
        return {"name": name, "help": " ".join(self.comments[name]["text"].split()), "parameters": entries}


def describe(compiler="cc"):
    """The whole description, ready for JSON."""
    whole = Describer(compiler)
    return {
        "handles": whole.handles,
        "enumerations": whole.enums,
        "callbacks": whole.callbacks,
        "functions": whole.functions,
    }

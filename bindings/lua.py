"""Writes the description of the interface as a Lua table, with the declarations for LuaJIT's ffi.cdef."""

import json

SHOWN = ("name", "class", "method", "kind", "result", "parameters", "role", "type", "shape", "reserve", "counts", "is", "out", "on_request", "nullable", "kept")


def value(item):
    if isinstance(item, dict):
        return "{" + ", ".join(f"{key} = {value(part)}" for key, part in item.items() if key in SHOWN and part is not None) + "}"
    if isinstance(item, list):
        return "{" + ", ".join(value(part) for part in item) + "}"
    return json.dumps(item, ensure_ascii=False)


def numbers(values):
    return "{" + ", ".join(f"{key} = {number}" for key, number in values.items()) + "}"


def write(api, header):
    lines = ["-- Made by bindings/generate.py from the headers in include/pcil/.", "return {", "handles = " + value(api["handles"]) + ",", "enumerations = {"]
    lines += [f"{name} = {numbers(values)}," for name, values in api["enumerations"].items()]
    for part in ("callbacks", "functions"):  # as lists: in Lua the order of names is lost
        lines += ["},", part + " = {"] + [value(entry) + "," for entry in api[part].values()]
    return "\n".join(lines + ["},", "cdef = [[", header + "]],", "}"]) + "\n"

"""Writes the type hints of the Python binding (__init__.pyi), whose functions are made when it is imported."""

import keyword

HEAD = '''"""Made by bindings/generate.py from the headers in include/pcil/."""

import os
from collections.abc import Callable
from enum import IntEnum
from typing import Any, Self

import numpy
from numpy.typing import ArrayLike, NDArray

_Text = str | bytes | os.PathLike[str] | os.PathLike[bytes]


class Error(RuntimeError):
    status: Status | int | None

class Progress:
    def __init__(self, every: float = ..., stream: Any = ...) -> None: ...
    def __call__(self, trainer: Trainer, event: Event) -> None: ...

class Handle:
    @property
    def pointer(self) -> int: ...
    def free(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...

'''
ARRAYS = {"float": "float32", "double": "float64", "int32_t": "int32", "int64_t": "int64", "uint8_t": "uint8"}
HIDDEN = {"result", "text result", "buffer", "capacity", "length", "user", "new handle"}


def class_name(type):
    return type.removeprefix("pcil_").capitalize()


class Stubs:
    def __init__(self, api):
        self.api = api

    def number(self, type):
        return class_name(type) if type in self.api["enumerations"] else "float" if type in ("double", "float") else "int"

    def array(self, type):
        return f"NDArray[numpy.{ARRAYS[type]}]"

    def callback(self, type):
        told = [entry for entry in self.api["callbacks"][type]["parameters"] if entry["role"] != "user" and "counts" not in entry]
        kinds = {"array": self.array, "handle": class_name}
        return f"Callable[[{', '.join(kinds.get(entry['role'], self.number)(entry['type']) for entry in told)}], int | None] | None"

    def shown(self, parameter):
        """(whether it may be left out, a parameter with its type and default)"""
        name = parameter["name"] + "_" * keyword.iskeyword(parameter["name"])
        role, type = parameter["role"], parameter["type"]
        if role == "result":
            return True, f"{name}: bool = False"
        if role == "callback":
            return False, f"{name}: {self.callback(type)}"
        if role == "array" and parameter["out"]:
            return True, f"{name}: {self.array(type)} | {'bool | ' if parameter.get('on_request') else ''}None = None"
        kinds = {"handle": class_name, "text": lambda _: "_Text", "number": self.number}
        hint = kinds[role](type) if role in kinds else "list[str]" if type == "text" else "ArrayLike"
        if "counts" in parameter or parameter.get("nullable"):
            return True, f"{name}: {hint} | None = None"
        return False, f"{name}: {hint}"

    def result(self, function):
        role, type = function["result"]["role"], function["result"]["type"]
        if role != "status":
            kinds = {"handle": f"{class_name(type)} | None", "text": "str | None", "number": self.number(type)}
            return kinds[role]
        found = []
        for parameter in function["parameters"]:
            kinds = {"result": self.number, "text result": lambda _: "str", "new handle": class_name, "buffer": lambda _: "str", "array": lambda type: self.array(type)}
            if parameter.get("on_request") or parameter["role"] == "array" and parameter["out"]:
                return "Any"  # what is returned depends on what is given
            if parameter["role"] in kinds and not (parameter["role"] == "array" and not parameter["out"]):
                found.append(kinds[parameter["role"]](parameter["type"]))
        if function["kind"] == "constructor":
            return "Self"
        return "None" if not found else found[0] if len(found) == 1 else f"tuple[{', '.join(found)}]"

    def function(self, function):
        method = function["kind"] == "method"
        visible = [parameter for parameter in function["parameters"][method:] if parameter["role"] not in HIDDEN or parameter.get("on_request")]
        shown = [text for _, text in sorted((self.shown(parameter) for parameter in visible), key=lambda pair: pair[0])]
        first = ["self"] if method else ["cls"] if function["kind"] == "constructor" else []
        head = "@classmethod\n" if function["kind"] == "constructor" else "@staticmethod\n" if function["kind"] == "static" else ""
        return f"{head}def {function['method']}({', '.join(first + shown)}) -> {self.result(function)}: ...\n"


def indented(text):
    return "".join(f"    {line}\n" for line in text.splitlines())


def constructor(stubs, function):
    """Inference(...) is Inference.create(...)."""
    text = stubs.function(function).replace("@classmethod\n", "").replace("def create(cls", "def __init__(self")
    return text.replace(" -> Self:", " -> None:")


def write(api):
    stubs, parts = Stubs(api), [HEAD]
    for name, values in api["enumerations"].items():
        short = class_name(name)
        members = [f"    {key.removeprefix('PCIL_').removeprefix(short.upper() + '_')} = {value}\n" for key, value in values.items()]
        parts.append(f"class {short}(IntEnum):\n{''.join(members)}\n")
    for key in api["enumerations"]["pcil_status"]:
        if key != "PCIL_OK":
            name = "".join(word.capitalize() for word in key.removeprefix("PCIL_ERROR_").split("_")) + "Error"
            also = {"ArgumentError": ", ValueError", "MemoryError": ", MemoryError", "IoError": ", OSError"}.get(name, "")
            parts.append(f"class {'OutOfMemoryError' if name == 'MemoryError' else name}(Error{also}): ...\n")
    functions = [function for function in api["functions"].values() if not (function["class"] and function["method"] == "free")]
    for handle in api["handles"]:
        own = [function for function in functions if "pcil_" + (function["class"] or "") == handle]
        made = [constructor(stubs, function) for function in own if function["method"] == "create"]
        parts.append(f"\nclass {class_name(handle)}(Handle):\n" + "".join(map(indented, made + [stubs.function(function) for function in own])))
    parts.append("\n")
    parts += [stubs.function(function) for function in functions if not function["class"]]
    return "".join(parts)

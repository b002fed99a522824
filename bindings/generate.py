"""
Writes everything that follows from the public headers: the description of the interface (api.json), the header without
directives (c/pcil_ffi.h), what the bindings need of it, and the manual page libpcil(3). One command after any change of include/pcil/:

    python3 bindings/generate.py            writes what has changed, and says so
    python3 bindings/generate.py --check    writes nothing; 1 if something would change
"""

import json
import os
import sys

import cpp
import describe
import lua
import manual
import stubs
from describe import ROOT

COMMAND = "cmake --build build/release --target abi-update"


def api_json(api):
    """JSON with a function, callback or handle to a line, so that two changes rarely meet."""
    parts = []
    for name, part in api.items():
        if isinstance(part, dict):
            lines = [f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in part.items()]
            parts.append(f"{json.dumps(name)}: {{\n" + ",\n".join(lines) + "\n}")
        else:
            parts.append(f"{json.dumps(name)}: {json.dumps(part)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def ffi_header(api):
    lines = ["/* libpcil's interface without directives, for parsers of C declarations; C includes <pcil.h>. */", "/* clang-format off */"]
    lines += [f"typedef struct {handle} {handle};" for handle in api["handles"]]
    for name, values in api["enumerations"].items():
        lines.append(f"typedef enum {name} {{ " + ", ".join(f"{key} = {value}" for key, value in values.items()) + f" }} {name};")
    for callback in api["callbacks"].values():
        parameters = ", ".join(f"{p['c']}{'' if p['c'].endswith('*') else ' '}{p['name']}" for p in callback["parameters"])
        lines.append(f"typedef int32_t (*{callback['name']})({parameters});")
    return "\n".join(lines + [function["c"] for function in api["functions"].values()]) + "\n"


def files(api):
    """Every generated file and its text."""
    header = ffi_header(api)
    return {
        "bindings/api.json": api_json(api),
        "bindings/c/pcil_ffi.h": header,
        "bindings/cpp/pcil.hpp": cpp.write(api),
        "bindings/lua/pcil_api.lua": lua.write(api, header),
        "bindings/python/pcil/__init__.pyi": stubs.write(api),
        "docs/man/libpcil.3": manual.write(api),
    }


def main():
    try:
        wanted = files(describe.describe())
    except describe.Unclear as unclear:
        print(unclear)
        return 2
    stale = []
    for path, text in wanted.items():
        whole = os.path.join(ROOT, path)
        old = open(whole, encoding="utf-8").read() if os.path.exists(whole) else None
        if old == text:
            continue
        stale.append(path)
        if "--check" not in sys.argv:
            os.makedirs(os.path.dirname(whole), exist_ok=True)
            with open(whole, "w", encoding="utf-8") as file:
                file.write(text)
            print(f"wrote {path}")
    if stale and "--check" in sys.argv:
        print(f"{', '.join(stale)}: not as the headers in include/pcil/ say. Refresh and commit them:\n    {COMMAND}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

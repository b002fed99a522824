"""Writes pcil.hpp: a C++ class for each handle, a function for each of C's, from the description of the interface."""

import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
TYPES = {"int32_t": "std::int32_t", "int64_t": "std::int64_t", "uint64_t": "std::uint64_t", "uint8_t": "std::uint8_t", "text": "const char *const"}
HIDDEN = {"result", "text result", "buffer", "capacity", "length", "user", "new handle"}


def class_name(type):
    return type.removeprefix("pcil_").capitalize()


def size(word, own, names):
    """The C++ expression of a size in a shape."""
    name, _, more = word.partition(" + ")
    if more:
        return f"{size(name, own, names)} + {more}"
    if name.isdigit() or name in names:
        return name
    network, dataset = ("handle()" if own == handle else f"{handle}_" for handle in ("network", "dataset"))
    known = {
        "node_size(-1)": f"detail::output_size({network})",
        "tensor_size": f"detail::tensor_size({network}, {'tensor' if 'tensor' in names else 'name'})",
        "target_size": f"pcil_dataset_target_size({dataset})",
        "batch": "pcil_inference_batch(handle())" if own == "inference" else "batch_",
    }
    known.update({name: f"pcil_network_{name}({network})" for name in ("nodes", "blocks", "parameters", "node_size(0)", "node_size(node)")})
    known["node_size(0)"], known["node_size(node)"] = (f"pcil_network_node_size({network}, {node})" for node in ("0", "node"))
    known.update({name: f"detail::picture({dataset}, {index})" for index, name in enumerate(("channels", "height", "width"))})
    return known[name]


class Method:
    def __init__(self, api, function):
        self.api, self.function, self.own = api, function, function["class"]
        self.is_method = function["kind"] == "method"
        self.parameters = function["parameters"][self.is_method :]
        self.names = {parameter["name"] for parameter in self.parameters if parameter["role"] in ("number", "text")}
        self.returns = [parameter for parameter in self.parameters if parameter["role"] in HIDDEN and not parameter.get("on_request")]
        self.returns = [parameter for parameter in self.returns if parameter["role"] not in ("capacity", "length", "user")]
        self.before, self.after = [], []

    @staticmethod
    def type(parameter):
        return TYPES.get(parameter["type"], parameter["type"])

    def shown(self, parameter):
        """A parameter as the C++ function has it, and its default if it may be left out."""
        name, role, nullable = parameter["name"], parameter["role"], parameter.get("nullable") or parameter.get("on_request")
        if role == "handle":
            constant = "const " if parameter["c"].startswith("const") else ""
            return f"{constant}{class_name(parameter['type'])} {'*' if nullable else '&'}{name}", "nullptr" if nullable else None
        if role == "text":
            return (f"const char *{name}", "nullptr") if nullable else (f"const std::string &{name}", None)
        if role == "array":
            constant = "" if parameter["out"] or parameter["type"] == "text" else "const "
            return f"span<{constant}{self.type(parameter)}> {name}", "{}" if nullable else None
        if role == "result":
            return f"{self.type(parameter)} *{name}", "nullptr"
        if role == "callback":
            arguments = ", ".join(self.callback_types(parameter["type"]))
            return f"std::function<std::int32_t({arguments})> {name}", None
        return f"{self.type(parameter)} {name}", "-1" if "counts" in parameter else None

    def told(self, callback):
        return [entry for entry in self.api["callbacks"][callback]["parameters"] if entry["role"] != "user" and "counts" not in entry]

    def callback_types(self, callback):
        for entry in self.told(callback):
            kinds = {"array": f"span<const {entry['type']}>", "handle": f"const {class_name(entry['type'])} &"}
            yield kinds.get(entry["role"], self.type(entry))

    def signature(self):
        visible = [parameter for parameter in self.parameters if parameter["role"] not in HIDDEN or parameter.get("on_request")]
        shown = sorted((self.shown(parameter) for parameter in visible), key=lambda pair: pair[1] is not None)
        return ", ".join(text + (f" = {default}" if default else "") for text, default in shown)

    def sizes(self):
        """Statements that take counts from arrays and check what arrays hold."""
        arrays = {parameter["name"]: parameter for parameter in self.parameters if parameter["role"] == "array"}
        counts = {parameter["name"]: parameter for parameter in self.parameters if "counts" in parameter}
        for name, parameter in counts.items():
            yield f"const bool exact_{name} = {name} < 0;"
            if "is" in parameter:
                yield f"if (exact_{name}) {name} = static_cast<{self.type(parameter)}>({size(parameter['is'], self.own, self.names)});"
                continue
            holders = [array for array in arrays.values() if array["shape"][0] == name]
            array = next((holder for holder in holders if not holder.get("nullable")), holders[0])
            each = ", ".join(size(word, self.own, self.names) for word in array["shape"][1:])
            what = f'"{self.function["name"]}: {array["name"]}"'
            yield (f"if (exact_{name}) {name} = static_cast<{self.type(parameter)}>("
                   f"detail::counted({what}, {array['name']}.size(), detail::product({{{each}}})));")  # fmt: skip
        for name, array in arrays.items():
            all = ", ".join(size(word, self.own, self.names) for word in array["shape"])
            exact = f"exact_{array['shape'][0]}" if array["shape"][0] in counts else "false"
            yield f'detail::holds("{self.function["name"]}: {name}", {name}.data(), {name}.size(), detail::product({{{all}}}), {exact});'

    def argument(self, parameter):
        name, role, nullable = parameter["name"], parameter["role"], parameter.get("nullable")
        if role == "handle":
            return f"{name} ? {name}->handle() : nullptr" if nullable else f"{name}.handle()"
        if role == "text":
            return name if nullable else f'detail::terminated("{self.function["name"]}: {name}", {name})'
        if role == "array":
            return f"{name}.data()"
        if role in ("buffer", "capacity", "length"):
            return {"buffer": "text_", "capacity": "capacity_", "length": "length_"}[role]
        if role == "user":
            return "kept.get()"
        if role == "callback":
            return "kept->function ? called : nullptr"
        return name if role == "number" or parameter.get("on_request") else f"&{name}"

    def trampoline(self, callback):
        entries = self.api["callbacks"][callback]["parameters"]
        names = ", ".join(f"{entry['c']}{'' if entry['c'].endswith('*') else ' '}{entry['name']}_" for entry in entries)
        arguments = []
        for entry in self.told(callback):
            if entry["role"] == "array":
                arguments.append(f"span<const {entry['type']}>({entry['name']}_, static_cast<std::size_t>({entry['shape'][0]}_))")
            elif entry["role"] == "handle":
                arguments.append(f"{class_name(entry['type'])}(const_cast<{entry['type']} *>({entry['name']}_), nullptr)")
            else:
                arguments.append(entry["name"] + "_")
        return (f"[]({names}) -> std::int32_t {{ return detail::guarded([&] {{ "
                f"return static_cast<Kept *>(user_)->function({', '.join(arguments)}); }}); }}")  # fmt: skip

    def made(self, parameter):
        """The object for a new handle, with what the sizes of its arrays are worked out from."""
        lines = [f"{class_name(parameter['type'])} {parameter['name']}_({parameter['name']}, pcil_{parameter['type'].removeprefix('pcil_')}_free);"]
        for other in self.parameters:
            if other["role"] == "handle" and other["type"] in ("pcil_network", "pcil_dataset"):
                lines.append(f"{parameter['name']}_.{other['type'].removeprefix('pcil_')}_ = {other['name']}.handle();")
            if other["role"] == "number" and other["name"] == "batch":
                lines.append(f"{parameter['name']}_.batch_ = batch;")
        return lines

    def returned(self):
        """The statements that return the results, and their C++ type."""
        lines, types, values = [], [], []
        for parameter in self.returns:
            if parameter["role"] == "new handle":
                lines += self.made(parameter)
                types.append(class_name(parameter["type"]))
                values.append(f"std::move({parameter['name']}_)" if len(self.returns) > 1 else parameter["name"] + "_")
            elif parameter["role"] == "buffer":
                types.append("std::string")
                values.append("made_text")
            else:
                types.append("std::string" if parameter["role"] == "text result" else self.type(parameter))
                values.append(parameter["name"])
        if not types:
            return lines, "void"
        if len(types) == 1:
            return [*lines, f"return {values[0]};"], types[0]
        return [*lines, f"return std::tuple<{', '.join(types)}>({', '.join(values)});"], f"std::tuple<{', '.join(types)}>"

    def declarations(self):
        for parameter in self.returns:
            if parameter["role"] == "new handle":
                yield f"{parameter['type']} *{parameter['name']} = nullptr;"
            elif parameter["role"] == "text result":
                yield f"const char *{parameter['name']} = \"\";"
            elif parameter["role"] == "result":
                yield f"{self.type(parameter)} {parameter['name']} = 0;"
        for parameter in self.parameters:
            if parameter["role"] == "callback":
                yield f"struct Kept {{ decltype({parameter['name']}) function; }};"
                yield f"const {parameter['type']} called = {self.trampoline(parameter['type'])};"
                yield f"auto kept = std::make_shared<Kept>(Kept{{std::move({parameter['name']})}});"

    def body(self):
        arguments = ", ".join((["handle()"] if self.is_method else []) + [self.argument(parameter) for parameter in self.parameters])
        call, result = f"{self.function['name']}({arguments})", self.function["result"]
        lines = [*self.declarations(), *self.sizes()]
        if result["role"] == "handle":
            name = class_name(result["type"])
            constant = f"const_cast<{result['type']} *>({call})" if self.function["c"].startswith("const") else call
            lines += [f"{name} borrowed({constant}, nullptr);"]
            if f"pcil_{self.own}_network" in self.api["functions"]:
                lines.append(f"borrowed.network_ = pcil_{self.own}_network(handle());")
            return [*lines, "return borrowed;"], name
        if result["role"] in ("text", "number"):
            return [*lines, f"return {call};"], "const char *" if result["role"] == "text" else self.type(result)
        if any(parameter["role"] == "buffer" for parameter in self.parameters):
            lines.append(f"std::string made_text = detail::text([&](char *text_, std::int64_t capacity_, std::int64_t *length_) {{ return {call}; }});")
        else:
            lines.append(f"detail::check({call});")
        lines += [f'callbacks_["{parameter["type"]}"] = kept;' for parameter in self.parameters if parameter["role"] == "callback"]
        more, type = self.returned()
        return lines + more, type

    def declaration(self, type, qualified):
        """The function's head, in its class or outside of it."""
        static = self.function["kind"] in ("constructor", "static")
        constant = " const" if self.is_method and self.function["parameters"][0]["c"].startswith("const") else ""
        name = f"{class_name(self.own)}::{self.function['method']}" if qualified and self.own else self.function["method"]
        signature = self.signature()
        if qualified and self.own:
            signature = ", ".join(part.split(" = ")[0] for part in signature.split(", "))
        before = "static " if static and not qualified else "inline " if qualified else ""
        return f"{before}{type}{'' if type.endswith('*') else ' '}{name}({signature}){constant}"

    def written(self):
        lines, type = self.body()
        inside = "".join(f"    {line}\n" for line in lines)
        return self.declaration(type, False), f"{self.declaration(type, True)} {{\n{inside}}}\n"


def first_sentence(function):
    text = re.split(r"(?<!eq)(?<! \.\.)\. (?=[A-Z])", function["help"])[0].rstrip(".")
    return f"    // {text}.\n" if text else ""


def write(api):
    with open(os.path.join(HERE, "cpp/head.hpp.in"), encoding="utf-8") as file:
        parts = [file.read()]
    names = [class_name(handle) for handle in api["handles"]]
    parts.append("\n".join(f"class {name};" for name in names) + "\n\n")
    functions = [function for function in api["functions"].values() if function["method"] != "free" or not function["class"]]
    methods = {function["name"]: Method(api, function).written() for function in functions}
    for handle, name in zip(api["handles"], names):
        own = [function for function in functions if function["class"] == handle.removeprefix("pcil_")]
        parts.append(f"class {name} : public detail::Handle<{handle}> {{\npublic:\n")
        parts.append(f"    {name}({handle} *pointer, void (*release)({handle} *)) : Handle(pointer, release) {{}}\n")
        parts += [first_sentence(function) + f"    {methods[function['name']][0]};\n" for function in own]
        parts.append("};\n\n")
    parts += [methods[function["name"]][1] + "\n" for function in functions]
    return "".join(parts) + "} // namespace pcil\n\n#endif\n"

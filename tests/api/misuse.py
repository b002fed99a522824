"""
Every function of the public header with arguments that are wrong: NULL, zero, negative, huge, not a number, handles that
are not ready or do not belong together. None may crash or hang; a failure has a known status and a message; handles stay
usable. The list of functions comes from the header, so none is forgotten.

usage: misuse.py C_COMPILER LIBRARY
"""

import ctypes
import itertools
import os
import resource
import signal
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import tree  # noqa: E402
from declarations import c_ast, is_function, parse  # noqa: E402

SECONDS, MEMORY = 60, 3 << 30
KNOWN = range(-8, 1)
WHOLE = {
    "int32_t": (ctypes.c_int32, [0, 1, -1, 2, -(2**31), 2**31 - 1]),
    "int64_t": (ctypes.c_int64, [0, 1, -1, 2, -(2**63), 2**63 - 1, 2**31]),
    "uint64_t": (ctypes.c_uint64, [0, 1, 2**64 - 1]),
    "double": (ctypes.c_double, [0.0, 1.0, -1.0, 0.5, float("nan"), float("inf"), -float("inf"), 1e308, 5e-324]),
}
HUGE = 2**31 - 1
TEXTS = [None, b"", b"x", b"%s%n%d", b"\xff\xfe\x01", b"a" * 100000, b"4; dense 3", b"{}", b"none/at/all", b"mq", b"learning_rate"]
# What a parameter of that name holds in the call that the wrong values are put into.
SOUND = {"description": b"4; dense 3; softmax", "family": b"optimizer", "format": b"npz", "folder": b"", "part": b"test", "name": b"learning_rate"}
KINDS = {"inference": b"sequential", "optimizer": b"adam", "dataset": b"idx", "initialise": b"he", "option": b"mq", "kind": b"mq", "output": b"linear"}


def type_of(node):
    """The type's name, how many pointers it stands behind, and whether what the last one leads to is constant."""
    pointers, constant = 0, False
    while isinstance(node, (c_ast.PtrDecl, c_ast.ArrayDecl)):
        node, pointers = node.type, pointers + 1
    constant = "const" in node.quals
    return " ".join(node.type.names), pointers, constant


class Fixture:
    """A network, what stands on it, and another network that has nothing to do with it."""

    def __init__(self, library, folder):
        self.library, self.folder = library, folder
        self.arrays = {}
        self.handles = {}
        self.make("pcil_network", "pcil_network_parse", b"4; dense 3; relu, dense 2; softmax")
        self.make("pcil_inference", "pcil_inference_create", self.handles["pcil_network"], b"sequential", 8)
        self.make("pcil_optimizer", "pcil_optimizer_create", self.handles["pcil_network"], b"sgd")
        self.make("pcil_traces", "pcil_traces_create", self.handles["pcil_inference"], self.handles["pcil_optimizer"])
        self.make("pcil_dataset", "pcil_dataset_digits", ctypes.c_int64(8), ctypes.c_uint64(1))
        self.make("pcil_batches", "pcil_batches_create", self.handles["pcil_dataset"], 4, ctypes.c_uint64(1))
        self.make("pcil_trainer", "pcil_trainer_create")
        self.others = {}
        self.others["pcil_network"] = self.create("pcil_network_create")
        another = self.create("pcil_network_parse", b"7; dense 7")
        self.others["pcil_inference"] = self.create("pcil_inference_create", another, b"backprop", 1)
        self.others["pcil_optimizer"] = self.create("pcil_optimizer_create", another, b"mq")
        self.others["pcil_dataset"] = self.create("pcil_dataset_digits", ctypes.c_int64(1), ctypes.c_uint64(2))

    def create(self, function, *arguments):
        handle = ctypes.c_void_p()
        if getattr(self.library, function)(ctypes.byref(handle), *arguments) != 0:
            raise SystemExit(f"{function}: {self.library.pcil_last_error()}")
        return handle

    def make(self, kind, function, *arguments):
        self.handles[kind] = self.create(function, *arguments)

    def array(self, name):
        """Each parameter has room of its own: results must not run into arguments."""
        if name not in self.arrays:
            self.arrays[name] = (ctypes.c_char * (1 << 22))()
        return ctypes.cast(self.arrays[name], ctypes.c_void_p)

    def text(self, function, name):
        if name in ("kind", "format") or name.endswith("kind"):
            return next((kind for word, kind in KINDS.items() if word in function), b"npz") if name != "format" else b"npz"
        if name == "path":
            return os.path.join(self.folder, function).encode()
        return SOUND.get(name, b"x")

    def train(self):
        """After all of it, a step still works."""
        inputs, labels = (ctypes.c_float * 4)(1, 2, 3, 4), (ctypes.c_int32 * 1)(1)
        return self.library.pcil_train_step_labels(self.handles["pcil_inference"], self.handles["pcil_optimizer"], inputs, labels, 1, None)


class Parameter:
    def __init__(self, function, node, handles):
        self.function, self.name = function, node.name
        self.type, self.pointers, self.constant = type_of(node.type)
        self.handle = self.type in handles
        self.callback = self.type.endswith("_callback")
        self.array = self.pointers == 1 and not self.handle and self.type not in ("char", "void")

    def sound(self, fixture):
        if self.handle and self.pointers == 1:
            return fixture.handles[self.type]
        if self.handle or self.array or self.pointers == 2:
            return fixture.array(self.name)
        if self.type == "char":
            if not self.constant:
                return fixture.array(self.name)
            return ctypes.c_char_p(fixture.text(self.function, self.name))
        if self.callback or self.pointers:
            return ctypes.c_void_p()
        return WHOLE[self.type][0](1) if self.type in WHOLE else ctypes.c_int32(-1)

    def wrong(self, fixture):
        if self.handle and self.pointers == 1:
            return [ctypes.c_void_p(), fixture.others.get(self.type, ctypes.c_void_p())]
        if self.type == "char" and self.pointers == 1 and self.constant:
            return [ctypes.c_char_p(text) for text in TEXTS]
        if self.pointers or self.callback:
            return [ctypes.c_void_p()]
        if self.type in WHOLE:
            return [WHOLE[self.type][0](value) for value in WHOLE[self.type][1]]
        return [ctypes.c_int32(value) for value in (0, 1, -9, 2**31 - 1)]


def is_huge(value):
    return isinstance(value, (ctypes.c_int32, ctypes.c_int64)) and value.value >= HUGE


def calls(parameters, fixture):
    """The sound arguments with one or two wrong ones among them. A huge number comes with NULL for every array: a caller
    who claims more room than there is cannot be helped."""
    sound = [parameter.sound(fixture) for parameter in parameters]
    wrong = [parameter.wrong(fixture) for parameter in parameters]
    places = [(i, value) for i, values in enumerate(wrong) for value in values]
    pairs = itertools.combinations(places, 2) if len(places) <= 40 else ()
    for changes in itertools.chain([()], ([place] for place in places), pairs):
        arguments = list(sound)
        for i, value in changes:
            arguments[i] = value
        if any(is_huge(value) for _, value in changes):
            arguments = [ctypes.c_void_p() if p.array or (p.type == "char" and not p.constant) else a for p, a in zip(parameters, arguments)]
        yield arguments


def try_function(node, library, handles):
    """In a process of its own: the exit code tells."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        fixture = Fixture(library, folder)
        parameters = [Parameter(node.name, p, handles) for p in node.type.args.params]
        if len(parameters) == 1 and parameters[0].type == "void" and not parameters[0].pointers:
            parameters = []
        function = getattr(library, node.name)
        name, pointers, _ = type_of(node.type.type)
        function.restype = ctypes.c_void_p if pointers else ctypes.c_int64 if name == "int64_t" else None if name == "void" else ctypes.c_int32
        count = 0
        for arguments in calls(parameters, fixture):
            if node.name.endswith("_free"):
                arguments = [ctypes.c_void_p()]
            result = function(*arguments)
            count += 1
            if name == "pcil_status" and (result not in KNOWN or (result != 0 and not library.pcil_last_error())):
                print(f"{node.name}{[getattr(a, 'value', a) for a in arguments]}: status {result} without a message", flush=True)
                os._exit(3)
        if fixture.train() != 0 and not node.name.startswith("pcil_network"):
            print(f"{node.name}: afterwards a step fails: {library.pcil_last_error()}", flush=True)
            os._exit(4)
        return count


def run(node, library, handles):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.alarm(SECONDS)
        try:
            os.write(writer, str(try_function(node, library, handles)).encode())
        except BaseException as problem:  # whatever it is, the parent must hear of it
            print(f"{node.name}: {problem!r}", flush=True)
            os._exit(5)
        os._exit(0)
    os.close(writer)
    answer = os.read(reader, 32)
    os.close(reader)
    _, status = os.waitpid(child, 0)
    return status, int(answer or 0)


def main():
    compiler, path = sys.argv[1:3]
    nodes = parse(compiler)
    handles = {n.name for n in nodes if isinstance(n, c_ast.Typedef) and isinstance(n.type, c_ast.TypeDecl) and isinstance(n.type.type, c_ast.Struct)}
    library = ctypes.CDLL(path)
    library.pcil_last_error.restype = ctypes.c_char_p
    functions, total, problems = [n for n in nodes if is_function(n)], 0, []
    for node in functions:
        status, count = run(node, library, handles)
        total += count
        if status != 0:
            how = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"code {os.WEXITSTATUS(status)}"
            problems.append(f"{node.name}: ended by {how}")
    print(f"{len(functions)} functions, {total} calls")
    if len(functions) < 100 or total < 5000:
        problems.append("the header was not read whole")
    tree.finish("misuse", problems)


main()

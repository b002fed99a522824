"""
Makes Python classes and functions of the description of the interface (api.json): no function is written by hand, so none can be
missing. What C leaves to the caller is done here: arrays are checked for type, layout and size, texts are encoded, counts are taken
from the arrays, objects outlive what was made of them, and failures become exceptions.
"""

import contextlib
import ctypes
import ctypes.util
import enum
import inspect
import json
import keyword
import math
import operator
import os
import pathlib
import sys
import threading

import numpy

API = json.loads((pathlib.Path(__file__).parent / "api.json").read_text(encoding="utf-8"))
NUMBERS = {
    "int32_t": (ctypes.c_int32, numpy.int32),
    "int64_t": (ctypes.c_int64, numpy.int64),
    "uint64_t": (ctypes.c_uint64, numpy.uint64),
    "uint8_t": (ctypes.c_uint8, numpy.uint8),
    "float": (ctypes.c_float, numpy.float32),
    "double": (ctypes.c_double, numpy.float64),
}
LIMITS = {"int32_t": (-(2**31), 2**31 - 1), "int64_t": (-(2**63), 2**63 - 1), "uint64_t": (0, 2**64 - 1)}
GIVEN_BY_US = {"result", "text result", "buffer", "capacity", "length", "user", "new handle"}


def load():
    """The library: that of the environment variable PCIL_LIBRARY, or the one that the system's loader finds."""
    path = os.environ.get("PCIL_LIBRARY") or "libpcil.so.0"
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise ImportError(f"{error}. Install libpcil (on Debian: libpcil0), or let PCIL_LIBRARY name the file") from None
    described, found = API["enumerations"]["pcil_header"]["PCIL_HEADER_VERSION"], library.pcil_version_number()
    if found // 1_000_000 != described // 1_000_000 or found < described:
        raise ImportError(f"{path} is version {found}, too old or another major version for this package, which wants {described}")
    return library


library = load()
library.pcil_last_error.restype = ctypes.c_char_p


def enumeration(name, values):
    short = name[len("pcil_") :]
    members = {key.removeprefix("PCIL_").removeprefix(short.upper() + "_"): value for key, value in values.items()}
    return enum.IntEnum(short.capitalize(), members, module="pcil")


enumerations = {name: enumeration(name, values) for name, values in API["enumerations"].items()}
Status = enumerations["pcil_status"]


class Error(RuntimeError):
    """A call that failed: `status` tells the kind, the text what was wrong and what to do."""

    status = None

    def __init__(self, message, status=None):
        super().__init__(message)
        self.status = status if status is not None else self.status


def error_class(status):
    name = "".join(word.capitalize() for word in status.name.removeprefix("ERROR_").split("_")) + "Error"
    bases = {"ArgumentError": (Error, ValueError), "MemoryError": (Error, MemoryError), "IoError": (Error, OSError)}
    made = type("OutOfMemoryError" if name == "MemoryError" else name, bases.get(name, (Error,)), {"status": status, "__module__": "pcil"})
    made.__init__ = Error.__init__
    return made


errors = {status: error_class(status) for status in Status if status < 0}
pending = threading.local()  # exceptions raised in callbacks of this thread, which C cannot carry
callback_codes = set()  # of the functions that ctypes calls, once there are any


def encoded(name, value):
    """A text or path of Python's as C's, of which C must not lose a part. Bytes that are no UTF-8 are kept, as Python has them in paths."""
    value = os.fspath(value)
    text = value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")
    if b"\0" in text:
        raise ValueError(f"{name}: {value!r} holds a NUL, which would end it there")
    return text


def decoded(text):
    return text.decode("utf-8", "surrogateescape")


def check(status):
    """Raises what a callback raised, or the failure of a call."""
    raised, pending.raised = getattr(pending, "raised", None), None
    if raised:
        raise raised
    if status < 0:
        kind = Status(status) if status in list(Status) else status
        raise errors.get(kind, Error)(decoded(library.pcil_last_error()), kind)


@contextlib.contextmanager
def interrupts_kept():
    """
    Ctrl-C strikes at the entry of a callback, before any `try` of it, if it came while C was at work. ctypes lets C go on then, and
    tells sys.unraisablehook alone. During a call on the main thread, where signals end up, that is ours, so that it comes out of the call.
    """
    before = sys.unraisablehook

    def told(failure):
        if failure.exc_traceback and failure.exc_traceback.tb_frame.f_code in callback_codes:
            pending.raised = failure.exc_value
        else:
            before(failure)

    sys.unraisablehook = told
    try:
        yield
    finally:
        sys.unraisablehook = before


class Keeper:
    """
    Frees an object of the library once neither its handle nor anything that was made of it is left. It counts these itself, since
    Python finalises the objects of a cycle in any order, in single steps of dicts, since it does so on any thread.
    """

    def __init__(self, kind, pointer, release):
        self.kind, self.pointer, self.release = kind, pointer, release
        self.users, self.used = {None: kind}, {}  # None: the handle

    def use(self, name, other):
        """Keeps what C uses from now on, or nothing (None), in place of what was given by that name before."""
        before = self.used.get(name)
        if before is other:
            return
        if other is not None:
            other.users[id(self), name] = self.kind
        self.used[name] = other
        if before is not None:
            before.drop((id(self), name))

    def drop(self, user=None):
        """One user less; the last one's end frees the object, and after it what only the object used: a loop, as that may be a long chain."""
        ends = [(self, user)]
        while ends:
            keeper, user = ends.pop()
            keeper.users.pop(user, None)
            pointer = None if keeper.users else keeper.__dict__.pop("pointer", None)
            if pointer is not None:
                keeper.release(pointer)
                ends += [(other, (id(keeper), name)) for name, other in keeper.used.items() if other is not None]


class Handle:
    """An object of the library. It is freed with the last reference to it, by `free()`, or at the end of a `with`."""

    def __new__(cls, *arguments, **named):
        return cls.create(*arguments, **named)

    @classmethod
    def _make(cls, pointer, made, owner=None):
        self = object.__new__(cls)
        self._pointer, self._made, self._owner = pointer, made, owner
        self._keeper = owner._keeper if owner else Keeper(cls.__name__, pointer, cls._free)
        self._callbacks = owner._callbacks if owner else {}  # the owner's: C calls them when handles of its parts are long gone
        for name, value in made.items():
            if isinstance(value, Handle):
                self._keeper.use(name, value._keeper)
        return self

    def _parents(self):
        return [value for value in [*self._made.values(), self._owner] if isinstance(value, Handle)]

    def _keep(self, name, other):
        """Holds what a call has made this object use from now on, in place of what an earlier call gave by that name."""
        self._made[name] = other
        self._keeper.use(name, other._keeper if isinstance(other, Handle) else None)

    def _freed(self):
        return self._pointer is None or self._owner is not None and self._owner._freed()

    @property
    def pointer(self):
        """The handle as C knows it."""
        if self._freed():
            raise ValueError(f"this {type(self).__name__} has been freed")
        return self._pointer

    def free(self):
        """Frees the object now. What was made of it, and calls that use it, must have ended before."""
        users = [kind for user, kind in self._keeper.users.copy().items() if user is not None and self._owner is None]
        if users:
            raise ValueError(f"this {type(self).__name__} is in use by: {', '.join(users)}, which must end first")
        self.__del__()
        self._made = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.free()

    def __del__(self):
        pointer, self._pointer = getattr(self, "_pointer", None), None
        if pointer is not None and self._owner is None:
            self._keeper.drop()

    def __reduce_ex__(self, _):
        raise TypeError(f"a {type(self).__name__} cannot be copied or pickled: it stands for an object of C")

    def _find(self, name):
        """The nearest object of a class among this one, what it was made of, and what it was borrowed from."""
        if type(self).__name__.lower() == name:
            return self
        for parent in self._parents():
            found = parent._find(name) or (hasattr(parent, name) and getattr(parent, name)())
            if found:
                return found
        return None


classes = {}


def class_of(type_name):
    return classes[type_name.removeprefix("pcil_")]


def size(self, text, values):
    """The number that a word of the description's shapes stands for, in one call."""
    name, _, more = text.partition(" + ")
    if more:
        return size(self, name, values) + int(more)
    if name.isdigit():
        return int(name)
    if type(values.get(name)) is int:  # an array, or the wish for it, may bear the name of its size
        return values[name]
    if name.startswith("node_size"):
        network, word = self._find("network"), name[len("node_size(") : -1]
        node = values["node"] if word == "node" else int(word)
        return network.node_size(node if node >= 0 else network.nodes() + node)
    if name == "tensor_size":
        rank, shape = self._find("network").tensor_shape(values.get("name") or values["tensor"])
        return math.prod(int(length) for length in shape[:rank])
    if name in ("nodes", "blocks", "parameters"):
        return getattr(self._find("network"), name)()
    if name in ("channels", "height", "width"):
        return self._find("dataset").shape()[("channels", "height", "width").index(name)]
    if name == "target_size":
        return self._find("dataset").target_size()
    if name != "batch" or self is None:
        raise TypeError(f"{name} must be given: no array that was given tells it")
    return self._made["batch"] if "batch" in self._made else self.batch()


def room(type, shape):
    """Memory for numbers that C writes."""
    return numpy.zeros(shape, NUMBERS[type][1])


class Parameter:
    """One parameter of a function: how a value of Python's becomes one of C's."""

    def __init__(self, entry):
        self.name, self.role, self.type = entry["name"], entry["role"], entry["type"]
        self.out, self.shape = entry.get("out", False), entry.get("shape")
        self.counts, self.must_be = entry.get("counts"), entry.get("is")
        self.reserve, self.on_request = entry.get("reserve", self.shape), entry.get("on_request", False)
        self.kept = entry.get("kept", False)
        self.optional = bool(self.counts or self.out or self.on_request or entry.get("nullable") and self.role != "callback")
        self.visible = self.on_request or self.role not in GIVEN_BY_US
        self.shown = self.name + "_" * keyword.iskeyword(self.name)

    @property
    def argument(self):
        """The C type of the argument."""
        if self.role == "number":
            return NUMBERS[self.type][0] if self.type in NUMBERS else ctypes.c_int
        return ctypes.c_char_p if self.role == "text" else ctypes.c_int64 if self.role == "capacity" else ctypes.c_void_p

    def number(self, value):
        if self.type in ("float", "double"):
            return float(value)
        value, (least, most) = int(operator.index(value)), LIMITS.get(self.type, LIMITS["int32_t"])
        if not least <= value <= most:
            raise OverflowError(f"{self.name}: {value} is not between {least} and {most}")
        return value

    def array(self, value):
        """An array of the right type: as it is where it can be, converted where it is only read."""
        if self.type == "text":
            return (ctypes.c_char_p * len(value))(*[encoded(self.name, text) for text in value])
        wanted = NUMBERS[self.type][1]
        if not self.out:
            if numpy.ma.is_masked(value):
                raise ValueError(f"{self.name}: holds masked numbers, which C knows nothing of")
            return self.converted(numpy.atleast_1d(numpy.asarray(value)), wanted)
        if not isinstance(value, numpy.ndarray) or value.dtype != wanted or not value.flags.c_contiguous or not value.flags.writeable:
            raise TypeError(f"{self.name}: is written, and so must be a contiguous, writable numpy array of {wanted.__name__}")
        return value

    def converted(self, value, wanted):
        """An array to be read, whose numbers the wanted type must hold; of a float it may round them."""
        if value.dtype == wanted:
            return numpy.ascontiguousarray(value)
        if value.dtype.kind in "cmMOSU":
            raise TypeError(f"{self.name}: must hold numbers that {wanted.__name__} can hold, not {value.dtype}")
        with numpy.errstate(invalid="ignore", over="ignore"):
            made = numpy.ascontiguousarray(value, wanted)
        lost = (made != value) if made.dtype.kind in "iu" else numpy.isinf(made)
        if made.dtype.kind == "f" and lost.any():
            lost &= numpy.isfinite(value)
        if lost.any():
            raise ValueError(f"{self.name}: holds {value[lost].flat[0]}, which {wanted.__name__} cannot hold")
        return made


class Function:
    """A function of the library. Of its parameters, callers see those that are theirs to give: first what must be given, then
    what may be left out."""

    def __init__(self, entry):
        self.entry, self.name = entry, entry["name"]
        self.own = entry["kind"] == "method"
        self.parameters = [Parameter(parameter) for parameter in entry["parameters"]]
        visible = [parameter for parameter in self.parameters[self.own :] if parameter.visible]
        self.visible = sorted(visible, key=lambda parameter: parameter.optional)
        self.call = getattr(library, self.name)
        self.call.argtypes = [parameter.argument for parameter in self.parameters]
        self.result = entry["result"]
        self.call.restype = {
            "status": ctypes.c_int,
            "nothing": None,
            "handle": ctypes.c_void_p,
            "text": ctypes.c_char_p,
            "number": NUMBERS.get(self.result["type"], (ctypes.c_int,))[0],
        }[self.result["role"]]
        self.signature = inspect.Signature([self.shown(parameter) for parameter in self.visible])

    @staticmethod
    def shown(parameter):
        default = (False if parameter.role == "result" else None) if parameter.optional else inspect.Parameter.empty
        return inspect.Parameter(parameter.shown, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)

    def __call__(self, self_object, arguments, named):
        bound = self.signature.bind(*arguments, **named)
        bound.apply_defaults()
        given = {parameter.name: bound.arguments[parameter.shown] for parameter in self.visible}
        call, keepers = object(), [value._keeper for value in (self_object, *given.values()) if isinstance(value, Handle)]
        try:
            for keeper in keepers:  # before their pointers are looked at: from then on no thread and no callback can free them
                keeper.users[call] = "a call at work"
            return self.run(self_object, given)
        finally:
            for keeper in keepers:
                keeper.drop(call)

    def run(self, self_object, given):
        values = dict(given)
        self.fill_arrays(self_object, values)
        plain, results = [], []
        for parameter in self.parameters:
            plain.append(self.plain(parameter, self_object, values, given, results))
        if any(parameter.role == "buffer" for parameter in self.parameters):
            plain, results = self.with_text(plain, results)
        may_be_interrupted = callback_codes and threading.current_thread() is threading.main_thread()
        with interrupts_kept() if may_be_interrupted else contextlib.nullcontext():
            returned = self.call(*plain)
        if self.result["role"] == "status":
            check(returned)
            for parameter in self.parameters:
                if parameter.kept:
                    self_object._keep(parameter.name, given[parameter.name])
            made = {**given, "parent": self_object}
            made.update({key: value for key, value in values.items() if isinstance(value, (int, numpy.ndarray))})
            found = [result(made) for result in results]
            return None if not found else found[0] if len(found) == 1 else tuple(found)
        return self.returned(self_object, returned)

    def fill_arrays(self, self_object, values):
        """Checks the arrays given, takes the counts from them, and reserves those that are to be returned. Sizes are worked out from the
        numbers that C will get, whatever they were given as."""
        for parameter in self.visible:
            if parameter.role == "number" and values[parameter.name] is not None:
                values[parameter.name] = parameter.number(values[parameter.name])
        arrays = [parameter for parameter in self.visible if parameter.role == "array"]
        for array in arrays:
            if values[array.name] is not None and not isinstance(values[array.name], bool):
                values[array.name] = array.array(values[array.name])
        for array in arrays:
            if array.out and (values[array.name] is True or values[array.name] is None and not array.on_request):
                shape = [size(self_object, word, self.counted(self_object, values)) for word in array.reserve]
                values[array.name] = room(array.type, shape)
        exact = {parameter.name for parameter in self.visible if parameter.counts and values[parameter.name] is None}
        values.update(self.counted(self_object, values))
        for array in arrays:
            self.check_size(self_object, array, values, array.shape[0] in exact)

    def counted(self, self_object, values):
        """The values with the counts that arrays tell."""
        values = dict(values)
        for parameter in self.visible:
            if not parameter.counts or values[parameter.name] is not None:
                continue
            if parameter.must_be:
                values[parameter.name] = size(self_object, parameter.must_be, values)
                continue
            holders = [other for other in self.visible if other.role == "array" and other.shape[0] == parameter.name]
            array = next((other for other in holders if values[other.name] is not None and not isinstance(values[other.name], bool)), None)
            if array is None:
                continue
            each = math.prod(size(self_object, word, values) for word in array.shape[1:])
            values[parameter.name] = (values[array.name].size if array.type != "text" else len(values[array.name])) // max(each, 1)
        return values

    def check_size(self, self_object, array, values, exact):
        value = values[array.name]
        if value is None or value is False:
            values[array.name] = None
            return
        wanted = [size(self_object, word, values) for word in array.shape]
        found = value.size if isinstance(value, numpy.ndarray) else len(value)
        if found < math.prod(wanted) or exact and found != math.prod(wanted):
            shape = " x ".join(map(str, wanted))
            raise ValueError(f"{self.name}: {array.name} holds {found} numbers; [{']['.join(array.shape)}] = {shape} are expected")

    def plain(self, parameter, self_object, values, given, results):
        """The argument for C; what is to be returned is added to the results."""
        role = parameter.role
        if self.own and parameter is self.parameters[0]:
            return self_object.pointer
        if role == "result" and (not parameter.on_request or values[parameter.name]):
            place = room(parameter.type, ())
            results.append(lambda made: place.item())
            return place.ctypes.data
        if role == "text result":
            place = ctypes.c_char_p()
            results.append(lambda made: decoded(place.value) if place.value is not None else None)
            return ctypes.addressof(place)
        if role == "new handle":
            place = ctypes.c_void_p()
            results.append(lambda made: class_of(parameter.type)._make(place.value, made))
            return ctypes.addressof(place)
        value = values.get(parameter.name)
        if role == "number":
            return parameter.number(value)
        if value is None or role in ("result", "buffer", "capacity", "length", "user"):
            return 0 if role == "capacity" else None
        if role == "handle":
            if not isinstance(value, class_of(parameter.type)):
                raise TypeError(f"{self.name}: {parameter.name} is a {type(value).__name__}, not a {class_of(parameter.type).__name__}")
            return value.pointer
        if role == "text":
            return encoded(parameter.name, value)
        if role == "callback":
            return self.callback(parameter, self_object, value)
        if parameter.out and not isinstance(given[parameter.name], numpy.ndarray):
            results.append(lambda made: value)
        return value.ctypes.data if isinstance(value, numpy.ndarray) else ctypes.addressof(value)

    def with_text(self, plain, results):
        """The text convention: asks for the length, then for the text."""
        at = next(index for index, parameter in enumerate(self.parameters) if parameter.role == "buffer")
        length = ctypes.c_int64()
        plain[at + 2] = ctypes.addressof(length)
        check(self.call(*plain))
        text = ctypes.create_string_buffer(length.value + 1)
        plain[at], plain[at + 1] = ctypes.addressof(text), length.value + 1
        return plain, [*results, lambda made: decoded(text.value)]

    def returned(self, self_object, value):
        if self.result["role"] == "text":
            return decoded(value) if value is not None else None
        if self.result["role"] == "handle":
            return class_of(self.result["type"])._make(value, {}, owner=self_object) if value else None
        return value

    @staticmethod
    def callback(parameter, self_object, function):
        """A C function that calls one of Python's; it lives as long as the object, or until another takes its place."""
        entries = API["callbacks"][parameter.type]["parameters"]
        told = [entry for entry in entries if entry["role"] != "user" and "counts" not in entry]

        def convert(entry, value, values):
            if entry["role"] == "handle":
                return self_object if value == self_object.pointer else class_of(entry["type"])._make(value, {}, owner=self_object)
            if entry["role"] == "array":
                pointer = ctypes.cast(value, ctypes.POINTER(NUMBERS[entry["type"]][0]))
                return numpy.ctypeslib.as_array(pointer, [size(self_object, word, values) for word in entry["shape"]]).copy()
            return enumerations[entry["type"]](value) if entry["type"] in enumerations else value

        def called(*plain):
            if getattr(pending, "raised", None):  # of a warning C does not look at the answer
                return 1
            values = {entry["name"]: value for entry, value in zip(entries, plain)}
            try:
                answer = function(*[convert(entry, values[entry["name"]], values) for entry in told])
                return 0 if answer is None else int(answer) != 0  # C's type need not hold the answer itself
            except BaseException as raised:  # C cannot carry it: the call is asked to stop, and raises it then
                pending.raised = raised
                return 1

        callback_codes.add(called.__code__)
        plain = {"number": lambda entry: NUMBERS.get(entry["type"], (ctypes.c_int,))[0]}
        types = [plain.get(entry["role"], lambda entry: ctypes.c_void_p)(entry) for entry in entries]
        kept = ctypes.CFUNCTYPE(ctypes.c_int32, *types)(called)
        self_object._callbacks[self_object.pointer, parameter.type] = kept
        return ctypes.cast(kept, ctypes.c_void_p).value


def documentation(entry):
    lines = [entry["help"], ""]
    lines += [f"{parameter['name']}: {parameter['help']}" for parameter in entry["parameters"] if "help" in parameter]
    return "\n".join(lines + ([f"Returns: {entry['returns']}"] if entry["returns"] else []) + [f"C: {entry['c']}"])


def make(entry):
    """The Python function of one of C's, with its name, signature and documentation."""
    function, kind = Function(entry), entry["kind"]

    def method(self, *arguments, **named):
        return function(self, arguments, named)

    def free_standing(*arguments, **named):
        return function(None, arguments, named)

    made = method if kind == "method" else free_standing
    made.__name__, made.__doc__, made.__module__ = entry["method"], documentation(entry), "pcil"
    first = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)] if kind == "method" else []
    made.__signature__ = inspect.Signature([*first, *function.signature.parameters.values()])
    return made if kind in ("method", "function") else staticmethod(made)


functions = {}
for handle in API["handles"]:
    short = handle.removeprefix("pcil_")
    classes[short] = type(short.capitalize(), (Handle,), {"__module__": "pcil", "__doc__": f"A {handle} of the C library."})
for entry in API["functions"].values():
    if entry["kind"] == "function":
        functions[entry["method"]] = make(entry)
    elif entry["method"] == "free":
        release = getattr(library, entry["name"])
        release.argtypes, release.restype = [ctypes.c_void_p], None
        classes[entry["class"]]._free = staticmethod(release)
    else:
        setattr(classes[entry["class"]], entry["method"], make(entry))

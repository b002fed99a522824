// libpcil for Node: classes and functions made of the description of the interface (api.json), none by hand, so none can be missing.
// Names are C's in camel case without "pcil": pcil_network_parse is Network.parse, pcil_train_step_labels is
// inference.trainStepLabels. Arguments that may be left out go by name in a last object: { batch, loss: true }. Several results come
// as one object by name. Typed arrays are used in place; a failure is thrown as an Error with the `status`.
"use strict";

const fs = require("fs");
const path = require("path");
const koffi = require("koffi");

const beside = path.join(__dirname, "api.json"); // in the package; in the source tree it stands one folder up
const api = JSON.parse(fs.readFileSync(fs.existsSync(beside) ? beside : path.join(__dirname, "..", "api.json"), "utf8"));
const ARRAYS = { int32_t: Int32Array, int64_t: BigInt64Array, uint64_t: BigUint64Array, uint8_t: Uint8Array, float: Float32Array, double: Float64Array };
const LIMITS = { int32_t: [-(2n ** 31n), 2n ** 31n - 1n], int64_t: [-(2n ** 63n), 2n ** 63n - 1n], uint64_t: [0n, 2n ** 64n - 1n] };
const OURS = new Set(["result", "text result", "buffer", "capacity", "length", "user", "new handle"]);

const library = koffi.load(process.env.PCIL_LIBRARY || "libpcil.so.0");
const lastError = library.func("pcil_last_error", "str", []);
const version = library.func("pcil_version_number", "int32_t", [])();
const wanted = api.enumerations.pcil_header.PCIL_HEADER_VERSION;
if (version < wanted || Math.floor(version / 1e6) !== Math.floor(wanted / 1e6))
    throw new Error(`libpcil is version ${version}, too old or another major version for this package, which wants ${wanted}`);

const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
const plain = (value) => (typeof value === "bigint" && value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value);
const product = (sizes) => sizes.reduce((all, one) => all * one, 1);

class PcilError extends Error {
    constructor(status) {
        super(lastError());
        this.name = "PcilError";
        this.status = status;
        this.code = Object.entries(api.enumerations.pcil_status).find(([, value]) => value === status)?.[0];
    }
}

let thrown = []; // by callbacks: C cannot carry it
function check(status) {
    if (thrown.length > 0) throw thrown.splice(0)[0];
    if (status < 0) throw new PcilError(status);
}

const atWork = { name: "a call at work" }; // the user that each call is while it is at work

// Frees an object of the library, and the places of its callbacks, once neither its handle nor anything that was made of it is left. It
// holds no handle, so that none is kept by its own parts.
class Keeper {
    constructor(name, pointer, release) {
        Object.assign(this, { name, pointer, release, users: new Map(), used: new Map(), arrays: [], places: new Map() });
        this.join(this); // itself: the handle
    }
    join(user) {
        this.users.set(user, (this.users.get(user) ?? 0) + 1);
    }
    hold(name, value) {
        if (value instanceof Handle) this.use(name, value.keeper);
        if (ArrayBuffer.isView(value)) this.arrays.push(value);
    }
    // Keeps what C uses from now on, or nothing, in place of what was given by that name before.
    use(name, other) {
        const before = this.used.get(name);
        other?.join(this);
        this.used.set(name, other);
        before?.drop(this);
    }
    // One user less; the last one's end frees the object, and after it what only the object used: a loop, as that may be a long chain.
    drop(user) {
        for (const ends = [[this, user]]; ends.length > 0; ) {
            const [keeper, left] = ends.pop();
            for (const other of keeper.leave(left)) ends.push([other, keeper]);
        }
    }
    // One user less; what the object used, if it is freed by that, once.
    leave(user) {
        const left = this.users.get(user) - 1;
        if (left > 0) this.users.set(user, left);
        else this.users.delete(user);
        if (this.users.size > 0 || this.pointer === null) return [];
        this.release(this.pointer);
        this.pointer = null;
        for (const place of this.places.values()) koffi.unregister(place);
        return [...this.used.values()].filter((other) => other);
    }
}

// An object of the library, freed with the last reference to it or by free().
const registry = new FinalizationRegistry((keeper) => keeper.drop(keeper));
class Handle {
    #pointer;
    constructor(pointer, made, owner) {
        Object.defineProperty(this, "made", { value: made });
        Object.defineProperty(this, "owner", { value: owner });
        Object.defineProperty(this, "callbacks", { value: owner?.callbacks ?? new Map() }); // the owner's: C calls them when this is long gone
        Object.defineProperty(this, "keeper", { value: owner?.keeper ?? new Keeper(this.constructor.name, pointer, this.constructor.release) });
        this.#pointer = pointer;
        for (const [name, value] of Object.entries(made)) this.keeper.hold(name, value);
        if (!owner) registry.register(this, this.keeper, this);
    }
    parents() {
        return [...Object.values(this.made), this.owner].filter((value) => value instanceof Handle);
    }
    // Holds what a call has made this object use from now on, in place of what an earlier call gave by that name.
    keep(name, other) {
        this.made[name] = other;
        this.keeper.use(name, other?.keeper);
    }
    get pointer() {
        if (this.freed) throw new Error(`this ${this.constructor.name} has been freed`);
        return this.#pointer;
    }
    get freed() {
        return this.#pointer === null || (this.owner?.freed ?? false);
    }
    free() {
        if (this.#pointer === null) return;
        const users = this.owner ? [] : [...this.keeper.users.keys()].filter((user) => user !== this.keeper).map((user) => user.name);
        if (users.length > 0) throw new Error(`this ${this.constructor.name} is in use by: ${users.join(", ")}, which must end first`);
        this.#pointer = null;
        registry.unregister(this);
        if (!this.owner) this.keeper.drop(this.keeper);
    }
    find(name) {
        if (this.constructor.name.toLowerCase() === name) return this;
        for (const parent of this.parents()) {
            const found = parent.find(name) || (typeof parent[name] === "function" ? parent[name]() : null);
            if (found) return found;
        }
        return null;
    }
}

const classes = {};
const classOf = (type) => classes[type.replace("pcil_", "")];

// The number that a word of the description's shapes stands for, in one call.
function size(self, word, values) {
    const [name, more] = word.split(" + ");
    if (more) return size(self, name, values) + Number(more);
    if (/^\d+$/.test(name)) return Number(name);
    if (["number", "bigint"].includes(typeof values[name])) return Number(values[name]); // an array may bear the name of its size
    const network = () => self.find("network");
    if (name.startsWith("node_size")) {
        const inside = name.slice("node_size(".length, -1);
        const node = inside === "node" ? Number(values.node) : Number(inside);
        return network().nodeSize(node < 0 ? network().nodes() + node : node);
    }
    if (name === "tensor_size") {
        const { rank, shape } = network().tensorShape(values.name ?? values.tensor);
        return product([...shape].slice(0, rank).map(Number));
    }
    if (["nodes", "blocks", "parameters"].includes(name)) return network()[name]();
    if (["channels", "height", "width"].includes(name)) return self.find("dataset").shape()[name];
    if (name === "target_size") return self.find("dataset").targetSize();
    if (name !== "batch" || !self) throw new TypeError(`${name} must be given: no array that was given tells it`);
    return self.made.batch ?? self.batch();
}

const optional = (parameter) => Boolean(parameter.counts || parameter.out || parameter.on_request || (parameter.nullable && parameter.role !== "callback"));
const visible = (parameter) => parameter.on_request || !OURS.has(parameter.role);

function argumentType({ role, type }) {
    if (role === "number") return ARRAYS[type] ? type : "int";
    return role === "text" ? "str" : role === "capacity" ? "int64_t" : "void *";
}

function number(parameter, value) {
    if (parameter.type === "double" || parameter.type === "float") {
        if (typeof value !== "number") throw new TypeError(`${parameter.name}: ${value} is not a number`);
        return value;
    }
    const [least, most] = LIMITS[parameter.type] ?? LIMITS.int32_t;
    if (!["number", "bigint"].includes(typeof value)) throw new TypeError(`${parameter.name}: a number is expected, not the ${typeof value} ${value}`);
    const whole = BigInt(value); // refuses fractions
    if (whole < least || whole > most) throw new RangeError(`${parameter.name}: ${value} is not between ${least} and ${most}`);
    return plain(whole);
}

// An array of the right type: as it is where it can be, converted where it is only read.
function array(parameter, value) {
    if (parameter.type === "text") return value.map((one) => text(parameter, one));
    const Type = ARRAYS[parameter.type];
    if (value instanceof Type) return value;
    if (parameter.out || value[Symbol.iterator] === undefined) throw new TypeError(`${parameter.name}: must be a ${Type.name}`);
    const whole = (one) => {
        if (!["number", "bigint"].includes(typeof one)) throw new TypeError(`${parameter.name}: holds the ${typeof one} ${one}, not a number`);
        return Type === BigInt64Array ? BigInt(one) : Number(one);
    };
    const plain = Array.from(value, whole);
    const made = Type.from(plain);
    const lost = Type === Float32Array || Type === Float64Array ? -1 : plain.findIndex((one, index) => made[index] !== one);
    if (lost >= 0) throw new RangeError(`${parameter.name}: holds ${plain[lost]}, which ${Type.name} cannot hold`);
    return made;
}

// A text as C's, which a NUL would end.
function text(parameter, value) {
    if (String(value).includes("\0")) throw new TypeError(`${parameter.name}: ${JSON.stringify(String(value))} holds a NUL`);
    return String(value);
}

class Call {
    constructor(entry) {
        this.entry = entry;
        this.own = entry.kind === "method";
        this.parameters = entry.parameters.slice(this.own ? 1 : 0);
        this.visible = this.parameters.filter(visible);
        this.required = this.visible.filter((parameter) => !optional(parameter));
        this.arrays = this.visible.filter((parameter) => parameter.role === "array");
        const results = { status: "int", nothing: "void", handle: "void *", text: "str", number: ARRAYS[entry.result.type] ? entry.result.type : "int" };
        this.call = library.func(entry.name, results[entry.result.role], entry.parameters.map(argumentType));
    }

    // The values of the visible parameters by name, from the arguments in order and those by name in a last object.
    values(given) {
        const values = Object.fromEntries(this.required.map((parameter, index) => [parameter.name, given[index]]));
        const named = given.slice(this.required.length);
        if (given.length < this.required.length || named.length > 1 || (named.length === 1 && (typeof named[0] !== "object" || named[0] === null)))
            throw new TypeError(`${camel(this.entry.method)}(${[...this.required.map((one) => one.name), "{...}"].join(", ")}): wrong arguments`);
        const known = new Map(this.visible.filter(optional).map((parameter) => [camel(parameter.name), parameter.name]));
        for (const [name, value] of Object.entries(named[0] ?? {})) {
            if (!known.has(name)) throw new TypeError(`${camel(this.entry.method)}: no argument ${name}; known: ${[...known.keys()].join(", ")}`);
            values[known.get(name)] = value;
        }
        return values;
    }

    // Checks the arrays given, takes the counts from them, and reserves those that are to be returned.
    fill(self, values) {
        for (const parameter of this.visible) // sizes are worked out from the numbers that C will get
            if (parameter.role === "number" && values[parameter.name] != null) values[parameter.name] = number(parameter, values[parameter.name]);
        for (const parameter of this.arrays)
            if (values[parameter.name] != null && typeof values[parameter.name] !== "boolean") values[parameter.name] = array(parameter, values[parameter.name]);
        const reserved = new Set();
        for (const parameter of this.arrays) {
            const value = values[parameter.name];
            if (!parameter.out || !(value === true || (value == null && !parameter.on_request))) continue;
            const counted = this.counted(self, values);
            values[parameter.name] = new ARRAYS[parameter.type](product((parameter.reserve ?? parameter.shape).map((word) => size(self, word, counted))));
            reserved.add(parameter.name);
        }
        const exact = new Set(this.visible.filter((parameter) => parameter.counts && values[parameter.name] == null).map((parameter) => parameter.name));
        Object.assign(values, this.counted(self, values));
        for (const parameter of this.arrays) this.checkSize(self, parameter, values, exact.has(parameter.shape[0]));
        return reserved;
    }

    counted(self, values) {
        const all = { ...values };
        for (const parameter of this.visible) {
            if (!parameter.counts || all[parameter.name] != null) continue;
            if (parameter.is) {
                all[parameter.name] = size(self, parameter.is, all);
                continue;
            }
            const of = this.arrays.find((other) => other.shape[0] === parameter.name && all[other.name] != null && typeof all[other.name] !== "boolean");
            if (!of) continue;
            const each = product(of.shape.slice(1).map((word) => size(self, word, all)));
            all[parameter.name] = Math.floor(all[of.name].length / Math.max(each, 1));
        }
        return all;
    }

    checkSize(self, parameter, values, exact) {
        const value = values[parameter.name];
        if (value == null || value === false) return void (values[parameter.name] = null);
        const all = product(parameter.shape.map((word) => size(self, word, values)));
        if (value.length < all || (exact && value.length !== all))
            throw new RangeError(`${this.entry.name}: ${parameter.name} holds ${value.length} numbers; [${parameter.shape.join("][")}] = ${all} are expected`);
    }

    // From before the pointers of what it uses are looked at, no callback can free them.
    run(self, given) {
        const values = this.values(given);
        const keepers = [self, ...Object.values(values)].filter((value) => value instanceof Handle).map((value) => value.keeper);
        for (const keeper of keepers) keeper.join(atWork);
        try {
            return this.result(self, values);
        } finally {
            for (const keeper of keepers) keeper.drop(atWork);
        }
    }

    result(self, values) {
        const reserved = this.fill(self, values);
        const results = [];
        const all = this.parameters.map((parameter) => this.argument(parameter, self, values, reserved, results));
        if (this.own) all.unshift(self.pointer);
        if (this.entry.result.role !== "status") return this.returned(self, this.call(...all));
        if (this.parameters.some((parameter) => parameter.role === "buffer")) this.text(all, results);
        check(this.call(...all));
        for (const { name, kept } of this.parameters) if (kept) self.keep(name, values[name]);
        const made = { ...values, parent: self };
        const found = results.map(([name, result]) => [camel(name), result(made)]);
        return found.length < 2 ? found[0]?.[1] : Object.fromEntries(found);
    }

    // The argument for C; what is to be returned is added to the results.
    argument(parameter, self, values, reserved, results) {
        const { name, role, type } = parameter;
        const value = values[name];
        if (role === "result" && (!parameter.on_request || value)) {
            const place = new ARRAYS[type](1);
            results.push([name, () => plain(place[0])]);
            return place;
        }
        if (role === "text result" || role === "new handle") {
            const place = new BigUint64Array(1);
            const told = () => (place[0] ? koffi.decode(place[0], "char", -1) : null);
            results.push([name, role === "text result" ? told : (made) => new (classOf(type))(place[0], made)]);
            return place;
        }
        if (role === "number") return number(parameter, value);
        if (value == null || OURS.has(role)) return role === "capacity" ? 0 : null;
        if (role === "handle") {
            if (!(value instanceof classOf(type))) throw new TypeError(`${this.entry.name}: ${name} must be a ${classOf(type).name}`);
            return value.pointer;
        }
        if (role === "text") return text(parameter, value);
        if (role === "callback") return callback(type, self, value);
        if (reserved.has(name)) results.push([name, () => value]);
        return type === "text" ? texts(value) : value;
    }

    // The text convention: asks for the length, then for the text.
    text(all, results) {
        const at = this.parameters.findIndex((parameter) => parameter.role === "buffer") + (this.own ? 1 : 0);
        const length = new BigInt64Array(1);
        all[at + 2] = length;
        check(this.call(...all));
        const buffer = Buffer.alloc(Number(length[0]) + 1);
        all[at] = buffer;
        all[at + 1] = buffer.length;
        results.push(["text", () => buffer.toString("utf8", 0, buffer.length - 1)]);
    }

    returned(self, value) {
        if (this.entry.result.role === "handle") return value ? new (classOf(this.entry.result.type))(value, {}, self) : null;
        return value === undefined ? undefined : plain(value);
    }
}

function texts(values) {
    const kept = values.map((value) => Buffer.from(value + "\0"));
    const pointers = BigUint64Array.from(kept, (buffer) => koffi.address(buffer));
    pointers.kept = kept;
    return pointers;
}

// A C function that calls one of JavaScript's; it lives as long as the object, or until another takes its place.
function callback(type, self, run) {
    const types = api.callbacks[type].parameters.map((entry) => (entry.role === "number" ? (ARRAYS[entry.type] ? entry.type : "int") : "void *"));
    callback.prototypes ??= {};
    callback.prototypes[type] ??= koffi.pointer(koffi.proto(`int32_t ${type}(${types.join(", ")})`));
    const key = `${type} ${self.pointer}`;
    const kept = { self, run };
    const place = koffi.register(caller(type, new WeakRef(kept)), callback.prototypes[type]);
    const before = self.keeper.places.get(key);
    if (before) setImmediate(() => koffi.unregister(before)); // it may be at work
    self.callbacks.set(key, kept);
    self.keeper.places.set(key, place);
    return place;
}

// What koffi calls. koffi never lets go of it by itself, so it must not hold the object or what was given.
function caller(type, kept) {
    const entries = api.callbacks[type].parameters;
    return (...given) => {
        if (thrown.length > 0) return 1; // of a warning C does not look at the answer
        const { self, run } = kept.deref();
        const values = Object.fromEntries(entries.map((entry, index) => [entry.name, given[index]]));
        const convert = ({ name, role, shape, type: of }) => {
            if (role === "array") return koffi.decode(values[name], of, product(shape.map((word) => size(self, word, values))));
            return role === "handle" ? (values[name] === self.pointer ? self : new (classOf(of))(values[name], {}, self)) : plain(values[name]);
        };
        try {
            return Number(run(...entries.filter((entry) => entry.role !== "user" && !entry.counts).map(convert)) ?? 0) ? 1 : 0;
        } catch (error) {
            thrown.push(error);
            return 1;
        }
    };
}

for (const handle of api.handles) {
    const name = handle.replace("pcil_", "");
    const title = name[0].toUpperCase() + name.slice(1);
    const made = { [title]: class extends Handle {} }[title];
    classes[name] = exports[title] = made;
    made.release = library.func(`${handle}_free`, "void", ["void *"]);
}
for (const [name, values] of Object.entries(api.enumerations)) {
    const short = name.replace("pcil_", "");
    const strip = (key) => key.replace("PCIL_", "").replace(short.toUpperCase() + "_", "");
    exports[short[0].toUpperCase() + short.slice(1)] = Object.freeze(Object.fromEntries(Object.entries(values).map(([key, value]) => [strip(key), value])));
}
for (const entry of Object.values(api.functions)) {
    if (entry.class && entry.method === "free") continue;
    const call = new Call(entry);
    const name = camel(entry.method);
    if (entry.kind === "method") {
        classes[entry.class].prototype[name] = function (...given) {
            return call.run(this, given);
        };
    } else {
        (entry.class ? classes[entry.class] : exports)[name] = (...given) => call.run(null, given);
    }
}
exports.PcilError = PcilError;
exports.api = api;

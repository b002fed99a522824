// What the Node binding does beside calling: every function is there; arrays, counts, callbacks, lifetimes, failures.
"use strict";

const assert = require("assert");
const fs = require("fs");
const os = require("os");
const path = require("path");
const v8 = require("v8");
const vm = require("vm");
const pcil = require(process.env.PCIL_NODE);

for (const { name, class: owner, method, kind } of Object.values(pcil.api.functions)) {
    const place = owner ? pcil[owner[0].toUpperCase() + owner.slice(1)] : pcil;
    const called = method.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
    assert.strictEqual(typeof (kind === "method" ? place.prototype : place)[called], "function", name);
}

const network = pcil.Network.parse("4; dense 3; relu, dense 3; softmax");
const inference = pcil.Inference.create(network, "sequential", 8);
const inputs = new Float32Array(8).fill(0.5);
assert.deepStrictEqual(network.blockInfo(0), { from: 0, to: 1, parameters: 15, text: "dense 3" });
assert.strictEqual(network.describe(), "4; dense 3; relu, dense 3; softmax");
assert.strictEqual(pcil.kindName("optimizer", 99), null);
assert.strictEqual(pcil.optionDescribe("optimizer", "mq", "learning_rate").type, "number");

// Arrays: in place, reserved, refused.
const values = new Float32Array(3);
network.get("block0.dense.bias", { values });
assert.ok(values.some((value) => value !== 0));
assert.deepStrictEqual(network.get("block0.dense.bias"), values);
assert.strictEqual(inference.predict(inputs).length, 6);
const targets = [1, 0, 0, 0, 1, 0];
assert.strictEqual(network.hessian(inputs, targets).length, 27 * 27);
assert.throws(() => network.hessian(inputs, targets, { hessian: new Float64Array(27) }), /hessian holds 27 numbers; \[count\]\[count\] = 729/);
inference.clampLabels(inputs, [0, 1]);
assert.deepStrictEqual(Object.values(inference.energySamples(1)).map((one) => one.length), [2, 2, 2]);
assert.throws(() => inference.residual({ nodes: new Float64Array(2) }), /nodes holds 2 numbers; \[nodes\] = 3/);
assert.throws(() => inference.clampLabels(inputs, [0, 1, 2]), /labels holds 3 numbers; \[batch\] = 2/);
for (const batch of ["8", new Number(8), true]) assert.throws(() => inference.clampLabels(inputs, [0, 1], { batch }), /batch: a number is expected/);
assert.throws(() => inference.clampLabels(inputs, [0, 1], { batch: 8n }), /inputs holds 8 numbers; .* = 32/);
assert.throws(() => network.get("block0.dense.bias", { values: new Float64Array(3) }), /values: must be a Float32Array/);
assert.throws(() => network.dense(2 ** 40), RangeError);
for (const bad of [2 ** 32 + 1, 1.9, NaN]) assert.throws(() => inference.clampLabels(inputs, [bad, 0]), /labels: holds .*, which Int32Array cannot hold/);
for (const bad of [null, "", "0x1", true]) assert.throws(() => inference.clampLabels(inputs, [bad, 0]), /labels: holds the .*, not a number/);
assert.throws(() => pcil.imageWrite("never.png", [0, 300], 1, 1, 2), /pixels: holds 300, which Uint8Array cannot hold/);
assert.throws(() => network.save("never\0.upload"), /path: "never\\u0000.upload" holds a NUL/);
assert.throws(() => pcil.imageSheet("never.png", [0], 1, 1, 1, 1, 1, { captions: ["a\0b"] }), /captions: "a\\u0000b" holds a NUL/);
assert.throws(() => inference.infer(1, { enrgy: true }), /no argument enrgy; known: energy/);

// Failures.
assert.throws(() => pcil.Network.parse("4; dens 3"), { name: "PcilError", code: "PCIL_ERROR_FORMAT", message: /did you mean 'dense'/ });

// Callbacks: what they see, how they stop, what they throw.
const seen = [];
inference.trace((iteration, energy, errors) => void seen.push([iteration, errors.length, energy]));
inference.clampLabels(inputs, [0, 1]);
assert.strictEqual(inference.infer(2, { energy: true }), seen[2][2]);
assert.deepStrictEqual(seen.map(([iteration, nodes]) => [iteration, nodes]), [[0, 3], [1, 3], [2, 3]]);
inference.trace(() => 2 ** 40); // of which C's type holds nothing but zeros
assert.throws(() => inference.infer(2), { code: "PCIL_ERROR_INTERRUPTED" });
inference.trace(() => inference.free());
assert.throws(() => inference.infer(2), /this Inference is in use by: a call at work/);
inference.trace(() => { throw new TypeError("mine"); });
assert.throws(() => inference.infer(2), /^TypeError: mine$/);
inference.trace(null);

// What is thrown at a warning, whose answer C does not look at, ends the run.
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "pcil"));
const warned = pcil.Trainer.create();
warned.setText("network", "3x32x32; dense 8; relu, dense 10; softmax");
warned.setText("out", path.join(folder, "run"));
warned.set("epochs", 5);
warned.data(pcil.Dataset.digits(100, 1));
warned.watch((same, event) => {
    if (event === pcil.Event.EVALUATION) fs.rmSync(path.join(folder, "run", "metrics.jsonl")); // which the next evaluation warns of
    if (event === pcil.Event.WARNING) throw new TypeError(same.warning());
});
assert.throws(() => warned.run(), /was removed/);
assert.strictEqual(warned.value("epoch"), 2);
fs.rmSync(folder, { recursive: true });

// A trainer's parts belong to it.
const trainer = pcil.Trainer.create();
const digits = pcil.Dataset.digits(100, 1);
trainer.setText("network", "3x32x32; dense 8; relu, dense 10; softmax");
trainer.data(digits);
trainer.prepare();
let traced = 0;
trainer.inference().trace(() => void traced++); // by a handle that nobody holds
trainer.watch((same, event) => (assert.strictEqual(same, trainer), event === pcil.Event.BATCH ? 1 : 0));
assert.throws(() => trainer.run(), { code: "PCIL_ERROR_INTERRUPTED" });
assert.ok(traced > 0);
assert.strictEqual(trainer.inference().predict(new Float32Array(3072)).length, 10);

// Lifetimes.
assert.throws(() => digits.free(), /in use by: Trainer/);
const other = pcil.Inference.create(trainer.network(), "sequential", 2);
assert.throws(() => trainer.free(), /in use by: Inference/);
other.free();
const borrowed = trainer.network();
trainer.free();
assert.throws(() => borrowed.blocks(), /has been freed/);
digits.free();
assert.throws(() => network.free(), /in use by: Inference/);
inference.free();
network.free();
assert.throws(() => network.blocks(), /has been freed/);
assert.throws(() => pcil.Inference.create(network, "sequential", 2), /has been freed/);

// A long chain is freed, though what was made last may be finalised as the last.
const chain = [pcil.Dataset.digits(20, 1)];
while (chain.length < 5000) chain.push(chain[chain.length - 1].limit(10));
for (const view of chain.slice(0, -1)) view.keeper.drop(view.keeper);
chain[chain.length - 1].free();
assert.ok(chain.every((view) => view.keeper.users.size === 0));

// A callback's place is free again with its object: there are 8192.
const small = pcil.Network.parse("4; dense 3");
for (let i = 0; i < 10000; i++) {
    const one = pcil.Inference.create(small, "sequential", 2);
    one.trace(() => one.batch() * 0);
    one.free();
}

// A cycle is freed, in the order of use.
const freed = [];
for (const kind of [pcil.Network, pcil.Inference]) {
    const release = kind.release;
    kind.release = (pointer) => (freed.push(kind.name), release(pointer));
}
(() => {
    const one = pcil.Network.parse("4; dense 3");
    one.model = pcil.Inference.create(one, "sequential", 2);
    one.model.trace(() => one.blocks() * 0); // a callback that knows its object
})();
v8.setFlagsFromString("--expose-gc");
const collect = vm.runInNewContext("gc");
const wait = (times) => {
    collect();
    if (freed.length < 2 && times > 0) return void setTimeout(wait, 10, times - 1);
    assert.deepStrictEqual(freed, ["Inference", "Network"]);
};
setTimeout(wait, 10, 100);
console.log(`${Object.keys(pcil.api.functions).length} functions`);

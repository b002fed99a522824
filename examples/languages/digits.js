// The same training in six languages: this one in JavaScript. Each prints the same accuracy and saves the same bytes.
"use strict";

const pcil = require(process.env.PCIL_NODE || "pcil");

function batchesOf(digits, shuffle) {
    const batches = pcil.Batches.create(digits, 50, 1);
    batches.setText("normalise", "centre");
    batches.set("shuffle", shuffle);
    return batches;
}

const network = pcil.Network.parse("3x32x32; dense 64; relu, dense 10; softmax");
const inference = pcil.Inference.create(network, "sequential", 50);
const optimizer = pcil.Optimizer.create(network, "adam");
optimizer.set("learning_rate", 0.001);

const batches = batchesOf(pcil.Dataset.digits(2000, 1), 1);
const inputs = new Float32Array(50 * 32 * 32 * 3);
const labels = new Int32Array(50);
for (let epoch = 0; epoch < 4; epoch++) {
    batches.begin(epoch, 0);
    for (let count; (count = batches.next({ inputs, labels })) > 0; ) inference.trainStepLabels(optimizer, inputs, labels, { batch: count });
}

const scoring = batchesOf(pcil.Dataset.digits(500, 2), 0);
scoring.begin(0, 0);
const { accuracy } = inference.evaluate(scoring);
network.save(process.argv[2] || "digits.safetensors");
console.log(`accuracy ${accuracy.toFixed(3)}`);

"""The same training in six languages: this one in Python. Each prints the same accuracy and saves the same bytes."""

import sys

import pcil

network = pcil.Network.parse("3x32x32; dense 64; relu, dense 10; softmax")
inference = pcil.Inference(network, "sequential", 50)
optimizer = pcil.Optimizer(network, "adam")
optimizer.set("learning_rate", 0.001)


def batches_of(digits, shuffle):
    batches = pcil.Batches(digits, 50, 1)
    batches.set_text("normalise", "centre")
    batches.set("shuffle", shuffle)
    return batches


batches = batches_of(pcil.Dataset.digits(2000, 1), shuffle=1)
for epoch in range(4):
    batches.begin(epoch, 0)
    inputs, labels, count = batches.next(labels=True)
    while count > 0:
        inference.train_step_labels(optimizer, inputs, labels, batch=count)
        count = batches.next(inputs, labels)

scoring = batches_of(pcil.Dataset.digits(500, 2), shuffle=0)
scoring.begin(0, 0)
loss, accuracy, top5 = inference.evaluate(scoring)
network.save(sys.argv[1] if len(sys.argv) > 1 else "digits.safetensors")
print(f"accuracy {accuracy:.3f}")

# The same training in six languages: this one in Ruby. Each prints the same accuracy and saves the same bytes.
require "pcil"

def batches_of(digits, shuffle)
  batches = Pcil::Batches.create(digits, 50, 1)
  batches.set_text("normalise", "centre")
  batches.set("shuffle", shuffle)
  batches
end

network = Pcil::Network.parse("3x32x32; dense 64; relu, dense 10; softmax")
inference = Pcil::Inference.create(network, "sequential", 50)
optimizer = Pcil::Optimizer.create(network, "adam")
optimizer.set("learning_rate", 0.001)

batches = batches_of(Pcil::Dataset.digits(2000, 1), 1)
inputs = FFI::MemoryPointer.new(:float, 50 * 32 * 32 * 3)
labels = FFI::MemoryPointer.new(:int32, 50)
4.times do |epoch|
  batches.begin(epoch, 0)
  while (count = batches.next(inputs: inputs, labels: labels)).positive?
    inference.train_step_labels(optimizer, inputs, labels, batch: count)
  end
end

scoring = batches_of(Pcil::Dataset.digits(500, 2), 0)
scoring.begin(0, 0)
_loss, accuracy, _top5 = inference.evaluate(scoring)
network.save(ARGV[0] || "digits.safetensors")
puts format("accuracy %.3f", accuracy)

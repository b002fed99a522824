# What the Ruby binding does beside calling: every function is there; arrays, counts, callbacks, lifetimes, failures.
require "pcil"
require "tmpdir"

def expect(what)
  raise "not as expected: #{caller(1..1).first}" unless what
end

def fails(pattern, kind = StandardError)
  yield
rescue kind => error
  raise "expected #{pattern}, got: #{error.message}" unless error.message.match?(pattern)

  error
else
  raise "did not fail: #{caller(1..1).first}"
end

Pcil::API["functions"].each_value do |entry|
  place = entry["class"] ? Pcil.class_of(entry["class"]) : Pcil
  expect entry["kind"] == "method" ? place.method_defined?(entry["method"]) : place.respond_to?(entry["method"])
end

network = Pcil::Network.parse("4; dense 3; relu, dense 3; softmax")
inference = Pcil::Inference.create(network, "sequential", 8)
inputs = [0.5] * 8
expect network.block_info(0) == [0, 1, 15, "dense 3"]
expect network.describe == "4; dense 3; relu, dense 3; softmax" && Pcil.kind_name("optimizer", 99).nil?
expect Pcil.option_describe("optimizer", "mq", "learning_rate").first == "number"

# Arrays: in place, reserved, refused.
values = FFI::MemoryPointer.new(:float, 3)
network.get("block0.dense.bias", values: values)
expect values.read_array_of_float(3) == network.get("block0.dense.bias") && values.read_float != 0
expect inference.predict(inputs).size == 6
targets = [1, 0, 0, 0, 1, 0]
expect network.hessian(inputs, targets).size == 27 * 27
fails(/hessian holds 27 numbers; \[count\]\[count\] = 729/) { network.hessian(inputs, targets, hessian: FFI::MemoryPointer.new(:double, 27)) }
inference.clamp_labels(inputs, [0, 1])
expect inference.energy_samples(1).map(&:size) == [2, 2, 2]
fails(/nodes holds 2 numbers; \[nodes\] = 3/) { inference.residual(nodes: FFI::MemoryPointer.new(:double, 2)) }
fails(/labels holds 3 numbers; \[batch\] = 2/) { inference.clamp_labels(inputs, [0, 1, 2]) }
["8", 8.0, 8r].each { |batch| fails(/batch: .* is no whole number/, TypeError) { inference.clamp_labels(inputs, [0, 1], batch: batch) } }
fails(/values: is written/) { network.get("block0.dense.bias", values: [0, 0, 0]) }
fails(/units: 1099511627776 is not between/, RangeError) { network.dense(2**40) }
fails(/seed: -1 is not between 0 and/, RangeError) { network.initialise("normal", -1) }
fails(/labels: 4294967297 is not between/, RangeError) { inference.clamp_labels(inputs, [2**32 + 1, 0]) }
fails(/labels: 1.9 is no whole number/, TypeError) { inference.clamp_labels(inputs, [1.9, 0]) }
fails(/pixels: 300 is not between 0 and 255/, RangeError) { Pcil.image_write("never.png", [0, 300], 1, 1, 2) }
fails(/"never\\u0000.upload" holds a NUL/) { network.save("never\0.upload", metadata: nil) }
fails(/"a\\u0000b" holds a NUL/) { Pcil.image_sheet("never.png", [0], 1, 1, 1, 1, 1, captions: ["a\0b"]) }
fails(/unknown: enrgy/) { inference.infer(1, enrgy: true) }

# Failures.
error = fails(/did you mean 'dense'/, Pcil::Error) { Pcil::Network.parse("4; dens 3") }
expect error.code == "PCIL_ERROR_FORMAT" && error.status == -5

# Callbacks: what they see, how they stop, what they raise.
seen = []
inference.trace(->(iteration, energy, errors) { seen << [iteration, errors.size, energy] })
inference.clamp_labels(inputs, [0, 1])
expect inference.infer(2, energy: true) == seen.last.last && seen.map { |one| one.first(2) } == [[0, 3], [1, 3], [2, 3]]
inference.trace(->(*) { raise TypeError, "mine" })
fails(/\Amine\z/, TypeError) { inference.infer(2) }
inference.trace(nil)

# A callback that is left by throw or Thread#kill does not leap over C; one whose answer C's type does not hold is asked to stop by it.
inference.trace(->(*) { throw :out })
fails(/left by throw/, LocalJumpError) { catch(:out) { inference.infer(2) } }
inference.trace(->(*) { Thread.current.kill })
Thread.new { fails(/left by throw/, LocalJumpError) { inference.infer(2) } }.join
inference.trace(->(*) { 2**40 })
expect fails(/asked to stop/, Pcil::Error) { inference.infer(2) }.code == "PCIL_ERROR_INTERRUPTED"

# A call at work keeps what it uses.
inference.trace(->(*) { inference.free })
fails(/in use by: a call at work/) { inference.infer(2) }
inference.trace(nil)

# A handle is not copied.
%i[dup clone].each { |copied| fails(/a Pcil::Network cannot be copied/, TypeError) { network.public_send(copied) } }
2.times { GC.start }
expect network.blocks == 2

# What is raised at a warning, whose answer C does not look at, ends the run.
Dir.mktmpdir do |folder|
  warned = Pcil::Trainer.create
  warned.set_text("network", "3x32x32; dense 8; relu, dense 10; softmax")
  warned.set_text("out", "#{folder}/run")
  warned.set("epochs", 5)
  warned.data(Pcil::Dataset.digits(100, 1))
  warned.watch(lambda do |same, event|
    File.delete("#{folder}/run/metrics.jsonl") if event == Pcil::EventValue["EVALUATION"] # which the next evaluation warns of
    raise TypeError, same.warning if event == Pcil::EventValue["WARNING"]
  end)
  fails(/was removed/, TypeError) { warned.run }
  expect warned.value("epoch") == 2
  warned.free
end

# A trainer's parts belong to it, and their callbacks stay as long as it does.
trainer = Pcil::Trainer.create
digits = Pcil::Dataset.digits(100, 1)
trainer.set_text("network", "3x32x32; dense 8; relu, dense 10; softmax")
trainer.data(digits)
trainer.watch(->(same, _event) { same.equal?(trainer) ? 1 : 0 })
trainer.prepare
seen.clear
trainer.inference.trace(->(*) { seen << 1 })
10_000.times { "x" * 100 }
GC.start
expect fails(/stopped/, Pcil::Error) { trainer.run }.code == "PCIL_ERROR_INTERRUPTED"
expect seen.any?
expect trainer.inference.predict([0.0] * 3072).size == 10

# Lifetimes.
fails(/in use by: Pcil::Trainer/) { digits.free }
other = Pcil::Inference.create(trainer.network, "sequential", 2)
fails(/in use by: Pcil::Inference/) { trainer.free }
other.free
fails(/in use by: Pcil::Inference/) { network.free }
inference.free
network.free
fails(/has been freed/) { network.blocks }
100.times { Pcil::Inference.create(Pcil::Network.parse("4; dense 3"), "sequential", 2) }
2.times { GC.start }

# A long chain is freed, though Ruby may finalise what was made last as the last.
chain = [Pcil::Dataset.digits(20, 1)]
5000.times { chain << chain.last.limit(10) }
keepers = chain.map(&:keeper)
chain.each { |view| ObjectSpace.undefine_finalizer(view) }
keepers.each { |keeper| keeper.finalizer.call }
expect keepers.all? { |keeper| keeper.users.empty? }

# A cycle is freed, and at the end of the program a data set after the trainer that was given it.
freed = Hash.new(0)
Pcil::C.singleton_class.prepend(Module.new do
  define_method(:pcil_network_free) { |pointer| [freed[:network] += 1, super(pointer)] }
  define_method(:pcil_trainer_free) { |pointer| [freed[:trainer] += 1, super(pointer)] }
  define_method(:pcil_dataset_free) do |pointer|
    if freed[:trainer].zero?
      warn "a data set was freed before its trainer"
      exit!(1)
    end
    super(pointer)
  end
end)
100.times do
  one = Pcil::Network.parse("4; dense 3")
  one.instance_variable_set(:@model, Pcil::Inference.create(one, "sequential", 2))
end
GC.start
expect freed[:network] > 50
puts "#{Pcil::API['functions'].size} functions"

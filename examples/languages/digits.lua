-- The same training in six languages: this one in Lua. Each prints the same accuracy and saves the same bytes.
local ffi = require "ffi"
local pcil = require "pcil"

local function batches_of(digits, shuffle)
    local batches = pcil.Batches.create(digits, 50, 1)
    batches:set_text("normalise", "centre")
    batches:set("shuffle", shuffle)
    return batches
end

local network = pcil.Network.parse "3x32x32; dense 64; relu, dense 10; softmax"
local inference = pcil.Inference.create(network, "sequential", 50)
local optimizer = pcil.Optimizer.create(network, "adam")
optimizer:set("learning_rate", 0.001)

local batches = batches_of(pcil.Dataset.digits(2000, 1), 1)
local inputs, labels = ffi.new("float[?]", 50 * 32 * 32 * 3), ffi.new("int32_t[?]", 50)
for epoch = 0, 3 do
    batches:begin(epoch, 0)
    local count = batches:next { inputs = inputs, labels = labels }
    while count > 0 do
        inference:train_step_labels(optimizer, inputs, labels, { batch = count })
        count = batches:next { inputs = inputs, labels = labels }
    end
end

local scoring = batches_of(pcil.Dataset.digits(500, 2), 0)
scoring:begin(0, 0)
local _, accuracy = inference:evaluate(scoring)
network:save(arg[1] or "digits.safetensors")
print(("accuracy %.3f"):format(accuracy))

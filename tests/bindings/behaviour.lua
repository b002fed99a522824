-- What the Lua binding does beside calling: every function is there; arrays, counts, callbacks, lifetimes, failures.
local ffi = require "ffi"
local pcil = require "pcil"

local function fails(pattern, run, ...)
    local good, failure = pcall(run, ...)
    assert(not good and tostring(failure):match(pattern), "expected '" .. pattern .. "', got: " .. tostring(failure))
    return failure
end

for _, entry in ipairs(pcil.api.functions) do
    local place = entry.class and pcil[entry.class:sub(1, 1):upper() .. entry.class:sub(2)] or pcil
    assert(type(place[entry.method]) == "function", entry.name)
end

local network = pcil.Network.parse "4; dense 3; relu, dense 3; softmax"
local inference = pcil.Inference.create(network, "sequential", 8)
local inputs = ffi.new("float[8]", 0.5)
local from, to, parameters, text = network:block_info(0)
assert(from == 0 and to == 1 and parameters == 15 and text == "dense 3")
assert(network:describe() == "4; dense 3; relu, dense 3; softmax" and pcil.kind_name("optimizer", 99) == nil)
assert(pcil.option_describe("optimizer", "mq", "learning_rate") == "number")

-- Arrays: in place, reserved, refused.
local values = ffi.new "float[3]"
network:get("block0.dense.bias", { values = values })
assert(values[0] ~= 0 and network:get("block0.dense.bias")[0] == values[0])
assert(ffi.sizeof(inference:predict(inputs)) == 6 * 4)
local targets = ffi.new("float[6]", { 1, 0, 0, 0, 1, 0 })
assert(ffi.sizeof(network:hessian(inputs, targets)) == 27 * 27 * 8)
fails("hessian holds 27 numbers; %[count%]%[count%] = 729", network.hessian, network, inputs, targets, { hessian = ffi.new "double[27]" })
inference:clamp_labels(inputs, { 0, 1 })
local prediction, decay, loss = inference:energy_samples(1)
assert(ffi.sizeof(prediction) == 16 and ffi.sizeof(decay) == 16 and ffi.sizeof(loss) == 16)
fails("nodes holds 2 numbers; %[nodes%] = 3", inference.residual, inference, { nodes = ffi.new "double[2]" })
fails("labels holds 3 numbers; %[batch%] = 2", inference.clamp_labels, inference, inputs, { 0, 1, 2 })
fails("inputs holds 8 numbers; .* = 32", inference.clamp_labels, inference, inputs, { 0, 1 }, { batch = 8LL })
fails("values: must be a C array of float", network.get, network, "block0.dense.bias", { values = ffi.new "double[3]" })
fails("no whole number", network.dense, network, 2 ^ 40)
fails("no whole number", network.dense, network, 2LL ^ 40)
fails("labels: 4294967297 is no whole number", inference.clamp_labels, inference, inputs, { 2 ^ 32 + 1, 0 })
fails("labels: 1.9 is no whole number", inference.clamp_labels, inference, inputs, { 1.9, 0 })
fails("pixels: 300 is no whole number in the range of uint8_t", pcil.image_write, "never.png", { 0, 300 }, 1, 1, 2)
fails("path: 'never\\0.upload' holds a NUL", network.save, network, "never\0.upload")
fails("captions: 'a\\0b' holds a NUL", pcil.image_sheet, "never.png", { 0 }, 1, 1, 1, 1, 1, { captions = { "a\0b" } })
fails("no argument enrgy", inference.infer, inference, 1, { enrgy = true })

-- Failures.
local failure = fails("did you mean 'dense'", pcil.Network.parse, "4; dens 3")
assert(failure.code == "PCIL_ERROR_FORMAT" and failure.status == -5)

-- Callbacks: what they see, how they stop, what they raise; a thousand leave no trace, with their objects or alone.
local seen = {}
inference:trace(function(iteration, energy, errors) seen[#seen + 1] = { iteration, ffi.sizeof(errors) / 8, energy } end)
inference:clamp_labels(inputs, { 0, 1 })
assert(inference:infer(2, { energy = true }) == seen[3][3] and seen[3][1] == 2 and seen[3][2] == 3)
for _ = 1, 2000 do inference:trace(function() error("mine", 0) end) end
fails("^mine$", inference.infer, inference, 2)
inference:trace(function() return 2 ^ 40 end) -- of which C's type holds nothing but zeros
assert(fails("asked to stop", inference.infer, inference, 2).code == "PCIL_ERROR_INTERRUPTED")
inference:trace(function() inference:free() end)
fails("this Inference is in use by: a call at work", inference.infer, inference, 2)
inference:trace(nil)
for i = 1, 2000 do
    local one = pcil.Inference.create(network, "sequential", 2)
    one:trace(function() return one:batch() * 0 end)
    if i % 2 == 0 then one:free() end
    if i % 100 == 0 then collectgarbage() end
end
collectgarbage()

-- What is raised at a warning, whose answer C does not look at, ends the run.
local folder, warned = os.tmpname(), pcil.Trainer.create()
os.remove(folder)
warned:set_text("network", "3x32x32; dense 8; relu, dense 10; softmax")
warned:set_text("out", folder)
warned:set("epochs", 5)
warned:data(pcil.Dataset.digits(100, 1))
warned:watch(function(same, event)
    if event == pcil.event.PCIL_EVENT_EVALUATION then os.remove(folder .. "/metrics.jsonl") end -- which the next evaluation warns of
    if event == pcil.event.PCIL_EVENT_WARNING then error(same:warning(), 0) end
end)
fails("was removed", warned.run, warned)
assert(warned:value "epoch" == 2)
os.execute("rm -r " .. folder)

-- A trainer's parts belong to it.
local trainer, digits = pcil.Trainer.create(), pcil.Dataset.digits(100, 1)
trainer:set_text("network", "3x32x32; dense 8; relu, dense 10; softmax")
trainer:data(digits)
trainer:watch(function(same) return same == trainer and 1 or 0 end)
trainer:prepare()
local traced = 0
trainer:inference():trace(function() traced = traced + 1 end) -- by a handle that nobody holds
collectgarbage()
assert(fails("stopped", trainer.run, trainer).code == "PCIL_ERROR_INTERRUPTED")
assert(traced > 0)
assert(ffi.sizeof(trainer:inference():predict(ffi.new "float[3072]")) == 40)

-- Lifetimes.
fails("in use by: Trainer", digits.free, digits)
local other = pcil.Inference.create(trainer:network(), "sequential", 2)
fails("in use by: Inference", trainer.free, trainer)
other:free()
fails("in use by: Inference", network.free, network)
inference:free()
network:free()
fails("has been freed", network.blocks, network)
fails("has been freed", pcil.Inference.create, network, "sequential", 2)
for _ = 1, 100 do pcil.Inference.create(pcil.Network.parse "4; dense 3", "sequential", 2) end
collectgarbage()
collectgarbage()

-- A long chain is freed, though what was made last may be finalised as the last.
local chain = { pcil.Dataset.digits(20, 1) }
for i = 1, 5000 do chain[i + 1] = chain[i]:limit(10) end
for _, view in ipairs(chain) do
    ffi.gc(view.cdata, nil)
    view.keeper:drop(view.keeper)
end
for _, view in ipairs(chain) do assert(not next(view.keeper.users)) end
chain = nil

-- What dies together is freed in the order of use: a cycle, and all that is left at the end of the program.
local living = {}
for _, class in pairs { pcil.Network, pcil.Inference, pcil.Optimizer } do
    local release = class.release
    living[class.name] = 0
    class.release = function(pointer)
        living[class.name] = living[class.name] - 1
        if class == pcil.Network and living.Inference + living.Optimizer > 0 then
            io.stderr:write "a network was freed before what was made of it\n"
            os.exit(1)
        end
        release(pointer)
    end
end
local function several()
    local one, made = pcil.Network.parse "4; dense 3", {}
    for i = 1, 10 do made[i] = { pcil.Inference.create(one, "sequential", 2), pcil.Optimizer.create(one, "adam") } end
    one.model = made
    living.Network, living.Inference, living.Optimizer = living.Network + 1, living.Inference + 10, living.Optimizer + 10
    last = made -- global: it stays
end
coroutine.wrap(several)() -- on a stack of its own, which goes with it
last = nil
collectgarbage()
collectgarbage()
assert(living.Inference == 0 and living.Optimizer == 0 and living.Network == 0)
several()

-- What a data set reads stays as long as it does; a reference as long as its batches.
local pixels = pcil.Dataset.memory({ 1, 2, 3, 4 }, 1, 1, 2, 2, 0, { labels = { 0, 1 } })
local batches, reference = pcil.Batches.create(pixels, 2, 1), pcil.Dataset.digits(10, 1)
assert(not pcall(batches.normalise_like, batches, reference))
batches:normalise_like(pixels:limit(1))
pixels = nil
collectgarbage()
batches:begin(0, 0)
local _, count = batches:next()
assert(count == 2)
print(#pcil.api.functions .. " functions")

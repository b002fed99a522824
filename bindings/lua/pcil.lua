-- libpcil for LuaJIT: classes and functions made of the description of the interface (pcil_api.lua), none by hand, so none can be
-- missing. Names are C's without "pcil_": pcil_network_parse is pcil.Network.parse, pcil_train_step_labels is
-- inference:train_step_labels. Arguments that may be left out go by name in a last table: { batch = n, loss = true }. Several results
-- are returned in C's order. C arrays of the right type (ffi.new "float[?]") are used in place, Lua tables are copied. A failure is an
-- error with `status`, `code` and `message`.
local ffi = require "ffi"
local api = require "pcil_api"

ffi.cdef(api.cdef)
local C = ffi.load(os.getenv "PCIL_LIBRARY" or "libpcil.so.0")
local pcil = { api = api, C = C }

local wanted, version = api.enumerations.pcil_header.PCIL_HEADER_VERSION, C.pcil_version_number()
if version < wanted or math.floor(version / 1e6) ~= math.floor(wanted / 1e6) then
    error(("libpcil is version %d, too old or another major version for this module, which wants %d"):format(version, wanted))
end

local WHOLE = { int32_t = 2 ^ 31, int64_t = 2 ^ 53, uint64_t = 2 ^ 53, uint8_t = 2 ^ 8 }
local LEAST = { uint64_t = 0, uint8_t = 0 }
local OURS = { result = true, ["text result"] = true, buffer = true, capacity = true, length = true, user = true, ["new handle"] = true }
local classes = {}

local Failure = { __tostring = function(self) return self.message end }

local thrown -- by a callback: C cannot carry it
local function check(status)
    local pending = thrown
    thrown = nil
    if pending ~= nil then error(pending, 0) end
    status = tonumber(status)
    if status >= 0 then return end
    local failure = { status = status, message = ffi.string(C.pcil_last_error()) }
    for name, number in pairs(api.enumerations.pcil_status) do
        if number == status then failure.code = name end
    end
    error(setmetatable(failure, Failure), 0)
end

-- A number of C as one of Lua's, where Lua's holds it exactly.
local function plain(value)
    if type(value) == "cdata" and (ffi.istype("int64_t", value) or ffi.istype("uint64_t", value)) then
        return (value > -2 ^ 53 and value < 2 ^ 53) and tonumber(value) or value
    end
    return type(value) == "cdata" and tonumber(value) or value
end

local function class_of(type_name) return classes[type_name:gsub("^pcil_", "")] end

local at_work = { name = "a call at work" } -- the user that each call is while it is at work

-- Frees an object of the library, and the places of its callbacks, once neither its handle nor anything that was made of it is left.
-- It counts these itself, since Lua finalises what dies together (at the program's end: all) in any order. It holds no handle, so that
-- none is kept by its own parts.
local Keeper = {}
Keeper.__index = Keeper

local function keeper(class, pointer)
    local self = setmetatable({ name = class.name, pointer = ffi.cast("void *", pointer), release = class.release }, Keeper)
    self.users, self.used, self.arrays, self.places = { [self] = 1 }, {}, {}, {} -- itself: the handle
    return self
end

function Keeper:join(user) self.users[user] = (self.users[user] or 0) + 1 end

-- Keeps what C uses from now on, or nothing, in place of what was given by that name before.
function Keeper:use(name, other)
    local before = self.used[name]
    if other then other:join(self) end
    self.used[name] = other
    if before then before:drop(self) end
end

-- One user less. If that was the last, frees the object, once, and puts what it used at the end of a list, with itself.
function Keeper:leave(user, ends)
    local left = self.users[user] - 1
    self.users[user] = left > 0 and left or nil
    if next(self.users) or not self.pointer then return end
    self.release(self.pointer)
    self.pointer = nil
    for _, place in pairs(self.places) do place:free() end
    for _, other in pairs(self.used) do ends[#ends + 1] = { other, self } end
end

-- One user less; the last one's end frees the object, and after it what only the object used: a loop, as that may be a long chain.
function Keeper:drop(user)
    local ends = { { self, user } }
    while #ends > 0 do
        local kept, left = unpack(table.remove(ends))
        kept:leave(left, ends)
    end
end

-- Objects. They are freed with the last reference to them, or by free(); what they were made of stays until then.
local Handle = {}

local function make(class, pointer, made, owner)
    local kept = owner and owner.keeper or keeper(class, pointer)
    for name, value in pairs(made) do
        if type(value) == "table" and value.keeper then kept:use(name, value.keeper) end
        if type(value) == "cdata" then table.insert(kept.arrays, value) end
    end
    local cdata = owner and pointer or ffi.gc(pointer, function() kept:drop(kept) end)
    local callbacks = owner and owner.callbacks or {} -- the owner's: C calls them when handles of its parts are long gone
    return setmetatable({ cdata = cdata, keeper = kept, made = made, owner = owner, callbacks = callbacks }, class)
end

function Handle:pointer()
    if not self.cdata or (self.owner and not self.owner.cdata) then error("this " .. self.name .. " has been freed", 0) end
    return self.cdata
end

function Handle:free()
    local cdata, kept = self.cdata, self.keeper
    if cdata and not self.owner then
        for user in pairs(kept.users) do
            if user ~= kept then error("this " .. self.name .. " is in use by: " .. user.name .. ", which must end first", 0) end
        end
        ffi.gc(cdata, nil)
        kept:drop(kept)
    end
    self.cdata = nil
end

function Handle:find(kind)
    if self.kind == kind then return self end
    local parents = { self.owner }
    for _, value in pairs(self.made) do
        if type(value) == "table" and value.cdata then parents[#parents + 1] = value end
    end
    for _, parent in ipairs(parents) do
        local found = Handle.find(parent, kind) or (getmetatable(parent)[kind] and parent[kind](parent))
        if found then return found end
    end
end

-- The number that a word of the description's shapes stands for, in one call.
local function size(self, word, values)
    local name, more = word:match "^(.*) %+ (%d+)$"
    if name then return size(self, name, values) + tonumber(more) end
    if tonumber(word) then return tonumber(word) end
    if type(values[word]) == "number" then return values[word] end
    local inside = word:match "^node_size%((.*)%)$"
    if inside then
        local network = self:find "network"
        local node = inside == "node" and values.node or tonumber(inside)
        return network:node_size(node < 0 and network:nodes() + node or node)
    elseif word == "tensor_size" then
        local rank, shape = self:find("network"):tensor_shape(values.name or values.tensor)
        local all = 1
        for i = 0, rank - 1 do all = all * tonumber(shape[i]) end
        return all
    elseif word == "nodes" or word == "blocks" or word == "parameters" then
        local network = self:find "network"
        return network[word](network)
    elseif word == "channels" or word == "height" or word == "width" then
        local channels, height, width = self:find("dataset"):shape()
        return ({ channels = channels, height = height, width = width })[word]
    elseif word == "target_size" then
        return self:find("dataset"):target_size()
    end
    if word ~= "batch" or not self then error(word .. " must be given: no array that was given tells it", 0) end
    return self.made.batch or self:batch()
end

local function product(self, shape, first, values)
    local all = 1
    for i = first, #shape do all = all * size(self, shape[i], values) end
    return all
end

local function optional(parameter)
    return parameter.counts or parameter.out or parameter.on_request or (parameter.nullable and parameter.role ~= "callback")
end

local function element(parameter) return parameter.type == "text" and "const char *" or parameter.type end

local function length(parameter, value) return ffi.sizeof(value) / ffi.sizeof(element(parameter)) end

-- The name of an array's element, whatever the array's length.
local function element_of(ctype) return tostring(ctype):match "^ctype<(.-) ?%[[%d?]+%]>$" end

local function number(parameter, value)
    local limit = WHOLE[parameter.type] or 2 ^ 31
    if type(value) == "cdata" then
        if limit == 2 ^ 53 then return value end -- Lua's own numbers do not reach so far
        value = tonumber(value)
    end
    if type(value) ~= "number" then error(parameter.name .. ": a number is expected, not " .. tostring(value), 0) end
    if parameter.type == "double" or parameter.type == "float" then return value end
    if value ~= math.floor(value) or value >= limit or value < (LEAST[parameter.type] or -limit) then
        error(("%s: %s is no whole number in the range of %s"):format(parameter.name, tostring(value), parameter.type), 0)
    end
    return value
end

-- A text as C's, which a NUL would end.
local function text(parameter, value)
    value = tostring(value)
    if value:find("\0", 1, true) then error(("%s: '%s' holds a NUL"):format(parameter.name, value:gsub("%z", "\\0")), 0) end
    return value
end

-- A C array of the right type: as it is where it is one, made of a table where it is only read.
local function array(parameter, value)
    local kind = element(parameter)
    if type(value) == "cdata" and element_of(ffi.typeof(value)) == element_of(ffi.typeof(kind .. "[?]")) then return value end
    if type(value) ~= "table" or parameter.out then
        error(("%s: must be a C array of %s%s"):format(parameter.name, kind, parameter.out and "" or ", or a table"), 0)
    end
    for _, one in ipairs(value) do (parameter.type == "text" and text or number)(parameter, one) end
    return ffi.new(kind .. "[?]", #value, value)
end

-- The values of a call by name: what must be given in order, what may be left out by name.
local function gather(entry, given, count)
    local values, place, known = {}, 0, {}
    for _, parameter in ipairs(entry.visible) do
        if optional(parameter) then
            known[parameter.name] = true
        else
            place = place + 1
            values[parameter.name] = given[place]
        end
    end
    if count > place + 1 or (count == place + 1 and type(given[count]) ~= "table") then
        error(("%s: at most %d arguments, and a table of those that have names"):format(entry.method, place), 0)
    end
    for name, value in pairs(count == place + 1 and given[count] or {}) do
        if not known[name] then error(entry.method .. ": no argument " .. tostring(name), 0) end
        values[name] = value
    end
    return values
end

-- Takes the counts that are not given from the arrays that are.
local function count_up(self, entry, values)
    local exact = {}
    for _, parameter in ipairs(entry.visible) do
        local of
        for _, other in ipairs(parameter.counts and entry.arrays or {}) do
            if not of and other.shape[1] == parameter.name and type(values[other.name]) == "cdata" then of = other end
        end
        if parameter.is and values[parameter.name] == nil then
            values[parameter.name] = size(self, parameter.is, values)
            exact[parameter.name] = true
        elseif of and values[parameter.name] == nil then
            local each = product(self, of.shape, 2, values)
            values[parameter.name] = math.floor(length(of, values[of.name]) / math.max(each, 1))
            exact[parameter.name] = true
        end
    end
    return exact
end

-- Checks the arrays given, and reserves those that are to be returned.
local function fill(self, entry, values)
    local reserved = {}
    for _, parameter in ipairs(entry.visible) do -- sizes are worked out from the numbers that C will get
        local value = values[parameter.name]
        if parameter.role == "number" and value ~= nil then values[parameter.name] = plain(number(parameter, value)) end
    end
    for _, parameter in ipairs(entry.arrays) do
        local value = values[parameter.name]
        if value == false then values[parameter.name] = nil end
        if value and value ~= true then values[parameter.name] = array(parameter, value) end
    end
    local exact = count_up(self, entry, values)
    for _, parameter in ipairs(entry.arrays) do
        local value = values[parameter.name]
        if parameter.out and (value == true or (value == nil and not parameter.on_request)) then
            values[parameter.name] = ffi.new(parameter.type .. "[?]", product(self, parameter.reserve or parameter.shape, 1, values))
            reserved[parameter.name] = true
        end
    end
    count_up(self, entry, values)
    for _, parameter in ipairs(entry.arrays) do
        if values[parameter.name] then
            local all, found = product(self, parameter.shape, 1, values), length(parameter, values[parameter.name])
            if found < all or (exact[parameter.shape[1]] and found ~= all) then
                error(("%s: %s holds %d numbers; [%s] = %d are expected"):format(entry.name, parameter.name, found, table.concat(parameter.shape, "]["), all), 0)
            end
        end
    end
    return reserved
end

-- A C function that calls one of Lua's. LuaJIT never lets go of it by itself, so it must not hold the object or what was given.
local function callback(type_name, given)
    local entries, kept = api.callbacks[type_name].parameters, setmetatable({ given }, { __mode = "v" })
    local function called(...)
        local self, run = kept[1].self, kept[1].run
        if thrown ~= nil then return 1 end -- of a warning C does not look at the answer
        local plain_values, values, arguments = { ... }, {}, {}
        for i, entry in ipairs(entries) do values[entry.name] = entry.role == "number" and plain(plain_values[i]) or plain_values[i] end
        for _, entry in ipairs(entries) do
            local value = values[entry.name]
            if entry.role == "array" then
                local count = product(self, entry.shape, 1, values)
                local copy = ffi.new(entry.type .. "[?]", count)
                ffi.copy(copy, value, ffi.sizeof(copy))
                value = copy
            elseif entry.role == "handle" then
                value = self
            end
            if entry.role ~= "user" and not entry.counts then arguments[#arguments + 1] = value end
        end
        local good, answer = pcall(run, unpack(arguments))
        if good then return (tonumber(answer) or 0) ~= 0 and 1 or 0 end -- C's type need not hold the answer itself
        thrown = answer
        return 1
    end
    return ffi.cast(type_name, called)
end

-- Keeps a callback, as long as the object or until another takes its place, and frees the C function of the one before.
local function replace(self, type_name, given, made)
    local key, places = type_name .. tostring(self.cdata), self.keeper.places
    if places[key] then places[key]:free() end
    self.callbacks[key], places[key] = given, made
end

-- The argument for C of one parameter; what is to be returned is added to the results.
local function argument(parameter, self, values, reserved, results)
    local role, value = parameter.role, values[parameter.name]
    if role == "result" and (not parameter.on_request or value) then
        local place = ffi.new(parameter.type .. "[1]")
        results[#results + 1] = function() return plain(place[0]) end
        return place
    elseif role == "text result" then
        local place = ffi.new "const char *[1]"
        results[#results + 1] = function() return place[0] ~= nil and ffi.string(place[0]) or nil end
        return place
    elseif role == "new handle" then
        local place = ffi.new(parameter.type .. " *[1]")
        results[#results + 1] = function(made) return make(class_of(parameter.type), place[0], made) end
        return place
    elseif role == "number" then
        return number(parameter, value)
    elseif value == nil or OURS[role] then
        return role == "capacity" and 0 or nil
    elseif role == "handle" then
        if type(value) ~= "table" or getmetatable(value) ~= class_of(parameter.type) then error(parameter.name .. ": must be a " .. parameter.type, 0) end
        return value:pointer()
    elseif role == "callback" then
        local given = { self = self, run = value }
        local made = callback(parameter.type, given)
        results[#results + 1] = function() return replace(self, parameter.type, given, made) end
        return made
    elseif role == "array" and reserved[parameter.name] then
        results[#results + 1] = function() return value end
    end
    return role == "text" and text(parameter, value) or value
end

-- The text convention: asks for the length, then for the text.
local function ask_text(entry, plain_values, results)
    for i, parameter in ipairs(entry.parameters) do
        if parameter.role == "buffer" then
            local wanted_length = ffi.new "int64_t[1]"
            plain_values[i + 2] = wanted_length
            check(C[entry.name](unpack(plain_values, 1, #entry.parameters)))
            local text = ffi.new("char[?]", wanted_length[0] + 1)
            plain_values[i], plain_values[i + 1] = text, wanted_length[0] + 1
            results[#results + 1] = function() return ffi.string(text) end
        end
    end
end

local function run(entry, self, values)
    local reserved, results, plain_values = fill(self, entry, values), {}, {}
    for i, parameter in ipairs(entry.parameters) do
        local own = i == 1 and entry.kind == "method"
        plain_values[i] = own and self:pointer() or argument(parameter, self, values, reserved, results)
    end
    if entry.result.role == "status" then ask_text(entry, plain_values, results) end
    local returned = C[entry.name](unpack(plain_values, 1, #entry.parameters))
    if entry.result.role == "status" then
        check(returned)
        for _, parameter in ipairs(entry.parameters) do
            if parameter.kept then -- from now on, in place of what an earlier call gave by that name
                local other = values[parameter.name]
                self.made[parameter.name] = other
                self.keeper:use(parameter.name, other and other.keeper)
            end
        end
        values.parent = self
        local last = #results
        for i = 1, last do results[i] = results[i](values) end
        return unpack(results, 1, last)
    elseif entry.result.role == "handle" then
        local class = class_of(entry.result.type)
        return returned ~= nil and make(class, ffi.cast(entry.result.type .. " *", returned), {}, self) or nil
    elseif entry.result.role == "text" then
        return returned ~= nil and ffi.string(returned) or nil
    end
    return plain(returned)
end

local function finish(keepers, good, ...)
    for _, kept in ipairs(keepers) do kept:drop(at_work) end
    if not good then error((...), 0) end
    return ...
end

-- From before the pointers of what it uses are looked at, no callback can free them.
local function call(entry, self, count, ...)
    local values, keepers = gather(entry, { ... }, count), { self and self.keeper }
    for _, value in pairs(values) do
        if type(value) == "table" and value.keeper then keepers[#keepers + 1] = value.keeper end
    end
    for _, kept in ipairs(keepers) do kept:join(at_work) end
    return finish(keepers, pcall(run, entry, self, values))
end
jit.off(call, true) -- a call from compiled code must not call back
jit.off(run, true)

for _, entry in ipairs(api.callbacks) do api.callbacks[entry.name] = entry end
for _, handle in ipairs(api.handles) do
    local kind = handle:gsub("^pcil_", "")
    local name = kind:sub(1, 1):upper() .. kind:sub(2)
    local class = { kind = kind, name = name, release = C[handle .. "_free"], pointer = Handle.pointer, free = Handle.free, find = Handle.find }
    class.__index = class
    classes[kind], pcil[name] = class, class
end
for name, values in pairs(api.enumerations) do pcil[name:gsub("^pcil_", "")] = values end
for _, entry in ipairs(api.functions) do
    entry.visible, entry.arrays = {}, {}
    for i, parameter in ipairs(entry.parameters) do
        local own = i == 1 and entry.kind == "method"
        if not own and (parameter.on_request or not OURS[parameter.role]) then
            table.insert(entry.visible, parameter)
            if parameter.role == "array" then table.insert(entry.arrays, parameter) end
        end
    end
    if entry.kind == "method" and entry.method ~= "free" then
        classes[entry.class][entry.method] = function(self, ...) return call(entry, self, select("#", ...), ...) end
    elseif entry.kind ~= "method" then
        local place = entry.class and classes[entry.class] or pcil
        place[entry.method] = function(...) return call(entry, nil, select("#", ...), ...) end
    end
end

return pcil

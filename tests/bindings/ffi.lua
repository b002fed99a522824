-- pcil_ffi.h as LuaJIT's parser reads it, as it is; every function is found in the library.
-- usage: luajit ffi.lua HEADER LIBRARY
local ffi = require "ffi"
local text = assert(io.open(arg[1])):read "*a"
ffi.cdef(text)
local library, count = ffi.load(arg[2]), 0
for name in text:gmatch "[\n ]%*?(pcil_[%w_]+)%([^\n]*;" do
    local _ = library[name] -- raises an error for a name that is not there
    count = count + 1
end
local network = ffi.new "pcil_network *[1]"
assert(library.pcil_network_parse(network, "4; dense 3; softmax") == 0)
assert(library.pcil_network_parameters(network[0]) == 15)
library.pcil_network_free(network[0])
print("LuaJIT: " .. count .. " functions")
assert(count > 100)

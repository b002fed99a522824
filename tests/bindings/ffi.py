"""pcil_ffi.h as cffi reads it, as it is; every function is found in the library.

usage: ffi.py HEADER LIBRARY
"""

import re
import sys

try:
    import cffi
except ImportError:
    sys.exit("cffi is missing; on Debian: apt-get install python3-cffi")

with open(sys.argv[1], encoding="utf-8") as file:
    text = file.read()
ffi = cffi.FFI()
ffi.cdef(text)
library = ffi.dlopen(sys.argv[2])
names = re.findall(r"^[\w ]+?\**(pcil_\w+)\(", text, re.M)
missing = [name for name in names if not hasattr(library, name)]
network = ffi.new("pcil_network **")
status = library.pcil_network_parse(network, b"4; dense 3; softmax")
parameters = library.pcil_network_parameters(network[0])
library.pcil_network_free(network[0])
print(f"cffi: {len(names)} functions, missing: {missing}, status {status}, {parameters} parameters")
sys.exit(0 if len(names) > 100 and not missing and status == library.PCIL_OK and parameters == 15 else 1)

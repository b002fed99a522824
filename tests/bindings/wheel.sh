#!/bin/sh
# The Python package as its users get it: a wheel, unpacked into a folder of its own, imported from there.
# usage: wheel.sh PYTHON FOLDER      exit status 77: there is no pip or no setuptools
set -eu
python=$1 folder=$2
source=$(cd "$(dirname "$0")/../../bindings/python" && pwd)
"$python" -c "import setuptools, wheel, pip" 2>/dev/null || { echo "pip, setuptools or wheel is missing: skipped"; exit 77; }
rm -rf "$folder"
mkdir -p "$folder"
cp -rL "$source" "$folder/source"
"$python" -m pip wheel -q --disable-pip-version-check --no-build-isolation --no-deps -w "$folder" "$folder/source"
"$python" -m zipfile -e "$folder"/pcil-*-py3-none-any.whl "$folder/site"
cd "$folder" # not the source tree
PYTHONPATH=$folder/site "$python" -B -c "
import pcil
assert pcil.__file__.startswith('$folder/site'), pcil.__file__
assert pcil.Network.parse('4; dense 3; softmax').parameters() == 15
print('the wheel works, with libpcil', pcil.version())"
ls "$folder/site/pcil/py.typed" "$folder/site/pcil/__init__.pyi" >/dev/null

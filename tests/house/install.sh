#!/bin/sh
# Installs the build into a folder of its own, then builds and runs a consumer through CMake, pkg-config, and statically.
# usage: install.sh CMAKE BUILD_FOLDER C_COMPILER VERSION GENERATOR
set -eu
cmake=$1 build=$2 compiler=$3 version=$4 generator=$5
here=$(cd "$(dirname "$0")" && pwd)
place=$build/tests/installed
command -v pkg-config >/dev/null || { echo "pkg-config is missing; on Debian: apt-get install pkg-config"; exit 1; }

rm -rf "$place"
mkdir -p "$place"
"$cmake" --install "$build" --prefix "$place/root" >"$place/install.log"
libraries=$(dirname "$(find "$place/root" -name libpcil.a)")
export PKG_CONFIG_PATH=$libraries/pkgconfig

expect() { # what, program
    got=$("$2") || { echo "$1: the consumer failed with status $?"; exit 1; }
    [ "$got" = "$version" ] || { echo "$1: the consumer says '$got', not '$version'"; exit 1; }
    echo "$1: works"
}

"$cmake" -G "$generator" -S "$here/consumer" -B "$place/cmake" -DCMAKE_C_COMPILER="$compiler" -DCMAKE_PREFIX_PATH="$place/root" >"$place/cmake.log"
"$cmake" --build "$place/cmake" >>"$place/cmake.log"
expect "find_package(pcil)" "$place/cmake/consumer"

$compiler -std=c11 -o "$place/dynamic" "$here/consumer/main.c" $(pkg-config --cflags --libs pcil) -Wl,-rpath,"$libraries"
expect "pkg-config pcil" "$place/dynamic"

$compiler -std=c11 -o "$place/static" "$here/consumer/main.c" $(pkg-config --cflags pcil) "$libraries/libpcil.a" \
    $(pkg-config --static --libs pcil | tr ' ' '\n' | grep -vx -e -lpcil)
expect "libpcil.a" "$place/static"

if [ -x "$place/root/bin/pcil" ]; then
    "$place/root/bin/pcil" --version | grep -q "$version" || { echo "the installed command does not tell version $version"; exit 1; }
    echo "the installed command: works"
fi

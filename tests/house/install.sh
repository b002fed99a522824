#!/bin/sh
# Installs the build into a folder of its own, moves it, and has consumers build and run: CMake (shared and static), pkg-config with
# make, statically, meson; then DESTDIR, components, uninstalling, and another SOVERSION beside.
# usage: install.sh CMAKE BUILD_FOLDER C_COMPILER VERSION GENERATOR [subdirectory]      the last: also as a part of another project
set -eu
cmake=$1 build=$2 compiler=$3 version=$4 generator=$5 subdirectory=${6-}
here=$(cd "$(dirname "$0")" && pwd)
place=$build/tests/installed
major=${version%%.*}
command -v pkg-config >/dev/null || { echo "pkg-config is missing; on Debian: apt-get install pkg-config"; exit 1; }

fail() { echo "$@"; exit 1; }
expect() { # what, program
    got=$("$2") || fail "$1: the consumer failed with status $?"
    [ "$got" = "$version" ] || fail "$1: the consumer says '$got', not '$version'"
    echo "$1: works"
}

rm -rf "$place"
mkdir -p "$place"
"$cmake" --install "$build" --prefix "$place/first" >"$place/install.log"
mv "$place/first" "$place/root" # what was installed may be moved
libraries=$(dirname "$(find "$place/root" -name libpcil.a)")
export PKG_CONFIG_PATH="$libraries/pkgconfig"
! grep -r "$place\|$build" "$libraries/pkgconfig" "$libraries/cmake" || fail "installed files name the folder that they were built in"

"$cmake" -G "$generator" -S "$here/consumers/find_package" -B "$place/cmake" -DCMAKE_C_COMPILER="$compiler" -DCMAKE_PREFIX_PATH="$place/root" >"$place/cmake.log"
"$cmake" --build "$place/cmake" >>"$place/cmake.log"
expect "find_package(pcil), pcil::pcil" "$place/cmake/consumer"
expect "find_package(pcil), pcil::pcil_static" "$place/cmake/consumer_static"

mkdir "$place/make"
make -s -C "$here/consumers/make" CC="$compiler" OUT="$place/make"
expect "pkg-config and make" "$place/make/consumer"

$compiler -std=c11 -o "$place/static" "$here/consumers/main.c" $(pkg-config --cflags pcil) "$libraries/libpcil.a" \
    $(pkg-config --static --libs pcil | tr ' ' '\n' | grep -vx -e -lpcil)
expect "pkg-config --static" "$place/static"

if command -v meson >/dev/null; then
    CC=$compiler meson setup "$place/meson" "$here/consumers/meson" >"$place/meson.log"
    meson compile -C "$place/meson" >>"$place/meson.log"
    LD_LIBRARY_PATH=$libraries expect "meson" "$place/meson/consumer"
fi

if [ -n "$subdirectory" ]; then
    "$cmake" -G "$generator" -S "$here/consumers/subdirectory" -B "$place/subdirectory" -DCMAKE_C_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=Debug \
        -DPCIL_SOURCE="$here/../.." >"$place/subdirectory.log"
    "$cmake" --build "$place/subdirectory" >>"$place/subdirectory.log"
    expect "FetchContent" "$place/subdirectory/consumer"
fi

if [ -x "$place/root/bin/pcil" ]; then
    "$place/root/bin/pcil" --version | grep -q "$version" || fail "the installed command does not tell version $version"
    echo "the installed command: works"
fi

# Components: each its own, together all.
for component in library development command; do
    DESTDIR=$place/parts "$cmake" --install "$build" --prefix /usr --component $component >>"$place/install.log"
    (cd "$place/parts" && find . ! -type d | sort) >"$place/$component.list"
done
DESTDIR=$place/whole "$cmake" --install "$build" --prefix /usr >>"$place/install.log"
(cd "$place/whole" && find . ! -type d | sort) | diff - "$place/command.list" || fail "components: together they are not the whole"
grep -vx -e '.*/libpcil\.so\.[0-9.]*' "$place/library.list" && fail "components: the library holds more than the library"
echo "DESTDIR and components: work"

# Uninstalling, by the manifest of the latest install.
DESTDIR=$place/whole "$cmake" -D MANIFEST="$build/install_manifest.txt" -P "$here/../../cmake/uninstall.cmake" >>"$place/install.log"
left=$(find "$place/whole" ! -type d)
[ -z "$left" ] || fail "uninstall leaves: $left"
echo "uninstall: works"

# The next major version beside this one: the same objects, another version and symbol node.
next=$((major + 1))
sed "s/LIBPCIL_$major/LIBPCIL_$next/" "$here/../../src/libpcil.map" >"$place/next.map"
$compiler -std=c11 -fPIC -D_GNU_SOURCE -DPCIL_VERSION="\"$next.0.0\"" -I "$here/../../src" -I "$here/../../include" \
    $(sed -n 's/^PCIL_CBLAS_INCLUDE_DIR:PATH=/-I/p' "$build/CMakeCache.txt") -c -o "$place/version.o" "$here/../../src/version.c"
cp "$libraries/libpcil.a" "$place/next.a"
ar d "$place/next.a" version.c.o
$compiler -shared -o "$libraries/libpcil.so.$next.0.0" -Wl,-soname,libpcil.so.$next -Wl,--version-script="$place/next.map" "$place/version.o" \
    -Wl,--whole-archive "$place/next.a" -Wl,--no-whole-archive $(pkg-config --static --libs pcil | tr ' ' '\n' | grep -vx -e -lpcil)
ln -s "libpcil.so.$next.0.0" "$libraries/libpcil.so.$next"
LD_LIBRARY_PATH=$libraries expect "beside libpcil.so.$next, a program linked before" "$place/make/consumer"
ln -sf "libpcil.so.$next" "$libraries/libpcil.so"
$compiler -std=c11 -o "$place/both" "$here/consumers/both.c" -ldl
[ "$(LD_LIBRARY_PATH=$libraries "$place/both" "libpcil.so.$major" "libpcil.so.$next")" = "$version $next.0.0" ] || fail "two versions in one process"
echo "two SOVERSIONs in one process: work"

# The Debian packages that the project needs, and their installation; read by ./check and ./demo, which run in bash.
pcil_build_packages=(gcc libc6-dev cmake ninja-build pkg-config libopenblas-dev libjansson-dev zlib1g-dev libturbojpeg0-dev libpng-dev libmd-dev)
pcil_plot_packages=(gnuplot-nox fonts-liberation)
pcil_test_packages=(g++ clang clang-format libcmocka-dev python3 python3-numpy python3-pycparser valgrind clang-tidy-14 cppcheck)
pcil_interface_packages=(abigail-tools python3-cffi python3-pip python3-setuptools python3-wheel luajit ruby ruby-ffi make meson mandoc zsh mkdocs doxygen) # the binary interface, the bindings, consumers, manual pages, completion, the site
pcil_long_packages=(libblas-dev libclang-rt-14-dev llvm-14 gcovr python3-torch)
pcil_debian_packages=(git dpkg-dev lintian blhc devscripts debootstrap) # tests/packaging/run.sh

# Installs those of the packages named that are missing; asks the network for nothing if none is.
pcil_install() {
    local package missing=() root=() log=${TMPDIR:-/tmp}/pcil-packages.$$.log
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        echo "This is no Debian: install what corresponds to: $*"
        return 0
    fi
    for package; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || {
            echo "Missing packages, and no sudo to install them with. As root: apt-get install ${missing[*]}" >&2
            return 1
        }
        root=(sudo)
    fi
    echo "Installing ${missing[*]}"
    if "${root[@]}" apt-get -qq update >"$log" 2>&1 &&
        "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "${missing[@]}" >>"$log" 2>&1; then
        rm -f "$log"
    else
        cat "$log" >&2
        rm -f "$log"
        echo "The packages could not be installed: ${missing[*]}" >&2
        return 1
    fi
}

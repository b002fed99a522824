#!/usr/bin/env bash
# Debian packages, from source to purge, on Debian 12 as root: builds them twice in a fresh chroot, once with the tests, and compares the
# bytes; lintian, hardening; in another fresh chroot installs them, trains under each BLAS, runs autopkgtest, purges and looks for what is
# left; last a cross-build for arm64, run by qemu.
#
#   tests/packaging/run.sh [FOLDER]      FOLDER: where it all happens, build/packaging by default; logs in FOLDER/log
#
# What is built is the latest commit, in a fresh clone; the working tree's other files have no part in it. The base of the chroots is kept in
# FOLDER for the next time. Exit status 0: all is well. Each step prints a line of what it found.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=${1:-$root/build/packaging}
mkdir -p "$work/log"
work=$(cd "$work" && pwd)
chroot=
architecture=$(dpkg --print-architecture)
triplet=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
small=(--set "network=3x32x32; dense 64; relu, dense 10; softmax" --set optimizer=adam --set learning_rate=0.001)

say() { printf '%-28s %s\n' "$1:" "$2"; }
fail() { say "$1" "$2"; exit 1; }
log() { "${@:2}" >"$work/log/$1" 2>&1 || { tail -n 40 "$work/log/$1"; fail "$1" "FAILED; the whole log: $work/log/$1"; }; }

# A fresh clone; without debian/ it is the upstream tarball.
sources() {
    rm -rf "$work/clone"
    git clone -q --no-hardlinks --single-branch "$root" "$work/clone"
    version=$(sed -n 's/^project(pcil VERSION \([0-9.]*\).*/\1/p' "$work/clone/CMakeLists.txt")
    release=$(sed -n '1s/.*(\(.*\)).*/\1/p' "$work/clone/debian/changelog")
    git -C "$work/clone" archive --format=tar --prefix="pcil-$version/" HEAD -- . ':!debian' | gzip -n >"$work/pcil_$version.orig.tar.gz"
    say "sources" "a fresh clone, $(git -C "$work/clone" ls-files | wc -l) files"
    [ -z "$(git -C "$root" status --porcelain)" ] || say "sources" "$root has changes that are not committed, and not in the clone"
}

inside() {
    chroot "$chroot" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive OPENBLAS_NUM_THREADS=1 "$@"
}
leave() {
    local place
    for place in dev/pts proc; do [ -z "$chroot" ] || ! mountpoint -q "$chroot/$place" || umount "$chroot/$place"; done
}
trap leave EXIT

# enter NAME: a fresh chroot, and the only one until the next.
enter() {
    leave
    chroot=$work/$1
    leave # one that an earlier run was stopped in
    rm -rf "$chroot"
    mkdir "$chroot"
    if [ ! -e "$work/base.tar" ]; then
        log debootstrap debootstrap --variant=minbase bookworm "$chroot" http://deb.debian.org/debian
        tar cf "$work/base.tar.part" -C "$chroot" .
        mv "$work/base.tar.part" "$work/base.tar"
    else
        tar xf "$work/base.tar" -C "$chroot"
    fi
    mount -t proc proc "$chroot/proc"
    mount -t devpts -o ptmxmode=666 devpts "$chroot/dev/pts"
    cp /etc/resolv.conf "$chroot/etc/resolv.conf"
    log "apt-$1" inside sh -c "apt-get -q update && apt-get -q -y upgrade"
}

# package FOLDER ENVIRONMENT...: builds in /FOLDER of the chroot, under another path, time zone and locale than the other time.
package() {
    local folder=$chroot/$1
    mkdir -p "$folder"
    cp "$work/pcil_$version.orig.tar.gz" "$folder"
    tar xf "$folder/pcil_$version.orig.tar.gz" -C "$folder"
    cp -r "$work/clone/debian" "$folder/pcil-$version/debian"
    [ -e "$work/log/apt-build-dep" ] || log apt-build-dep inside apt-get -q -y --no-install-recommends build-dep "/$1/pcil-$version"
    log "build-${1%%/*}" inside env -C "/$1/pcil-$version" "${@:2}" dpkg-buildpackage -us -uc -F
}

packages() {
    rm -f "$work/log/apt-build-dep"
    package first TZ=UTC LC_ALL=C DEB_BUILD_OPTIONS="parallel=$(nproc)"
    say "builds" "with no more than its Build-Depends, and passes its tests: $(grep -E '^[0-9]+% tests passed' "$work/log/build-first")"
    umask 027
    package second/longer TZ=Pacific/Kiritimati DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)"
    umask 022
    rm -rf "$work/packages"
    mkdir "$work/packages"
    find "$chroot/first" -maxdepth 1 -type f -exec cp {} "$work/packages" \;
}

reproduced() {
    local package same=0
    for package in "$work"/packages/*.deb; do
        cmp -s "$package" "$chroot/second/longer/${package##*/}" || fail "reproducible" "NO: ${package##*/} differs"
        same=$((same + 1))
    done
    say "reproducible" "$same packages, the same bytes when built in another folder, time zone, locale, umask and without tests"
}

linted() {
    log lintian lintian --fail-on error,warning "$work/packages/pcil_${release}_$architecture.changes"
    say "lintian" "no errors, no warnings; overridden, each with its reason: $(cat "$work"/clone/debian/*.lintian-overrides | grep -vc '^#')"
}

hardened() {
    log blhc blhc --all "$work/log/build-second" # that without tests, whose programs nobody gets
    say "blhc" "no flag is missing"
    # Control flow is protected (-fcf-protection), but Debian's own start files bear no mark of it, and so nothing linked with them does.
    log hardening-check hardening-check --nocfprotection "$chroot/first/pcil-$version"/debian/libpcil0/usr/lib/"$triplet"/libpcil.so.0.* \
        "$chroot/first/pcil-$version/debian/pcil/usr/bin/pcil"
    say "hardening-check" "stack protector, fortified, read-only relocations, bound at start"
}

installs() {
    mkdir "$chroot/packages"
    cp "$work"/packages/* "$chroot/packages"
    log install inside bash -c "apt-get -q -y --no-install-recommends install /packages/{libpcil0,pcil,python3-pcil}_*.deb"
    say "installs" "$(inside pcil --version | head -n 1), on $(inside sh -c 'dpkg -l | grep -c ^ii') packages"
}

# learns NAME LEAST TRAIN_OPTION...: trains in the chroot; the test accuracy must be above LEAST (chance is 0.1).
learns() {
    local accuracy
    inside rm -rf trained
    log "train-$1" inside pcil train --recipe digits-mlp-seqil-mq --out trained "${@:3}"
    accuracy=$(inside pcil eval trained/best.safetensors | awk '$1 == "accuracy" { print $2 }')
    awk -v accuracy="$accuracy" -v least="$2" 'BEGIN { exit !(accuracy > least) }' || fail "$1" "test accuracy $accuracy, not above $2"
    say "$1" "test accuracy $accuracy of: pcil train --recipe digits-mlp-seqil-mq ${*:3}"
}

# Each BLAS by update-alternatives: a small network, since the reference BLAS is slow; with OpenBLAS also the recipe as it is.
under_each_blas() {
    local name package folder
    for name in reference:libblas3:blas BLIS:libblis4-pthread:blis-pthread OpenBLAS:libopenblas0-pthread:openblas-pthread; do
        IFS=: read -r name package folder <<<"$name"
        log "blas-$name" inside apt-get -q -y --no-install-recommends install "$package"
        inside update-alternatives --set "libblas.so.3-$triplet" "/usr/lib/$triplet/$folder/libblas.so.3" >>"$work/log/blas-$name"
        say "$name" "libblas.so.3 is $(inside readlink -f "/lib/$triplet/libblas.so.3"), told as $(inside pcil --version | awk '$1 == "blas" { print $2, $3 }')"
        learns "$name" 0.4 --epochs 2 --limit-train 2500 "${small[@]}"
    done
    learns "the recipe" 0.5 --epochs 2
}

autopkgtests() {
    log autopkgtest-install inside apt-get -q -y --no-install-recommends install autopkgtest build-essential
    log autopkgtest inside sh -c "cd /packages && autopkgtest *.deb pcil_$release.dsc -- null"
    say "autopkgtest" "$(grep -E '^(consumer|python|train) +PASS' "$work/log/autopkgtest" | tr -s ' ' | sort -u | paste -sd, | sed 's/,/, /g')"
}

purges() {
    inside rm -rf trained
    log purge inside apt-get -q -y purge 'libpcil*' pcil python3-pcil
    inside sh -c 'find / -xdev ! -path "/proc/*" ! -path "/packages/*" ! -path "/tmp/*" -name "*pcil*"' >"$work/log/files-left"
    [ ! -s "$work/log/files-left" ] || fail "purge" "leaves $(tr '\n' ' ' <"$work/log/files-left")"
    say "purge" "leaves nothing"
}

# For arm64, in the chroot, so that the machine itself keeps its architecture: built with Debian's cross tools, run by qemu.
crossed() {
    log arm64-tools inside sh -c 'dpkg --add-architecture arm64 && apt-get -q update && apt-get -q -y --no-install-recommends install \
        gcc-aarch64-linux-gnu libc6-dev-arm64-cross cmake ninja-build pkg-config qemu-user-static libopenblas-dev:arm64 libjansson-dev:arm64 \
        zlib1g-dev:arm64 libturbojpeg0-dev:arm64 libpng-dev:arm64 libmd-dev:arm64 libcmocka-dev:arm64 g++-aarch64-linux-gnu python3'
    mkdir -p "$chroot/source"
    tar xf "$work/pcil_$version.orig.tar.gz" -C "$chroot/source"
    log arm64-configure inside cmake -S "/source/pcil-$version" -B /source/arm64 -G Ninja -DCMAKE_BUILD_TYPE=Release -DPCIL_EXAMPLES=OFF \
        -DCMAKE_TOOLCHAIN_FILE="/source/pcil-$version/cmake/arm64.cmake"
    # What is vector code, in its NEON form, against the same references as on other processors.
    local kernels=(linalg.backends linalg.convolution linalg.passes network.activation network.logistic network.windows
        optimizer.step learning.waiting energy.energy)
    log arm64-build inside cmake --build /source/arm64 --target pcil "${kernels[@]/#/test.}"
    log arm64-kernels inside ctest --test-dir /source/arm64 --no-tests=error -R "^($(IFS='|' && echo "${kernels[*]}"))\$"
    say "arm64 kernels" "$(grep -E "tests passed" "$work/log/arm64-kernels")"
    log arm64-train inside qemu-aarch64-static /source/arm64/pcil train --recipe digits-mlp-seqil-mq --epochs 2 --limit-train 2500 \
        --limit-test 200 "${small[@]}" --out trained
    say "arm64" "under qemu: $(grep -m 1 "best test accuracy" "$work/log/arm64-train")"
}

begun=$SECONDS
sources
enter build
packages
reproduced
linted
hardened
enter chroot
installs
under_each_blas
autopkgtests
purges
crossed
say "all" "$((SECONDS - begun)) s"

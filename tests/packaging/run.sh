#!/usr/bin/env bash
# Debian packages, from source to purge, on Debian 12 as root: builds them twice and compares the bytes, lintian, hardening, then in a
# fresh chroot installs them, trains under each BLAS, runs autopkgtest, purges and looks for what is left; last a cross-build for arm64,
# run by qemu.
#
#   tests/packaging/run.sh [FOLDER]      FOLDER: where it all happens, build/packaging by default; logs in FOLDER/log
#
# Exit status 0: all is well. Each step prints a line of what it found.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=${1:-$root/build/packaging}
mkdir -p "$work/log"
work=$(cd "$work" && pwd)
version=$(sed -n 's/^project(pcil VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")
release=$(sed -n '1s/.*(\(.*\)).*/\1/p' "$root/debian/changelog")
chroot=$work/chroot
architecture=$(dpkg --print-architecture)
triplet=$(dpkg-architecture -qDEB_HOST_MULTIARCH)

say() { printf '%-28s %s\n' "$1:" "$2"; }
fail() { say "$1" "$2"; exit 1; }
log() { "${@:2}" >"$work/log/$1" 2>&1 || { tail -n 40 "$work/log/$1"; fail "$1" "FAILED; the whole log: $work/log/$1"; }; }

# The tree as version control has it, without debian/, is the upstream tarball; the same names, order and times each time.
sources() {
    rm -rf "$work/source"
    mkdir -p "$work/source/pcil-$version"
    (cd "$root" && git ls-files -co --exclude-standard -z | while IFS= read -r -d '' name; do [ -e "$name" ] && printf '%s\0' "$name"; done |
        tar cf - --null -T -) | tar xf - -C "$work/source/pcil-$version"
    rm -rf "$work/source/pcil-$version/debian"
    tar cf - -C "$work/source" --sort=name --owner=0 --group=0 --mtime=@"$(dpkg-parsechangelog -l "$root/debian/changelog" -S timestamp)" \
        "pcil-$version" | gzip -n >"$work/source/pcil_$version.orig.tar.gz"
}

# package FOLDER ENVIRONMENT...: builds in FOLDER, under another path, time zone and locale than the other time.
package() {
    local folder=$work/$1
    rm -rf "$folder"
    mkdir -p "$folder"
    cp "$work/source/pcil_$version.orig.tar.gz" "$folder"
    tar xf "$folder/pcil_$version.orig.tar.gz" -C "$folder"
    cp -r "$root/debian" "$folder/pcil-$version/debian"
    log "build-${1%%/*}" env -C "$folder/pcil-$version" "${@:2}" DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" dpkg-buildpackage -us -uc -F
}

reproduced() {
    local package same=0
    for package in "$work"/first/*.deb; do
        cmp -s "$package" "$work/second/longer/${package##*/}" || fail "reproducible" "NO: ${package##*/} differs"
        same=$((same + 1))
    done
    say "reproducible" "$same packages, the same bytes when built in another folder, time zone, locale and umask"
}

hardened() {
    log blhc blhc --all "$work/log/build-first"
    say "blhc" "no flag is missing"
    # Control flow is protected (-fcf-protection), but Debian's own start files bear no mark of it, and so nothing linked with them does.
    log hardening-check hardening-check --nocfprotection "$work/first/pcil-$version"/debian/libpcil0/usr/lib/"$triplet"/libpcil.so.0.* \
        "$work/first/pcil-$version/debian/pcil/usr/bin/pcil"
    say "hardening-check" "stack protector, fortified, read-only relocations, bound at start"
}

inside() { chroot "$chroot" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive OPENBLAS_NUM_THREADS=1 "$@"; }
leave() { ! mountpoint -q "$chroot/proc" || umount "$chroot/proc"; }

enter() {
    leave
    rm -rf "$chroot"
    if [ ! -e "$work/base.tar" ]; then
        log debootstrap debootstrap --variant=minbase bookworm "$chroot" http://deb.debian.org/debian
        tar cf "$work/base.tar" -C "$chroot" .
    else
        mkdir -p "$chroot"
        tar xf "$work/base.tar" -C "$chroot"
    fi
    mount -t proc proc "$chroot/proc"
    trap leave EXIT
    cp /etc/resolv.conf "$chroot/etc/resolv.conf"
    mkdir -p "$chroot/packages"
    cp "$work"/first/*.deb "$chroot/packages"
    log apt-update inside apt-get -q update
}

installs() {
    inside sh -c 'find / -xdev ! -path "/proc/*" ! -path "/packages/*" | sort' >"$work/log/files-before"
    log install inside sh -c "apt-get -q -y --no-install-recommends install /packages/libpcil0_*.deb /packages/pcil_*.deb"
    say "installs" "$(inside pcil --version | head -n 1), on $(inside sh -c 'dpkg -l | grep -c ^ii') packages"
}

# learns NAME LEAST TRAIN_OPTION...: trains in the chroot; the test accuracy must be above LEAST (chance is 0.1).
learns() {
    local accuracy
    inside rm -rf /tmp/run
    log "train-$1" inside pcil train --recipe digits-mlp-seqil-mq --out /tmp/run "${@:3}"
    accuracy=$(inside pcil eval /tmp/run/best.safetensors | awk '$1 == "accuracy" { print $2 }')
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
        say "$name" "libblas.so.3 is $(inside readlink -f "/lib/$triplet/libblas.so.3")"
        learns "$name" 0.4 --epochs 2 --limit-train 2500 --set "network=3x32x32; dense 64; relu, dense 10; softmax" --set optimizer=adam \
            --set learning_rate=0.001
    done
    learns "the recipe" 0.5 --epochs 2
}

autopkgtests() {
    log autopkgtest-install inside apt-get -q -y --no-install-recommends install autopkgtest build-essential
    cp "$work"/first/pcil_"$release".dsc "$work"/first/pcil_"$release".debian.tar.xz "$work"/first/pcil_"$version".orig.tar.gz "$chroot/packages"
    log autopkgtest inside sh -c "cd /packages && autopkgtest *.deb pcil_$release.dsc -- null"
    say "autopkgtest" "$(grep -E '^(consumer|train) +PASS' "$work/log/autopkgtest" | tr -s ' ' | sort -u | paste -sd, | sed 's/,/, /')"
}

purges() {
    inside rm -rf /tmp/run
    log purge inside apt-get -q -y purge 'libpcil*' pcil
    inside sh -c 'find / -xdev ! -path "/proc/*" ! -path "/packages/*" ! -path "/tmp/*" -name "*pcil*"' >"$work/log/files-left"
    [ ! -s "$work/log/files-left" ] || fail "purge" "leaves $(tr '\n' ' ' <"$work/log/files-left")"
    say "purge" "leaves nothing"
}

# For arm64, in the chroot, so that the machine itself keeps its architecture: built with Debian's cross tools, run by qemu.
crossed() {
    log arm64-tools inside sh -c 'dpkg --add-architecture arm64 && apt-get -q update && apt-get -q -y --no-install-recommends install \
        gcc-aarch64-linux-gnu libc6-dev-arm64-cross cmake ninja-build pkg-config qemu-user-static libopenblas-dev:arm64 libjansson-dev:arm64 \
        zlib1g-dev:arm64 libturbojpeg0-dev:arm64 libpng-dev:arm64 libmd-dev:arm64 libcmocka-dev:arm64'
    mkdir -p "$chroot/source"
    tar xf "$work/source/pcil_$version.orig.tar.gz" -C "$chroot/source"
    log arm64-configure inside cmake -S "/source/pcil-$version" -B /source/arm64 -G Ninja -DCMAKE_BUILD_TYPE=Release -DPCIL_TESTS=OFF \
        -DPCIL_EXAMPLES=OFF -DCMAKE_TOOLCHAIN_FILE="/source/pcil-$version/cmake/arm64.cmake"
    log arm64-build inside cmake --build /source/arm64
    log arm64-train inside qemu-aarch64-static /source/arm64/pcil train --recipe digits-mlp-seqil-mq --epochs 2 --limit-train 2500 --limit-test 200 \
        --set "network=3x32x32; dense 64; relu, dense 10; softmax" --set optimizer=adam --set learning_rate=0.001 --out /tmp/arm64
    say "arm64" "under qemu: $(grep -m 1 "best test accuracy" "$work/log/arm64-train")"
}

sources
package first TZ=UTC LC_ALL=C
umask 027
package second/longer TZ=Pacific/Kiritimati LC_ALL=C.UTF-8
umask 022
reproduced
log lintian lintian --fail-on error,warning "$work/first/pcil_${release}_$architecture.changes"
say "lintian" "no errors, no warnings; overridden, each with its reason: $(cat "$root"/debian/*.lintian-overrides | grep -vc '^#')"
hardened
enter
installs
under_each_blas
autopkgtests
purges
crossed

# What the fetch scripts share; each sets its own facts and calls these. POSIX sh with curl or wget, md5sum.
#
# PCIL_MIRROR, if set, replaces the official place: files are taken from $PCIL_MIRROR/NAME (http, https; with curl also file).
# Downloads grow in NAME.part, go on where an earlier one broke off, and get their name only with the right checksum.
set -eu

say() { printf '%s\n' "$*"; }
fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# The folder to fetch into: the script's argument, or the current one. begin NAME SIZE [FOLDER]
begin() {
    case "${3-}" in
        -h | --help)
            say "usage: ${0##*/} [FOLDER]"
            say "Downloads $1 ($2) into FOLDER, by default the current one; verifies it; leaves files alone that are there and good."
            exit 0
            ;;
        -*) fail "unknown option $3; usage: ${0##*/} [FOLDER]" ;;
    esac
    command -v md5sum >/dev/null || fail "md5sum is needed"
    folder=${3-.}
    mkdir -p -- "$folder"
    cd -- "$folder"
}

# is_good FILE MD5
is_good() { [ -f "$1" ] && [ "$(md5sum <"$1" | cut -d' ' -f1)" = "$2" ]; }

# Downloads into a file, behind what it holds already.
download() {
    if command -v curl >/dev/null; then
        curl --fail --location --show-error --retry 3 --continue-at - --output "$2" "$1"
    elif command -v wget >/dev/null; then
        wget --tries=3 --continue --output-document="$2" "$1"
    else
        fail "curl or wget is needed to download $1"
    fi
}

# Begins anew where the server refuses to go on behind what is there: curl 22, 33, 36, wget 8.
restart() {
    case $1 in 22 | 33 | 36 | 8) ;; *) return 1 ;; esac
    [ -s "$3" ] || return 1
    rm -f -- "$3"
    download "$2" "$3"
}

# get NAME MD5 URL: afterwards NAME is there and good, or the script has ended.
get() {
    if is_good "$1" "$2"; then
        say "$1: there already, checksum right"
        return 0
    fi
    [ ! -e "$1" ] || fail "$1 is there, but is not the official file; move it away and start again"
    url=$3
    [ -z "${PCIL_MIRROR-}" ] || url=${PCIL_MIRROR%/}/$1
    # A download that was complete but for its name must not be continued: some servers refuse that.
    if ! is_good "$1.part" "$2"; then
        say "$1: downloading from $url"
        download "$url" "$1.part" || restart $? "$url" "$1.part" || fail "$1: the download broke off; start again to go on"
    fi
    if ! is_good "$1.part" "$2"; then
        rm -f -- "$1.part"
        fail "$1: wrong checksum, expected md5 $2; the download was removed"
    fi
    mv -- "$1.part" "$1"
    say "$1: checksum right"
}

# unpack FOLDER COMMAND...: runs the command, which must make FOLDER, in a folder of its own; FOLDER appears whole or not at all.
unpack() {
    made=$1
    shift
    if [ -e "$made" ]; then
        say "$made: there already, left alone"
        return 0
    fi
    place=.unpack.$$
    trap 'rm -rf -- "$place"' EXIT
    trap 'exit 130' INT TERM
    mkdir -- "$place"
    (cd -- "$place" && "$@") || fail "$made: cannot be unpacked"
    [ -d "$place/$made" ] || fail "the archive does not hold $made"
    mv -- "$place/$made" "$made"
    rm -rf -- "$place"
    trap - EXIT
    say "$made: unpacked"
}

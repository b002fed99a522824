#!/bin/sh
# Runs a script with Node, koffi beside it; koffi is fetched from npm once. Exit status 77: there is no Node, or no koffi to be had.
# usage: node.sh FOLDER SCRIPT [ARGUMENT...]
folder=$1
shift
command -v node >/dev/null || { echo "node is missing: skipped (on Debian: apt-get install nodejs npm)"; exit 77; }
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
if [ ! -d "$folder/node_modules/koffi" ]; then
    (cd "$folder" && timeout 30 npm install --fetch-retries=0 --no-audit --no-fund --no-save koffi@3.3.4 >install.log 2>&1) ||
        { echo "npm gave no koffi: skipped"; tail -n 3 "$folder/install.log"; exit 77; }
fi
exec 9>&-
exec node "$@"

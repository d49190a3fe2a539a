#!/bin/sh
# run.sh <program of the lab> [argument ...]
# The lab's programs are TypeScript that Node 24 runs as it is. Where the machine's own Node is older, the one from npm is used.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
program=$1
shift
for node in "$here"/../node_modules/node-linux-*/bin/node; do
    if [ -x "$node" ] && "$node" --version >/dev/null 2>&1; then exec "$node" "$here/$program" "$@"; fi
done
exec node "$here/$program" "$@"

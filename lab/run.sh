#!/bin/sh
# The lab's programs are TypeScript that Node 24 runs as it is. Where the machine's own Node is older, the one from npm is used.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
for node in "$here"/../node_modules/node-linux-*/bin/node; do
    if [ -x "$node" ] && "$node" --version >/dev/null 2>&1; then exec "$node" "$here/cli.ts" "$@"; fi
done
exec node "$here/cli.ts" "$@"

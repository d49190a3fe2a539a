/**
 * What runs in the edge's container. Caddy is a child of this shell, so that it can be exchanged while the container keeps its ports, names and addresses:
 * at USR1 one more starts beside it, which is the one of `edge upgrade` where there is one (82-edge-upgrade.sh). Caddy opens its listeners with
 * SO_REUSEPORT, so both may have them at once. When none is left the container ends, and Docker starts it again.
 */
const serving = `start() {
  program=/etc/caddy/program/caddy
  [ -x "$program" ] || program=caddy
  "$program" run --config /etc/caddy/Caddyfile --adapter caddyfile &
  all="$all $!"
}
all=''
trap start USR1
trap 'kill -TERM $all 2>/dev/null' TERM INT
start
until wait; do :; done`

/** The command of the edge, as Compose takes it: a dollar is written twice. */
export const edgeProgram: readonly string[] = ['sh', '-c', serving.replaceAll('$', '$$$$')]

/** The command of a Caddy that only looks. */
export const caddyRun = (file: string): string[] => ['caddy', 'run', '--config', `/etc/caddy/${file}`, '--adapter', 'caddyfile']

# shellcheck shell=dash
# A newer Caddy for the edge. The container stays, with its ports, names and addresses: the program of the newer image starts in it beside
# the one that serves (packages/compose/src/edge-program.ts), and takes over. docs/decisions/0012 has what else was looked at.

edge_command() { # upgrade [--recreate]
  case "${1:-} ${2:-}" in 'upgrade ' | 'upgrade --recreate') ;; *) die DA-INPUT-INVALID 'usage: release edge upgrade [--recreate]' ;; esac
  spare_candidate=yes
  begin_on_host
  load_current
  has_switch || die DA-EDGE-UPGRADE 'there is no edge here: no service is switched'
  pull_edge_image "$(edge_image)" || exit 1
  if [ "${2:-}" = --recreate ]; then recreate_edge "$(edge_image)"; else exchange_caddy "$(edge_image)"; fi
}

# A tag such as caddy:2 goes on, and what the host has under it may be old. Where no registry answers, what is here has to do.
pull_edge_image() { # image
  rm -f "$run/pull.failed"
  progress "pulling $1"
  step pull_all "$1"
  [ -e "$run/pull.failed" ] || return 0
  if present "$1"; then progress 'it cannot be pulled now: the one that is here is taken'; else pull_images "$1"; fi
}

# The container anew, with all that is in the image. Requests fail until it serves.
recreate_edge() { # image
  edge_configuration | write_file "$app_dir/edge/config/Caddyfile.staged"
  keep_streams "$1"
  newer_caddy_takes "$1" || { forget_configurations; streams_as program; exit 1; }
  now_ms
  set -- "$now"
  mv -f "$app_dir/edge/config/Caddyfile.staged" "$app_dir/edge/config/Caddyfile"
  forget_program
  compose_edge edge.json -d --force-recreate || { edge_failed; exit 1; }
  find_edge
  await_edge || exit 1
  now_ms
  printf 'edge recreated; it did not answer for at most %s ms\n' "$((now - $1))"
}

newer_caddy_takes() { # image: as long as the edge still serves
  docker run --rm --network none -v "$app_dir/edge/config:/etc/caddy:ro" "$1" \
    caddy validate --config /etc/caddy/Caddyfile.staged --adapter caddyfile >"$run/out" 2>&1 || configuration_refused "$1"
}

exchange_caddy() { # image
  local program=$app_dir/edge/config/program before
  edge_runs || die DA-EDGE-UPGRADE "the edge does not run: \`release doctor\` starts it"
  inspect '{{json .Config.Cmd}}' "$edge" | grep -q USR1 ||
    die DA-EDGE-UPGRADE "the container of the edge is of an earlier version, in which Caddy cannot be exchanged: deploy once more, then \`release edge upgrade --recreate\` at a quiet moment (its gap is about a second)"
  take_program "$1"
  before=$(docker exec "$edge" "$(caddy_of_edge)" version | cut -d' ' -f1)
  if is_same_caddy "$1"; then
    rm -rf "$program.next"
    progress "the edge has Caddy $before of $1 already"
    return 0
  fi
  streams_as program.next
  next_caddy_is_right "$1" || { rm -rf "$program.next"; streams_as program; exit 1; }
  now_ms
  set -- "$now"
  : >"$app_dir/edge/upgrading"
  begin_closing
  pause 1
  mkdir -p "$program" && chmod 755 "$program"
  [ ! -e "$program/caddy" ] || cp -p "$program/caddy" "$program/caddy.before"
  mv -f "$program.next/caddy" "$program/caddy"
  finish_exchange || { end_upgrade; exit 1; }
  end_upgrade
  now_ms
  printf 'Caddy %s took over from %s without a gap, after %s ms\n' "$(docker exec "$edge" "$(caddy_of_edge)" version | cut -d' ' -f1)" "$before" "$((now - $1))"
}

# Out of the image, wherever it has it, and ours: the deploy user may be another one than the container's.
take_program() { # image
  local next=$app_dir/edge/config/program.next
  rm -rf "$next"
  # The edge may run as another user.
  mkdir "$next" && chmod 755 "$next"
  # shellcheck disable=SC2016 # for the shell in the image
  docker run --rm --network none "$1" sh -c 'cat "$(command -v caddy)"' >"$next/caddy" 2>"$run/out" && [ -s "$next/caddy" ] && chmod 755 "$next/caddy" && return 0
  rm -rf "$next"
  failure DA-EDGE-UPGRADE "the Caddy of $1 could not be taken out of the image"
  raw <"$run/out"
  exit 1
}

is_same_caddy() { # image
  if [ -e "$program/caddy" ]; then cmp -s "$program.next/caddy" "$program/caddy"; else [ "$(inspect '{{.Image}}' "$edge")" = "$(docker image inspect -f '{{.Id}}' "$1")" ]; fi
}

# It has to start among the old image's libraries, and to take the configuration that is in use; and the exchange needs tools there that
# not every image has. The edge serves meanwhile.
# shellcheck disable=SC2016 # for the shell in the edge
next_caddy_is_right() { # image
  local next=/etc/caddy/program.next/caddy
  docker exec "$edge" sh -c 'pidof caddy && awk 1 </dev/null && readlink -f / && "$1" version' sh "$next" >"$run/out" 2>&1 || {
    failure DA-EDGE-UPGRADE "the Caddy of $1 cannot take over in the container that the edge has: \`release edge upgrade --recreate\` at a quiet moment makes a new one (its gap is about a second)"
    raw <"$run/out"
    return 1
  }
  docker exec "$edge" "$next" validate --config /etc/caddy/Caddyfile --adapter caddyfile >"$run/out" 2>&1 || configuration_refused "$1"
}

# All in one process in the container, so that it comes to its end without us. The newer one has taken over when all that was listened on is
# listened on twice; the older one then answers what it has, and what waits for it goes to the newer one (0010).
# Docker's own listener for names is not Caddy's. Arguments: seconds that answers may take.
# shellcheck disable=SC2016 # for the shell in the edge
in_edge_exchange='listening() { cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk "\$4 == \"0A\" && \$2 !~ /^0B00007F/ { print \$2 }" | sort; }
old=$(pidof caddy)
before=$(listening | uniq)
newer() { pidof caddy | tr " " "\n" | grep -vxF "$(printf %s "$old" | tr " " "\n")"; }
kill -USR1 1
tries=0
until [ -n "$(newer)" ] && [ "$(listening | uniq -d)" = "$before" ]; do
  tries=$((tries + 1))
  if [ $tries -ge 300 ] || { [ $tries -ge 20 ] && [ -z "$(newer)" ]; }; then
    kill -KILL $(newer) 2>/dev/null
    exit 1
  fi
  sleep 0.1
done
kill -TERM $old
tries=0
while kill -0 $old 2>/dev/null; do
  tries=$((tries + 1))
  # While it ends, Caddy hears no other signal.
  [ $tries -lt $(($1 * 10)) ] || { kill -KILL $old; echo cut; }
  sleep 0.1
done'

# Whoever comes here: the program in its place is the one that shall serve.
finish_exchange() {
  local program=$app_dir/edge/config/program
  # Ctrl-C is not for it. Should the caller go all the same, the end of what it called counts.
  setsid docker exec "$edge" sh -c "$in_edge_exchange" sh "$(($(setting drain_timeout) / 1000))" >"$run/out" 2>&1 </dev/null 9>&- 8>&- 7>&- 4>&-
  await_exchange
  if serves_the_program; then
    ! grep -qx cut "$run/out" || progress 'requests or streams that were still open after drain-timeout were cut'
    return 0
  fi
  if [ -e "$program/caddy.before" ]; then mv -f "$program/caddy.before" "$program/caddy"; else forget_program; fi
  failure DA-EDGE-UPGRADE 'the newer Caddy did not take over; the one before goes on serving'
  docker logs --tail 20 "$edge" 2>&1 | raw
  return 1
}

# shellcheck disable=SC2016 # for the shell in the edge
await_exchange() { # that none is under way, for as long as one may take
  local tries=0
  until docker exec "$edge" sh -c '! grep -qs "[l]istening | uniq" /proc/[0-9]*/cmdline && [ "$(pidof caddy | wc -w)" -eq 1 ]' || [ "$tries" -gt $(($(setting drain_timeout) / 500 + 80)) ]; do
    tries=$((tries + 1))
    pause 0.5
  done
}

# The link of a program whose file was exchanged says `(deleted)`.
# shellcheck disable=SC2016 # for the shell in the edge
serves_the_program() {
  docker exec "$edge" sh -c 'program=$(readlink -f "$(command -v "$1")"); for one in $(pidof caddy); do [ "$(readlink "/proc/$one/exe")" = "$program" ] || exit 1; done' sh "$(caddy_of_edge)"
}

# Options of streams, as the Caddy of a folder takes them; where the folder has none, as the image's own does.
streams_as() { # program or program.next
  note_streams docker exec -e "PATH=/etc/caddy/$1:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" "$edge"
}

end_upgrade() {
  streams_as program
  rm -rf "$app_dir/edge/config/program.next" "$app_dir/edge/config/program/caddy.before"
  rm -f "$app_dir/edge/upgrading"
  has_staged_configuration || rm -f "$app_dir/switch/closing"
}

has_staged_configuration() { [ -e "$app_dir/edge/config/Caddyfile.staged" ]; }

# A run died in the middle. What it had begun in the container goes on by itself; what it had not begun is left out.
settle_upgrade() {
  load_current
  progress 'settling an upgrade of the edge that did not come to its end'
  if edge_runs; then
    pause 1 # Docker may be about to begin what a dead run has asked for
    await_exchange
    # shellcheck disable=SC2016 # for the shell in the edge
    docker exec "$edge" sh -c 'set -- $(pidof caddy | tr " " "\n" | sort -n); while [ $# -gt 1 ]; do kill -KILL "$1"; shift; done'
    serves_the_program || finish_exchange || :
  fi
  end_upgrade
}

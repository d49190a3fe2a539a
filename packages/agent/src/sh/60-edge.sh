# shellcheck shell=dash
# The edge: a Caddy that answers for the switched services' names and asks a flag file, at each request, which slot is live.

edge=''          # its container
closing_since=0  # milliseconds since boot

find_edge() { edge=$(containers_of "$project-edge" edge); }

candidate_secret() { # made once for each app: it must not change the edge's configuration from deploy to deploy
  [ -s "$app_dir/edge/candidate" ] || head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' | write_file "$app_dir/edge/candidate"
  cat "$app_dir/edge/candidate"
}

# The release's own, but for two things. It is loaded right before the switch, so the slot that is left is dialled at the ports of
# the release that lives there. And who calls an old port by name may be changed only after the switch, so it is answered until the
# next deploy. A rollback comes through here too.
edge_configuration() {
  local service port before
  # The secret goes through a file: everybody on the host can read the arguments of a program.
  printf 's/@CANDIDATE@/%s/g\n' "$(candidate_secret)" >"$run/edge.sed"
  moved_ports >"$run/moved"
  while read -r service port before; do
    printf 's/ \\(%s-%s-%s\\(-stream\\)\\{0,1\\}\\):%s {$/ \\1:%s {/\n' "$project" "$(pattern "$service")" "$(other_slot "$slot")" "$port" "$before"
  done <"$run/moved" >>"$run/edge.sed"
  sed -f "$run/edge.sed" "$release_dir/Caddyfile"
  sort -u -k3,3n "$run/moved" | while read -r service port before; do
    grep -q "^http://:$before {" "$release_dir/Caddyfile" ||
      printf '\n# %s, by its names, at its port before\nhttp://:%s {\n\timport slots\n\timport %s-%s-inside\n}\n' "$service" "$before" "$service" "$port"
  done
}

# Container ports that the live release does not have: lines `service port port-there`. They stand in order for those that only the
# live release has, then for any.
# shellcheck disable=SC2013,SC2046 # services and ports have no spaces
moved_ports() {
  local service port
  [ -n "$previous" ] || return 0
  switched_ports "$previous" >"$run/ports.before"
  switched_ports "$release" >"$run/ports"
  for service in $(cut -d' ' -f1 "$run/ports" | sort -u); do
    set -- $({ grep -vxFf "$run/ports" "$run/ports.before"; cat "$run/ports.before"; } | sed -n "s/^$(pattern "$service") //p")
    for port in $(grep -vxFf "$run/ports.before" "$run/ports" | sed -n "s/^$(pattern "$service") //p"); do
      [ $# -eq 0 ] || printf '%s %s %s\n' "$service" "$port" "$1"
      [ $# -le 1 ] || shift
    done
  done
}

pattern() { printf '%s' "$1" | sed 's/[.]/\\./g'; } # of a service name, which may have dots

switched_ports() { # release: lines `service port`, as its own configuration dials them
  sed -n "s/.*reverse_proxy $project-\(.*\)-blue:\([0-9]*\) {\$/\1 \2/p" "$app_dir/releases/$1/Caddyfile" | sort -u -k1,1 -k2,2n
}

ensure_edge() {
  local state
  edge_configuration >"$run/Caddyfile"
  if adopts; then
    create_edge_beside && await_edge
    return
  fi
  [ -n "$edge" ] || { create_edge && connect_edge "$(edge_state)" && await_edge; return; }
  state=$(edge_state)
  case $state in
    'running '*) connect_edge "$state" && stage_configuration ;;
    *)
      docker start "$edge" >"$run/out" 2>&1 || { edge_failed; return 1; }
      connect_edge "$(edge_state)" && await_edge && stage_configuration ;;
  esac
}

# Its state and the networks that it is on, separated by spaces.
# shellcheck disable=SC2016 # for Docker
edge_state() { inspect '{{.State.Status}} {{range $name, $network := .NetworkSettings.Networks}}{{if $network.NetworkID}}{{$name}} {{end}}{{end}}' "$edge"; }

create_edge() {
  progress 'creating the edge'
  forget_configurations
  : >"$app_dir/journal.edge"
  streams_are_settled
  write_file "$app_dir/edge/config/Caddyfile" <"$run/Caddyfile"
  compose_edge edge.json -d --no-recreate || { [ $? != 130 ] || return 130; edge_failed; return 1; }
  find_edge
}

# To load a configuration anew, Caddy opens each listener a second time and closes the first one. What waits in the queue of that is
# reset, unless the kernel (5.14 and newer) is asked to hand it over.
compose_edge() { # model, options of `compose up`
  local model=$1 migrate=net.ipv4.tcp_migrate_req
  shift
  set -- up --pull never "$@"
  if [ -e "/proc/sys/$(printf '%s' "$migrate" | tr . /)" ]; then
    printf '{"services":{"%s":{"sysctls":{"%s":"1"}}}}\n' "$(edge_service_of "$model")" "$migrate" >"$run/edge-kernel.json"
    set -- -f "$run/edge-kernel.json" "$@"
  fi
  compose -edge "$model" "$@"
}

edge_service_of() { if [ "$1" != edge.json ] && grep -q '"scout": {' "$release_dir/$1"; then printf scout; else printf edge; fi; } # model

edge_failed() {
  case $(cat "$run/out") in
    *'port is already allocated'* | *'address already in use'*)
      failure DA-HOST-PORT-TAKEN "a port of the edge is taken on this host: $(sed -n 's/.*[Bb]ind for \([^ ]*\) failed.*/\1/p; s/.*listen tcp[46]* \([^ ]*\): bind.*/\1/p' "$run/out" | head -n 1)" ;;
    *) failure DA-EDGE-START 'the edge does not start' ;;
  esac
  raw <"$run/out"
  return 1
}

# A network that came with this release gets the edge, under the names of the services that live there.
connect_edge() { # its state and networks
  local network aliases alias
  while IFS="$tab" read -r network aliases <&3; do
    case $1 in *" $network "*) continue ;; esac
    set --
    for alias in $aliases; do [ "$alias" = - ] || set -- "$@" --alias "$alias"; done
    docker network connect "$@" "$network" "$edge" >"$run/out" 2>&1 || { edge_failed; return 1; }
  done 3<"$release_dir/networks.tsv"
}

await_edge() {
  local tries=0
  until docker exec "$edge" timeout 3 wget -q -O /dev/null http://127.0.0.1:2019/reverse_proxy/upstreams >"$run/probe" 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -ge 100 ] || [ "$(inspect '{{.State.Status}}' "$edge")" != running ]; then
      docker logs --tail 20 "$edge" >"$run/out" 2>&1
      if grep -q 'adapting config\|loading initial config' "$run/out"; then configuration_refused "$(inspect '{{.Config.Image}}' "$edge")"; return 1; fi
      failure DA-EDGE-START 'the edge does not answer'
      raw <"$run/probe"
      show_logs "$edge"
      return 1
    fi
    stop_requested && return 130
    pause 0.1
  done
}

# Routes changed: the new configuration is checked now and loaded right before the switch. Otherwise nothing is reloaded.
stage_configuration() {
  forget_configurations
  cmp -s "$run/Caddyfile" "$app_dir/edge/config/Caddyfile" && return 0
  write_file "$app_dir/edge/config/Caddyfile.staged" <"$run/Caddyfile"
  docker exec "$edge" caddy validate --config /etc/caddy/Caddyfile.staged --adapter caddyfile >"$run/out" 2>&1 && { begin_closing; return 0; }
  forget_configurations
  configuration_refused "$(inspect '{{.Config.Image}}' "$edge")"
}

configuration_refused() { # image of the Caddy whose words are in $run/out
  if grep -qF caddy.listeners.proxy_protocol "$run/out"; then
    failure DA-EDGE-OLD "\`proxy-protocol\` needs Caddy 2.7 or newer in the edge, and that of its image $1 is older"
  else
    failure DA-EDGE-CONFIG 'Caddy refuses the configuration that routes and caddyfile make'
  fi
  grep -v '"level":"\(info\|warn\)"' "$run/out" | raw
  return 1
}

load_configuration() {
  [ -e "$app_dir/edge/config/Caddyfile.staged" ] || return 0
  progress 'loading the changed routes'
  # Whole or not at all: with a full disk an empty one would be what a revert brings back.
  write_file "$app_dir/edge/config/Caddyfile.before" <"$app_dir/edge/config/Caddyfile" || return 1
  mv -f "$app_dir/edge/config/Caddyfile.staged" "$app_dir/edge/config/Caddyfile"
  now_ms
  [ $((now - closing_since)) -ge 1000 ] || pause 1
  reload_edge
}

# From now on clients are asked to come back with a new connection, until the configuration is settled one way or the other.
begin_closing() {
  : >"$app_dir/switch/closing"
  now_ms
  closing_since=$now
}

forget_configurations() { rm -f "$app_dir/edge/config/Caddyfile.staged" "$app_dir/edge/config/Caddyfile.before" "$app_dir/edge/config/Caddyfile.scout" "$app_dir/switch/closing"; }

dials_the_same() { # does the configuration before dial the slot at the same ports?
  [ -e "$app_dir/edge/config/Caddyfile.before" ] || return 0
  [ "$(dials_of Caddyfile)" = "$(dials_of Caddyfile.before)" ]
}

dials_of() { sed -n "s/.*reverse_proxy \($project-.*-$slot:[0-9]*\) {\$/\1/p" "$app_dir/edge/config/$1" | sort -u; } # file

restore_configuration() {
  if [ -e "$app_dir/edge/config/Caddyfile.before" ]; then
    write_file "$app_dir/edge/config/Caddyfile" <"$app_dir/edge/config/Caddyfile.before" || return 1
    reload_edge || return 1
  fi
  forget_configurations
}

reload_edge() {
  docker exec "$edge" caddy reload --config /etc/caddy/Caddyfile --adapter caddyfile --address 127.0.0.1:2019 >"$run/out" 2>&1 && return 0
  failure DA-EDGE-CONFIG 'Caddy did not load the configuration'
  raw <"$run/out"
  return 1
}

# The switch: one rename. Every request asks for the flag anew.
point_to() { # slot or none
  local from
  from=$(live_slot)
  [ "$from" = "$1" ] || mv -f "$app_dir/switch/$from" "$app_dir/switch/$1"
}

# Requests and streams that the edge has open towards a slot; empty when the edge does not answer.
count_requests() { # slot; Caddy's answer is in $run/upstreams
  tr '{' '\n' <"$run/upstreams" |
    sed -n "s/.*\"address\":\"[^\"]*-$1:[0-9]*\",\"num_requests\":\([0-9]*\).*/request \1/p; s/.*\"address\":\"[^\"]*-$1-stream:[0-9]*\",\"num_requests\":\([0-9]*\).*/stream \1/p" | {
    local requests=0 streams=0 kind count any=''
    while read -r kind count; do
      any=yes
      if [ "$kind" = stream ]; then streams=$((streams + count)); else requests=$((requests + count)); fi
    done
    [ -z "$any" ] || printf '%s %s' "$requests" "$streams"
  }
}

# Waits until a slot has nothing left to answer: two counts of zero, 250 ms apart, or its time is up.
drain_slot() { # slot
  local began open requests=unknown streams=unknown quiet=0
  [ -n "$(running_of "$project-$1")" ] || return 0
  now_ms
  began=$now
  while :; do
    # Empty when the edge is down: nothing can be counted, and nothing new reaches the slot.
    [ -z "$edge" ] || open_edge_shell
    ask_edge "$run/upstreams" requests
    open=$(count_requests "$1")
    requests=${open%% *} streams=${open##* }
    if [ "$open" = '0 0' ]; then quiet=$((quiet + 1)); else quiet=0; fi
    [ "$quiet" -lt 2 ] || break
    now_ms
    if [ "$requests" = 0 ] || [ $((now - began)) -ge "$(setting drain_timeout)" ]; then
      [ "$streams" = 0 ] || [ $((now - began)) -lt "$(setting stream_drain_timeout)" ] || break
      [ "$requests" = 0 ] || [ "$streams" != 0 ] || break
    fi
    pause 0.25
  done
  now_ms
  event "drained slot=$1 milliseconds=$((now - began)) requests-cut=${requests:-unknown} streams-cut=${streams:-unknown}"
  [ "$open" = '0 0' ] || progress "drained $1 for $((now - began)) ms; still open and cut: ${requests:-unknown} requests, ${streams:-unknown} streams"
}

# shellcheck shell=dash
# Adoption: what people started by hand goes on serving until a release takes over from it. These containers are stopped only when the
# release was right beside them, and removed only when it is final, so that the way back leads to the very same containers.

# Lines `id state policy [port…]` of the switched services' containers that people started, in start order, and of proxies that the edge replaces.
remember_adopted() {
  local service
  rm -f "$app_dir/journal.adopted" "$app_dir/journal.handed"
  # A live release has taken over already.
  if [ -n "$previous" ] || [ ! -e "$release_dir/edge-beside.json" ]; then return 0; fi
  by_hand=''
  each_service switch collect_by_hand
  # Last, and so the first to stop: a proxy asks the others.
  [ ! -e "$release_dir/replaced" ] || while IFS= read -r service <&6; do collect_by_hand "$service"; done 6<"$release_dir/replaced"
  [ -n "$by_hand" ] || return 0
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  docker inspect -f '{{.Id}} {{.State.Status}} {{with .HostConfig.RestartPolicy}}{{or .Name "no"}}{{if .MaximumRetryCount}}:{{.MaximumRetryCount}}{{end}}{{end}}{{range .HostConfig.PortBindings}}{{range .}} {{or .HostPort "any"}}{{end}}{{end}}' $by_hand >"$run/adopted" &&
    write_file "$app_dir/journal.adopted" <"$run/adopted"
}

collect_by_hand() { by_hand="$by_hand $(containers_of "$project" "$1" | tr '\n' ' ')"; } # fields

adopts() { [ -s "$app_dir/journal.adopted" ]; }

# An edge that has none of the ports and names yet that others still have: everything can be asked through it before anybody notices.
# Where ports are to be published it is a scout, because Docker publishes none later; the edge itself then only waits to be started.
create_edge_beside() {
  progress 'creating the edge, beside what was started by hand'
  : >"$app_dir/journal.edge"
  streams_are_settled
  forget_program
  write_file "$app_dir/edge/config/Caddyfile" <"$run/Caddyfile"
  # The scout asks for no certificates: nobody could reach it for that.
  { sed '/^{$/q' "$run/Caddyfile"; printf '\tauto_https off\n'; sed -e '1,/^{$/d' -e '/^\tauto_https off$/d' "$run/Caddyfile"; } | write_file "$app_dir/edge/config/Caddyfile.scout"
  take_certificates || return $?
  compose_edges || { [ $? != 130 ] || return 130; edge_failed; return 1; }
  if has_scout; then edge=$(containers_of "$project-edge" scout); else find_edge; fi
}

compose_edges() {
  compose_edge edge-beside.json -d || return $?
  ! has_scout || compose_edge edge.json --no-start
}

has_scout() { [ -n "$(containers_of "$project-edge" scout)" ]; }

# The release was right, asked through the edge beside. Now the names and ports change hands: what has a port stops, the edge starts,
# what is reached by name only stops when the edge answers. Those that depend on others stop before them.
hand_over() {
  local ports began
  ports=$(cut -s -d' ' -f4- "$app_dir/journal.adopted" | tr ' ' '\n' | grep . | sort -un | tr '\n' ' ')
  ports=${ports% }
  progress 'handing over from what was started by hand'
  survive_power_cut
  now_ms
  began=$now
  if has_scout; then
    containers_of "$project-edge" scout >"$run/scout"
    find_edge
    stop_adopted publishing
    docker start "$edge" >"$run/out" 2>&1 || { edge_failed; return 1; }
    await_edge || return $?
    rest_adopted
    now_ms
    if [ -n "$ports" ]; then
      event "handover ports=$(printf '%s' "$ports" | tr ' ' ',') milliseconds=$((now - began))"
      progress "handover: port $ports did not answer for at most $((now - began)) ms"
    fi
    remove_containers <"$run/scout"
    rm -f "$app_dir/edge/config/Caddyfile.scout"
  else
    take_names || return $?
    rest_adopted
  fi
  # One that cannot be told would go on asking what is about to stop.
  reload_proxies || { proxy_failed; return 1; }
  stop_adopted
  reload_proxies
  now_ms
  progress "handover: what was started by hand has stopped, after $((now - began)) ms"
}

# What was stopped by hand is started at no boot, unless its policy is `always`: without power in the middle nobody would serve.
survive_power_cut() {
  # shellcheck disable=SC2046 # ids are hexadecimal, one word each
  set_restart always $(sed -n 's/^\([^ ]*\) running unless-stopped\( .*\)\{0,1\}$/\1/p' "$app_dir/journal.adopted")
}

# The edge serves: from here on a boot must start it and not them, or both would be asked by one name. Not before: who else would serve?
rest_adopted() {
  # shellcheck disable=SC2046 # ids are hexadecimal, one word each
  set_restart no $(cut -d' ' -f1 "$app_dir/journal.adopted")
}

# nginx looks a name up once, and would go on asking containers that are gone. Of other projects only those that may be told.
reload_proxies() {
  local service result=0
  while IFS= read -r service <&6; do
    for proxy in $(running_of "$project" "$service"); do
      docker exec "$proxy" nginx -s reload >"$run/out" 2>&1
      # Only named like one: there is no such program in it.
      case $? in 0 | 126 | 127) ;; *) result=1; break 2 ;; esac
    done
  done 6<"$release_dir/reload"
  [ "$result" = 0 ] || return 1
  [ -e "$release_dir/reload-others" ] || return 0
  while IFS= read -r proxy <&6; do
    docker exec "$proxy" nginx -s reload >"$run/out" 2>&1 || progress "$proxy could not be reloaded: $(tail -n 1 "$run/out" | cut -c 1-200)"
  done 6<"$release_dir/reload-others"
}

proxy_failed() {
  failure DA-ADOPT-RELOAD "nginx in $(inspect '{{.Name}}' "$proxy" | sed 's,^/,,') does not reload, and would go on asking the containers that are replaced"
  raw <"$run/out"
}

# The edge runs and listens; from here on it is found by the names, as the others are for a moment more.
take_names() {
  local network rest
  while IFS="$tab" read -r network rest <&6; do
    docker network disconnect "$network" "$edge" >"$run/out" 2>&1 || { edge_failed; return 1; }
  done 6<"$release_dir/networks.tsv"
  connect_edge "$(edge_state)"
}

stop_adopted() { # publishing: those that have ports; nothing: all that still run
  local id state policy ports
  sed '1!G;h;$!d' "$app_dir/journal.adopted" >"$run/adopted"
  while read -r id state policy ports <&6; do
    case $state:${1:-}:$ports in exited:* | created:* | dead:* | *:publishing:) continue ;; esac
    grep -qsxF "$id" "$app_dir/journal.handed" && continue
    # Noted first: Docker goes on with a stop whose caller was killed.
    printf '%s\n' "$id" >>"$app_dir/journal.handed"
    docker stop "$id" >/dev/null 2>&1
  done 6<"$run/adopted"
}

# The way back. What has no ports comes first; the edge gives up its ports only for the others.
bring_back_adopted() {
  local id state policy ports
  while read -r id state policy ports <&6; do bring_back "$id" '' "$ports"; done 6<"$app_dir/journal.adopted"
  [ -z "$edge" ] || docker stop "$edge" >/dev/null 2>&1
  containers_of "$project-edge" | remove_containers
  edge=''
  while read -r id state policy ports <&6; do bring_back "$id" published "$ports"; done 6<"$app_dir/journal.adopted"
  while read -r id state policy ports <&6; do set_restart "$policy" "$id"; done 6<"$app_dir/journal.adopted"
  reload_proxies
}

bring_back() { # container, published or nothing, ports
  [ "${2:+x}" = "${3:+x}" ] && grep -qsxF "$1" "$app_dir/journal.handed" || return 0
  docker stop "$1" >/dev/null 2>&1 # it may be about to
  # Docker may die and come back in the middle: what is not started then nobody would start any more.
  docker start "$1" >"$run/out" 2>&1 || { docker_answers && docker start "$1" >"$run/out" 2>&1; } || { failure DA-ADOPT-BACK "$(inspect '{{.Name}}' "$1" | sed 's,^/,,'), which was started by hand, does not start again"; raw <"$run/out"; }
}

remove_adopted() { ! adopts || cut -d' ' -f1 "$app_dir/journal.adopted" | remove_containers; }

# What Compose reads in a folder without being told to.
compose_names='compose.yaml compose.yml docker-compose.yml docker-compose.yaml
  compose.override.yml compose.override.yaml docker-compose.override.yml docker-compose.override.yaml'

# The files that the project was started from describe no longer what runs: `up` with them would start it a second time. They make room,
# and so does what Compose would read in the app's folder; elsewhere a link in the place of the first one leads to the base's.
rename_old_files() {
  local file name kind
  # Only with the first release: what lies there later is somebody's own.
  [ -z "$previous" ] || return 0
  for name in $compose_names; do rename_old_file "$app_dir/$name"; done
  [ -e "$release_dir/old-files" ] || return 0
  while IFS="$tab" read -r file kind <&6; do
    rename_old_file "$file"
    if [ "$kind" != link ] || [ ! -e "$file.before-deploy-actions" ] || [ -e "$file" ] || [ -L "$file" ]; then continue; fi
    ln -s "$app_dir/compose.yaml" "$file" && progress "a link in its place leads to $app_dir/compose.yaml"
  done 6<"$release_dir/old-files"
}

rename_old_file() { # file
  if [ ! -f "$1" ] || [ -L "$1" ] || [ -e "$1.before-deploy-actions" ]; then return 0; fi
  if mv "$1" "$1.before-deploy-actions" 2>/dev/null; then
    progress "renamed $1 to ${1##*/}.before-deploy-actions: it no longer describes what runs"
  else
    progress "$(id -un) cannot rename $1, which no longer describes what runs: do not run \`docker compose up\` with it; as root: mv $1 $1.before-deploy-actions"
  fi
}

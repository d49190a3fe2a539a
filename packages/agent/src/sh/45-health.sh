# shellcheck shell=dash
# Is a container ready? Asked directly, at once and then every 100 ms: Docker itself asks first after a whole interval.

probe='' # the file for what a check answers

# Waits until every container of a list is healthy. Lines of $run/waiting: container service health port path
await_health() { # milliseconds
  local deadline say_at left
  now_ms
  deadline=$((now + $1))
  say_at=$((now + 2000))
  while :; do
    ask_those_waiting || return 1
    [ -n "$left" ] || return 0
    mv "$run/still-waiting" "$run/waiting"
    stop_requested && return 130
    now_ms
    [ "$now" -lt "$deadline" ] || { unhealthy; return 1; }
    [ "$now" -lt "$say_at" ] || { progress "waiting for$left to become healthy"; say_at=$((now + 2000)); }
    pause 0.1
  done
}

# The first of them until it is healthy, then the others, all at once. A question costs a process in a container: on a small host
# the start itself would have to wait for processor time.
ask_those_waiting() { # sets left
  local id service rest states
  left=''
  : >"$run/still-waiting"
  states=$(states_of_waiting)
  while read -r id service rest <&3; do is_up "$id" "$service" "$states" || return 1; done 3<"$run/waiting"
  read -r id rest <"$run/waiting"
  { sed -n 1p "$run/waiting" | ask_all; [ ! -e "$run/healthy.$id" ] || sed 1d "$run/waiting" | ask_all; } 9>&- 4>&-
  while read -r id service rest <&3; do
    rm "$run/healthy.$id" 2>/dev/null && continue
    left="$left $service"
    printf '%s %s %s\n' "$id" "$service" "$rest" >>"$run/still-waiting"
  done 3<"$run/waiting"
}

# Asks those whose lines come on standard input, at the same time. Each that is healthy gets a file that says so.
ask_all() {
  local id service health port path
  while read -r id service health port path; do
    probe=$run/probe.$id
    { ! is_healthy "$id" "$health" "$port" "$path" || : >"$run/healthy.$id"; } </dev/null &
  done
  wait
}

states_of_waiting() {
  local ids
  ids=$(cut -d' ' -f1 "$run/waiting")
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  [ -z "$ids" ] || docker inspect -f '{{.Id}} {{.State.Status}}' $ids 2>/dev/null
}

unhealthy() { # reports the first that never became healthy
  local id service health port path
  read -r id service health port path <"$run/waiting"
  failure DA-HEALTH-TIMEOUT "$service did not become healthy in time (check: $health${port#-}${path#-})"
  printf 'the last answer of its check:\n' | raw
  raw <"$run/probe.$id"
  show_logs "$id"
}

is_up() { # container, service, states
  case $3 in *"$1 running"* | *"$1 restarting"*) return 0 ;; esac
  failure DA-CONTAINER-EXITED "$2 stopped by itself with exit code $(inspect '{{.State.ExitCode}}{{if .State.OOMKilled}} (out of memory){{end}}' "$1")"
  show_logs "$1"
  return 1
}

is_healthy() { # container, health, port, path
  case $2 in
    docker) run_health_check "$1" ;;
    http) ask "$(address_of "$1")" "$3" "$4" localhost http && answered '2xx,3xx' ;;
    tcp) docker exec "$edge" timeout 3 nc -z "$(address_of "$1")" "$3" >"$probe" 2>&1 ;;
    none) been_up_for "$1" "$3" ;;
    *) return 0 ;;
  esac
}

# The container's own check, from its file or its image, run now. It is read once: asking costs as much as checking.
run_health_check() { # container
  local id=$1 kind word
  [ -e "$run/check.$id" ] || inspect '{{with .Config.Healthcheck}}{{range .Test}}{{println .}}{{end}}{{end}}' "$id" | sed '$d' >"$run/check.$id"
  set -- "$id"
  {
    IFS= read -r kind || return 0
    [ "$kind" != CMD-SHELL ] || set -- "$@" sh -c "$(cat)"
    while IFS= read -r word; do set -- "$@" "$word"; done
  } <"$run/check.$id"
  case $kind in CMD | CMD-SHELL) timeout 30 docker exec "$@" >"$probe" 2>&1 </dev/null 9>&- 4>&- ;; esac
}

been_up_for() { # container, milliseconds
  now_ms
  [ -e "$run/up.$1" ] || printf '%s' "$now" >"$run/up.$1"
  [ $((now - $(cat "$run/up.$1"))) -ge "$2" ]
}

# The container's address on a network that the edge is on too.
address_of() { # container
  local network aliases address
  cat "$run/address.$1" 2>/dev/null && return
  while IFS="$tab" read -r network aliases; do
    address=$(inspect "{{with index .NetworkSettings.Networks \"$network\"}}{{.IPAddress}}{{end}}" "$1")
    [ -z "$address" ] || { printf '%s' "$address" | tee "$run/address.$1"; return; }
  done <"$release_dir/networks.tsv"
}

# One request from inside the edge container; the answer's status line and headers are in $probe.
ask() { # address, port, path, Host, scheme, [header]
  docker exec "$edge" timeout 5 wget -S -O /dev/null --header "Host: $4" --header "X-Forwarded-Proto: $5" ${6:+--header "$6"} "http://$1:$2$3" >"$probe" 2>&1 </dev/null || :
}

# Is the status of the last request one of a list such as 200,204 or 2xx? Redirects are followed no further than the first.
answered() { # statuses
  local status
  status=$(sed -n 's/^.*HTTP\/[0-9.]* \([0-9][0-9][0-9]\).*/\1/p' "$probe" | head -n 1)
  [ -n "$status" ] || return 1
  case ",$1," in *",$status,"* | *",${status%??}xx,"*) return 0 ;; esac
  return 1
}

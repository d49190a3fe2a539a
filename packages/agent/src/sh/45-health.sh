# shellcheck shell=dash
# Is a container ready? Asked directly, at once and then every 100 ms: Docker itself asks first after a whole interval.

probe='' # the file for what a check answers

# Waits until every container of a list is healthy. Lines of $run/waiting: container service health port path
# What began before the time was over does not decide that it is: on a machine that stood still, nobody had time to answer.
await_health() { # milliseconds
  local deadline say_at left last=''
  look_up
  now_ms
  deadline=$((now + $1))
  say_at=$((now + 2000))
  look_at=0
  own_at=$((now + 1000))
  while :; do
    ask_those_waiting || return 1
    [ -n "$left" ] || return 0
    mv "$run/still-waiting" "$run/waiting"
    stop_requested && return 130
    [ -z "$last" ] || { unhealthy; return 1; }
    now_ms
    [ "$now" -lt "$deadline" ] || { ask_once_more; last=yes; continue; }
    [ "$now" -lt "$say_at" ] || { progress "waiting for$left to become healthy"; say_at=$((now + 2000)); }
    pause 0.1
  done
}

# All that is to be known of those that are waited for, in one question: $run/seen has their states now; $run/addresses.<id>
# has lines `network address`, and $run/check.<id> the container's own check, which do not change. What has been running for long enough that
# Docker calls it healthy (a warm slot) needs no process of ours to say so again: somebody has to answer at its port.
look_up() {
  local line file=/dev/null ids
  ids=$(cut -d' ' -f1 "$run/waiting")
  : >"$run/seen"
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  [ -z "$ids" ] || docker inspect -f '@ states{{println}}{{.ID}} {{.State.Status}} {{with .State.Health}}{{.Status}}{{end}}{{println}}@ addresses.{{.ID}}{{println}}{{range $name, $network := .NetworkSettings.Networks}}{{$name}} {{$network.IPAddress}}{{println}}{{end}}@ check.{{.ID}}{{with .Config.Healthcheck}}{{range .Test}}{{println}}{{.}}{{end}}{{end}}' $ids 2>/dev/null |
    while IFS= read -r line; do
      case $line in
        '@ states') file=$run/seen ;;
        '@ addresses.'* | '@ check.'*) file=$run/${line#@ }; : >"$file" ;;
        *)
          printf '%s\n' "$line" >>"$file"
          case $file:$line in "$run/seen:"*' healthy') : >"$run/known.${line%% *}" ;; esac
          ;;
      esac
    done
}

# One after the other, and what asks in vain takes its time: between them is looked whether they still run.
ask_those_waiting() { # sets left; 1: one has ended, which is told
  local id service health port path own_due='' # yes: own checks have their turn
  left=''
  : >"$run/still-waiting"
  now_ms
  [ "$now" -lt "$own_at" ] || { own_due=yes; own_at=$((now + 1000)); }
  [ -z "$edge" ] || open_edge_shell
  while read -r id service health port path <&3; do
    all_are_up || return 1
    probe=$run/probe.$id
    if is_healthy "$id" "$health" "$port" "$path"; then rm -f "$run/healthy.$id"; continue; fi
    left="$left $service"
    printf '%s %s %s %s %s\n' "$id" "$service" "$health" "$port" "$path" >>"$run/still-waiting"
  done 3<"$run/waiting"
}

# A container's own check is worth its process once somebody answers at the port, which costs next to nothing to ask; and once a
# second in any case, because the check alone decides. It runs beside: one that is in vain must not keep the next one waiting.
own_check_is_right() { # container, port or -
  [ ! -e "$run/healthy.$1" ] || return 0
  if [ -e "$run/known.$1" ]; then rm -f "$run/known.$1"; ! listens "$1" "$2" || return 0; fi
  [ -n "$last" ] || ! { [ -n "$own_due" ] || listens "$1" "$2"; } || begin_own_check "$1"
  return 1
}

begin_own_check() { # container
  [ ! -e "$run/checking.$1" ] || return 0
  : >"$run/checking.$1"
  (
    ! run_health_check "$1" || : >"$run/healthy.$1"
    rm -f "$run/checking.$1"
  ) </dev/null 9>&- 8>&- 7>&- 4>&- &
}

# When the time is over. What is under way may tell of the time in which nothing moved: the last checks begin after it, all at once.
ask_once_more() {
  local id service health rest
  await_own_checks
  while read -r id service health rest <&3; do
    probe=$run/probe.$id
    [ "$health" != docker ] || [ -e "$run/healthy.$id" ] || begin_own_check "$id"
  done 3<"$run/waiting"
  await_own_checks
}

await_own_checks() { # for five seconds at most
  local tries=0
  while a_check_is_under_way && [ "$tries" -lt 50 ] && ! stop_requested; do
    pause 0.1
    tries=$((tries + 1))
  done
}

a_check_is_under_way() {
  set -- "$run"/checking.*
  [ -e "$1" ]
}

listens() { # container, port or -
  [ "$2" = - ] || [ -z "$edge" ] || ask_edge "$run/listens" tcp "$(address_of "$1")" "$2" 1
}

# A container that has ended never gets healthy. Looked at twice a second at most.
look_at=0
all_are_up() { # of $run/waiting
  local id service rest states # those of look_up count once
  now_ms
  [ "$now" -ge "$look_at" ] || return 0
  # shellcheck disable=SC2046 # ids are hexadecimal, one word each
  [ ! -s "$run/waiting" ] || [ -s "$run/seen" ] || docker inspect -f '{{.Id}} {{.State.Status}}' $(cut -d' ' -f1 "$run/waiting") >"$run/seen" 2>/dev/null
  states=$(cat "$run/seen" 2>/dev/null)
  : >"$run/seen"
  now_ms # it may have taken longer than that
  look_at=$((now + 500))
  while read -r id service rest <&3; do is_up "$id" "$service" "$states" || { look_at=0; return 1; }; done 3<"$run/waiting"
}

unhealthy() { # reports the first that never became healthy
  local id service health port path
  read -r id service health port path <"$run/waiting"
  failure DA-HEALTH-TIMEOUT "$service did not become healthy in time (check: $health$(case $health in http | tcp) printf ' :%s' "$port" ;; esac)${path#-})"
  printf 'the last answer of its check:\n' | raw
  [ ! -e "$run/probe.$id" ] || raw <"$run/probe.$id"
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
    docker) own_check_is_right "$1" "$3" ;;
    http) ask "$(address_of "$1")" "$3" "$4" localhost http && answered '2xx,3xx' ;;
    tcp) ask_edge "$probe" tcp "$(address_of "$1")" "$3" "$([ -n "$last" ] && echo 5 || echo 1)" ;;
    none) been_up_for "$1" "$3" ;;
    *) return 0 ;;
  esac
}

# The container's own check, from its file or its image, run now.
run_health_check() { # container
  local id=$1 kind word status=0
  [ -e "$run/check.$id" ] || return 1
  set -- "$id"
  {
    IFS= read -r kind || return 0
    [ "$kind" != CMD-SHELL ] || set -- "$@" sh -c "$(cat)"
    while IFS= read -r word; do set -- "$@" "$word"; done
  } <"$run/check.$id"
  case $kind in
    CMD | CMD-SHELL)
      timeout 30 docker exec "$@" >"$probe.next" 2>&1 || status=$?
      mv -f "$probe.next" "$probe" ;;
  esac
  return "$status"
}

been_up_for() { # container, milliseconds
  now_ms
  [ -e "$run/up.$1" ] || printf '%s' "$now" >"$run/up.$1"
  [ $((now - $(cat "$run/up.$1"))) -ge "$2" ] && [ "$(inspect '{{.State.Running}}' "$1")" = true ]
}

# The container's address on a network that the edge is on too.
address_of() { # container
  local network aliases name address
  while IFS="$tab" read -r network aliases; do
    while read -r name address; do
      [ "$name" != "$network" ] || [ -z "$address" ] || { printf '%s' "$address"; return; }
    done <"$run/addresses.$1"
  done <"$release_dir/networks.tsv"
}

# One request from inside the edge; the answer's status line and headers are in $probe.
ask() { # address, port, path, Host, scheme
  ask_edge "$probe" http "$1" "$2" "$3" "$4" "$5" || :
}

# Is the status of the last request one of a list such as 200,204 or 2xx? Redirects are followed no further than the first.
answered() { # statuses
  local status
  status=$(sed -n 's/^.*HTTP\/[0-9.]* \([0-9][0-9][0-9]\).*/\1/p' "$probe" | head -n 1)
  [ -n "$status" ] || return 1
  case ",$1," in *",$status,"* | *",${status%??}xx,"*) return 0 ;; esac
  return 1
}

# shellcheck shell=dash
# Containers, as Compose labels them.

list=containers # name of the list below

# A function in a process beside the main line: with a list of its own, so that neither pulls it from under the other.
beside() { # name, function, arguments
  cp "$run/$list" "$run/containers-$1" 2>/dev/null
  list=containers-$1
  shift
  "$@"
}

# No child may hold the lock or the command pipe: it could outlive a killed agent. What changes containers makes our
# list of them old. Docker's client is a Go program that lives for 30 ms, a tenth of it for a collection of garbage that nobody needs.
docker() {
  local status=0
  GOGC=400 command docker "$@" 9>&- 8>&- 7>&- 4>&- || status=$?
  case ${run:+$1} in start | stop | rm | pause | unpause) rm -f "$run/$list" ;; esac
  return "$status"
}

compose() { # project suffix ('' base, -blue, -green, -edge), file, arguments of compose
  local suffix=$1 file=$2 profile status
  shift 2
  # Profiles are part of the definition that Compose compares, so they stay in base and are named again at each command.
  set -f # a profile may be called *
  for profile in $(setting profiles | tr ',' ' '); do set -- --profile "$profile" "$@"; done
  set +f
  step docker compose --env-file /dev/null --project-directory "$release_dir" -p "$project$suffix" -f "$release_dir/$file" "$@"
  status=$?
  rm -f "$run/$list"
  return "$status"
}

# All containers of the host, asked for once and then again after each change: a question costs 30 ms, and there are many.
# Lines: id|project|service|state|one-off|name|ports|mounts|app|release
list_containers() {
  cat "$run/$list" 2>/dev/null && return
  docker ps -a --no-trunc --format '{{.ID}}|{{.Label "com.docker.compose.project"}}|{{.Label "com.docker.compose.service"}}|{{.State}}|{{.Label "com.docker.compose.oneoff"}}|{{.Names}}|{{.Ports}}|{{.Mounts}}|{{.Label "deploy-actions.app"}}|{{.Label "deploy-actions.release"}}' >"$run/$list.next" || return 1
  cat "$run/$list.next"
  mv -f "$run/$list.next" "$run/$list"
}

docker_patience=60 # seconds for a daemon that is just coming back

# After a reboot sshd is there before Docker, and a daemon that was killed needs a moment. What is undone meanwhile would not be undone at all.
docker_answers() {
  local deadline told_so=''
  rm -f "$run/$list"
  now_ms
  deadline=$((now + docker_patience * 1000))
  until list_containers >/dev/null 2>&1; do
    now_ms
    [ "$now" -lt "$deadline" ] || return 1
    [ -n "$told_so" ] || { progress 'waiting for Docker, which does not answer'; told_so=yes; }
    pause 1
  done
}

# What is known to be gone leaves the list, and saves the question.
forget_project() { # project
  [ ! -e "$run/$list" ] || sed "/^[^|]*|$1|/d" "$run/$list" | write_file "$run/$list"
}

states_of() { # project, [service]: lines `id state`
  local id project_of service_of state oneoff name ports mounts app_of rest
  list_containers | while IFS='|' read -r id project_of service_of state oneoff name ports mounts app_of rest; do
    case $project_of:$service_of:$oneoff in "$1:${2:-$service_of}:False") ;; *) continue ;; esac
    # Slots and the edge carry our label: a project of somebody else may have the same name.
    [ "$1" = "$project" ] || [ "$app_of" = "$app" ] || continue
    printf '%s %s\n' "$id" "$state"
  done
}

containers_of() { states_of "$@" | cut -d' ' -f1; } # project, [service]: ids, running or not

running_of() { states_of "$@" | sed -n 's/ running$//p'; } # project, [service]

# Does every container of a project or service run, and is there one?
all_run() { # project, [service]
  local states
  states=$(states_of "$@")
  [ -n "$states" ] && ! printf '%s\n' "$states" | grep -qv ' running$'
}

inspect() { docker inspect -f "$1" "$2" 2>/dev/null; } # template, container

show_logs() { # container
  printf 'last lines of %s:\n' "$(inspect '{{.Name}}' "$1" | sed 's,^/,,')" | raw
  docker logs --tail 40 "$1" 2>&1 | raw
}

remove_containers() { # ids on standard input
  local ids
  ids=$(cat)
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  [ -z "$ids" ] || docker rm -f $ids >/dev/null 2>&1
}

# Lines `policy container` in $run/policies; fails when one could not be set.
set_policies() {
  local policy failed=0
  # shellcheck disable=SC2013 # policies have no spaces
  for policy in $(cut -d' ' -f1 "$run/policies" | sort -u); do
    # shellcheck disable=SC2046 # ids are hexadecimal, one word each
    set_restart "$policy" $(sed -n "s/^$policy //p" "$run/policies") || failed=1
  done
  return "$failed"
}

set_restart() { # policy, containers
  local policy=$1
  shift
  [ $# -eq 0 ] || docker update --restart "$policy" "$@" >/dev/null 2>&1
}

# When the agent is gone and a container that was for this run alone is not, somebody else does what the agent would have done.
guard_container() { # container, server that it has talked to or -, addresses
  (
    # Ours may be killed; this one is nobody's child.
    unset DEPLOY_ACTIONS_RUN
    exec setsid sh "$app_dir/bin/release" container-guard "$$" "$@" 9>&- 8>&- 7>&- 4>&- 3>&- </dev/null >/dev/null 2>&1
  ) &
}

container_guard_command() { # process, container, server or -, addresses
  local agent=$1 container=$2 server=$3
  shift 3
  while [ -e "/proc/$agent/exe" ]; do sleep 1; done
  command docker inspect "$container" >/dev/null 2>&1 || return 0
  command docker rm -f -v "$container" >/dev/null 2>&1
  [ "$server" = - ] || end_backends "$server" "$*"
}

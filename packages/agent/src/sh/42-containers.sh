# shellcheck shell=dash
# Containers, as Compose labels them.

# No child may hold the lock or the command pipe: it could outlive a killed agent.
docker() { command docker "$@" 9>&- 4>&-; }

compose() { # project suffix ('' base, -blue, -green, -edge), file, arguments of compose
  local suffix=$1 file=$2 profile
  shift 2
  # Profiles are part of the definition that Compose compares, so they stay in base and are named again at each command.
  for profile in $(setting profiles | tr ',' ' '); do set -- --profile "$profile" "$@"; done
  step docker compose --env-file /dev/null --project-directory "$release_dir" -p "$project$suffix" -f "$release_dir/$file" "$@"
}

containers_of() { # project, [service]: ids, running or not
  docker ps -aq --no-trunc --filter "label=com.docker.compose.project=$1" ${2:+--filter "label=com.docker.compose.service=$2"} --filter label=com.docker.compose.oneoff=False
}

running_of() { # project, [service]
  docker ps -q --no-trunc --filter "label=com.docker.compose.project=$1" ${2:+--filter "label=com.docker.compose.service=$2"} --filter label=com.docker.compose.oneoff=False
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

set_restart() { # policy, container
  [ "$(inspect '{{.HostConfig.RestartPolicy.Name}}{{with .HostConfig.RestartPolicy.MaximumRetryCount}}:{{.}}{{end}}' "$2")" = "$1" ] || docker update --restart "$1" "$2" >/dev/null 2>&1
}

# shellcheck shell=dash
# The base: everything that is not switched. Nothing here removes a volume, and a container is recreated only when
# Compose itself finds that its own lines changed.

# Networks, volumes, missing containers; starts what the slot needs. Leaves everything that runs as it is.
prepare_base() {
  make_directories
  base_is_applied || create_base || return $?
  each_service 'once|keep|recreate|start' start_if_needed_by_slot || return $?
  each_service 'keep|start' await_if_needed_by_slot
}

create_base() {
  add_to_base || return $?
  # Going back must not run a job of long ago once more: what it did is done, and may be undone by nobody.
  [ "$operation" != rollback ] || return 0
  each_service once renew_once || return $?
  [ ! -e "$run/renewed" ] || add_to_base
}

# Compose scales down even where it recreates nothing: services that shrink keep their number until after the switch.
add_to_base() {
  set -- up --no-start --no-recreate --pull never --no-build
  shrinking=''
  each_service 'keep|recreate|start|off' keep_number
  ! adopts || each_service switch keep_by_hand
  # shellcheck disable=SC2086 # service names have no spaces
  compose '' base.json "$@" $shrinking || base_failed $?
}

keep_number() { # fields
  local number
  number=$(containers_of "$project" "$1" | wc -l)
  [ "$number" -le "$4" ] || shrinking="$shrinking --scale $1=$number"
}

# Base has no containers of switched services; those that people started serve until the handover.
keep_by_hand() { # fields
  local number
  number=$(containers_of "$project" "$1" | wc -l)
  [ "$number" = 0 ] || shrinking="$shrinking --scale $1=$number"
}

# The base of this release is what already runs here: nothing to create, which saves the slowest step of a deploy.
base_is_applied() {
  [ "$(cat "$app_dir/base.applied" 2>/dev/null)" = "$(setting base_fingerprint)" ] && networks_exist && each_service 'keep|recreate|start|once' has_container
}

networks_exist() { # asked once: a network that the new slot is on cannot go any more
  local names
  ! cmp -s "$release_dir/networks.tsv" "$run/networks-exist" || return 0
  names=$(cut -f1 "$release_dir/networks.tsv")
  # shellcheck disable=SC2086 # network names have no spaces
  [ -z "$names" ] || docker network inspect $names >/dev/null 2>&1 || return 1
  cp "$release_dir/networks.tsv" "$run/networks-exist"
}

has_container() { [ -n "$(containers_of "$project" "$1")" ]; }

base_failed() { # status
  [ "$1" != 130 ] || return 130
  failure DA-BASE-APPLY 'Compose could not apply the base services'
  raw <"$run/out"
  return 1
}

make_directories() {
  local dir
  while IFS= read -r dir; do [ -z "$dir" ] || [ -e "$dir" ] || (umask 022 && mkdir -p "$dir"); done <"$release_dir/directories"
}

# A finished one-shot whose lines changed has to run again: it is removed here, and created anew by Compose.
renew_once() { # fields
  local id
  id=$(containers_of "$project" "$1")
  [ -n "$id" ] || return 0
  [ -e "$run/hashes" ] || { compose '' base.json config --hash '*' && cp "$run/out" "$run/hashes"; }
  grep -qxF "$1 $(inspect '{{index .Config.Labels "com.docker.compose.config-hash"}}' "$id")" "$run/hashes" && return 0
  printf '%s' "$id" | remove_containers
  : >"$run/renewed"
}

start_if_needed_by_slot() { case $9 in prepare | healthy) start_base_service "$@" ;; esac; }

# All have been started by now, so that they come up side by side. Going back does not ask, nor is one asked that is made anew after
# the switch: that it is not well may be the reason for it.
await_if_needed_by_slot() { [ "$9" != healthy ] || [ "$operation" = rollback ] || await_dependencies "$project" "$1:healthy"; }

start_base_service() { # fields
  local id state
  if [ "$2" != once ] && all_run "$project" "$1"; then return 0; fi
  await_dependencies "$project" "${11}" || return $?
  states_of "$project" "$1" >"$run/states"
  while read -r id state <&6; do
    case $2:$state in
      once:running) ;;
      once:*) [ "$operation" = rollback ] || ended_well "$id" || run_once "$1" "$id" || return $? ;;
      *:running) ;;
      *) ended_well "$id" || start_base_container "$1" "$id" || return $? ;;
    esac
    set_restart "$5" "$id"
  done 6<"$run/states"
}

start_base_container() { # service, container
  progress "starting $1"
  docker start "$2" >"$run/out" 2>&1 && return 0
  failure DA-BASE-START "$1 does not start"
  raw <"$run/out"
  show_logs "$2"
  return 1
}

# It had something to do, has done it, and its policy lets it end.
ended_well() { # container
  case $(inspect '{{.State.Status}} {{.State.ExitCode}} {{.HostConfig.RestartPolicy.Name}}' "$1") in
    'exited 0 no' | 'exited 0 ' | 'exited 0 on-failure') return 0 ;;
  esac
  return 1
}

run_once() { # service, container
  local code
  progress "running $1 once"
  step docker start -a "$2"
  code=$?
  [ "$code" != 130 ] || ! stop_requested || { docker stop "$2" >/dev/null 2>&1; return 130; }
  code=$(inspect '{{.State.ExitCode}}' "$2")
  [ "$code" = 0 ] && return 0
  failure DA-ONCE-FAILED "$1, which has to end well before the release can start, ended with exit code $code"
  show_logs "$2"
  docker rm -f "$2" >/dev/null 2>&1 # the next deploy creates and runs it again
  return 1
}

# Waits for what depends_on asks for: service:started, service:healthy, service:completed
await_dependencies() { # project, after
  local rest=$2 one service condition id state
  while [ -n "$rest" ] && [ "$rest" != - ]; do
    one=${rest%%,*}
    case $rest in *,*) rest=${rest#*,} ;; *) rest='' ;; esac
    service=${one%:*}
    condition=${one##*:}
    [ "$condition" = healthy ] || continue
    states_of "$1" "$service" >"$run/needed"
    : >"$run/waiting"
    # One that is not running is asked too: that it has ended is then said. But one that had something to do and has done it runs
    # again for those that need it healthy, as it does with Compose.
    while read -r id state <&5; do
      [ "$state" != exited ] || ! ended_well "$id" || docker start "$id" >/dev/null 2>&1
      printf '%s %s docker - -\n' "$id" "$service" >>"$run/waiting"
    done 5<"$run/needed"
    await_health "$(setting health_timeout)" || return $?
  done
}

# After the switch: recreate what changed (each stops first, with its grace period), start everything that should run.
apply_base() {
  if ! base_is_applied; then
    progress 'applying the other services'
    compose '' base.json up --no-start --pull never --no-build || base_failed $? || return $?
  fi
  each_service 'keep|recreate|start|once' start_base_service || return $?
  keep_base_over_reboots
  setting base_fingerprint | write_file "$app_dir/base.applied"
}

# Containers that somebody else made have the policy of their file: people, before we came or by `up -d` after a `down`. Those on the
# list are known to have ours, and need not be asked.
keep_base_over_reboots() {
  containers_of "$project" | sort >"$run/base.containers"
  ! cmp -s "$run/base.containers" "$app_dir/base.containers" || return 0
  base_policies >"$run/policies"
  set_policies || return 0
  write_file "$app_dir/base.containers" <"$run/base.containers"
}

base_policies() { each_service 'keep|recreate|start|once' tell_base_policy; }

tell_base_policy() { # fields
  local id
  for id in $(containers_of "$project" "$1"); do printf '%s %s\n' "$5" "$id"; done
}

# What the release does not have goes, when its settings say so: stopped with its grace period, and before anything new starts,
# because it may be the same under another name. Volumes stay, those without a name too.
remove_orphans() {
  local ids
  [ "$(setting remove_orphans)" = yes ] || return 0
  orphans_of_base >"$run/orphans"
  ids=$(cut -d'|' -f1 "$run/orphans")
  [ -n "$ids" ] || return 0
  progress "removing what the release does not have:$(cut -d'|' -f2 "$run/orphans" | sort -u | sed 's/^/ /' | tr -d '\n')"
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  docker stop $ids >/dev/null 2>&1
  # shellcheck disable=SC2086
  docker rm -f $ids >/dev/null 2>&1
}

orphans_of_base() { # lines id|service
  local id project_of service_of state oneoff name ports mounts app_of rest
  list_containers | while IFS='|' read -r id project_of service_of state oneoff name ports mounts app_of rest; do
    case $project_of:$oneoff:$app_of in "$project:False:") ;; *) continue ;; esac
    grep -q "^$service_of$tab" "$release_dir/services.tsv" || printf '%s|%s\n' "$id" "$service_of"
  done
}

# Going back must not put an older database on the files of a newer one: it would not start, or worse.
databases_stay() {
  local one live service
  live=$(value_of "$app_dir/releases/$previous/settings" databases)
  for one in $(setting databases | tr ',' ' '); do
    service=${one%%:*}
    case ",$live," in
      *",$one,"*) ;;
      *",$service:"*)
        failure DA-STATEFUL-BACK "$release has ${one#*:} as $service, and the live release has $(printf '%s' ",$live" | sed "s/.*,$service:\([^,]*\).*/\1/"): an older version does not start on the files of a newer one, or spoils them. Deploy the older code with the database of now instead"
        return 1
        ;;
    esac
  done
  for one in $(printf '%s' "$live" | tr ',' ' '); do
    service=${one%%:*}
    grep -q "^$service$tab" "$release_dir/services.tsv" || leaves_its_files "$service" || return 1
  done
}

# Two databases on the same files destroy them: one that only the live release has must not run on what this release uses.
leaves_its_files() { # service
  local id project_of service_of state oneoff name ports mounts rest one
  list_containers >"$run/all"
  while IFS='|' read -r id project_of service_of state oneoff name ports mounts rest; do
    case $project_of:$service_of:$state:$oneoff in "$project:$1:running:False") ;; *) continue ;; esac
    for one in $(printf '%s' "$mounts" | tr ',' ' '); do
      ! grep -qF "\"$one\"" "$release_dir/base.json" || {
        failure DA-STATEFUL-TWICE "$1, which $release does not have, runs on $one, which $release uses: two databases on the same files destroy them. Stop it first: docker stop $name"
        return 1
      }
    done
  done <"$run/all"
}

# A release that never went live leaves no container of its own behind; volumes stay, whatever is in them.
undo_base() {
  [ -e "$app_dir/journal.containers" ] || return 0
  list_containers >/dev/null || return 0
  containers_of "$project" | grep -vxFf "$app_dir/journal.containers" | remove_containers
}

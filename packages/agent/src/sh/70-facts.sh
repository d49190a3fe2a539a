# shellcheck shell=dash
# What a runner has to know of this host before it decides anything. Reading only: nothing is created or pulled.

facts() {
  local file
  # Compose takes its time: it begins now, and the model is asked for afterwards.
  [ ! -e "$run/resolve/options" ] || start_resolving
  event facts
  (
    fact user "$(id -un)"
    fact directory "$app_dir"
    docker_facts
    for file in /var/lib/docker "$app_dir" /; do
      [ ! -d "$file" ] || fact disk "$file" "$(df -Pk "$file" | sed -n '2s/^[^ ]* *[0-9]* *[0-9]* *\([0-9]*\) .*/\1/p')"
    done
    fact memory "$(sed -n 's/^MemAvailable: *\([0-9]*\).*/\1/p' /proc/meminfo)" "$(sed -n 's/^SwapFree: *\([0-9]*\).*/\1/p' /proc/meminfo)"
    listening_ports
  ) 9>&- 8>&- 7>&- 4>&- | raw
  event end
}

fact() { # fields
  local field line=''
  for field; do line="$line$tab$field"; done
  printf '%s\n' "${line#"$tab"}"
}

docker_facts() {
  local question
  [ -n "$(unset -f docker; command -v docker)" ] || { fact docker-missing; release_facts; return; }
  # All questions at once: each costs a process and a round trip to the daemon. This is a subshell, so wait sees only these.
  for question in ask_version ask_compose ask_containers ask_volumes ask_networks; do $question >"$run/$question" 2>"$run/$question.error" & done
  wait
  # Without an answer of the daemon the template is printed up to where it first asks for one.
  if grep -q "^docker${tab}[0-9]" "$run/ask_version"; then cat "$run/ask_version"; else fact docker-error "$(tr '\n\t' '  ' <"$run/ask_version.error")"; fi
  [ ! -s "$run/ask_compose" ] || fact compose "$(cat "$run/ask_compose")"
  cat "$run/ask_containers" "$run/ask_volumes" "$run/ask_networks"
}

ask_version() { docker version --format 'docker|{{.Server.Version}}|{{.Server.Arch}}|{{.Server.Os}}{{range .Server.Components}}{{if eq .Name "rootlesskit"}}|rootless{{end}}{{end}}' | tr '|' '\t'; } # it would turn tabs into spaces
ask_compose() { docker compose version --short; }
ask_containers() {
  local id project_of service_of state oneoff name ports mounts app_of rest
  list_containers >"$run/all" # the list stays, for what is asked next
  while IFS='|' read -r id project_of service_of state oneoff name ports mounts app_of rest; do
    fact container "$id" "$project_of" "$service_of" "$state" "$name" "$ports" "$app_of" "$mounts" "$oneoff"
  done <"$run/all"
  release_facts
}
ask_volumes() { docker volume ls --format "volume$tab{{.Name}}$tab{{.Label \"com.docker.compose.project\"}}"; }
ask_networks() { docker network ls --no-trunc --format "network$tab{{.ID}}$tab{{.Name}}$tab{{.Label \"com.docker.compose.project\"}}"; }

# Ports in state LISTEN, from the kernel's own table: no tool for it can be assumed.
listening_ports() {
  local line port
  sed -n 's/^ *[0-9]*: [0-9A-F]*:\([0-9A-F]*\) [0-9A-F]*:[0-9A-F]* 0A .*/\1/p' /proc/net/tcp /proc/net/tcp6 2>/dev/null | sort -u |
    while read -r port; do fact listen "$((0x$port))"; done
}

release_facts() {
  local id key value hours
  fact slot "$(live_slot)"
  [ ! -e "$app_dir/journal" ] || fact journal "$(value_of "$app_dir/journal" phase)" "$(value_of "$app_dir/journal" release)"
  [ ! -e "$app_dir/base.applied" ] || fact base-applied "$(cat "$app_dir/base.applied")"
  id=$(current_release)
  if [ -z "$id" ] || [ ! -e "$app_dir/releases/$id/settings" ]; then
    for key in $compose_names; do [ ! -f "$app_dir/$key" ] || [ -L "$app_dir/$key" ] || fact compose-file "$app_dir/$key"; done
    facts_of_hand_work
    return 0
  fi
  use_release "$id"
  fact current "$id"
  while IFS='=' read -r key value; do fact setting "$key" "$value"; done <"$release_dir/settings"
  fact healthy "$(is_whole && echo yes || echo no)"
  ! hours=$(overdue_hours) || fact backup-overdue "$hours" "$(schedule overdue)"
  ! has_switch || slot_memory
  find_edge
  [ -n "$edge" ] || return 0
  inspect "{{range \$name, \$network := .NetworkSettings.Networks}}edge-network$tab{{\$name}}$tab{{range .Aliases}}{{.}} {{end}}{{println}}{{end}}{{range \$port, \$all := .HostConfig.PortBindings}}{{range \$all}}edge-port$tab{{.HostIp}}$tab{{.HostPort}}$tab{{\$port}}{{println}}{{end}}{{end}}" "$edge"
}

# How much a second copy of what serves will need, and what comes free before it starts. `docker stats` would take seconds.
slot_memory() {
  local slot live
  slot=$(live_slot)
  # shellcheck disable=SC2046 # ids are hexadecimal, one word each
  memory_of $(running_of "$project-$slot") || return 0
  live=$memory
  # shellcheck disable=SC2046
  memory_of $(running_of "$project-$(other_slot "$slot")") || return 0
  fact slot-memory "$live" "$memory"
}

cgroups=/sys/fs/cgroup

# Bytes that containers have for themselves, in `memory`: without the page cache, which the kernel takes back. Not every host
# has the figures where we look.
memory_of() { # containers
  local id folder key value
  memory=0
  for id; do
    for folder in "$cgroups/system.slice/docker-$id.scope" "$cgroups/docker/$id" "$cgroups/memory/docker/$id" "$cgroups/memory/system.slice/docker-$id.scope" ''; do
      [ ! -r "$folder/memory.stat" ] || break
    done
    [ -n "$folder" ] || return 1
    while read -r key value; do
      case $key in anon | total_rss) memory=$((memory + value)) ;; esac
    done <"$folder/memory.stat"
  done
}

# Before the first release: how the containers of Compose projects were made, to take over what people started.
# A label that is not there would be printed as `<no value>`: of those that Compose sets only sometimes it is asked with `with`.
facts_of_hand_work() {
  local ids kind id folder rest
  ids=$(sed -n 's/^\([^|]*\)|[^|]..*/\1/p' "$run/all" 2>/dev/null)
  [ -n "$ids" ] || return 0
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  docker inspect -f 'by-hand|{{.Id}}|{{index .Config.Labels "com.docker.compose.project.working_dir"}}|{{index .Config.Labels "com.docker.compose.project.config_files"}}|{{index .Config.Labels "com.docker.compose.config-hash"}}|{{.Config.Image}}|{{.Image}}|{{with index .Config.Labels "com.docker.compose.project.environment_file"}}{{.}}{{end}}{{$id := .Id}}{{range .Mounts}}{{println}}by-hand-mount|{{$id}}|{{.Type}}|{{if eq .Type "volume"}}{{.Name}}{{else}}{{.Source}}{{end}}|{{.Destination}}|{{.RW}}{{end}}{{range $name, $network := .NetworkSettings.Networks}}{{println}}by-hand-network|{{$id}}|{{$name}}{{end}}' $ids |
    without_our_own | while IFS='|' read -r kind id folder rest; do
      case $kind:$folder in
        # Of its last field, the files with values, a release has none: they stand in its model.
        by-hand:"$app_dir"/releases/*) folder=$(data_folder_of "$folder") rest="${rest%|*}|" ;;
      esac
      printf '%s|%s|%s|%s\n' "$kind" "$id" "$folder" "$rest"
    done | tr '|' '\t'
}

# Before anything was ever live, what our own files made is what migrations needed: nobody started it by hand.
without_our_own() {
  if was_live; then cat; else awk -F'|' -v ours="$app_dir/releases/" '$1 == "by-hand" && index($3, ours) == 1 { skip[$2] = 1 } !($2 in skip)'; fi
}

was_live() { [ ! -e "$app_dir/migrated-first" ]; } # 78-migrate.sh leaves that, until the first release is live

# A container that a release made, before it was uninstalled.
data_folder_of() { # release directory
  local folder
  folder=$(value_of "$1/settings" data_directory)
  printf '%s' "${folder:-$app_dir}"
}

# Does the whole live release run? Otherwise the same inputs are not `unchanged`, they repair.
is_whole() {
  slot=$(live_slot)
  if has_switch; then
    slot_is_whole && [ "$(slot_release "$slot")" = "$release" ] && [ -n "$(running_of "$project-edge" edge)" ] || return 1
  fi
  each_service 'keep|recreate|start' is_running
}

# Running, or ended well by itself under a policy that lets it end.
is_running() {
  local id
  ! all_run "$project" "$1" || return 0
  id=$(containers_of "$project" "$1" | head -n 1)
  [ -n "$id" ] && ended_well "$id"
}

send_record() { # event, release id: the record as the runner wrote it
  event "$1"
  [ ! -r "$app_dir/releases/$2/release.json" ] || raw <"$app_dir/releases/$2/release.json"
  event end
}

# shellcheck shell=dash
# Volumes beside the database in a backup, each a tar. They are read and written where Docker keeps them: no image needs a tool, and none is pulled.

held=''       # containers that are paused
volume=''     # the real name of the one in hand
volume_dir='' # where Docker keeps its files

is_volume_name() { case $1 in '' | [!A-Za-z0-9]* | *[!A-Za-z0-9_.-]*) return 1 ;; esac; }

# The volume that the Compose file calls so; one of another name or maker by its own, if a container of the app has it.
find_volume() { # name
  local kept
  is_volume_name "$1" || { failure DA-BACKUP-VOLUME "\"$1\" is no name of a volume"; return 1; }
  volume=$(docker volume ls -q --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.volume=$1" 2>/dev/null)
  case $volume in *"$newline"*) choose_volume "$1" || return 1 ;; esac
  [ -n "$volume" ] || ! users_of "$1" | grep -q " ${project}[ -]" || volume=$1
  if [ -z "$volume" ]; then
    failure DA-BACKUP-VOLUME "the project $project has no volume \"$1\" here; it has: $(docker volume ls --filter "label=com.docker.compose.project=$project" --format '{{.Label "com.docker.compose.volume"}}' 2>/dev/null | sort | tr '\n' ' ')"
    return 1
  fi
  kept=$(docker volume inspect -f '{{.Driver}} {{len .Options}} {{.Mountpoint}}' "$volume" 2>/dev/null)
  volume_dir=${kept#local 0 }
  case $kept in 'local 0 /'*) ;; *) failure DA-BACKUP-VOLUME "the files of $volume do not lie on this host (driver ${kept%% *}, or one with options): back it up where they are"; return 1 ;; esac
  if [ ! -r "$volume_dir" ] || [ ! -w "$volume_dir" ]; then
    failure DA-BACKUP-VOLUME "$(id -un) cannot read $volume_dir: only root can back volumes up and restore them. Log in as root, or set \`sudo: true\`"
    return 1
  fi
}

# The one of before a change of `name:` keeps its labels. The one that counts is the one that a container of the project has.
choose_volume() { # name
  local one all=$volume
  volume=$(for one in $all; do ! users_of "$one" | grep -q " ${project}[ -]" || printf '%s\n' "$one"; done)
  case $volume in '' | *"$newline"*) ;; *) return 0 ;; esac
  failure DA-BACKUP-VOLUME "several volumes of the project $project are called \"$1\", and which of them its containers use is not clear: $(printf '%s\n' "$all" | tr '\n' ' ')"
  return 1
}

# Lines `id project service state` of the containers that have a volume.
users_of() { # real name
  local id project_of service_of state oneoff name ports mounts rest
  list_containers | while IFS='|' read -r id project_of service_of state oneoff name ports mounts rest; do
    case ",$mounts," in *",$1,"*) printf '%s %s %s %s\n' "$id" "$project_of" "$service_of" "$state" ;; esac
  done
}

# All that can be known before anything is made. Lines `volume [services to pause, separated by commas]`.
check_volumes() { # file, container of the server or nothing, its service
  local name services needed=0 free size seen=$newline
  if [ -n "$2" ]; then
    size=$(manifest_value "$(last_dump "$3")" size)
    needed=$((${size:-0} / 1024 + ${size:-0} / 10240))
  fi
  while read -r name services <&5; do
    find_volume "$name" || return 1
    if [ -n "$2" ] && users_of "$volume" | grep -q "^$2 "; then
      failure DA-BACKUP-VOLUME "$name has the files of the database: it is in the dump, and a copy of the files beside a server that runs is none"
      return 1
    fi
    case $seen in *"$newline$volume$newline"*) failure DA-BACKUP-VOLUME "$name is the volume $volume, which is asked for twice"; return 1 ;; esac
    seen=$seen$volume$newline
    find_writers "$services" || return 1
    needed=$((needed + $(tar_kib "$volume_dir")))
  done 5<"$1"
  free=$(df -Pk "$backups" | free_kib)
  case ${free:-none} in *[!0-9]*) return 0 ;; esac
  [ "$free" -le $((needed + needed / 50 + 65536)) ] || return 0
  failure DA-HOST-DISK "$((free / 1024)) MiB are free in $backups, and the volumes and the last dump have $((needed / 1024)) MiB: none was begun, because a full disk stops the database"
  return 1
}

# What a tar of it needs: files with holes are written out.
tar_kib() { find "$1" -type f -exec stat -c %s {} + 2>/dev/null | awk '{ bytes += $1 } END { printf "%d", bytes / 1024 + NR }'; } # folder

# Their containers that run, in `writers`: those of the slots too.
find_writers() { # services, separated by commas
  local service one known
  writers=''
  for service in $(printf '%s' "$1" | tr ',' ' '); do
    known=''
    for one in "$project $service" "$project-blue $service-blue" "$project-green $service-green"; do
      # shellcheck disable=SC2086 # project and service
      known=$known$(containers_of $one) writers="$writers $(running_of $one | tr '\n' ' ')"
    done
    [ -n "$known" ] || { failure DA-BACKUP-VOLUME "pause=$service: the project has no container of a service \"$service\""; return 1; }
  done
}

# What writes to a volume holds still while it is read. Whatever becomes of this run, it goes on afterwards: a guard in a session of its own sees to it
# where the agent is killed, and the next run where that one is killed too. In `held`: which containers, and since when they run.
pause_writers() { # services
  held=''
  find_writers "$1" || return 1
  [ -n "${writers# }" ] || return 0
  [ ! -e "$app_dir/backup.paused" ] || { failure DA-BACKUP-VOLUME "what a backup before has paused does not go on: docker unpause$(value_of "$app_dir/backup.paused" ids)"; return 1; }
  printf 'run=%s\nagent=%s\nids=%s\n' "$nonce" "$$" "$writers" | write_file "$app_dir/backup.paused" || { failure DA-BACKUP-WRITE "$(id -un) cannot write in $app_dir"; return 1; }
  (
    unset DEPLOY_ACTIONS_RUN
    exec setsid sh "$app_dir/bin/release" unpause-guard "$$" "$nonce" 9>&- 8>&- 7>&- 4>&- 3>&- </dev/null >/dev/null 2>&1
  ) &
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  docker pause $writers >/dev/null 2>"$run/backup.error" && held=$(states_of_writers) && return 0
  failure DA-BACKUP-VOLUME "$1 could not be paused: $(tail -n 1 "$run/backup.error")"
  let_writers_go_on
  return 1
}

# shellcheck disable=SC2086 # ids are hexadecimal, one word each
states_of_writers() { docker inspect -f '{{.Id}} {{.State.Status}} {{.State.StartedAt}}' $writers 2>/dev/null; }

# Somebody may have unpaused them or started them anew, and they wrote while the volume was read.
held_still() { # services
  [ -n "$held" ] || return 0
  [ "$(states_of_writers)" != "$held" ] || return 0
  failure DA-BACKUP-VOLUME "$1 did not stay paused while the volume was read: somebody else unpaused it or started it anew. Run it again"
  return 1
}

# The mark keeps those that do not go on.
go_on_writing() {
  local id left='' mark=$app_dir/backup.paused
  [ -e "$mark" ] || return 0
  for id in $(value_of "$mark" ids); do
    case $(inspect '{{.State.Status}}' "$id") in
      paused) docker unpause "$id" >/dev/null 2>&1 ;;
      '') docker version >/dev/null 2>&1 ;; # it is gone, or nobody knows
    esac || left="$left $id"
  done
  [ -n "$left" ] || { rm -f "$mark"; return 0; }
  sed "s/^ids=.*/ids=$left/" "$mark" | write_file "$mark"
  return 1
}

# Docker may be busy for a moment.
let_writers_go_on() {
  local tries=0
  until go_on_writing; do
    tries=$((tries + 1))
    [ "$tries" -lt 5 ] || { failure DA-BACKUP-VOLUME "what was paused for a backup does not go on. On the host: docker unpause$(value_of "$app_dir/backup.paused" ids)"; return 1; }
    pause 1
  done
}

settle_paused() {
  [ -e "$app_dir/backup.paused" ] || return 0
  docker_answers || return 0
  if go_on_writing; then progress 'note: a backup that was stopped had paused something, which goes on now'; else progress "warning: what a backup has paused does not go on: docker unpause$(value_of "$app_dir/backup.paused" ids)"; fi
}

# Until all goes on, or another run has a mark of its own.
unpause_guard_command() { # process, run
  while [ -e "/proc/$1/exe" ] && [ -e "$app_dir/backup.paused" ]; do sleep 1; done
  while [ "$(value_of "$app_dir/backup.paused" run)" = "$2" ]; do go_on_writing || sleep 2; done
}

# For the unit of systemd, which ends the guard together with the agent. By hand another backup may be under way.
unpause_left_command() {
  local pid
  pid=$(value_of "$app_dir/backup.paused" agent)
  { [ -n "$pid" ] && is_an_agent "$pid"; } || go_on_writing
}

# All of them, with a line each for the manifest in $run/volumes.made.
back_up_volumes() { # file, folder, `anyway` when a loss is what it is made for
  local name services
  : >"$run/volumes.made"
  while read -r name services <&5; do
    back_up_volume "$name" "$services" "$2" "$3" || return $?
  done 5<"$1"
}

back_up_volume() { # name, services to pause, folder, anyway
  local file=$3/volume-$1.tar code entries sum still=yes
  find_volume "$1" || return 1
  progress "backing up the volume $1"
  pause_writers "$2" || return 1
  step_into "$file" tar -c --numeric-owner -f - -C "$volume_dir" .
  code=$?
  [ "$code" = 130 ] || held_still "$2" || still=no
  let_writers_go_on || return 1
  [ "$code" != 130 ] || return 130
  [ "$still" = yes ] || return 1
  was_read "$1" "$2" "$code" || return 1
  entries=$(entries_of "$file") || { failure DA-BACKUP-BROKEN "the tar of $1 cannot be read back: $(tail -n 1 "$run/backup.error")"; return 1; }
  [ "$4" = anyway ] || compare_volume "$1" "$file" || return 1
  sync "$file" 2>/dev/null || sync
  sum=$(sha256sum "$file" | cut -d' ' -f1)
  printf '    { "volume": "%s", "file": "%s", "size": %s, "sha256": "%s", "entries": %s, "paused": "%s" }\n' \
    "$1" "${file##*/}" "$(($(wc -c <"$file")))" "$sum" "$entries" "$2" >>"$run/volumes.made"
}

# What nobody holds still may change while it is read: GNU tar says so. It is a backup of files that were not written in that moment.
was_read() { # volume, services that were paused, what tar ended with
  local changed='file changed as we read it$\|File removed before we read it$\|File shrank by [0-9]* bytes; padding with zeros$'
  [ "$3" != 0 ] || return 0
  grep -v ': socket ignored$' "$run/backup.error" >"$run/changed"
  if [ "$3" = 1 ] && [ -z "$2" ] && grep -q "$changed" "$run/changed" && ! grep -qv "$changed" "$run/changed"; then
    progress "warning: $(grep -c . "$run/changed") files of $1 changed while they were read, and may be in the backup by half; \`pause=SERVICE\` holds still who writes them"
    return 0
  fi
  backup_failed "the volume $1 could not be read"
  return 1
}

# Only who reads a tar to its end knows that none of it is missing.
entries_of() { # tar
  { tar -t -f "$1" 2>"$run/backup.error" && echo end; } | awk '{ last = $0 } END { if (last != "end") exit 1; print NR - 1 }'
}

compare_volume() { # name, tar
  local last='' one before size
  for one in $(backup_ids); do [ -z "$(volume_value "$one" "$1" size)" ] || last=$one; done
  before=$(volume_value "${last:--}" "$1" size)
  size=$(($(wc -c <"$2")))
  [ "${before:-0}" -le 65536 ] || [ $((size * 2)) -ge "$before" ] || may_shrink "the volume $1 has $size bytes, and had $before in the last backup ($last)"
}

# Names of the volumes of a backup, one a line.
volumes_in() { sed -n 's/^ *{ "volume": "\([A-Za-z0-9][A-Za-z0-9_.-]*\)", .*/\1/p' "$backups/$1/manifest.json" 2>/dev/null; } # id

volume_value() { # id, volume, key
  grep -sF "{ \"volume\": \"$2\", " "$backups/$1/manifest.json" | sed -n "s/.* \"$3\": \"\{0,1\}\([^\",}]*[^\",} ]\)\"\{0,1\}[, ].*/\1/p"
}

# What it has, its sha256 says. Programs of tar do not agree how many lines a name with a line's end in it is.
check_tars() { # id
  local name
  for name in $(volumes_in "$1"); do
    entries_of "$backups/$1/volume-$name.tar" >/dev/null || { failure DA-BACKUP-BROKEN "the tar of the volume $name in $1 cannot be read"; return 1; }
  done
}

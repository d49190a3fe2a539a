# shellcheck shell=dash
# A volume of a backup is unpacked into another one beside it, looked at, and then the two exchange what they have. The one beside has the files of before
# then, and is kept. For the next run stands in $app_dir what has to be settled:
# - restore.volumes: lines `volume other inode`, where the inode is of the folder that was unpacked. Those of a drill are in drill.volumes, and never exchanged.
# - restore.exchanged: folders begin to change places. From here on nothing is deleted that was once in place: somebody may have written there.
# - restore.counts, by renaming that: the restore is finished, not undone.
# - restore.stopped: containers that start again when the right files are in place.

mountpoint_of() { docker volume inspect -f '{{.Mountpoint}}' "$1" 2>/dev/null; } # real name

inode_of() { stat -c %i "$1" 2>/dev/null; }

# All volumes of a backup, each into one beside.
unpack_volumes() { # id, what the names of the others end with, file for the lines
  local name code
  if [ -s "$3" ]; then
    failure DA-BACKUP-RESTORE "what was unpacked before is still there: remove it first with: docker volume rm$(sed 's/^[^ ]* \([^ ]*\) .*/ \1/' "$3" | tr -d '\n')"
    return 1
  fi
  for name in $(volumes_in "$1"); do
    unpack_volume "$1" "$name" "$2" "$3"
    code=$?
    [ "$code" = 0 ] || { remove_unpacked "$3"; return "$code"; }
  done
}

unpack_volume() { # id, name, ending, file for the line
  local other dir size free code entries
  find_volume "$2" || return 1
  other=${volume}_$3
  size=$(volume_value "$1" "$2" size)
  free=$(df -Pk "$volume_dir" | free_kib)
  [ "${free:-0}" -gt $((size / 1024 + size / 10240 + 65536)) ] || { failure DA-HOST-DISK "the volume $2 needs $((size / 1048576)) MiB beside what is there, and $((${free:-0} / 1024)) are free where Docker keeps volumes: nothing was unpacked"; return 1; }
  printf '%s %s -\n' "$volume" "$other" >>"$4" || { failure DA-BACKUP-WRITE "$(id -un) cannot write in $app_dir"; return 1; }
  progress "unpacking the volume $2"
  docker volume create --label "deploy-actions.app=$app" "$other" >/dev/null 2>"$run/backup.error" || { failure DA-BACKUP-RESTORE "no volume $other could be made: $(tail -n 1 "$run/backup.error")"; return 1; }
  dir=$(mountpoint_of "$other")
  step tar -x -p --numeric-owner -f "$backups/$1/volume-$2.tar" -C "$dir"
  code=$?
  [ "$code" != 130 ] || return 130
  if [ "$code" != 0 ] || ! came_whole "$backups/$1/volume-$2.tar" "$dir"; then
    failure DA-BACKUP-RESTORE "the volume $2 of $1 did not come back whole: $(find "$dir" -print0 | tr -dc '\000' | wc -c) files and folders of $(volume_value "$1" "$2" entries); $(tail -n 1 "$run/out")"
    return 1
  fi
  sed "s/^$volume $other -\$/$volume $other $(inode_of "$dir")/" "$4" | write_file "$4"
}

# Counted anew by the tar of this host: a name with a line's end in it is two lines to busybox, and one to GNU.
came_whole() { # tar, folder
  local wanted
  wanted=$(entries_of "$1") || return 1
  [ "$wanted" = "$(($(find "$2" -print0 | tr -dc '\000' | wc -c)))" ] || [ "$wanted" = "$(($(find "$2" | wc -l)))" ]
}

# What was unpacked and never in place. A line stays for the next run where the volume does.
remove_unpacked() { # file with lines
  local one other inode
  [ -e "$1" ] || return 0
  while read -r one other inode <&6; do
    [ "$inode" = - ] || [ "$(inode_of "$(mountpoint_of "$other")")" = "$inode" ] || continue # whatever it is, it is not what was unpacked
    docker volume rm "$other" >/dev/null 2>&1 || [ -z "$(mountpoint_of "$other")" ] || printf '%s %s %s\n' "$one" "$other" "$inode"
  done 6<"$1" >"$run/unremoved"
  if [ ! -s "$run/unremoved" ]; then rm -f "$1"; return 0; fi
  write_file "$1" <"$run/unremoved"
  progress "warning: what was unpacked could not be removed: docker volume rm$(sed 's/^[^ ]* \([^ ]*\) .*/ \1/' "$1" | tr -d '\n')"
  return 1
}

# Everything that has one of the volumes stops for it. From here on it is done to its end, or taken back.
exchange_volumes() {
  local one other inode
  [ -e "$app_dir/restore.volumes" ] || return 0
  ! stop_requested || return 130
  stoppable=''
  stop_users || return 1
  write_file "$app_dir/restore.exchanged" </dev/null || { failure DA-BACKUP-WRITE "$(id -un) cannot write in $app_dir"; return 1; }
  sync "$app_dir/restore.exchanged" 2>/dev/null || sync # on the disk before the first of them moves
  while read -r one other inode <&6; do
    exchange_files "$one" "$other" || { failure DA-BACKUP-RESTORE "the files of $one could not be exchanged: $(tail -n 1 "$run/backup.error"). Is its folder a disk of its own?"; return 1; }
  done 6<"$app_dir/restore.volumes"
}

# By renaming: a full disk cannot be in the way.
restore_counts() { [ ! -e "$app_dir/restore.exchanged" ] || mv -f "$app_dir/restore.exchanged" "$app_dir/restore.counts"; }

# No folder changes its place under somebody who has it open: also one that is paused, or that is about to start again, keeps the folder that it had.
stop_users() {
  local one other inode ids
  rm -f "$run/$list"
  list_containers >/dev/null || { failure DA-BACKUP-RESTORE 'Docker does not say what uses the volumes'; return 1; }
  ids=$(while read -r one other inode <&6; do users_of "$one"; done 6<"$app_dir/restore.volumes" | sed -n 's/^\([^ ]*\) .* \(running\|paused\|restarting\)$/\1/p' | sort -u)
  [ -n "$ids" ] || return 0
  { cat "$app_dir/restore.stopped" 2>/dev/null; printf '%s\n' "$ids"; } | sort -u | write_file "$app_dir/restore.stopped" || { failure DA-BACKUP-WRITE "$(id -un) cannot write in $app_dir"; return 1; }
  progress 'stopping what uses the volumes'
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  docker stop $ids >/dev/null 2>"$run/backup.error" || { failure DA-BACKUP-RESTORE "what uses the volumes does not stop: $(tail -n 1 "$run/backup.error")"; return 1; }
}

# Docker knows a volume by the name of its folder, so it is the folder below that changes its place. Three renames: `mend_exchange` knows each step.
exchange_files() { # volume, other
  local live other
  live=$(mountpoint_of "$1") other=$(mountpoint_of "$2")
  [ -d "$live" ] && [ -d "$other" ] && [ ! -e "$live.before" ] || return 1
  { mv "$live" "$live.before" && mv "$other" "$live" && mv "$live.before" "$other"; } 2>"$run/backup.error" && return 0
  mend_exchange "$1" "$2"
  return 1
}

# What was killed between the renames: back where the other one was not in its place yet, else on. Docker may have made an empty folder where it found none.
mend_exchange() { # volume, other
  local live other
  live=$(mountpoint_of "$1") other=$(mountpoint_of "$2")
  [ -n "$live" ] && [ -n "$other" ] || return 1
  [ -d "$live.before" ] || return 0
  if [ ! -e "$other" ]; then
    mv "$live.before" "$other"
  elif [ ! -d "$live" ] || rmdir "$live"; then
    mv "$live.before" "$live"
  fi
}

# The end of a restore, and of what a dead one left. It fails where files of before could not be put back: then nothing starts on the wrong ones.
settle_volumes() {
  if [ -e "$app_dir/restore.counts" ]; then
    say_kept_volumes
    rm -f "$app_dir/restore.volumes" "$app_dir/restore.counts"
  elif [ -e "$app_dir/restore.exchanged" ]; then
    put_back_volumes || return 1
    rm -f "$app_dir/restore.volumes" "$app_dir/restore.exchanged"
  else
    remove_unpacked "$app_dir/restore.volumes"
  fi
  start_stopped
}

put_back_volumes() {
  local one other inode wrong=0
  [ -e "$app_dir/restore.volumes" ] || return 0
  stop_users || return 1
  while read -r one other inode <&6; do
    if mend_exchange "$one" "$other" && { [ "$(inode_of "$(mountpoint_of "$one")")" != "$inode" ] || exchange_files "$one" "$other"; }; then
      progress "the files of $one are those of before the restore. What had taken their place is in the volume $other; when nobody needs it: docker volume rm $other"
    else
      wrong=1
      failure DA-BACKUP-RESTORE "the files of $one could not be put back; those of before are in the volume $other, and what uses them does not run"
    fi
  done 6<"$app_dir/restore.volumes"
  return "$wrong"
}

# What does not start is tried again by the next run. What is gone by now needs nobody.
start_stopped() {
  local id left=''
  [ -e "$app_dir/restore.stopped" ] || return 0
  # shellcheck disable=SC2013 # ids are hexadecimal, one word each
  for id in $(cat "$app_dir/restore.stopped"); do
    docker start "$id" >/dev/null 2>"$run/backup.error" || is_gone "$id" || {
      left="$left$id$newline"
      progress "warning: $id, which was stopped for the restore, does not start: $(tail -n 1 "$run/backup.error")"
    }
  done
  if [ -z "$left" ]; then rm -f "$app_dir/restore.stopped"; else printf %s "$left" | write_file "$app_dir/restore.stopped"; fi
}

is_gone() { [ -z "$(inspect '{{.State.Status}}' "$1")" ] && docker version >/dev/null 2>&1; } # container

say_kept_volumes() {
  local one other inode
  [ -e "$app_dir/restore.volumes" ] || return 0
  while read -r one other inode; do progress "the files of $one are those of the backup. Those of before are in the volume $other; when all is well: docker volume rm $other"; done <"$app_dir/restore.volumes"
}

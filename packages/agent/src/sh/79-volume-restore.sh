# shellcheck shell=dash
# A volume of a backup is unpacked into another one beside it, looked at, and then the two exchange what they have. The one beside has the files of before
# then, and is kept. What stands in $app_dir/restore.volumes (lines `volume other inode`: the folder that is new) the next run can take back.

mountpoint_of() { docker volume inspect -f '{{.Mountpoint}}' "$1" 2>/dev/null; } # real name

inode_of() { stat -c %i "$1" 2>/dev/null; }

# All volumes of a backup, each into one beside.
unpack_volumes() { # id, what the names of the others end with
  local name code
  for name in $(volumes_in "$1"); do
    unpack_volume "$1" "$name" "$2"
    code=$?
    [ "$code" = 0 ] || { settle_volumes ''; return "$code"; }
  done
}

unpack_volume() { # id, name, ending
  local other dir size free code entries
  find_volume "$2" || return 1
  other=${volume}_$3
  size=$(volume_value "$1" "$2" size)
  free=$(df -Pk "$volume_dir" | free_kib)
  [ "${free:-0}" -gt $((size / 1024 + size / 10240 + 65536)) ] || { failure DA-HOST-DISK "the volume $2 needs $((size / 1048576)) MiB beside what is there, and $((${free:-0} / 1024)) are free where Docker keeps volumes: nothing was unpacked"; return 1; }
  printf '%s %s -\n' "$volume" "$other" >>"$app_dir/restore.volumes" || { failure DA-BACKUP-WRITE "$(id -un) cannot write in $app_dir"; return 1; }
  progress "unpacking the volume $2"
  docker volume create --label "deploy-actions.app=$app" "$other" >/dev/null 2>"$run/backup.error" || { failure DA-BACKUP-RESTORE "no volume $other could be made: $(tail -n 1 "$run/backup.error")"; return 1; }
  dir=$(mountpoint_of "$other")
  step tar -x -p --numeric-owner -f "$backups/$1/volume-$2.tar" -C "$dir"
  code=$?
  [ "$code" != 130 ] || return 130
  entries=$(find "$dir" -print0 | tr -dc '\000' | wc -c)
  if [ "$code" != 0 ] || [ "$((entries))" != "$(volume_value "$1" "$2" entries)" ]; then
    failure DA-BACKUP-RESTORE "the volume $2 of $1 did not come back whole: $((entries)) files and folders of $(volume_value "$1" "$2" entries); $(tail -n 1 "$run/out")"
    return 1
  fi
  sed "s/^$volume $other -\$/$volume $other $(inode_of "$dir")/" "$app_dir/restore.volumes" | write_file "$app_dir/restore.volumes"
}

# Everything that has one of the volumes stops for it. From here on it is done to its end, or taken back.
exchange_volumes() {
  local one other inode ids
  [ -e "$app_dir/restore.volumes" ] || return 0
  ! stop_requested || return 130
  stoppable=''
  rm -f "$run/$list"
  ids=$(while read -r one other inode <&6; do users_of "$one"; done 6<"$app_dir/restore.volumes" | sed -n 's/^\([^ ]*\) .* running$/\1/p' | sort -u)
  printf '%s\n' "$ids" | write_file "$app_dir/restore.stopped" || { failure DA-BACKUP-WRITE "$(id -un) cannot write in $app_dir"; return 1; }
  [ -z "$ids" ] || progress 'stopping what uses the volumes'
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  [ -z "$ids" ] || docker stop $ids >/dev/null 2>"$run/backup.error" || { failure DA-BACKUP-RESTORE "what uses the volumes does not stop: $(tail -n 1 "$run/backup.error")"; return 1; }
  while read -r one other inode <&6; do
    exchange_files "$one" "$other" || { failure DA-BACKUP-RESTORE "the files of $one could not be exchanged: $(tail -n 1 "$run/backup.error"). Is its folder a disk of its own?"; return 1; }
  done 6<"$app_dir/restore.volumes"
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

# What was killed between the renames: back where the new one was not in its place yet, else on.
mend_exchange() { # volume, other
  local live other
  live=$(mountpoint_of "$1") other=$(mountpoint_of "$2")
  [ -n "$live" ] && [ -d "$live.before" ] || return 0
  if [ ! -d "$live" ]; then mv "$live.before" "$live"; else mv "$live.before" "$other"; fi
}

# The end of a restore, of a drill, and of what a dead one left. What is new in its place stays there when the restore counts, and else goes back; the
# volume beside stays only while it has the files of before.
settle_volumes() { # yes: it counts
  local one other inode left=0
  if [ -e "$app_dir/restore.volumes" ]; then
    while read -r one other inode <&6; do
      mend_exchange "$one" "$other"
      if [ "$(inode_of "$(mountpoint_of "$one")")" = "$inode" ]; then
        [ "$1" != yes ] || continue
        exchange_files "$one" "$other" || { left=1; progress "warning: the files of $one could not be put back; those of before are in the volume $other"; continue; }
      fi
      [ "$inode" = - ] || [ "$(inode_of "$(mountpoint_of "$other")")" = "$inode" ] || continue # whatever it is, it is not what was unpacked
      docker volume rm "$other" >/dev/null 2>&1 || [ -z "$(mountpoint_of "$other")" ] || left=1
    done 6<"$app_dir/restore.volumes"
    [ "$left" = 1 ] || rm -f "$app_dir/restore.volumes"
  fi
  start_stopped
  return "$left"
}

start_stopped() {
  local ids
  [ -e "$app_dir/restore.stopped" ] || return 0
  ids=$(cat "$app_dir/restore.stopped")
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  [ -z "$ids" ] || docker start $ids >/dev/null 2>"$run/backup.error" || progress "warning: what was stopped for the restore did not start: $(tail -n 1 "$run/backup.error")"
  rm -f "$app_dir/restore.stopped"
}

say_kept_volumes() {
  local one other inode
  [ -e "$app_dir/restore.volumes" ] || return 0
  while read -r one other inode; do progress "the files of $one are those of the backup. Those of before are in the volume $other; when all is well: docker volume rm $other"; done <"$app_dir/restore.volumes"
}

# shellcheck shell=dash
# Backups on their way to a store and back. The store and its keys are the runner's; here are only files.

receiving='' # the folder of a backup that is being brought back; nothing of it stays when it does not come whole

is_plain_name() { case $1 in '' | .* | *[!A-Za-z0-9._-]*) return 1 ;; esac; }

# One file of a backup behind a line with its size, beside the run that holds the lock, or after it: what is there under its id is never changed.
send_backup_file() { # directory, id, file
  local file=$1/backups/$2/$3
  in_session=yes
  if ! is_backup_id "$2" || ! is_plain_name "$3" || [ ! -f "$file" ]; then die DA-BACKUP-UNKNOWN "there is no $3 of a backup $2 in $1/backups"; fi
  [ -z "${DEPLOY_ACTIONS_AGENT:-}" ] || rm -f "$DEPLOY_ACTIONS_AGENT"
  event "backup-file size=$(($(wc -c <"$file")))"
  exec cat "$file"
}

tell_manifest() { # id
  find_backups || return 1
  event backup-manifest
  ! is_backup_id "$1" || [ ! -r "$backups/$1/manifest.json" ] || raw <"$backups/$1/manifest.json"
  event end
}

tell_whether_whole() { # id
  find_backups || return 1
  if is_backup_id "$1" && check_files "$1"; then event 'backup-whole whole=yes'; else event 'backup-whole whole=no'; fi
}

# What is not as it was made leaves its place to the one that comes from the store. It stays beside, for who wants to know what became of it.
set_aside() { # id
  find_backups || return 1
  is_backup_id "$1" || return 1
  if [ -e "$backups/$1" ]; then
    mv "$backups/$1" "$backups/$1.broken-$nonce" || { failure DA-BACKUP-WRITE "cannot rename $backups/$1"; return 1; }
    progress "note: $1 on the host is not what it was when it was made; it is kept as $backups/$1.broken-$nonce"
  fi
  event backup-set-aside
}

# By the rule of this host, of backups that lie elsewhere; their ids are in $run/backup/stored.
tell_kept() { # daily,weekly,monthly
  local kept='' stored
  stored=$(cat "$run/backup/stored") || return 1
  # shellcheck disable=SC2046 # numbers
  [ -z "$stored" ] || kept_of "$stored" $(printf '%s' "$1" | tr ',' ' ') || return 1
  event backup-kept
  printf '%s\n' "$kept" | grep . | sort -u | raw
  event end
}

begin_receiving() { # id, bytes
  local free
  find_backups || return 1
  is_backup_id "$1" || return 1
  free=$(df -Pk "$backups" | free_kib)
  [ "${free:-0}" -gt $(($2 / 1024 + 1024)) ] || { failure DA-HOST-DISK "$1 needs $(($2 / 1048576)) MiB on the host, and $((${free:-0} / 1024)) are free in $backups"; return 1; }
  rm -rf "$backups"/*.tmp
  receiving=$backups/$1.tmp
  mkdir -p "$receiving" || { failure DA-BACKUP-WRITE "$(id -un) cannot write in $backups"; return 1; }
  event "backup-receive folder=$receiving"
}

end_receiving() { # id
  check_files "$1.tmp" || { failure DA-BACKUP-BROKEN "$1 did not come back as it was made: a sha256 differs"; return 1; }
  sync "$receiving"/* 2>/dev/null || sync
  mv "$receiving" "$backups/$1" || { failure DA-BACKUP-WRITE "cannot rename $receiving"; return 1; }
  receiving=''
  progress "$1 is on the host again"
  event backup-received
}

# A step for the runner that cannot be done ends the run.
backup_or_end() { # function, arguments
  local code
  "$@"
  code=$?
  [ "$code" = 0 ] && return 0
  say_why "$code"
  abort_run
}

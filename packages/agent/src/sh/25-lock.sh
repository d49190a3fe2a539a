# shellcheck shell=dash
# One run at a time for an app on this host. The kernel holds the lock for the agent's process, so it cannot outlive it.

app_dir=''
made_app=''  # yes: this run created the folder, and takes it away again when nothing comes of it
has_lock=''

open_app() { # directory
  local said
  app_dir=$1
  command -v flock >/dev/null || die DA-HOST-FLOCK 'flock is missing on this host. Install util-linux (or busybox).'
  if [ ! -d "$app_dir" ]; then
    said=$(mkdir -p "$app_dir" 2>&1) || die DA-HOST-DIRECTORY "$(id -un) cannot create $app_dir (${said##*: }). As root, once: mkdir -p $app_dir && chown $(id -un) $app_dir; or log in as root, or choose another \`directory\`"
    made_app=yes
  fi
  [ -w "$app_dir" ] || die DA-HOST-DIRECTORY "$(id -un) cannot write in $app_dir. As root, once: chown -R $(id -un) $app_dir; or log in as its owner"
  refuse_foreign_folder
  make_app_folders
}

# A folder in which nothing of ours was ever made, but which already has one of the names that we use, belongs to somebody.
refuse_foreign_folder() {
  local name
  [ ! -e "$app_dir/bin/release" ] && [ ! -e "$app_dir/lock" ] || return 0
  for name in files releases current previous switch edge bin; do
    [ ! -e "$app_dir/$name" ] || die DA-HOST-DIRECTORY "$app_dir has \"$name\" already, which deploy-actions did not make and would use. Choose another \`directory\`, or move it away"
  done
}

make_app_folders() {
  : >>"$app_dir/lock" # first: by it the folder is ours, also to a run that comes at the same time
  mkdir -p "$app_dir/releases" "$app_dir/files" "$app_dir/switch" "$app_dir/edge/config" "$app_dir/edge/data" "$app_dir/bin"
  # The edge may run as another user: it reads the flag and its configuration, never the releases.
  chmod 711 "$app_dir/edge"
  chmod 700 "$app_dir/releases" "$app_dir/files"
  chmod 755 "$app_dir/switch"
}

# Only under the lock: another run could be renaming the flag.
make_flag() {
  local flag
  if [ "$(live_slot)" = none ] && [ ! -e "$app_dir/switch/none" ]; then
    flag=$(flag_of_live_release) || die DA-HOST-DOCKER-PERMISSION 'the flag of the live slot is lost, and Docker on the host does not answer where it is'
    : >"$app_dir/switch/$flag"
  fi
  chmod 644 "$app_dir"/switch/*
}

# Before the first release none. Later the flag was lost, and the edge serves blue, whatever is there.
flag_of_live_release() {
  local id
  id=$(current_release)
  [ ! -e "$app_dir/releases/$id/settings" ] || use_release "$id"
  if [ -n "$release" ] && has_switch; then list_containers >/dev/null && slot_with_release; else printf none; fi
}

take_lock() { # seconds to wait, who we are
  local deadline say_at holding told_of=-
  exec 9>>"$app_dir/lock" || die DA-HOST-DIRECTORY "cannot write $app_dir/lock"
  now_ms
  deadline=$((now + $1 * 1000))
  say_at=0
  until flock -n 9 && lock_is_there; do
    now_ms
    [ "$now" -lt "$deadline" ] || die DA-LOCK-TIMEOUT "another run holds the lock of this app: $(holder). Waited $1 s. Wait for it, or raise lock-timeout."
    # A runner with several hosts lets go of others meanwhile; by the folder it knows its own run, at a host that it was given twice.
    holding=$(value_of "$app_dir/lock.holder" run)
    [ "$holding" = "$told_of" ] || { event "waiting run=$holding"; told_of=$holding; }
    [ "$now" -lt "$say_at" ] || { progress "waiting for another run: $(holder)"; say_at=$((now + 10000)); }
    stop_requested && die DA-CANCELLED 'stopped while waiting for the lock; nothing was touched'
    end_orphans
    pause 0.2
  done
  has_lock=yes
  make_flag
  discard_dead_run
  discard_dead_folders
  printf 'run=%s\nwho=%s\nsince=%s\n' "$run" "$2" "$(timestamp)" | write_file "$app_dir/lock.holder"
}

# The holder was killed in the middle of a question to Docker, and whoever asked that holds the lock as long as Docker does not answer.
end_orphans() {
  local dead pid
  dead=$(value_of "$app_dir/lock.holder" run) && pid=$(cat "$dead/agent" 2>/dev/null) || return 0
  [ -e "/proc/$pid/exe" ] || end_processes_of "${dead##*.}"
}

# A refused first run takes the folder away, and with it the lock that we waited for.
lock_is_there() {
  [ ! "$app_dir/lock" -ef /proc/self/fd/9 ] || return 0
  open_app "$app_dir"
  exec 9>>"$app_dir/lock"
  return 1
}

# What a run that was killed left behind in memory and in its private folder; its journal is settled elsewhere.
discard_dead_run() {
  local dead
  dead=$(value_of "$app_dir/lock.holder" run) || return 0
  case $dead in
    */deploy-actions.*)
      end_processes_of "${dead##*.}"
      end_processes_of "upload-${dead##*.}"
      end_companions_of "$dead"
      remove_folder "$dead"
      ;;
  esac
  rm -f "$app_dir/lock.holder"
}

# Out of the way in one instant first: a shell of a killed run that lives for a moment longer would write in what is being removed.
remove_folder() { # private folder of a dead run
  mv "$1" "$run/dead" 2>/dev/null && rm -rf "$run/dead"
}

# The reader and the watchdog of a killed run would notice within seconds that they are alone.
end_companions_of() { # folder of a run
  local pid
  # shellcheck disable=SC2013 # process ids
  for pid in $(cat "$1/companions" 2>/dev/null); do
    ! is_an_agent "$pid" || kill -KILL "$pid" 2>/dev/null
  done
}

is_an_agent() { grep -qsE 'deploy-actions-agent|release' "/proc/$1/cmdline"; } # process

# Runs that died before they had the lock, or that only looked: what they were sent is no use to anybody any more.
discard_dead_folders() {
  local folder
  for folder in "${TMPDIR:-/tmp}"/deploy-actions.???????? "${TMPDIR:-/tmp}"/deploy-actions.????????.gone; do
    if [ -O "$folder/agent" ]; then
      is_an_agent "$(cat "$folder/agent")" || remove_folder "$folder"
    elif [ -O "$folder" ] && [ -n "$(find "$folder" -maxdepth 0 -mmin +1)" ]; then
      remove_folder "$folder" # it died right after it was made, or in the middle of its removal
    fi
  done
}

drop_lock() {
  rm -f "$app_dir/lock.holder"
  [ -z "$made_app" ] || leave_no_folder
  has_lock=''
  exec 9>&-
}

# However a run ends, it is no longer the lock's holder.
leave_app() {
  [ -z "$has_lock" ] || drop_lock
}

# Nothing was deployed to a folder that did not exist before this run. Only what we put there goes.
leave_no_folder() {
  [ -z "$(ls "$app_dir/releases")" ] && [ ! -e "$app_dir/log.jsonl" ] || return 0
  rm -f "$app_dir/bin/release" "$app_dir/switch/none" "$app_dir/lock"
  rmdir "$app_dir/edge/config" "$app_dir/edge/data" "$app_dir/edge" "$app_dir/bin" "$app_dir/switch" "$app_dir/files" "$app_dir/releases" "$app_dir" 2>/dev/null
}

holder() {
  printf '%s, since %s' "$(value_of "$app_dir/lock.holder" who || printf 'a run that has just begun')" "$(value_of "$app_dir/lock.holder" since || timestamp)"
}

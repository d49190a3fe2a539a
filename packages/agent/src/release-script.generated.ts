// GENERATED from packages/agent/src/sh/*.sh by `npm run build`. Do not edit.

/** The host agent, as it is written to the host. */
export const releaseScript: string = `#!/bin/sh
# shellcheck shell=dash
# The host agent of deploy-actions: everything that happens on the host, in the order in which it happens.
# It needs a POSIX shell, docker with Compose, flock and tar, and nothing else.

set -u
umask 077
export LC_ALL=C COMPOSE_IGNORE_ORPHANS=1 DOCKER_CLI_HINTS=false

tab=$(printf '\\t')
newline='
'
in_session='' # yes: the other end is a runner, which reads the line prefixes below

# To a runner every line says what it is: "=" an event, "." progress, "|" raw output, "!" a failure with its code.
# Telling never fails: a runner that is gone must not look like a step that went wrong.
event() { [ -z "$in_session" ] || printf '= %s\\n' "$*" 2>/dev/null || :; }
progress() { if [ -n "$in_session" ]; then printf '. %s\\n' "$*"; else printf '%s\\n' "$*"; fi 2>/dev/null || :; }
raw() { # a last line without an end gets one: what is said next must not stick to it
  if [ -n "$in_session" ]; then set -- '| '; else set -- '    '; fi
  { cat; echo; } | sed -e '$ { /^$/d' -e '}' -e "s/^/$1/"
}
mild='' # yes: what goes wrong is a warning, because who asked for it goes on without it
told='' # yes: somebody has said what went wrong
failure() { # code, message; details may follow through raw
  if [ -n "$mild" ]; then progress "warning: $2 ($1)"; return; fi
  told=yes
  if [ -n "$in_session" ]; then printf '! %s %s\\n' "$1" "$2"; else printf 'error: %s (%s)\\n' "$2" "$1" >&2; fi || :
}
die() { failure "$@"; exit 1; }

# Milliseconds since boot. Read without a fork, and never wrong by a clock that is set.
now_ms() {
  local up
  read -r up _ </proc/uptime
  now=$((\${up%.*} * 1000 + (1\${up#*.} - 100) * 10))
}

timestamp() { date -u +%Y-%m-%dT%H:%M:%SZ; }

# One value of a file of key=value lines: the text behind the first "=".
value_of() { # file, key
  local key value
  while IFS='=' read -r key value; do
    [ "$key" != "$2" ] || { printf '%s' "$value"; return 0; }
  done 2>/dev/null <"$1"
  return 1
}

# Writes standard input to a file by rename, so that a reader or a power cut sees the old text or the new one.
write_file() {
  cat >"$1.next" && mv -f "$1.next" "$1"
}

# shellcheck shell=dash
# Children of the agent. A run may be told to stop at any moment (cancel, lost connection, silence); then the child in
# progress ends at once, and so does everything that it started.

run=''          # this run's private folder
nonce=''        # marks every process that this run starts, so that a later run can end what a dead one left
stoppable=''    # yes: a stop request ends the child in progress; empty: the run goes on to its end
interrupted=''
companions='' # processes that live as long as this one

open_run() {
  run=$(mktemp -d "\${TMPDIR:-/tmp}/deploy-actions.XXXXXXXX" 2>&1) || die DA-HOST-TEMP "$(id -un) cannot create a temporary folder: \${run#mktemp: }. See \\\`df -h \${TMPDIR:-/tmp}; ls -ld \${TMPDIR:-/tmp}\\\` on the host"
  printf '%s' "$$" >"$run/agent"
  own_run
}

own_run() {
  nonce=\${run##*.}
  export DEPLOY_ACTIONS_RUN="$nonce"
  trap '' HUP PIPE
  trap 'interrupted=yes' USR1
  trap 'request_stop signal' INT TERM
  trap 'close_run' EXIT
}

close_run() {
  local gone
  trap - EXIT
  # The reader holds the connection open, and so keeps the runner waiting, for as long as it lives. Gone for certain before the
  # folder goes: it could write there once more.
  # shellcheck disable=SC2086 # process ids
  [ -z "$companions" ] || { kill -KILL $companions; wait $companions; } 2>/dev/null
  # Those that an earlier part of the run has started are nobody's to wait for.
  for gone in $companions; do while [ -e "/proc/$gone/exe" ]; do pause 0.01; done; done
  # What unpacks an upload would write on in the folder.
  [ ! -p "$run/upload" ] || end_processes_of "upload-$nonce"
  [ -z "$receiving" ] || rm -rf "$receiving"
  leave_migration
  leave_client
  [ -z "$has_lock" ] || go_on_writing
  leave_app
  [ -z "$run" ] || remove_run_folder "$run"
  [ -z "\${DEPLOY_ACTIONS_AGENT:-}" ] || rm -f "$DEPLOY_ACTIONS_AGENT"
}

# A program that a companion had just started outlives it for a moment. Under another name it finds nothing to write in while the folder goes; one that is
# in there already may still rename a file.
remove_run_folder() { # folder
  local tries=0
  ! mv "$1" "$1.gone" 2>/dev/null || set -- "$1.gone"
  until rm -rf "$1" 2>/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -lt 50 ] || { rm -rf "$1"; return; }
    pause 0.02
  done
}

request_stop() { # reason: cancel, lost, silent or signal
  [ -e "$run/stop" ] || printf '%s' "$1" >"$run/stop"
  interrupted=yes
}

stop_requested() { [ -n "$stoppable" ] && [ -e "$run/stop" ]; }

# Runs one command and waits for it; its output is in $run/out. The lock's descriptor stays closed in it: otherwise a
# child that outlives a killed agent would keep the lock. Returns 130 when a stop request ended it.
step() {
  local child status
  stop_requested && return 130
  # In parentheses: around a function the shell would keep the lock open beside, to have it back afterwards.
  ("$@") 9>&- 8>&- 7>&- 4>&- </dev/null >"$run/out" 2>&1 &
  child=$!
  while :; do
    interrupted=''
    wait "$child"
    status=$?
    [ -n "$interrupted" ] || return "$status"
    if stop_requested; then
      end_processes_of "$nonce"
      wait "$child" 2>/dev/null
      return 130
    fi
    kill -0 "$child" 2>/dev/null || { wait "$child" 2>/dev/null; return $?; }
  done
}

# Waits for a child that runs beside the work; signals do not cut this short.
await_child() { # process
  while kill -0 "$1" 2>/dev/null; do wait "$1"; done
}

# Ends every process that a run started, also grandchildren: \`docker compose\` is a plugin that outlives a killed \`docker\`.
end_processes_of() { # nonce
  local file pid
  # shellcheck disable=SC2013 # paths below /proc have no spaces
  for file in $(grep -ls "DEPLOY_ACTIONS_RUN=$1" /proc/[0-9]*/environ 2>/dev/null); do
    pid=\${file#/proc/}
    pid=\${pid%/environ}
    [ "$pid" = "$$" ] || kill -KILL "$pid" 2>/dev/null
  done
}

pause() { sleep "$1" 9>&- 8>&- 7>&- 4>&-; }

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
    said=$(mkdir -p "$app_dir" 2>&1) || die DA-HOST-DIRECTORY "$(id -un) cannot create $app_dir (\${said##*: }). As root, once: mkdir -p $app_dir && chown $(id -un) $app_dir; or log in as root, or choose another \\\`directory\\\`"
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
    [ ! -e "$app_dir/$name" ] || die DA-HOST-DIRECTORY "$app_dir has \\"$name\\" already, which deploy-actions did not make and would use. Choose another \\\`directory\\\`, or move it away"
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
  printf 'run=%s\\nwho=%s\\nsince=%s\\n' "$run" "$2" "$(timestamp)" | write_file "$app_dir/lock.holder"
}

# The holder was killed in the middle of a question to Docker, and whoever asked that holds the lock as long as Docker does not answer.
end_orphans() {
  local dead pid
  dead=$(value_of "$app_dir/lock.holder" run) && pid=$(cat "$dead/agent" 2>/dev/null) || return 0
  [ -e "/proc/$pid/exe" ] || end_processes_of "\${dead##*.}"
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
      end_processes_of "\${dead##*.}"
      end_processes_of "upload-\${dead##*.}"
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
  for folder in "\${TMPDIR:-/tmp}"/deploy-actions.???????? "\${TMPDIR:-/tmp}"/deploy-actions.????????.gone; do
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

# shellcheck shell=dash
# The journal says how far the run in progress got; it exists only while something is unsettled. The log is the history.

write_journal() { # phase
  phase=$1
  write_file "$app_dir/journal" <<EOF
phase=$1
operation=$operation
release=$release
slot=$slot
previous=$previous
run=$run
verified=$verified
hosts=$hosts
confirmed=$confirmed
since=$(timestamp)
$([ "$1" != prepared ] || printf 'held_by=%s\\nheld_until=%s' "$held_by" "$held_until")
EOF
}

read_journal() {
  [ -e "$app_dir/journal" ] || return 1
  phase=$(value_of "$app_dir/journal" phase)
  operation=$(value_of "$app_dir/journal" operation)
  slot=$(value_of "$app_dir/journal" slot)
  previous=$(value_of "$app_dir/journal" previous)
  verified=$(value_of "$app_dir/journal" verified)
  use_release "$(value_of "$app_dir/journal" release)" || return 0 # a run that died at the end of its undoing left no release
}

clear_journal() { rm -f "$app_dir/journal" "$app_dir/journal.containers" "$app_dir/journal.networks" "$app_dir/journal.made" "$app_dir/journal.adopted" "$app_dir/journal.handed"; phase=''; }

# One JSON line for each thing that happened to a release. All values obey grammars without quotes or backslashes.
log_event() { # event: live, aborted, reverted, bad
  printf '{"time":"%s","event":"%s","operation":"%s","release":"%s","previous":"%s","slot":"%s","commit":"%s","run":"%s"}\\n' \\
    "$(timestamp)" "$1" "$operation" "$release" "$previous" "$slot" "$(setting commit)" "$(setting run_url)" >>"$app_dir/log.jsonl"
}

# Ids of the releases that were live, oldest first.
history() {
  [ -e "$app_dir/log.jsonl" ] || return 0
  sed -n 's/.*"event":"live".*"release":"\\([^"]*\\)".*/\\1/p' "$app_dir/log.jsonl"
}

# What became of a release, for a runner that lost its connection. Asked with the lock held: whatever was going on is settled.
describe_outcome() { # id
  local state
  state=$(grep -F "\\"release\\":\\"$1\\"" "$app_dir/log.jsonl" 2>/dev/null | sed -n 's/.*"event":"\\([a-z]*\\)".*/\\1/p' | tail -n 1)
  case $(current_release):$state in
    "$1":*) state=live ;;
    *:reverted | *:aborted) ;;
    *) state=none ;;
  esac
  event "outcome release=$1 state=$state slot=$(live_slot)"
}

# shellcheck shell=dash
# Reading a release directory (docs/release-directory.md) and choosing among releases.

operation='' # deploy or rollback
release=''   # the release that this run applies
slot=''      # where it goes
previous=''  # the release that was live before
verified=no
hosts=1      # how many change together in this run
confirmed=no # yes: the runner has asked whether the release may become final, and this host has said yes
phase=''
release_dir=''
project=''
app=''

use_release() { # id, or id.tmp
  release=$1
  release_dir=$app_dir/releases/$1
  project=$(setting project)
  app=$(setting app)
}

setting() { value_of "$release_dir/settings" "$1"; }

current_release() { # the live release's id, empty before the first
  local link
  link=$(readlink "$app_dir/current" 2>/dev/null) || return 0
  printf '%s' "\${link##*/}"
}

live_slot() {
  local name
  for name in green blue; do [ ! -e "$app_dir/switch/$name" ] || { printf '%s' "$name"; return; }; done
  printf none
}

other_slot() { if [ "$1" = blue ]; then printf green; else printf blue; fi; }

# Calls a function with the fields of every service that a pattern of strategies names, in start order.
# Fields: service strategy image replicas restart health health_port health_path phase local_image after
each_service() { # strategies separated by |, function
  local service strategy image replicas restart health port path when local_image after
  while IFS="$tab" read -r service strategy image replicas restart health port path when local_image after <&3; do
    case "|$1|" in
      *"|$strategy|"*) "$2" "$service" "$strategy" "$image" "$replicas" "$restart" "$health" "$port" "$path" "$when" "$local_image" "$after" || return $? ;;
    esac
  done 3<"$release_dir/services.tsv"
}

# Has it the form of a release id? Other things in the folder are not ours.
is_release_id() {
  case $1 in
    *[!0-9A-Za-z.-]*) return 1 ;;
    [0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z-*) return 0 ;;
  esac
  return 1
}

has_switch() { grep -q "^[^$tab]*\${tab}switch$tab" "$release_dir/services.tsv"; }

is_bad() { [ -e "$app_dir/releases/$1/bad" ]; }

# What a release counts as: a copy that a rollback made (with other values) as the one that it brought back. A copy that sync-env made of the live
# release counts by itself: going back from it takes its values back.
counts_as() { # id
  local of
  of=$(value_of "$app_dir/releases/$1/settings" of)
  if [ -n "$of" ] && grep -qsF "\\"event\\":\\"live\\",\\"operation\\":\\"rollback\\",\\"release\\":\\"$1\\"" "$app_dir/log.jsonl"; then printf '%s' "$of"; else printf '%s' "$1"; fi
}

# The release that \`previous\`, \`-N\` or an id means. Prints nothing when there is none.
choose_release() { # to
  local steps current id candidates as
  current=$(current_release)
  case $1 in
    previous) steps=1 ;;
    -[1-9] | -[1-9][0-9]) steps=\${1#-} ;;
    *) [ ! -e "$app_dir/releases/$1/settings" ] || printf '%s' "$1"; return ;;
  esac
  candidates=$newline$(counts_as "$current")$newline
  for id in $(history | sed '1!G;h;$!d'); do
    if [ "$id" = "$current" ] || is_bad "$id" || [ ! -e "$app_dir/releases/$id/settings" ]; then continue; fi
    as=$(counts_as "$id")
    case $candidates in *"$newline$as$newline"*) continue ;; esac
    candidates=$candidates$as$newline
    steps=$((steps - 1))
    [ "$steps" -gt 0 ] || { printf '%s' "$id"; return; }
  done
}

link_release() { # link name, id
  ln -sfn "releases/$2" "$app_dir/$1.next"
  mv -Tf "$app_dir/$1.next" "$app_dir/$1" 2>/dev/null && return
  # A busybox without -T.
  rm -f "$app_dir/$1.next"
  ln -sfn "releases/$2" "$app_dir/$1"
}

# shellcheck shell=dash
# Images of a release: pulled by digest, tagged as ours while the release is kept.

docker_config='' # folder with this run's registry login, only while pulling

# Keeps the login that the runner sent: in a private folder that goes away with the pull, never in the user's own file.
receive_credential() { # one line: the JSON of a Docker configuration
  docker_config=$run/docker
  mkdir -p "$docker_config"
  printf '%s\\n' "$1" >"$docker_config/config.json"
}

forget_credential() {
  [ -z "$docker_config" ] || rm -rf "$docker_config"
  docker_config=''
}

present() { docker image inspect "$1" >/dev/null 2>&1; }

# Everything that the release needs and the host lacks, all at once. Going back needs no registry: our tag has kept the image.
pull_release() {
  local images
  images=$({ cut -f2,3 "$release_dir/services.tsv" | sed -n "/^off$tab/!s/^[^$tab]*$tab//p"; [ -n "$edge" ] || edge_image; } | sort -u)
  # shellcheck disable=SC2086 # image references have no spaces
  docker image inspect $images >/dev/null 2>&1 || pull_images $images || return $?
  forget_credential
}

pull_images() { # images
  local image number=0
  rm -f "$run/pull.failed"
  # shellcheck disable=SC2046 # image references have no spaces
  set -- $(for image; do (present "$image" || printf '%s\\n' "$image") & done; wait)
  [ $# -gt 0 ] || return 0
  progress "pulling $*"
  step pull_all "$@" || return $?
  [ -e "$run/pull.failed" ] || return 0
  read -r number image <"$run/pull.failed"
  case $(cat "$run/pull.$number") in
    *'no space left'*) failure DA-HOST-DISK "the host's disk is full: $image could not be pulled. \\\`docker system df\\\` on the host shows what takes the space" ;;
    *denied* | *unauthorized* | *'authentication required'*) failure DA-REGISTRY-AUTH "the registry refused the host's pull of $image. Give \\\`registry-username\\\` and \\\`registry-password\\\`, and check that they may read this image" ;;
    *toomanyrequests* | *'oo many requests'*) failure DA-REGISTRY-RATE-LIMIT "the registry answers no more requests of this host: its rate limit is reached, and $image could not be pulled. Log in with \\\`registry-username\\\` and \\\`registry-password\\\`, or run again later" ;;
    *'not found'* | *'manifest unknown'*) failure DA-REGISTRY-NOT-FOUND "the registry has no $image. Check the name where it stands (the Compose file, \\\`images\\\`, \\\`edge-image\\\` or \\\`database-image\\\`), and that it was pushed" ;;
    *) failure DA-IMAGE-PULL "the host could not pull $image: $(tail -n 1 "$run/pull.$number" | cut -c 1-300). \\\`docker pull $image\\\` on the host shows the same" ;;
  esac
  raw <"$run/pull.$number"
  return 1
}

pull_all() { # images
  local image number=0
  for image; do
    number=$((number + 1))
    (pull_image "$number" "$image" || printf '%s %s\\n' "$number" "$image" >>"$run/pull.failed") &
  done
  wait
}

# Docker asks again for a layer that is cut, but not for the manifest of a registry that is busy.
pull_image() { # number, image
  local try
  for try in 1 2 3; do
    docker \${docker_config:+--config "$docker_config"} pull -q "$2" >"$run/pull.$1" 2>&1 && return
    passes_by "$run/pull.$1" && [ "$try" -lt 3 ] || return 1
    pause $((try * 3))
  done
}

passes_by() { # what Docker said
  grep -qiE 'toomanyrequests|too many requests|(status|status code|error):? *(429|50[0234])|internal server error|bad gateway|service unavailable|gateway time|unexpected EOF|reset by peer|i/o timeout|handshake timeout|deadline exceeded|connection refused|temporary failure' "$1"
}

# Says whose the images of a live release are, and shields them from \`docker image prune\`.
tag_images() {
  each_service 'switch|once|keep|recreate|start' tag_image
  wait
}

tag_image() { # fields of a service
  [ "\${10}" = - ] || docker tag "$3" "\${10}" &
}

# Drops what is kept beyond keep_releases: directories, our tags, and digests that no kept release needs.
# Never the live release, the one to go back to, or an image of either. A release and the newest copy that a rollback made of it count as one.
prune_releases() {
  local keep kept id counted as
  keep=$(setting keep_releases || echo 5)
  kept="$newline$(current_release)$newline$previous$newline"
  counted=$newline
  for id in $(current_release) $previous; do counted=$counted$(counts_as "$id")$newline; done
  for id in $(history | sed '1!G;h;$!d'); do
    case $kept in *"$newline$id$newline"*) continue ;; esac
    is_bad "$id" && continue
    as=$(counts_as "$id")
    case $counted in
      *"$newline$as$newline"*) [ "$id" != "$as" ] || kept="$kept$id$newline" ;;
      *)
        [ "$(printf '%s' "$counted" | sort -u | grep -c .)" -lt "$keep" ] || break
        kept="$kept$id$newline"
        counted="$counted$as$newline"
        ;;
    esac
  done
  for id in "$app_dir"/releases/*; do
    id=\${id##*/}
    is_release_id "$id" || continue
    case $kept in *"$newline$id$newline"*) ;; *) forget_release "$id" ;; esac
  done
  find "$app_dir/releases" -maxdepth 1 -name '[0-9]*T[0-9]*Z-*.tmp' -mmin +60 -exec rm -rf {} + 2>/dev/null
  prune_files
}

forget_release() { # id
  local dir=$app_dir/releases/$1 images image
  images=$(cut -f3,10 "$dir/services.tsv" 2>/dev/null | tr '\\t' '\\n' | grep -v '^-$' | sort -u)
  rm -rf "$dir"
  set --
  for image in $images; do
    case $image in deploy-actions/* | *@sha256:*) ;; *) continue ;; esac # a tag of the user's own is not ours to drop
    grep -qsF "$tab$image$tab" "$app_dir"/releases/*/services.tsv || another_app_has "$image" || set -- "$@" "$image"
  done
  [ $# -eq 0 ] || docker image rm "$@" >/dev/null 2>&1
}

# Staging and production may share a host, and an image by its digest: the one keeps it by a tag of its own.
another_app_has() { # image
  case $1 in deploy-actions/*) return 1 ;; esac
  docker image inspect -f '{{range .RepoTags}}{{println .}}{{end}}' "$1" 2>/dev/null | grep '^deploy-actions/' | grep -qv "^deploy-actions/$(setting app)/"
}

# Uploaded files are stored by content; one that no kept release mentions is gone.
prune_files() {
  local file
  for file in "$app_dir"/files/*; do
    # Only what has a name that we give: 64 hexadecimal digits.
    case \${file##*/} in *[!0-9a-f]* | '') continue ;; esac
    [ "$(printf '%s' "\${file##*/}" | wc -c)" -eq 64 ] || continue
    grep -qsF "$file" "$app_dir"/releases/*/*.json || rm -rf "$file"
  done
}

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
  case \${run:+$1} in start | stop | rm | pause | unpause) rm -f "$run/$list" ;; esac
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

states_of() { # project, [service]: lines \`id state\`
  local id project_of service_of state oneoff name ports mounts app_of rest
  list_containers | while IFS='|' read -r id project_of service_of state oneoff name ports mounts app_of rest; do
    case $project_of:$service_of:$oneoff in "$1:\${2:-$service_of}:False") ;; *) continue ;; esac
    # Slots and the edge carry our label: a project of somebody else may have the same name.
    [ "$1" = "$project" ] || [ "$app_of" = "$app" ] || continue
    printf '%s %s\\n' "$id" "$state"
  done
}

containers_of() { states_of "$@" | cut -d' ' -f1; } # project, [service]: ids, running or not

running_of() { states_of "$@" | sed -n 's/ running$//p'; } # project, [service]

# Does every container of a project or service run, and is there one?
all_run() { # project, [service]
  local states
  states=$(states_of "$@")
  [ -n "$states" ] && ! printf '%s\\n' "$states" | grep -qv ' running$'
}

inspect() { docker inspect -f "$1" "$2" 2>/dev/null; } # template, container

show_logs() { # container
  printf 'last lines of %s:\\n' "$(inspect '{{.Name}}' "$1" | sed 's,^/,,')" | raw
  docker logs --tail 40 "$1" 2>&1 | raw
}

remove_containers() { # ids on standard input
  local ids
  ids=$(cat)
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  [ -z "$ids" ] || docker rm -f $ids >/dev/null 2>&1
}

# Lines \`policy container\` in $run/policies; fails when one could not be set.
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

# shellcheck shell=dash
# A shell inside the edge, open for the whole run. What is asked of the edge, or through it, goes there as a line and comes back as
# lines: a process in a container costs fifty times as much as the question, and on a small host that time is missing elsewhere.

edge_shell=0     # number of the one in use; each has its own pipes, and a file as long as it lives
edge_shell_of='' # the container that it is in

# What it does there; wget's own -T crashes in Debian's busybox. Fields: kind, address, port, path, Host and scheme, separated by tabs, none of them empty.
# Of tcp the path is the seconds that it may take: the address of a container that has ended answers nothing at all.
# shellcheck disable=SC2016 # for the shell in the edge
in_edge='while IFS="$1" read -r kind address port path host scheme; do
  case $kind in
    http) timeout 5 wget -S -O /dev/null --header "Host: $host" --header "X-Forwarded-Proto: $scheme" "http://$address:$port$path" ;;
    tcp) nc -w "$path" "$address" "$port" -e true ;; # -z is not in every busybox
    requests) timeout 3 wget -q -O - http://127.0.0.1:2019/reverse_proxy/upstreams ;;
    answers) timeout 3 wget -q -O - http://127.0.0.1:2019/metrics | awk "$2" ;;
  esac </dev/null 2>&1
  printf "\\n@ %s\\n" "$?"
done'

# Only on the main line: a process beside it would keep the pipes to itself.
open_edge_shell() {
  local pipes
  [ "$edge_shell_of" != "$edge" ] || [ ! -e "$run/edge-shell.$edge_shell" ] || return 0
  edge_shell=$((edge_shell + 1))
  edge_shell_of=$edge
  pipes=$run/edge-pipe.$edge_shell
  mkfifo "$pipes.in" "$pipes.out"
  exec 7<>"$pipes.in" 8<>"$pipes.out"
  : >"$run/edge-shell.$edge_shell"
  (
    command docker exec -i "$edge" sh -c "$in_edge" sh "$tab" "$sum_answers"
    rm -f "$run/edge-shell.$edge_shell"
    printf '\\n@ gone\\n'
  ) <"$pipes.in" >"$pipes.out" 2>/dev/null 9>&- 8>&- 7>&- 4>&- &
}

# One question; the answer is in a file. Returns how it ended there, and 1 when the shell is gone or the run is to stop.
ask_edge() { # file, kind, [address, port, path, Host, scheme]
  local file=$1 line
  : >"$file"
  [ -e "$run/edge-shell.$edge_shell" ] || return 1
  printf '%s\\t%s\\t%s\\t%s\\t%s\\t%s\\n' "$2" "\${3:--}" "\${4:--}" "\${5:--}" "\${6:--}" "\${7:--}" >&7
  while :; do
    # A signal ends a read, and the answer comes all the same; nobody waits for it when the run is to stop.
    IFS= read -r line <&8 || { stop_requested || continue; edge_shell_of=''; return 1; }
    case $line in
      '@ gone') return 1 ;;
      '@ '*) return "\${line#@ }" ;;
      *) printf '%s\\n' "$line" >>"$file" ;;
    esac
  done
}

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
# has lines \`network address\`, and $run/check.<id> the container's own check, which do not change. What has been running for long enough that
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
        '@ addresses.'* | '@ check.'*) file=$run/\${line#@ }; : >"$file" ;;
        *)
          printf '%s\\n' "$line" >>"$file"
          case $file:$line in "$run/seen:"*' healthy') : >"$run/known.\${line%% *}" ;; esac
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
    printf '%s %s %s %s %s\\n' "$id" "$service" "$health" "$port" "$path" >>"$run/still-waiting"
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
  failure DA-HEALTH-TIMEOUT "$service did not become healthy in time (check: $health$(case $health in http | tcp) printf ' :%s' "$port" ;; esac)\${path#-})"
  printf 'the last answer of its check:\\n' | raw
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
  status=$(sed -n 's/^.*HTTP\\/[0-9.]* \\([0-9][0-9][0-9]\\).*/\\1/p' "$probe" | head -n 1)
  [ -n "$status" ] || return 1
  case ",$1," in *",$status,"* | *",\${status%??}xx,"*) return 0 ;; esac
  return 1
}

# shellcheck shell=dash
# How visitors and callers are answered, as the edge counts it: until the switch by the release before, from then on by the new one. So
# two counts tell the releases apart, without a word about slots.

answered=0 errors=0 p95=''
before_answered=0 before_errors=0 before_p95=''
enough=50 # answers; fewer say nothing about a share, and neither do fewer than ten errors

# For awk in the edge: all answers since Caddy began to count, those with 5xx, and how many came within so many milliseconds.
# Those of srv0 are the agent's own: Caddy numbers listeners by their address, and the one for verification sorts first.
# shellcheck disable=SC2016 # for awk
sum_answers='
  index($0, "caddy_http_request_duration_seconds_") == 1 && /handler="subroute"/ && !/server="srv0"/ {
    if (/_count/) { all += $NF; if (/code="5/) bad += $NF }
    if (match($0, /le="[0-9.]+"/)) within[substr($0, RSTART + 4, RLENGTH - 5) * 1000] += $NF
  }
  END { printf "%d %d", all, bad; for (ms in within) printf " %d:%d", ms, within[ms]; printf "\\n" }'

# Asked only where somebody served before: then there is something to compare, and somewhere to go back to. Visitors of the maintenance
# page get 503, and say nothing of a release.
is_watched() { [ ! -e "$app_dir/switch/maintenance.html" ] && [ -n "$previous" ] && [ -n "$edge" ] && [ "$(setting verify_for)" -gt 0 ] && [ -n "$(setting max_error_increase)" ]; }

count_answers() { # name
  is_watched || return 0
  open_edge_shell
  ask_edge "$run/answers" answers && sed -n '/^[0-9][0-9]* [0-9]/p' "$run/answers" >"$run/answers.$1"
}

# What came between two counts: sets answered, errors and, with enough of them, p95 (milliseconds within which 95 of 100 came).
# All are 0 where one count is missing, or where Caddy began anew between them.
answers_between() { # name or "start", name
  local had_all=0 had_bad=0 had='' all bad has pair within best=''
  answered=0 errors=0 p95=''
  [ "$1" = start ] || read -r had_all had_bad had 2>/dev/null <"$run/answers.$1" || return 0
  read -r all bad has 2>/dev/null <"$run/answers.$2" || return 0
  if [ "$all" -lt "$had_all" ] || [ "$bad" -lt "$had_bad" ]; then return 0; fi
  answered=$((all - had_all)) errors=$((bad - had_bad))
  [ "$answered" -ge "$enough" ] || return 0
  for pair in $has; do
    within=" $had \${pair%%:*}:0 " # that which was there before, else none
    within=\${within#* "\${pair%%:*}":}
    within=$((\${pair##*:} - \${within%% *}))
    [ $((within * 100)) -lt $((answered * 95)) ] || [ "\${pair%%:*}" -ge "\${best:-100000}" ] || best=\${pair%%:*}
  done
  p95=\${best:-10000}
}

# What the release before was like: in the time right before the switch, or all the while that the edge remembers, whichever is worse. A release
# is not to blame for what was wrong already.
answers_before() { # sets before_answered, before_errors, before_p95
  answers_between start began
  before_answered=$answered before_errors=$errors before_p95=$p95
  answers_between began switched
  [ "$answered" -ge "$enough" ] || return 0
  if [ "$before_answered" -lt "$enough" ] || [ $((errors * before_answered)) -ge $((before_errors * answered)) ]; then before_answered=$answered before_errors=$errors; fi
  before_p95=$p95
}

# Fails when many more answers than before are errors of the server.
answers_are_well() {
  local most
  is_watched || return 0
  count_answers now
  answers_before
  answers_between switched now
  most=$(setting max_error_increase)
  if [ "$answered" -lt "$enough" ] || [ "$errors" -lt 10 ] || [ "$before_answered" -lt "$enough" ]; then return 0; fi
  [ $((errors * 1000 / answered)) -gt $((before_errors * 1000 / before_answered + most * 10)) ] || return 0
  failure DA-VERIFY-ERRORS "$(percent "$errors" "$answered") of $answered answers of the new release were 5xx; before the switch it was $(percent "$before_errors" "$before_answered") of $before_answered. More than $most points above is taken back (\\\`max-error-increase\\\`)"
  return 1
}

tell_answers() {
  if ! is_watched || [ "$answered" = 0 ]; then return 0; fi
  event "answers all=$answered bad=$errors p95=$p95 before-all=$before_answered before-bad=$before_errors before-p95=$before_p95"
  progress "$answered answers since the switch, $errors with 5xx (before: $before_answered, $before_errors)\${p95:+; 95 of 100 within $p95 ms (before: \${before_p95:-?} ms)}"
}

percent() { printf '%s.%s %%' $(($1 * 100 / $2)) $(($1 * 1000 / $2 % 10)); } # part, whole

# shellcheck shell=dash
# What the containers of a new release say in its first moments: lines of errors, and values that no log should have.

logs_since='' # milliseconds since boot; empty: this run has started no slot

# As loggers of many languages write it; not every line that has the word.
error_line='"(level|severity|lvl)": ?("(error|fatal|critical|panic|ERROR|FATAL|CRITICAL)"|[56]0[,}])'
error_line="$error_line|(^|[^a-zA-Z])(level|lvl|severity)=\\"?(error|fatal|critical|panic|ERROR|FATAL|CRITICAL)"
error_line="$error_line|(^|[] [(|:])(ERROR|FATAL|CRITICAL|PANIC|SEVERE)([] :)|]|\\$)|\\\\[(error|crit|alert|emerg)\\\\]"
error_line="$error_line|^(Error|ERROR|error|fatal|panic|Fatal error|Fatal|PANIC): |^Traceback \\\\(most recent call last\\\\)|[Uu]ncaught |[Uu]nhandled |[a-z](Error|Exception): "
# Names of variables whose values are secrets, and values that are addresses with a password in them.
secret_name='(SECRET|TOKEN|PASSW|PWD|CREDENTIAL|PRIVATE|DSN|APIKEY|(^|_)KEY(_|=))'
secret_line="^[^=]*$secret_name|^[^=]*=[\\"']?[a-z+]+://[^/@ ]*:[^/@ ]+@"

# Beside the main line: a question to Docker for each container.
read_logs() {
  : >"$run/log.errors"
  : >"$run/log.secrets"
  : >"$run/log.values"
  now_ms
  each_service switch read_logs_of_service
}

read_logs_of_service() { # fields
  local id
  for id in $(containers_of "$project-$slot" "$1-$slot"); do
    docker logs --since "$(((now - logs_since) / 1000 + 1))s" --tail 5000 "$id" >"$run/log" 2>&1
    find_secrets "$1"
    grep -aE "$error_line" "$run/log" | sed "s/^/$1: /" >>"$run/log.errors"
  done
}

# Whose values occur in the log. They go through a file: everybody on the host can read the arguments of a program. All are looked for at
# once; which it was is asked only when there is one.
find_secrets() { # service
  local line file
  grep -iE "$secret_line" "$release_dir/env/$1.env" 2>/dev/null | grep -viE '^[^=]*PUBLI' >"$run/log.names"
  { plain_values <"$run/log.names"; find "$release_dir/secrets" -type f ! -name '*.config' -exec grep -ha '' {} + 2>/dev/null; } | are_in_log || return 0
  cat "$run/log.value" >>"$run/log.values"
  while IFS= read -r line; do
    ! printf '%s\\n' "$line" | plain_values | are_in_log || printf '%s %s\\n' "$1" "\${line%%=*}" >>"$run/log.secrets"
  done <"$run/log.names"
  for file in "$release_dir"/secrets/*; do
    case $file in *.config | *'/*') continue ;; esac
    ! are_in_log <"$file" || printf '%s %s\\n' "$1" "\${file##*/}" >>"$run/log.secrets"
  done
}

# As the container gets them; the runner wrote the lines (packages/dotenv).
plain_values() {
  sed -e 's/^[^=]*=//' -e "/^'/ {" -e "s/^'//; s/'\\$//; s/\\\\\\\\'/'/g" -e b -e '}' -e '/^"/ {' -e 's/^"//; s/"$//; s/\\\\n/\\n/g; s/\\\\\\([\\\\"$]\\)/\\1/g' -e '}'
}

are_in_log() { # values on standard input, of which lines of eight characters and more count
  grep -aE '^.{8,}' >"$run/log.value" && grep -qaFf "$run/log.value" "$run/log"
}

# Lines with a value are left out: the runner does not know what only the host knows, and could not mask it.
tell_logs() {
  local service name count
  sort -u "$run/log.secrets" >"$run/log.told"
  while read -r service name; do
    event "secret-in-log service=$service name=$name"
    progress "warning: the log of $service has the value of $name"
  done <"$run/log.told"
  [ ! -s "$run/log.values" ] || grep -avFf "$run/log.values" "$run/log.errors" | write_file "$run/log.errors"
  count=$(wc -l <"$run/log.errors")
  [ "$count" -gt 0 ] || return 0
  event "log-errors count=$count"
  progress "the new release logged $count lines of errors$([ "$count" -le 20 ] || echo '; the first 20'):"
  head -n 20 "$run/log.errors" | cut -c 1-300 | raw
}

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
  await_dependencies "$project" "\${11}" || return $?
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
    one=\${rest%%,*}
    case $rest in *,*) rest=\${rest#*,} ;; *) rest='' ;; esac
    service=\${one%:*}
    condition=\${one##*:}
    [ "$condition" = healthy ] || continue
    states_of "$1" "$service" >"$run/needed"
    : >"$run/waiting"
    # One that is not running is asked too: that it has ended is then said. But one that had something to do and has done it runs
    # again for those that need it healthy, as it does with Compose.
    while read -r id state <&5; do
      [ "$state" != exited ] || ! ended_well "$id" || docker start "$id" >/dev/null 2>&1
      printf '%s %s docker - -\\n' "$id" "$service" >>"$run/waiting"
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

# Containers that somebody else made have the policy of their file: people, before we came or by \`up -d\` after a \`down\`. Those on the
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
  for id in $(containers_of "$project" "$1"); do printf '%s %s\\n' "$5" "$id"; done
}

# What the release does not have goes, when its settings say so: stopped with its grace period, and before anything new starts,
# because it may be the same under another name. Volumes stay, those without a name too.
remove_orphans() {
  local ids
  [ "$(setting remove_orphans)" = yes ] || return 0
  orphans_of_base >"$run/orphans"
  ids=$(cut -d'|' -f1 "$run/orphans")
  [ -n "$ids" ] || return 0
  progress "removing what the release does not have:$(cut -d'|' -f2 "$run/orphans" | sort -u | sed 's/^/ /' | tr -d '\\n')"
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  docker stop $ids >/dev/null 2>&1
  # shellcheck disable=SC2086
  docker rm -f $ids >/dev/null 2>&1
}

orphans_of_base() { # lines id|service
  local id project_of service_of state oneoff name ports mounts app_of rest
  list_containers | while IFS='|' read -r id project_of service_of state oneoff name ports mounts app_of rest; do
    case $project_of:$oneoff:$app_of in "$project:False:") ;; *) continue ;; esac
    grep -q "^$service_of$tab" "$release_dir/services.tsv" || printf '%s|%s\\n' "$id" "$service_of"
  done
}

# Going back must not put an older database on the files of a newer one: it would not start, or worse.
databases_stay() {
  local one live service
  live=$(value_of "$app_dir/releases/$previous/settings" databases)
  for one in $(setting databases | tr ',' ' '); do
    service=\${one%%:*}
    case ",$live," in
      *",$one,"*) ;;
      *",$service:"*)
        failure DA-STATEFUL-BACK "$release has \${one#*:} as $service, and the live release has $(printf '%s' ",$live" | sed "s/.*,$service:\\([^,]*\\).*/\\1/"): an older version does not start on the files of a newer one, or spoils them. Deploy the older code with the database of now instead"
        return 1
        ;;
    esac
  done
  for one in $(printf '%s' "$live" | tr ',' ' '); do
    service=\${one%%:*}
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
      ! grep -qF "\\"$one\\"" "$release_dir/base.json" || {
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

# shellcheck shell=dash
# A slot: the switched services of one release, side by side with those of another.

slot_is_kept='' # yes: this run has set the restart policies of the slot that is to be live

slot_release() { # slot: the release whose containers it holds, running or not
  list_containers | sed -n "s/^[^|]*|$project-$1|.*|\\([^|]*\\)\\$/\\1/p" | sort -u | head -n 1
}

slot_is_running() { all_run "$project-$1"; } # slot

# One service of it may be gone, and the others run.
slot_is_whole() { each_service switch slot_service_runs; }
slot_service_runs() { all_run "$project-$slot" "$1-$slot"; }
slot_has_service() { [ -n "$(containers_of "$project-$slot" "$1-$slot")" ]; }

remove_slot() { containers_of "$project-$1" | remove_containers; } # slot

# The idle slot loses the containers of another release, while other work goes on.
clear_slot() {
  clearing=''
  slot_holds_release && return 0
  (beside clearing remove_slot "$slot") 9>&- 8>&- 7>&- 4>&- &
  clearing=$!
}

# Brings the release up in its slot, by the shortest way that there is: warm, stopped, or from the images.
start_slot() {
  local missing=''
  [ -z "$clearing" ] || { await_child "$clearing"; forget_project "$project-$slot"; }
  if slot_holds_release && slot_is_whole; then
    progress "$release is still running in $slot"
    return 0
  fi
  if ! slot_holds_release || networks_changed; then
    remove_slot "$slot"
    missing=yes
  fi
  if [ -n "$missing" ] || ! each_service switch slot_has_service; then
    progress "creating the containers of $slot"
    compose "-$slot" "slot-$slot.json" up --no-start --pull never --no-build || slot_failed $? || return $?
  fi
  starts=''
  rm -f "$run/start.failed"
  each_service switch start_slot_service && await_starts
}

slot_holds_release() { [ "$(slot_release "$slot")" = "$release" ]; }

# A stopped container remembers the id of each network; when one was made anew the container cannot start any more.
networks_changed() {
  local network aliases id container
  container=$(containers_of "$project-$slot" | head -n 1)
  while IFS="$tab" read -r network aliases; do
    id=$(inspect "{{with index .NetworkSettings.Networks \\"$network\\"}}{{.NetworkID}}{{end}}" "$container")
    [ -z "$id" ] || [ "$id" = "$(docker network inspect -f '{{.Id}}' "$network" 2>/dev/null)" ] || return 0
  done <"$release_dir/networks.tsv"
  return 1
}

slot_failed() { # status
  [ "$1" != 130 ] || return 130
  failure DA-SLOT-CREATE "Compose could not create the containers of $slot"
  raw <"$run/out"
  return 1
}

# All services start at once, but for those that have to wait until another is healthy.
start_slot_service() { # fields
  local ids
  case \${11} in
    *:healthy*) await_starts && await_dependencies "$project-$slot" "$(printf '%s' "\${11}" | sed "s/:/-$slot:/g")" || return $? ;;
  esac
  ids=$(containers_of "$project-$slot" "$1-$slot")
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  (docker start $ids >"$run/start.$1" 2>&1 || cp "$run/start.$1" "$run/start.failed") 9>&- 8>&- 7>&- 4>&- &
  starts="$starts $!"
}

await_starts() {
  local pid
  for pid in $starts; do await_child "$pid"; done
  starts=''
  [ -e "$run/start.failed" ] || return 0
  cp "$run/start.failed" "$run/out"
  slot_failed 1
}

await_slot() {
  : >"$run/waiting"
  each_service switch expect_healthy
  count_answers began # while the new release boots, when the time costs nobody anything
  progress "waiting for $slot to become healthy"
  await_health "$(setting health_timeout)"
}

expect_healthy() { # fields
  local id
  for id in $(containers_of "$project-$slot" "$1-$slot"); do printf '%s %s %s %s %s\\n' "$id" "$1" "$6" "$7" "$8" >>"$run/waiting"; done
}

keep_slot_over_reboots() { # of the live release; candidates and old slots must not come back by themselves
  each_service switch tell_policy >"$run/policies"
  ! set_policies || slot_is_kept=yes
}

tell_policy() { # fields
  local id
  for id in $(containers_of "$project-$slot" "$1-$slot"); do printf '%s %s\\n' "$5" "$id"; done
}

rest_slot() { # slot: not started again by a reboot, still running
  # shellcheck disable=SC2046 # ids are hexadecimal, one word each
  set_restart no $(containers_of "$project-$1")
}

stop_slot() { # slot
  rest_slot "$1"
  stop_containers_of_slot "$1"
}

stop_containers_of_slot() { # slot
  local ids
  ids=$(running_of "$project-$1")
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  [ -z "$ids" ] || docker stop $ids >/dev/null 2>&1
}

# shellcheck shell=dash
# Adoption: what people started by hand goes on serving until a release takes over from it. These containers are stopped only when the
# release was right beside them, and removed only when it is final, so that the way back leads to the very same containers.

# Lines \`id state policy [port…]\` of the switched services' containers that people started, in start order, and of proxies that the edge replaces.
remember_adopted() {
  local service
  rm -f "$app_dir/journal.adopted" "$app_dir/journal.handed"
  # A live release has taken over already.
  if [ -n "$previous" ] || [ ! -e "$release_dir/edge-beside.json" ]; then return 0; fi
  by_hand=''
  each_service switch collect_by_hand
  # Last, and so the first to stop: a proxy asks the others.
  [ ! -e "$release_dir/replaced" ] || while IFS= read -r service <&6; do collect_by_hand "$service"; done 6<"$release_dir/replaced"
  [ -n "$by_hand" ] || return 0
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  docker inspect -f '{{.Id}} {{.State.Status}} {{with .HostConfig.RestartPolicy}}{{or .Name "no"}}{{if .MaximumRetryCount}}:{{.MaximumRetryCount}}{{end}}{{end}}{{range .HostConfig.PortBindings}}{{range .}} {{or .HostPort "any"}}{{end}}{{end}}' $by_hand >"$run/adopted" &&
    write_file "$app_dir/journal.adopted" <"$run/adopted"
}

collect_by_hand() { by_hand="$by_hand $(containers_of "$project" "$1" | tr '\\n' ' ')"; } # fields

adopts() { [ -s "$app_dir/journal.adopted" ]; }

# An edge that has none of the ports and names yet that others still have: everything can be asked through it before anybody notices.
# Where ports are to be published it is a scout, because Docker publishes none later; the edge itself then only waits to be started.
create_edge_beside() {
  progress 'creating the edge, beside what was started by hand'
  : >"$app_dir/journal.edge"
  streams_are_settled
  forget_program
  write_file "$app_dir/edge/config/Caddyfile" <"$run/Caddyfile"
  # The scout asks for no certificates: nobody could reach it for that.
  { sed '/^{$/q' "$run/Caddyfile"; printf '\\tauto_https off\\n'; sed -e '1,/^{$/d' -e '/^\\tauto_https off$/d' "$run/Caddyfile"; } | write_file "$app_dir/edge/config/Caddyfile.scout"
  take_certificates || return $?
  compose_edges || { [ $? != 130 ] || return 130; edge_failed; return 1; }
  if has_scout; then edge=$(containers_of "$project-edge" scout); else find_edge; fi
}

compose_edges() {
  compose_edge edge-beside.json -d || return $?
  ! has_scout || compose_edge edge.json --no-start
}

has_scout() { [ -n "$(containers_of "$project-edge" scout)" ]; }

# The release was right, asked through the edge beside. Now the names and ports change hands: what has a port stops, the edge starts,
# what is reached by name only stops when the edge answers. Those that depend on others stop before them.
hand_over() {
  local ports began
  ports=$(cut -s -d' ' -f4- "$app_dir/journal.adopted" | tr ' ' '\\n' | grep . | sort -un | tr '\\n' ' ')
  ports=\${ports% }
  progress 'handing over from what was started by hand'
  survive_power_cut
  now_ms
  began=$now
  if has_scout; then
    containers_of "$project-edge" scout >"$run/scout"
    find_edge
    stop_adopted publishing
    docker start "$edge" >"$run/out" 2>&1 || { edge_failed; return 1; }
    await_edge || return $?
    rest_adopted
    now_ms
    if [ -n "$ports" ]; then
      event "handover ports=$(printf '%s' "$ports" | tr ' ' ',') milliseconds=$((now - began))"
      progress "handover: port $ports did not answer for at most $((now - began)) ms"
    fi
    remove_containers <"$run/scout"
    rm -f "$app_dir/edge/config/Caddyfile.scout"
  else
    take_names || return $?
    rest_adopted
  fi
  # One that cannot be told would go on asking what is about to stop.
  reload_proxies || { proxy_failed; return 1; }
  stop_adopted
  reload_proxies
  now_ms
  progress "handover: what was started by hand has stopped, after $((now - began)) ms"
}

# What was stopped by hand is started at no boot, unless its policy is \`always\`: without power in the middle nobody would serve.
survive_power_cut() {
  # shellcheck disable=SC2046 # ids are hexadecimal, one word each
  set_restart always $(sed -n 's/^\\([^ ]*\\) running unless-stopped\\( .*\\)\\{0,1\\}$/\\1/p' "$app_dir/journal.adopted")
}

# The edge serves: from here on a boot must start it and not them, or both would be asked by one name. Not before: who else would serve?
rest_adopted() {
  # shellcheck disable=SC2046 # ids are hexadecimal, one word each
  set_restart no $(cut -d' ' -f1 "$app_dir/journal.adopted")
}

# nginx looks a name up once, and would go on asking containers that are gone. Of other projects only those that may be told.
reload_proxies() {
  local service result=0
  while IFS= read -r service <&6; do
    for proxy in $(running_of "$project" "$service"); do
      docker exec "$proxy" nginx -s reload >"$run/out" 2>&1
      # Only named like one: there is no such program in it.
      case $? in 0 | 126 | 127) ;; *) result=1; break 2 ;; esac
    done
  done 6<"$release_dir/reload"
  [ "$result" = 0 ] || return 1
  [ -e "$release_dir/reload-others" ] || return 0
  while IFS= read -r proxy <&6; do
    docker exec "$proxy" nginx -s reload >"$run/out" 2>&1 || progress "$proxy could not be reloaded: $(tail -n 1 "$run/out" | cut -c 1-200)"
  done 6<"$release_dir/reload-others"
}

proxy_failed() {
  failure DA-ADOPT-RELOAD "nginx in $(inspect '{{.Name}}' "$proxy" | sed 's,^/,,') does not reload, and would go on asking the containers that are replaced"
  raw <"$run/out"
}

# The edge runs and listens; from here on it is found by the names, as the others are for a moment more.
take_names() {
  local network rest
  while IFS="$tab" read -r network rest <&6; do
    docker network disconnect "$network" "$edge" >"$run/out" 2>&1 || { edge_failed; return 1; }
  done 6<"$release_dir/networks.tsv"
  connect_edge "$(edge_state)"
}

stop_adopted() { # publishing: those that have ports; nothing: all that still run
  local id state policy ports
  sed '1!G;h;$!d' "$app_dir/journal.adopted" >"$run/adopted"
  while read -r id state policy ports <&6; do
    case $state:\${1:-}:$ports in exited:* | created:* | dead:* | *:publishing:) continue ;; esac
    grep -qsxF "$id" "$app_dir/journal.handed" && continue
    # Noted first: Docker goes on with a stop whose caller was killed.
    printf '%s\\n' "$id" >>"$app_dir/journal.handed"
    docker stop "$id" >/dev/null 2>&1
  done 6<"$run/adopted"
}

# The way back. What has no ports comes first; the edge gives up its ports only for the others.
bring_back_adopted() {
  local id state policy ports
  while read -r id state policy ports <&6; do bring_back "$id" '' "$ports"; done 6<"$app_dir/journal.adopted"
  [ -z "$edge" ] || docker stop "$edge" >/dev/null 2>&1
  containers_of "$project-edge" | remove_containers
  edge=''
  while read -r id state policy ports <&6; do bring_back "$id" published "$ports"; done 6<"$app_dir/journal.adopted"
  while read -r id state policy ports <&6; do set_restart "$policy" "$id"; done 6<"$app_dir/journal.adopted"
  reload_proxies
}

bring_back() { # container, published or nothing, ports
  [ "\${2:+x}" = "\${3:+x}" ] && grep -qsxF "$1" "$app_dir/journal.handed" || return 0
  docker stop "$1" >/dev/null 2>&1 # it may be about to
  # Docker may die and come back in the middle: what is not started then nobody would start any more.
  docker start "$1" >"$run/out" 2>&1 || { docker_answers && docker start "$1" >"$run/out" 2>&1; } || { failure DA-ADOPT-BACK "$(inspect '{{.Name}}' "$1" | sed 's,^/,,'), which was started by hand, does not start again"; raw <"$run/out"; }
}

remove_adopted() { ! adopts || cut -d' ' -f1 "$app_dir/journal.adopted" | remove_containers; }

# What Compose reads in a folder without being told to.
compose_names='compose.yaml compose.yml docker-compose.yml docker-compose.yaml
  compose.override.yml compose.override.yaml docker-compose.override.yml docker-compose.override.yaml'

# The files that the project was started from describe no longer what runs: \`up\` with them would start it a second time. They make room,
# and so does what Compose would read in the app's folder; elsewhere a link in the place of the first one leads to the base's.
rename_old_files() {
  local file name kind
  # Only with the first release: what lies there later is somebody's own.
  [ -z "$previous" ] || return 0
  for name in $compose_names; do rename_old_file "$app_dir/$name"; done
  [ -e "$release_dir/old-files" ] || return 0
  while IFS="$tab" read -r file kind <&6; do
    rename_old_file "$file"
    if [ "$kind" != link ] || [ ! -e "$file.before-deploy-actions" ] || [ -e "$file" ] || [ -L "$file" ]; then continue; fi
    ln -s "$app_dir/compose.yaml" "$file" && progress "a link in its place leads to $app_dir/compose.yaml"
  done 6<"$release_dir/old-files"
}

rename_old_file() { # file
  if [ ! -f "$1" ] || [ -L "$1" ] || [ -e "$1.before-deploy-actions" ]; then return 0; fi
  if mv "$1" "$1.before-deploy-actions" 2>/dev/null; then
    progress "renamed $1 to \${1##*/}.before-deploy-actions: it no longer describes what runs"
  else
    progress "$(id -un) cannot rename $1, which no longer describes what runs: do not run \\\`docker compose up\\\` with it; as root: mv $1 $1.before-deploy-actions"
  fi
}

# shellcheck shell=dash
# A proxy of the project that people started, in whose place the edge steps. What a Caddy there has of certificates goes to the edge before it
# starts: the same ones are shown, and none is ordered anew.

# In a container, because its folder is root's and may be a volume. What the edge has of a later time stays. Arguments: where the storage is
# in /from, host names.
# shellcheck disable=SC2016 # for the shell in the container
copy_certificates='from=/from/$1 to=/to/caddy
shift
umask 077
mkdir -p "$to"
for host; do
  found=""
  for folder in "$from"/certificates/*/"$host"; do
    [ -s "$folder/$host.crt" ] && [ -s "$folder/$host.key" ] || continue
    issuer=\${folder%/*}
    issuer=\${issuer##*/}
    found="$found $issuer"
    into=$to/certificates/$issuer
    [ ! "$into/$host/$host.crt" -nt "$folder/$host.crt" ] || continue
    mkdir -p "$into"
    rm -rf "$into/$host.next"
    cp -Rp "$folder" "$into/$host.next" && rm -rf "$into/$host" && mv "$into/$host.next" "$into/$host" || exit 1
  done
  if [ -n "$found" ]; then echo "taken $host"; else echo "none $host"; fi
done
for users in "$from"/acme/*/users; do
  into=$to/acme/$(basename "\${users%/users}")
  [ -d "$users" ] && [ ! -e "$into/users" ] || continue
  mkdir -p "$into" && cp -Rp "$users" "$into/users" || exit 1
done
[ ! -d "$from/pki" ] || [ -e "$to/pki" ] || cp -Rp "$from/pki" "$to/pki"'

take_certificates() {
  local source folder hosts what host
  [ -s "$release_dir/certificates" ] || return 0
  while IFS="$tab" read -r source folder hosts <&6; do
    # shellcheck disable=SC2086 # host names have no spaces
    step docker run --rm --network none -v "$source:/from:ro" -v "$app_dir/edge/data:/to" "$(edge_image)" sh -c "$copy_certificates" sh "$folder" $hosts || {
      [ $? != 130 ] || return 130
      failure DA-EDGE-CERTIFICATES "the certificates in $source could not be copied for the edge"
      raw <"$run/out"
      return 1
    }
    while read -r what host; do
      case $what in
        taken) progress "the certificate of $host is taken over from $source" ;;
        none) progress "$source has no certificate of $host: the edge orders one when it has the ports" ;;
      esac
    done <"$run/out"
  done 6<"$release_dir/certificates"
}

# shellcheck shell=dash
# The edge: a Caddy that answers for the switched services' names and asks a flag file, at each request, which slot is live.

edge=''          # its container
closing_since=0  # milliseconds since boot

find_edge() { edge=$(containers_of "$project-edge" edge); }

# What the last deploy named, also one that had nothing else to do. A rollback does not change it: the edge is no part of a release.
edge_image() {
  if [ -s "$app_dir/edge/image" ] && { [ "$operation" = rollback ] || [ "$release" = "$(current_release)" ]; }; then cat "$app_dir/edge/image"; else setting edge_image; fi
}

note_edge_image() { # image
  local before
  before=$(cat "$app_dir/edge/image" 2>/dev/null)
  [ "$1" != "$before" ] || return 0
  [ -z "$before" ] || progress "\\\`edge-image\\\` is $1 now, and was $before: \\\`release edge upgrade\\\` on the host takes it, without a gap"
  printf '%s\\n' "$1" | write_file "$app_dir/edge/image"
}

# The Caddy that \`edge upgrade\` has put beside the image's own, which starts instead of it.
caddy_of_edge() { if [ -x "$app_dir/edge/config/program/caddy" ]; then printf /etc/caddy/program/caddy; else printf caddy; fi; }

forget_program() { rm -rf "$app_dir/edge/config/program" "$app_dir/edge/config/program.next"; } # the image's own is right where it is new

candidate_secret() { # made once for each app: it must not change the edge's configuration from deploy to deploy
  [ -s "$app_dir/edge/candidate" ] || head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \\n' | write_file "$app_dir/edge/candidate"
  cat "$app_dir/edge/candidate"
}

# The release's own, but for two things. It is loaded right before the switch, so the slot that is left is dialled at the ports of
# the release that lives there. And who calls an old port by name may be changed only after the switch, so it is answered until the
# next deploy. A rollback comes through here too.
edge_configuration() {
  local service port before
  # The secret goes through a file: everybody on the host can read the arguments of a program.
  printf 's/@CANDIDATE@/%s/g\\n' "$(candidate_secret)" >"$run/edge.sed"
  moved_ports >"$run/moved"
  while read -r service port before; do
    printf 's/ \\\\(%s-%s-%s\\\\(-stream\\\\)\\\\{0,1\\\\}\\\\):%s {$/ \\\\1:%s {/\\n' "$project" "$(pattern "$service")" "$(other_slot "$slot")" "$port" "$before"
  done <"$run/moved" >>"$run/edge.sed"
  sed -f "$run/edge.sed" "$release_dir/Caddyfile"
  sort -u -k3,3n "$run/moved" | while read -r service port before; do
    grep -q "^http://:$before {" "$release_dir/Caddyfile" ||
      printf '\\n# %s, by its names, at its port before\\nhttp://:%s {\\n\\timport slots\\n\\timport %s-%s-inside\\n}\\n' "$service" "$before" "$service" "$port"
  done
}

# Container ports that the live release does not have: lines \`service port port-there\`. They stand in order for those that only the
# live release has, then for any.
# shellcheck disable=SC2013,SC2046 # services and ports have no spaces
moved_ports() {
  local service port
  [ -n "$previous" ] || return 0
  switched_ports "$previous" >"$run/ports.before"
  switched_ports "$release" >"$run/ports"
  for service in $(cut -d' ' -f1 "$run/ports" | sort -u); do
    set -- $({ grep -vxFf "$run/ports" "$run/ports.before"; cat "$run/ports.before"; } | sed -n "s/^$(pattern "$service") //p")
    for port in $(grep -vxFf "$run/ports.before" "$run/ports" | sed -n "s/^$(pattern "$service") //p"); do
      [ $# -eq 0 ] || printf '%s %s %s\\n' "$service" "$port" "$1"
      [ $# -le 1 ] || shift
    done
  done
}

pattern() { printf '%s' "$1" | sed 's/[.]/\\\\./g'; } # of a service name, which may have dots

switched_ports() { # release: lines \`service port\`, as its own configuration dials them
  sed -n "s/.*reverse_proxy $project-\\(.*\\)-blue:\\([0-9]*\\) {\\$/\\1 \\2/p" "$app_dir/releases/$1/Caddyfile" | sort -u -k1,1 -k2,2n
}

ensure_edge() {
  local state
  edge_configuration >"$run/Caddyfile"
  if adopts; then
    create_edge_beside && await_edge
    return
  fi
  [ -n "$edge" ] || { create_edge && connect_edge "$(edge_state)" && await_edge; return; }
  state=$(edge_state)
  case $state in
    'running '*) connect_edge "$state" && stage_configuration ;;
    *)
      docker start "$edge" >"$run/out" 2>&1 || { edge_failed; return 1; }
      connect_edge "$(edge_state)" && await_edge && stage_configuration ;;
  esac
}

# Its state and the networks that it is on, separated by spaces.
# shellcheck disable=SC2016 # for Docker
edge_state() { inspect '{{.State.Status}} {{range $name, $network := .NetworkSettings.Networks}}{{if $network.NetworkID}}{{$name}} {{end}}{{end}}' "$edge"; }

create_edge() {
  progress 'creating the edge'
  forget_configurations
  forget_program
  : >"$app_dir/journal.edge"
  streams_are_settled
  write_file "$app_dir/edge/config/Caddyfile" <"$run/Caddyfile"
  compose_edge edge.json -d --no-recreate || { [ $? != 130 ] || return 130; edge_failed; return 1; }
  find_edge
}

# To load a configuration anew, Caddy opens each listener a second time and closes the first one. What waits in the queue of that is
# reset, unless the kernel (5.14 and newer) is asked to hand it over.
compose_edge() { # model, options of \`compose up\`
  local model=$1 migrate=net.ipv4.tcp_migrate_req kernel=''
  shift
  [ ! -e "/proc/sys/$(printf '%s' "$migrate" | tr . /)" ] || kernel=",\\"sysctls\\":{\\"$migrate\\":\\"1\\"}"
  printf '{"services":{"%s":{"image":"%s"%s}}}\\n' "$(edge_service_of "$model")" "$(edge_image)" "$kernel" >"$run/edge-here.json"
  compose -edge "$model" -f "$run/edge-here.json" up --pull never "$@"
}

edge_service_of() { if [ "$1" != edge.json ] && grep -q '"scout": {' "$release_dir/$1"; then printf scout; else printf edge; fi; } # model

edge_failed() {
  case $(cat "$run/out") in
    *'port is already allocated'* | *'address already in use'*)
      failure DA-HOST-PORT-TAKEN "a port of the edge is taken on this host: $(sed -n 's/.*[Bb]ind for \\([^ ]*\\) failed.*/\\1/p; s/.*listen tcp[46]* \\([^ ]*\\): bind.*/\\1/p' "$run/out" | head -n 1)" ;;
    *) failure DA-EDGE-START 'the edge does not start' ;;
  esac
  raw <"$run/out"
  return 1
}

# A network that came with this release gets the edge, under the names of the services that live there.
connect_edge() { # its state and networks
  local network aliases alias
  while IFS="$tab" read -r network aliases <&3; do
    case $1 in *" $network "*) continue ;; esac
    set --
    for alias in $aliases; do [ "$alias" = - ] || set -- "$@" --alias "$alias"; done
    docker network connect "$@" "$network" "$edge" >"$run/out" 2>&1 || { edge_failed; return 1; }
  done 3<"$release_dir/networks.tsv"
}

await_edge() {
  local tries=0
  until docker exec "$edge" timeout 3 wget -q -O /dev/null http://127.0.0.1:2019/reverse_proxy/upstreams >"$run/probe" 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -ge 100 ] || [ "$(inspect '{{.State.Status}}' "$edge")" != running ]; then
      docker logs --tail 20 "$edge" >"$run/out" 2>&1
      if grep -q 'adapting config\\|loading initial config' "$run/out"; then configuration_refused "$(inspect '{{.Config.Image}}' "$edge")"; return 1; fi
      failure DA-EDGE-START 'the edge does not answer'
      raw <"$run/probe"
      show_logs "$edge"
      return 1
    fi
    stop_requested && return 130
    pause 0.1
  done
}

# Routes changed: the new configuration is checked now and loaded right before the switch. Otherwise nothing is reloaded.
stage_configuration() {
  forget_configurations
  cmp -s "$run/Caddyfile" "$app_dir/edge/config/Caddyfile" && return 0
  write_file "$app_dir/edge/config/Caddyfile.staged" <"$run/Caddyfile"
  docker exec "$edge" "$(caddy_of_edge)" validate --config /etc/caddy/Caddyfile.staged --adapter caddyfile >"$run/out" 2>&1 && { begin_closing; return 0; }
  forget_configurations
  configuration_refused "$(inspect '{{.Config.Image}}' "$edge")"
}

configuration_refused() { # image of the Caddy whose words are in $run/out
  if grep -qF caddy.listeners.proxy_protocol "$run/out"; then
    failure DA-EDGE-OLD "\\\`proxy-protocol\\\` needs Caddy 2.7 or newer in the edge, and that of its image $1 is older"
  else
    failure DA-EDGE-CONFIG 'Caddy refuses the configuration that routes and caddyfile make'
  fi
  grep -v '"level":"\\(info\\|warn\\)"' "$run/out" | raw
  return 1
}

load_configuration() {
  [ -e "$app_dir/edge/config/Caddyfile.staged" ] || return 0
  progress 'loading the changed routes'
  # Whole or not at all: with a full disk an empty one would be what a revert brings back.
  write_file "$app_dir/edge/config/Caddyfile.before" <"$app_dir/edge/config/Caddyfile" || return 1
  mv -f "$app_dir/edge/config/Caddyfile.staged" "$app_dir/edge/config/Caddyfile"
  now_ms
  [ $((now - closing_since)) -ge 1000 ] || pause 1
  reload_edge
}

# From now on clients are asked to come back with a new connection, until the configuration is settled one way or the other.
begin_closing() {
  : >"$app_dir/switch/closing"
  now_ms
  closing_since=$now
}

forget_configurations() { rm -f "$app_dir/edge/config/Caddyfile.staged" "$app_dir/edge/config/Caddyfile.before" "$app_dir/edge/config/Caddyfile.scout" "$app_dir/switch/closing"; }

dials_the_same() { # does the configuration before dial the slot at the same ports?
  [ -e "$app_dir/edge/config/Caddyfile.before" ] || return 0
  [ "$(dials_of Caddyfile)" = "$(dials_of Caddyfile.before)" ]
}

dials_of() { sed -n "s/.*reverse_proxy \\($project-.*-$slot:[0-9]*\\) {\\$/\\1/p" "$app_dir/edge/config/$1" | sort -u; } # file

restore_configuration() {
  if [ -e "$app_dir/edge/config/Caddyfile.before" ]; then
    write_file "$app_dir/edge/config/Caddyfile" <"$app_dir/edge/config/Caddyfile.before" || return 1
    reload_edge || return 1
  fi
  forget_configurations
}

reload_edge() {
  docker exec "$edge" "$(caddy_of_edge)" reload --config /etc/caddy/Caddyfile --adapter caddyfile --address 127.0.0.1:2019 >"$run/out" 2>&1 && return 0
  failure DA-EDGE-CONFIG 'Caddy did not load the configuration'
  raw <"$run/out"
  return 1
}

# The switch: one rename. Every request asks for the flag anew.
point_to() { # slot or none
  local from
  from=$(live_slot)
  [ "$from" = "$1" ] || mv -f "$app_dir/switch/$from" "$app_dir/switch/$1"
}

# Requests and streams that the edge has open towards a slot; empty when the edge does not answer.
count_requests() { # slot; Caddy's answer is in $run/upstreams
  tr '{' '\\n' <"$run/upstreams" |
    sed -n "s/.*\\"address\\":\\"[^\\"]*-$1:[0-9]*\\",\\"num_requests\\":\\([0-9]*\\).*/request \\1/p; s/.*\\"address\\":\\"[^\\"]*-$1-stream:[0-9]*\\",\\"num_requests\\":\\([0-9]*\\).*/stream \\1/p" | {
    local requests=0 streams=0 kind count any=''
    while read -r kind count; do
      any=yes
      if [ "$kind" = stream ]; then streams=$((streams + count)); else requests=$((requests + count)); fi
    done
    [ -z "$any" ] || printf '%s %s' "$requests" "$streams"
  }
}

# Waits until a slot has nothing left to answer: two counts of zero, 250 ms apart, or its time is up.
drain_slot() { # slot
  local began open requests=unknown streams=unknown quiet=0
  [ -n "$(running_of "$project-$1")" ] || return 0
  now_ms
  began=$now
  while :; do
    # Empty when the edge is down: nothing can be counted, and nothing new reaches the slot.
    [ -z "$edge" ] || open_edge_shell
    ask_edge "$run/upstreams" requests
    open=$(count_requests "$1")
    requests=\${open%% *} streams=\${open##* }
    if [ "$open" = '0 0' ]; then quiet=$((quiet + 1)); else quiet=0; fi
    [ "$quiet" -lt 2 ] || break
    now_ms
    if [ "$requests" = 0 ] || [ $((now - began)) -ge "$(setting drain_timeout)" ]; then
      [ "$streams" = 0 ] || [ $((now - began)) -lt "$(setting stream_drain_timeout)" ] || break
      [ "$requests" = 0 ] || [ "$streams" != 0 ] || break
    fi
    pause 0.25
  done
  now_ms
  event "drained slot=$1 milliseconds=$((now - began)) requests-cut=\${requests:-unknown} streams-cut=\${streams:-unknown}"
  [ "$open" = '0 0' ] || progress "drained $1 for $((now - began)) ms; still open and cut: \${requests:-unknown} requests, \${streams:-unknown} streams"
}

# shellcheck shell=dash
# WebSockets when the edge loads a configuration anew: Caddy closes those that it passes on, and from 2.7 on it can be told to wait. They
# then end with their slot, as at any other switch, and are counted until then.

asking='' # process

# A container of the image is asked, which takes a second: beside other work, where it can begin before the edge is made.
begin_asking() {
  (keep_streams "$(edge_image)") 9>&- 8>&- 7>&- 4>&- &
  asking=$!
}

streams_are_settled() {
  [ -n "$asking" ] || begin_asking
  await_child "$asking"
  asking=''
}

keep_streams() { note_streams docker run --rm --pull never --network none "$1"; } # image

# What the edge's configuration imports where there is such a file.
note_streams() { # what runs a shell where the Caddy is that is asked
  local option=$app_dir/edge/config/stream-options
  if "$@" sh -c "$(takes_option)" >/dev/null 2>&1; then
    printf 'stream_close_delay 24h\\n' | write_file "$option"
  else
    rm -f "$option"
  fi
}

takes_option() { # for a shell in the container
  cat <<'EOT'
printf ':80 {\\n\\treverse_proxy a:1 {\\n\\t\\tstream_close_delay 1s\\n\\t}\\n}\\n' >/tmp/streams && caddy adapt --config /tmp/streams --adapter caddyfile
EOT
}

# shellcheck shell=dash
# Static files of kept releases. An old page that is still open asks for files that the new release does not have: the edge then serves
# them from switch/.assets, which is in its mount already. Each release keeps its own copy, and so it goes when the release goes;
# switch/.assets has hard links to all of them, laid out as \`service/path of the URL\`.

# When the slot is healthy: an app may gather its files as it starts.
collect_assets() {
  local live
  [ -s "$release_dir/assets.tsv" ] || return 0
  live=$(other_slot "$slot")
  # The live release may be from before there was such a line; that one is no reason to give up.
  [ -z "$previous" ] || [ ! -d "$app_dir/releases/$previous" ] || copy_assets "$previous" "$live" what-is-there >/dev/null 2>&1 || :
  copy_assets "$release" "$slot" || assets_failed $?
}

assets_failed() { # status
  [ "$1" != 130 ] || return 130
  failure DA-ASSETS-MISSING "\\\`assets\\\` names files that could not be copied: $(cat "$run/assets.line" 2>/dev/null)"
  raw <"$run/out"
  return 1
}

copy_assets() { # release, slot, [what-is-there: a folder that is not there is no failure]
  local into=$app_dir/releases/$1/assets partly=\${3:-} status service path from id
  [ ! -d "$into" ] || return 0
  rm -rf "$into.next"
  while IFS="$tab" read -r service path from <&6; do
    printf '%s: %s/* from %s' "$service" "$path" "$from" >"$run/assets.line"
    id=$(containers_of "$project-$2" "$service-$2" | head -n 1)
    mkdir -p "$into.next/$service$path"
    # The dot means: what is in the folder.
    step docker cp "$id:$from/." "$into.next/$service$path" || {
      status=$?
      if [ -z "$partly" ] || [ "$status" = 130 ]; then rm -rf "$into.next"; return "$status"; fi
    }
  done 6<"$release_dir/assets.tsv"
  # A link could lead anywhere in the edge, which has keys of certificates; files with a dot in front are seldom meant for visitors.
  chmod -R u+rwX "$into.next"
  find "$into.next" ! -type f ! -type d -exec rm -f {} +
  find "$into.next" -mindepth 1 -name '.*' -prune -exec rm -rf {} +
  find "$into.next" -type f -exec chmod 644 {} +
  if [ -n "$partly" ] && [ -z "$(find "$into.next" -type f | head -n 1)" ]; then rm -rf "$into.next"; return 1; fi
  mv "$into.next" "$into"
}

# All kept releases, the oldest first, so that of two files with one name the newest is served. Exchanged by one rename.
gather_assets() {
  local new=$app_dir/switch/.assets-a
  case $(readlink "$app_dir/switch/.assets" 2>/dev/null) in
    .assets-a) new=$app_dir/switch/.assets-b ;;
    '') [ -s "$release_dir/assets.tsv" ] || return 0 ;;
  esac
  # Where links cannot be made, copies, and of all: to write over a link would change the file of another release.
  fill_assets "$new" -Rlf || fill_assets "$new" -Rf || progress 'the static files of kept releases could not all be gathered'
  find "$new" -type d -exec chmod 755 {} + # the edge may run as another user
  link_assets "\${new##*/}"
}

fill_assets() { # folder, options of cp
  local assets
  rm -rf "$1"
  mkdir "$1"
  for assets in "$app_dir"/releases/*/assets; do
    ! belongs_to_a_release "$assets" || cp "$2" "$assets/." "$1/" 2>/dev/null || return 1
  done
}

belongs_to_a_release() { # releases/<id>/assets
  local id=\${1%/assets}
  is_release_id "\${id##*/}" && case $id in *.tmp) return 1 ;; esac && [ -d "$1" ]
}

link_assets() { # name of the folder
  local old
  ln -sfn "$1" "$app_dir/switch/.assets.next"
  mv -Tf "$app_dir/switch/.assets.next" "$app_dir/switch/.assets" 2>/dev/null || {
    # A busybox without -T.
    rm -f "$app_dir/switch/.assets.next"
    ln -sfn "$1" "$app_dir/switch/.assets"
  }
  for old in "$app_dir"/switch/.assets-*; do [ "\${old##*/}" = "$1" ] || rm -rf "$old"; done
}

forget_assets() { rm -rf "$app_dir/switch/.assets" "$app_dir"/switch/.assets-*; }

# shellcheck shell=dash
# The way of a release on this host, from top to bottom: prepare, switch, commit, finish; and the two ways back.
# Deploy, rollback and doctor all come through here.

# Everything that can go wrong unseen: images, networks, the new slot, healthy. Returns 130 when a stop request came.
prepare_release() { # operation, id
  operation=$1
  use_release "$2"
  previous=$(current_release)
  choose_slot
  verified=no
  stoppable=yes
  [ "$operation" != rollback ] || { databases_stay && schema_stays; } || return $?
  remember_what_is_here || return $?
  write_journal prepare
  find_edge
  event "preparing release=$release slot=$slot"
  # It takes a while to be there.
  [ -z "$edge" ] || open_edge_shell
  pull_release || return $?
  now_ms
  logs_since=$now
  [ -n "$edge" ] || ! has_switch || begin_asking
  ! has_switch || clear_slot
  prepare_base || return $?
  ! has_switch || { start_slot && ensure_edge && await_slot && collect_assets; } || return $?
  ! stop_requested || return 130
  event "prepared release=$release slot=$slot"
}

# What stands here before anything is made: an undo removes only what is not on these lists, so a Docker that does not
# answer must not leave them empty.
remember_what_is_here() {
  rm -f "$app_dir/journal.containers" "$app_dir/journal.networks" "$app_dir/journal.edge"
  rm -f "$run/networks"
  (! docker network ls -q --filter "label=com.docker.compose.project=$project" >"$run/networks.next" || mv "$run/networks.next" "$run/networks") 9>&- 8>&- 7>&- 4>&- &
  list_containers >/dev/null
  await_child $!
  if [ -e "$run/$list" ] && [ -e "$run/networks" ]; then
    containers_of "$project" | write_file "$app_dir/journal.containers"
    write_file "$app_dir/journal.networks" <"$run/networks"
    remember_adopted && return 0
  fi
  failure DA-HOST-DOCKER-PERMISSION 'Docker on the host does not answer'
  return 1
}

# The idle slot; on a first release blue, because the edge falls back to blue when the flag says neither green nor none.
choose_slot() {
  case $(live_slot) in none) slot=blue ;; *) slot=$(other_slot "$(live_slot)") ;; esac
}

# The one moment when something changes for users, and the proof that it was right.
switch_release() {
  write_journal switching
  if has_switch; then
    load_configuration || return 1
    # From the switch on a power cut must bring this slot back, and the old one until the release is final.
    keep_slot_over_reboots
    gather_assets
    point_to "$slot"
    # Through the edge beside, which only we ask: what is wrong here was noticed by nobody.
    ! adopts || { verify_release && hand_over; } || return $?
    event "switched release=$release slot=$slot"
    progress "$slot serves $release"
    count_answers switched
  fi
  write_journal switched
  verify_release || return $?
  verified=yes
  write_journal switched
  event "verified release=$release"
}

# Asks every check through the edge until it was right for so long; three failures in a row are a verdict.
verify_release() { # [milliseconds], else verify_for
  local until look_again failures=0
  probe=$run/probe
  has_switch || return 0
  now_ms
  until=$((now + \${1:-$(setting verify_for)}))
  look_again=$((now + 1000))
  : >"$run/waiting"
  each_service switch expect_healthy
  while :; do
    if verify_once; then failures=0; else failures=$((failures + 1)); fi
    [ "$failures" -lt 3 ] || { verification_failed; return 1; }
    now_ms
    if [ "$now" -ge "$look_again" ] || [ "$now" -ge "$until" ]; then
      answers_are_well || return 1
      now_ms
      look_again=$((now + 1000))
    fi
    [ "$failures" -gt 0 ] || [ "$now" -lt "$until" ] || { tell_answers; return 0; }
    # A single host whose runner is gone decides by what it sees here; one of several does not go on without.
    case $hosts:$(cat "$run/stop" 2>/dev/null) in *: | 1:lost | 1:silent) ;; *) return 130 ;; esac
    pause 0.25
  done
}

verify_once() {
  local url port host path statuses scheme
  : >"$run/problem"
  look_at=0
  all_are_up >"$run/problem" 2>&1 || return 1
  open_edge_shell
  while IFS="$tab" read -r url port host path statuses scheme <&3; do
    ask 127.0.0.1 "$port" "$path" "$host" "$scheme"
    answered "$statuses" || { printf '%s\\n' "$url" >"$run/problem"; return 1; }
  done 3<"$release_dir/verify.tsv"
}

verification_failed() {
  if [ -n "$(sed -n '/^[!e]/p' "$run/problem")" ]; then cat "$run/problem"; return; fi
  failure DA-VERIFY-FAILED "the new release does not answer as it should: $(cat "$run/problem")"
  printf 'its last answer:\\n' | raw
  head -n 20 "$run/probe" | raw
}

# The release is live for good. Nothing below stops half-way: a run that dies here is finished by the next one.
finish_release() {
  local old retiring='' reading=''
  stoppable=''
  old=$(other_slot "$slot")
  write_journal committed
  record_release
  if has_switch; then
    forget_configurations
    find_edge
    [ -n "$slot_is_kept" ] || keep_slot_over_reboots
    rest_slot "$old"
    [ -z "$logs_since" ] || { (beside reading read_logs) 9>&- 8>&- 7>&- 4>&- & reading=$!; }
    progress "draining $old"
    drain_slot "$old"
    (beside retiring retire_slot "$old") 9>&- 8>&- 7>&- 4>&- & # while the rest goes on
    retiring=$!
  fi
  base_ok=yes
  await_turn
  remove_orphans
  remove_adopted
  apply_base || base_ok=no
  rm -f "$app_dir/journal.edge"
  step tag_images
  prune_releases
  gather_assets
  [ -z "$reading" ] || { await_child "$reading"; tell_logs; }
  [ ! -e "$app_dir/switch/maintenance.html" ] || progress 'visitors still get the maintenance page: release maintenance off'
  [ -z "$retiring" ] || { await_child "$retiring"; rm -f "$run/$list"; }
  clear_journal
  await_return
}

record_release() {
  rename_old_files
  link_compose_file
  [ "$operation" != deploy ] || ! has_switch || note_edge_image "$(setting edge_image)"
  [ "$(current_release)" != "$release" ] || return 0
  forget_alone
  ! goes_back || mark_left
  rm -f "$release_dir/bad"
  [ "$operation" != deploy ] || note_schema "$release_dir"
  rm -f "$app_dir/migrated-first"
  # First the history: a run that dies between the two repeats both, and a release that is told twice does no harm.
  log_event live
  link_release current "$release"
  link_previous
}

# So that a person's \`docker compose\` in the folder finds the base. A file of their own stays.
link_compose_file() {
  if [ -L "$app_dir/compose.yaml" ] || [ ! -e "$app_dir/compose.yaml" ]; then ln -sfn current/by-hand.json "$app_dir/compose.yaml"; fi
}

link_previous() {
  local id
  id=$(choose_release previous)
  if [ -n "$id" ]; then link_release previous "$id"; else rm -f "$app_dir/previous"; fi
}

# A rollback to an older release says that the newer one is bad; a way forward again says nothing of the older one. A copy is as old as what it is of.
goes_back() {
  local target left
  [ "$operation" = rollback ] && [ -n "$previous" ] || return 1
  target=$(setting of)
  target=\${target:-$release}
  left=$(value_of "$app_dir/releases/$previous/settings" of)
  left=\${left:-$previous}
  [ "$(printf '%s\\n%s\\n' "$target" "$left" | sort | head -n 1)" = "$target" ]
}

# With a copy that a rollback had made goes what it is of, unless this is that release again.
mark_left() {
  local as target
  as=$(counts_as "$previous")
  target=$(setting of)
  mark_bad "$previous"
  [ "$as" = "\${target:-$release}" ] || mark_bad "$as"
}

mark_bad() { # id: \`previous\` never chooses it again
  [ ! -d "$app_dir/releases/$1" ] || timestamp >"$app_dir/releases/$1/bad"
}

# The slot that was left: kept stopped, or kept running for a while so that the way back is one rename.
retire_slot() { # slot
  local warm
  warm=$(setting warm_previous)
  if [ "\${warm:-0}" -gt 0 ] && [ "$operation" = deploy ] && [ -n "$previous" ]; then
    progress "keeping $1 warm for $((warm / 1000)) s"
    (
      unset DEPLOY_ACTIONS_RUN
      exec setsid sh "$app_dir/bin/release" expire "$1" "$previous" "$((warm / 1000))" 9>&- 8>&- 7>&- 4>&- 3>&- </dev/null >/dev/null 2>&1
    ) &
  else
    stop_containers_of_slot "$1"
  fi
}

# Back to what was live before the switch: the flag first, then the requests that the new slot still answers.
revert_release() {
  stoppable=''
  write_journal reverting
  if has_switch; then
    # The journal stays until it could be done.
    ! adopts || docker_answers || { failure DA-ADOPT-BACK 'Docker on the host does not answer; what was started by hand comes back with the next run, or with release doctor'; return 0; }
    find_edge
    ! adopts || bring_back_adopted
    if [ -n "$previous" ]; then point_to "$(other_slot "$slot")"; else point_to none; fi
    event "reverted release=$release"
    progress "$(what_served) serves again"
    [ -z "$logs_since" ] || { read_logs; tell_logs; }
    # Requests to a port that only this release has are not counted any more once the configuration before is back.
    if [ -z "$edge" ]; then :; elif dials_the_same; then restore_configuration; drain_slot "$slot"; else drain_slot "$slot"; restore_configuration; fi
  fi
  log_event reverted
  undo_release
  [ ! -L "$app_dir/switch/.assets" ] || gather_assets
}

what_served() { if adopts; then printf 'what was started by hand'; else printf '%s' "\${previous:-nothing}"; fi; }

# Removes what this run made. Nobody noticed it: the flag never pointed here, or does not any more.
undo_release() {
  stoppable=''
  end_processes_of "$nonce"
  # The journal stays: the next run, or doctor, takes away what this one cannot.
  docker_answers || { failure DA-HOST-DOCKER-PERMISSION 'Docker on the host does not answer; what is new is removed by the next run, or by release doctor'; return 0; }
  if [ "$operation" = rollback ]; then stop_slot "$slot"; else remove_slot "$slot"; fi
  forget_configurations
  if [ -e "$app_dir/journal.edge" ]; then
    containers_of "$project-edge" | remove_containers
    rm -f "$app_dir/journal.edge"
  fi
  undo_base
  remove_new_networks
  forget_credential
  [ "$release" = "$(current_release)" ] || [ "$operation" = rollback ] || forget_release "$release"
  clear_journal
}

remove_new_networks() {
  local id
  [ -e "$app_dir/journal.networks" ] || return 0
  for id in $(docker network ls -q --filter "label=com.docker.compose.project=$project"); do
    grep -qxF "$id" "$app_dir/journal.networks" || docker network rm "$id" >/dev/null 2>&1
  done
}

taken_back='' # a release that was switched to and not final, which \`settle\` has taken back
mends='' # yes: what cannot be settled yet is tried again when the rest is mended

# Finishes or undoes what a run left that died. Called with the lock held, before anything else.
settle() {
  # A host is out for as long as its run lives.
  step_back
  remove_left_client
  settle_paused
  settle_restore || [ -n "$mends" ] || exit 1
  [ ! -e "$app_dir/edge/upgrading" ] || (settle_upgrade)
  # What a run had begun that was killed where no journal is kept; nobody else can have it, because the lock is ours.
  if [ ! -e "$app_dir/journal" ] || has_candidate; then rm -f "$app_dir/switch/closing" "$app_dir/edge/config/Caddyfile.staged"; fi
  ! has_candidate || [ -z "$spare_candidate" ] || return 0
  read_journal || return 0
  if [ ! -e "$release_dir/settings" ]; then clear_journal; return 0; fi
  [ "$phase" = prepared ] || progress "settling $release, which a run left in phase $phase"
  docker_answers || die DA-HOST-DOCKER-PERMISSION 'Docker on the host does not answer, and what an earlier run left has to be settled first'
  find_edge
  case $phase in
    committed) ! leave_unfinished || return 0; finish_release ;;
    switched | switching) if may_stay; then ! leave_unfinished || return 0; finish_release; else taken_back=$release; revert_release; fi ;;
    reverting) taken_back=$release; revert_release ;;
    prepared) drop_candidate ;;
    *) log_event aborted; undo_release ;;
  esac
  event "settled-before release=$release phase=$phase"
}

# shellcheck shell=dash
# This host as one behind a balancer that its runner can take it out of. Services that requests need are made anew only while nobody is
# sent here, on one host after the other; the runner knows the balancer and the other hosts, and says whose turn it is. The health path
# fails by a file beside the flag, which has that path as its name: no reload, and a host answers its visitors to the end.

in_turn=''   # turn: the runner says when services are made anew
has_turns='' # turns: this session's runner also goes on with what a dead one left

# Of the services that this release makes anew, those that requests may need; empty when that is done.
services_in_turn() { base_is_applied || setting in_turn; }

# Before anything is made anew. A runner that is gone leaves it to the next run: alone this host would be away while others are too.
await_turn() {
  [ -n "$in_turn" ] || return 0
  [ -z "$retiring" ] || { await_child "$retiring"; retiring=''; rm -f "$run/$list"; }
  event "waits services=$(services_in_turn)"
  hear_turn base && return 0
  step_back
  die DA-BALANCER-UNFINISHED "$release is final here, but $(setting in_turn) is as before: the run ended before this host had its turn. The next deploy with \\\`take-out-of\\\` goes on there"
}

# Afterwards, until the balancer has the host again. It answers the health check also when its runner is gone; but what did not start keeps
# it out.
await_return() {
  [ -n "$in_turn" ] || return 0
  event "based status=$base_ok"
  hear_turn over || [ "$base_ok" = no ] || step_back
}

hear_turn() { # word that ends it; fails when the runner is gone
  local verb first second
  while :; do
    IFS=' ' read -r verb first second <&4 || continue
    case $verb in
      "$1") return 0 ;;
      stopped | quit | leave) return 1 ;;
      *) obey_balancer "$verb" "$first" "$second" || die DA-AGENT-PROTOCOL "the agent does not know the command $verb here" ;;
    esac
  done
}

obey_balancer() { # command, words
  case $1 in
    health) tell_health "$2" "$3" ;;
    aside)
      # shellcheck disable=SC2086 # a number, a port and a path
      step_aside "$2" $3
      ;;
    drain) ! has_switch || drain_slot "$slot" >/dev/null; event drained-aside ;;
    back) step_back; event back ;;
    returned) rm -f "$app_dir/taken-out"; event returned ;;
    *) return 1 ;;
  esac
}

# Written down first: the droplet may be out of the balancer from here on, whatever becomes of us.
step_aside() { # balancer, droplet, port, path
  printf 'balancer=%s\\ndroplet=%s\\nsince=%s\\n' "$1" "$2" "$(timestamp)" | write_file "$app_dir/taken-out"
  (umask 022 && mkdir -p "$(dirname "$app_dir/switch/.out$4.out")" && : >"$app_dir/switch/.out$4.out")
  begin_closing
  tell_health "$3" "$4"
}

step_back() {
  [ -e "$app_dir/switch/.out" ] || return 0
  rm -rf "$app_dir/switch/.out"
  rm -f "$app_dir/switch/closing"
}

# The health path as the balancer asks it: at the port on the host, for nobody else. \`none\`: no port of the edge.
# shellcheck disable=SC2016 # for Docker
tell_health() { # port, path
  local status='' port
  [ -n "$phase" ] || use_release "$(current_release)" # of a host that changes nothing
  find_edge
  port=$([ -z "$edge" ] || inspect '{{range $port, $bindings := .NetworkSettings.Ports}}{{range $bindings}}{{.HostPort}} {{$port}}{{println}}{{end}}{{end}}' "$edge" | sed -n "s,^$1 \\([0-9]*\\)/tcp$,\\1,p" | head -n 1)
  if [ -n "$port" ]; then
    probe=$run/probe
    open_edge_shell
    ask 127.0.0.1 "$port" "$2" localhost http
    status=$(sed -n 's/^.*HTTP\\/[0-9.]* \\([0-9][0-9][0-9]\\).*/\\1/p' "$probe" | head -n 1)
  fi
  event "health status=\${status:-none}"
}

# What a dead run left for the runner of this one, which settles it by \`finish\`. The release is final in any case: a session that is
# ended before that, such as one that lets go while its runner waits for another host, has nothing of its own to undo.
leave_unfinished() {
  [ -n "$has_turns" ] && [ -n "$(services_in_turn)" ] || return 1
  write_journal committed
  record_release
  phase=''
}

finish_unfinished() {
  read_journal
  find_edge
  in_turn=turn
  finish_release
  in_turn=''
  event "finished status=$base_ok"
  # Of a runner that went away meanwhile only what waited for its turn has heard.
  stoppable=yes
  [ ! -e "$run/stop" ] || stopped
}

taken_out() { value_of "$app_dir/taken-out" "$1"; } # balancer, droplet or since

how_to_put_back() {
  printf '%s' "The next deploy with \\\`take-out-of\\\` puts it back. By hand: doctl compute load-balancer add-droplets $(taken_out balancer) --droplet-ids $(taken_out droplet) && rm $app_dir/taken-out"
}

# Only the balancer's own list tells whether it is behind it, and that is not to be known here.
say_taken_out() {
  [ -e "$app_dir/taken-out" ] || return 0
  printf 'UNSURE  this host was taken out of the balancer %s at %s, and no run has put it back since. %s\\n' "$(taken_out balancer)" "$(taken_out since)" "$(how_to_put_back)"
  sick=1
}

# shellcheck shell=dash
# A candidate: a release that is prepared, healthy and waits in the idle slot for its switch. The journal says so (phase \`prepared\`);
# no process of ours stands beside it and nobody has the lock. Whoever comes to deploy or to go back drops it, so it blocks nobody.

spare_candidate='' # yes: what this run does is no reason to drop it
held_by=''         # address of the workflow run that prepared it, or -
held_until=0       # seconds since 1970

has_candidate() { [ "$(value_of "$app_dir/journal" phase)" = prepared ]; }

candidate() { value_of "$app_dir/journal" "$1"; } # key of the journal

# Live traffic goes on as before: what changes at the edge with this release is loaded at the switch, and until then nobody is
# asked for new connections.
hold_candidate() { # who prepared it, seconds
  held_by=$1
  held_until=$(($(date +%s) + $2))
  [ ! -e "$app_dir/edge/config/Caddyfile.staged" ] ||
    progress 'this release changes what the edge serves (routes, ports or assets): until the switch the candidate is asked at the routes and ports of the live one'
  forget_configurations
  [ -z "$logs_since" ] || { read_logs; tell_logs; } # when it goes on, it has started long ago
  note_what_was_made || die DA-HOST-DOCKER-PERMISSION 'Docker on the host does not answer'
  write_journal prepared
  (
    unset DEPLOY_ACTIONS_RUN
    exec setsid sh "$app_dir/bin/release" expire-candidate "$release" "$2" 9>&- 8>&- 7>&- 4>&- 3>&- </dev/null >/dev/null 2>&1
  ) &
  progress "$release waits in $slot until $(held_until_text), or until another run deploys"
}

# A run undoes what was not there when it began. While a candidate waits, others may make something here: what goes with it is
# noted by name.
note_what_was_made() {
  what_is_here && grep -vxF -f "$app_dir/journal.containers" -f "$app_dir/journal.networks" "$run/here" | write_file "$app_dir/journal.made"
}

what_is_here() { # in $run/here: containers of the base and networks
  list_containers >/dev/null && docker network ls -q --filter "label=com.docker.compose.project=$project" >"$run/here" &&
    containers_of "$project" >>"$run/here"
}

read_candidate() {
  read_journal
  what_is_here || die DA-HOST-DOCKER-PERMISSION 'Docker on the host does not answer'
  grep -vxF -f "$app_dir/journal.made" "$run/here" >"$run/others"
  write_file "$app_dir/journal.containers" <"$run/others"
  write_file "$app_dir/journal.networks" <"$run/others"
}

held_until_text() { date -u -d "@$held_until" +%Y-%m-%dT%H:%M:%SZ; }

# What waits here, seen by a run that wants to go on with it. By its id any run may; without one only the run that prepared it.
describe_candidate() { # run, id or -
  local live state=none found='' by='' gone=''
  live=$(current_release)
  if has_candidate; then
    found=$(candidate release) by=$(candidate held_by) state=other
    if [ "$2" = "$found" ] || { [ "$2" = - ] && [ "$1" = "$by" ]; }; then state=prepared; fi
  fi
  if [ "$state" != prepared ] && [ -n "$live" ]; then
    use_release "$live"
    # Already switched to, or the same as what was live: a step that is repeated has nothing to do.
    if [ "$2" = "$live" ] || { [ "$2" = - ] && [ "$1" != - ] && [ "$1" = "$(setting run_url)" ]; }; then state=live found=$live; fi
  fi
  [ "$state" != none ] || gone=$(dropped_at "$@")
  event "candidate state=$state release=$found by=$by gone=$gone live=$live slot=$(live_slot)"
  if [ "$state" = prepared ]; then send_record candidate-record "$found"; fi
}

dropped_at() { # run, id or -: when such a candidate was dropped
  local mark="\\"release\\":\\"$2\\""
  [ "$2" != - ] || mark="\\"run\\":\\"\${1#-}\\""
  grep -s '"event":"dropped"' "$app_dir/log.jsonl" | grep -F "$mark" | sed -n '$ s/^{"time":"\\([^"]*\\)".*/\\1/p'
}

# Time has passed, perhaps with a reboot: everything is asked again before the switch.
resume_candidate() {
  read_candidate
  # People may have started theirs anew meanwhile.
  remember_adopted || return 1
  stoppable=yes
  clearing=''
  now_ms
  logs_since=$now
  find_edge
  event "preparing release=$release slot=$slot"
  each_service 'once|keep|recreate|start' start_if_needed_by_slot && each_service 'keep|start' await_if_needed_by_slot || return $?
  start_slot && ensure_edge && await_slot || return $?
  ! stop_requested || return 130
  event "prepared release=$release slot=$slot"
}

drop_candidate() { # [why]
  read_candidate
  held_by=$(candidate held_by)
  progress "dropping the candidate $release\${1:-, which \${held_by#-} prepared: it was not switched to}"
  log_event dropped
  undo_release
}

# A reboot stops a candidate, and the limit may have passed while nobody was there to keep it.
candidate_is_well() {
  read_journal
  held_until=$(candidate held_until)
  slot_is_running "$slot" && slot_holds_release && [ "$(date +%s)" -lt "$held_until" ]
}

expire_candidate_command() { # release, seconds
  pause "$2"
  open_run
  take_lock 3600 'the end of a candidate'
  ! has_candidate || [ "$(candidate release)" != "$1" ] || drop_candidate ': nobody switched to it in time'
}

abort_command() {
  spare_candidate=yes
  begin_on_host
  if has_candidate; then drop_candidate ''; else progress 'no candidate waits here'; fi
}

# shellcheck shell=dash
# This host as one of several that change together. The runner switches all, asks all at the same time whether the release may become
# final, and says \`commit\` to all when every one has said yes (docs/decisions/0014). So before this host has said yes, no other can have
# made the release final, and it takes it back without asking; after it, only the runner or all journals together tell.

decision='' # commit or revert: what a runner that has seen all hosts says of a release on which this one cannot decide

# Has this host said yes, and not heard what became of it?
is_undecided() {
  [ "$(value_of "$app_dir/journal" phase):$(value_of "$app_dir/journal" confirmed)" = switched:yes ] && [ "$(value_of "$app_dir/journal" hosts)" != 1 ]
}

# Who goes back decides it by that; everything else waits for a run that sees all hosts.
leave_undecided() {
  ! is_undecided || die DA-FLEET-UNDECIDED "$(value_of "$app_dir/journal" release) serves here and is right, but is not final: a run over $(value_of "$app_dir/journal" hosts) hosts died at the very end, and what it said to the others cannot be known here. Deploy or roll back over all of them, which settles it, or go back here alone: release rollback"
}

# A dead run switched: does its release stay?
may_stay() {
  case $decision:$(value_of "$app_dir/journal" hosts) in
    commit:* | :1) [ "$verified" = yes ] ;;
    :*) ! is_undecided || note_alone; return 1 ;;
    *) return 1 ;;
  esac
}

# For a person and for the next run: this was decided without the others.
note_alone() { printf 'release=%s\\nhosts=%s\\nsince=%s\\n' "$release" "$(value_of "$app_dir/journal" hosts)" "$(timestamp)" | write_file "$app_dir/alone"; }

# All hosts have the same release again, or this one has a new one.
forget_alone() { rm -f "$app_dir/alone"; }

# The runner reads the journals of all hosts before it says what becomes of this one's release.
hear_decision() {
  local verb what
  event "undecided release=$(value_of "$app_dir/journal" release) hosts=$(value_of "$app_dir/journal" hosts)"
  while [ -z "$decision" ]; do
    IFS=' ' read -r verb what <&4 || continue
    case $verb:$what in
      settle:commit | settle:revert) decision=$what ;;
      stay:*) staying=yes ;;
      uploaded:*) [ "\${what%% *}" = 0 ] || { upload_failed "\${what%% *}" "\${what#* }"; exit 1; } ;; # what the runner sends ahead
      stopped:*) say_stopped; exit 1 ;; # as undecided as before
    esac
  done
}

# The releases that are kept here and were never found bad, the live one among them: \`a,b\`.
kept_releases() {
  local id all=''
  for id in $(history | sort -u); do
    [ ! -e "$app_dir/releases/$id/settings" ] || is_bad "$id" || all="$all,$id"
  done
  printf '%s' "\${all#,}"
}

# The canary goes on being verified while nobody else has switched.
watch_or_revert() { # milliseconds
  local code
  verify_release "$1"
  code=$?
  [ "$code" != 0 ] || return 0
  say_why "$code"
  revert_release
  settled reverted
}

# Once more, and then this host says yes. It is written down first: a yes that was said must be known.
confirm_or_revert() {
  watch_or_revert 0
  confirmed=yes
  write_journal switched
  event confirmed
}

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
      [ ! -d "$file" ] || fact disk "$file" "$(df -Pk "$file" | sed -n '2s/^[^ ]* *[0-9]* *[0-9]* *\\([0-9]*\\) .*/\\1/p')"
    done
    fact memory "$(sed -n 's/^MemAvailable: *\\([0-9]*\\).*/\\1/p' /proc/meminfo)" "$(sed -n 's/^SwapFree: *\\([0-9]*\\).*/\\1/p' /proc/meminfo)"
    listening_ports
  ) 9>&- 8>&- 7>&- 4>&- | raw
  event end
}

fact() { # fields
  local field line=''
  for field; do line="$line$tab$field"; done
  printf '%s\\n' "\${line#"$tab"}"
}

docker_facts() {
  local question
  [ -n "$(unset -f docker; command -v docker)" ] || { fact docker-missing; release_facts; return; }
  # All questions at once: each costs a process and a round trip to the daemon. This is a subshell, so wait sees only these.
  for question in ask_version ask_compose ask_containers ask_volumes ask_networks; do $question >"$run/$question" 2>"$run/$question.error" & done
  wait
  # Without an answer of the daemon the template is printed up to where it first asks for one.
  if grep -q "^docker\${tab}[0-9]" "$run/ask_version"; then cat "$run/ask_version"; else fact docker-error "$(tr '\\n\\t' '  ' <"$run/ask_version.error")"; fi
  [ ! -s "$run/ask_compose" ] || fact compose "$(cat "$run/ask_compose")"
  cat "$run/ask_containers" "$run/ask_volumes" "$run/ask_networks"
}

ask_version() { docker version --format 'docker|{{.Server.Version}}|{{.Server.Arch}}|{{.Server.Os}}{{range .Server.Components}}{{if eq .Name "rootlesskit"}}|rootless{{end}}{{end}}' | tr '|' '\\t'; } # it would turn tabs into spaces
ask_compose() { docker compose version --short; }
ask_containers() {
  local id project_of service_of state oneoff name ports mounts app_of rest
  list_containers >"$run/all" # the list stays, for what is asked next
  while IFS='|' read -r id project_of service_of state oneoff name ports mounts app_of rest; do
    fact container "$id" "$project_of" "$service_of" "$state" "$name" "$ports" "$app_of" "$mounts" "$oneoff"
  done <"$run/all"
  release_facts
}
ask_volumes() { docker volume ls --format "volume$tab{{.Name}}$tab{{.Label \\"com.docker.compose.project\\"}}"; }
ask_networks() { docker network ls --no-trunc --format "network$tab{{.ID}}$tab{{.Name}}$tab{{.Label \\"com.docker.compose.project\\"}}"; }

# Ports in state LISTEN, from the kernel's own table: no tool for it can be assumed.
listening_ports() {
  local line port
  sed -n 's/^ *[0-9]*: [0-9A-F]*:\\([0-9A-F]*\\) [0-9A-F]*:[0-9A-F]* 0A .*/\\1/p' /proc/net/tcp /proc/net/tcp6 2>/dev/null | sort -u |
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
  inspect "{{range \\$name, \\$network := .NetworkSettings.Networks}}edge-network$tab{{\\$name}}$tab{{range .Aliases}}{{.}} {{end}}{{println}}{{end}}{{range \\$port, \\$all := .HostConfig.PortBindings}}{{range \\$all}}edge-port$tab{{.HostIp}}$tab{{.HostPort}}$tab{{\\$port}}{{println}}{{end}}{{end}}" "$edge"
}

# How much a second copy of what serves will need, and what comes free before it starts. \`docker stats\` would take seconds.
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

# Bytes that containers have for themselves, in \`memory\`: without the page cache, which the kernel takes back. Not every host
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
# A label that is not there would be printed as \`<no value>\`: of those that Compose sets only sometimes it is asked with \`with\`.
facts_of_hand_work() {
  local ids kind id folder rest
  ids=$(sed -n 's/^\\([^|]*\\)|[^|]..*/\\1/p' "$run/all" 2>/dev/null)
  [ -n "$ids" ] || return 0
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  docker inspect -f 'by-hand|{{.Id}}|{{index .Config.Labels "com.docker.compose.project.working_dir"}}|{{index .Config.Labels "com.docker.compose.project.config_files"}}|{{index .Config.Labels "com.docker.compose.config-hash"}}|{{.Config.Image}}|{{.Image}}|{{with index .Config.Labels "com.docker.compose.project.environment_file"}}{{.}}{{end}}{{$id := .Id}}{{range .Mounts}}{{println}}by-hand-mount|{{$id}}|{{.Type}}|{{if eq .Type "volume"}}{{.Name}}{{else}}{{.Source}}{{end}}|{{.Destination}}|{{.RW}}{{end}}{{range $name, $network := .NetworkSettings.Networks}}{{println}}by-hand-network|{{$id}}|{{$name}}{{end}}' $ids |
    without_our_own | while IFS='|' read -r kind id folder rest; do
      case $kind:$folder in
        # Of its last field, the files with values, a release has none: they stand in its model.
        by-hand:"$app_dir"/releases/*) folder=$(data_folder_of "$folder") rest="\${rest%|*}|" ;;
      esac
      printf '%s|%s|%s|%s\\n' "$kind" "$id" "$folder" "$rest"
    done | tr '|' '\\t'
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
  printf '%s' "\${folder:-$app_dir}"
}

# Does the whole live release run? Otherwise the same inputs are not \`unchanged\`, they repair.
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

# shellcheck shell=dash
# Resolves the user's Compose files here, with the host's Compose: only it knows what its own version makes of them.
# The runner uploaded to $run: \`source/\` (its workspace, as far as Compose needs it), \`resolve/options\` (lines option=value),
# and \`resolve/runner.env\` and \`resolve/keys.env\` for interpolation.

resolving='' # process
old_dir=''   # where people started the project that is taken over
old_env=''   # the files that they named with --env-file, divided by commas

# A project that people started has its name, and its own folder besides the app's; so has a live release that took it over.
start_resolving() { # [project, folder]
  local option value file folder=. name=\${1:-} live=$app_dir/current/settings
  [ -n "$name" ] || ! grep -qsx unnamed=yes "$run/resolve/options" || name=$(value_of "$live" project)
  if [ -e "$live" ]; then
    old_dir=$(value_of "$live" data_directory) old_env=$(value_of "$live" env_files)
  else
    find_started "\${name:-$(value_of "$run/resolve/options" project)}"
  fi
  old_dir=\${2:-$old_dir}
  rm -f "$run/unreadable"
  give_back_env_files
  # The host's .env fills in what the runner's does not have, the app's before that of a project that people started; what steers
  # Compose itself comes from the runner only.
  host_env_files | while IFS= read -r file; do
    is_readable "$file" || continue
    sed '/^[[:space:]]*\\(export[[:space:]][[:space:]]*\\)\\{0,1\\}COMPOSE_/d' "$file"
    [ -z "$(tail -c 1 "$file")" ] || echo # or the next file's first line would be the rest of this one's last
  done >"$run/resolve/host.env"
  folder=$(value_of "$run/resolve/options" directory || echo .)
  # The values of env-keys win, and are there when the others are filled in.
  set -- --env-file "$run/resolve/keys.env" --env-file "$run/resolve/host.env" --env-file "$run/resolve/runner.env" --env-file "$run/resolve/keys.env"
  while IFS='=' read -r option value; do
    case $option in
      project) set -- "$@" -p "\${name:-$value}" ;;
      env_file) take_env_file "$value" "$run/source/$folder" ;;
      directory) set -- "$@" --project-directory "$run/source/$value" ;;
      file) set -- "$@" -f "$run/source/$value" ;;
      profile) set -- "$@" --profile "$value" ;;
    esac
  done <"$run/resolve/options"
  (
    cd "$run/source/$folder" 2>/dev/null || : # for \${PWD}
    # Not by the function: its GOGC would be a variable for the user's file.
    command docker compose "$@" config --format json </dev/null >"$run/model.json" 2>"$run/model.error"
    printf '%s' "$?" >"$run/model.status"
  ) 9>&- 8>&- 7>&- 4>&- &
  resolving=$!
}

# Where people started a project, and what they named with --env-file; nothing where its containers tell of several.
find_started() { # project
  local folder
  docker ps -a --filter "label=com.docker.compose.project=$1" --format '{{.Label "com.docker.compose.project.working_dir"}}|{{.Label "com.docker.compose.project.environment_file"}}' >"$run/started" 2>/dev/null
  was_live || { grep -v "^$app_dir/releases/" "$run/started" | write_file "$run/started"; }
  old_dir=$(cut -d'|' -f1 "$run/started" | lasting_folders)
  # A release was here once, and was uninstalled: of its files with values only its settings tell, Compose was given what came of them.
  old_env=$(grep -v "^$app_dir/releases/" "$run/started" | cut -s -d'|' -f2 | grep . | sort -u)
  folder=$(sed -n "s,^\\($app_dir/releases/[^|/]*\\).*,\\1,p" "$run/started" | head -n 1)
  [ -n "$old_env" ] || [ -z "$folder" ] || old_env=$(value_of "$folder/settings" env_files)
  case $old_dir in *"$newline"*) old_dir='' ;; esac
  case $old_env in *"$newline"*) old_env='' ;; esac
}

# The host's files with values, the weakest first. Whoever names some with --env-file has Compose pass over the .env beside them.
host_env_files() {
  local file
  if [ -n "$old_env" ]; then
    printf '%s\\n' "$old_env" | tr ',' '\\n' | while IFS= read -r file; do
      case $file in /*) printf '%s\\n' "$file" ;; *) printf '%s\\n' "$old_dir/$file" ;; esac
    done
  elif [ -n "$old_dir" ]; then
    printf '%s\\n' "$old_dir/.env"
  fi
  printf '%s\\n' "$app_dir/.env"
}

lasting_folders() { # of lines on standard input
  local folder
  sort -u | while IFS= read -r folder; do
    case $folder in "$app_dir"/releases/*) folder=$(data_folder_of "$folder") ;; esac
    printf '%s\\n' "$folder"
  done | sort -u
}

# An env file that the repository does not have, as one that holds secrets should not be there: the host's is used.
take_env_file() { # path as Compose takes it, folder where it would be
  local place
  [ ! -e "$2/$1" ] || return 0
  for place in "$app_dir" "$old_dir"; do
    case $place:$1 in :* | "$app_dir":../*) continue ;; esac
    is_readable "$place/$1" || continue
    mkdir -p "$2/$(dirname "$1")" && cp "$place/$1" "$2/$1" && printf '%s\\n' "$2/$1" >>"$run/taken"
    return
  done
}

# What was taken for another project must not be found as the repository's.
give_back_env_files() {
  local file
  [ -e "$run/taken" ] || return 0
  while IFS= read -r file; do rm -f "$file"; done <"$run/taken"
  rm -f "$run/taken"
}

# One that is there and cannot be read must not be passed over.
is_readable() { # file
  local folder
  folder=$(dirname "$1")
  while [ ! -e "$folder" ]; do folder=$(dirname "$folder"); done
  # Nobody can say what is in a folder that is closed to us.
  [ -x "$folder" ] || { printf '%s' "$1" >"$run/unreadable"; return 1; }
  [ -f "$1" ] || return 1
  [ ! -r "$1" ] || return 0
  printf '%s' "$1" >"$run/unreadable"
  return 1
}

# Whose it is, or the closed folder on the way there, and what mends it.
unreadable() { # file
  local seen=$1 where='' right=g+r
  while [ ! -e "$seen" ]; do seen=$(dirname "$seen"); where=", in $seen" right=g+x; done
  failure DA-ENV-UNREADABLE "$(id -un) cannot read $1$where, which belongs to $(stat -c '%U (mode %a)' "$seen"). Set \\\`sudo: true\\\` (docs/guide-sudo.md); or as root: chgrp $(id -gn) $seen && chmod $right $seen; or log in as its owner"
  return 1
}

resolve() { # [project, folder]
  local file
  [ -z "$resolving" ] || await_child "$resolving"
  if [ -z "$resolving" ] || [ -n "\${1:-}" ]; then
    start_resolving "$@"
    await_child "$resolving"
  fi
  [ "$(cat "$run/model.status")" = 0 ] || [ -n "\${1:-}" ] || resolve_as_started
  ! [ -e "$run/unreadable" ] || { unreadable "$(cat "$run/unreadable")"; return 1; }
  file=$(sed -n 's/.*open \\(\\/[^:]*\\): permission denied.*/\\1/p' "$run/model.error" | head -n 1)
  [ "$(cat "$run/model.status")" = 0 ] || [ -z "$file" ] || { unreadable "$file"; return 1; }
  if [ "$(cat "$run/model.status")" = 0 ]; then
    event model
    raw <"$run/model.json"
    event end
    event warnings
    sed "s,$run/source/,,g" "$run/model.error" | raw
    event end
  else
    failure DA-COMPOSE-INVALID "Compose on the host refuses the Compose file: $(sed -e '/level=warning/d' -e "s,$run/source/,,g" "$run/model.error" | tr '\\n' ' ')"
    raw <"$run/model.error"
    return 1
  fi
}

# Nobody named the project, and the app's folder has not all that its file needs: people may have started it under another name, in a
# folder that has. Those in the app's own folder come first. Whether it is the same project is the runner's to say.
resolve_as_started() {
  local name folder
  if [ -n "$(current_release)" ] || ! grep -qsx unnamed=yes "$run/resolve/options"; then return 0; fi
  mv "$run/model.error" "$run/first.error"
  docker ps -a --format '{{.Label "com.docker.compose.project"}}|{{.Label "com.docker.compose.project.working_dir"}}' 2>/dev/null | grep '^[^|].*|/' | sort -u >"$run/projects"
  { grep "|$app_dir/" "$run/projects"; grep -v "|$app_dir/" "$run/projects"; } | grep -v '/releases/' | head -n 8 >"$run/candidates"
  while IFS='|' read -r name folder <&6; do
    start_resolving "$name" "$folder"
    await_child "$resolving"
    if [ "$(cat "$run/model.status")" = 0 ] && [ ! -e "$run/unreadable" ]; then
      event "resolved-as project=$name"
      return 0
    fi
  done 6<"$run/candidates"
  mv "$run/first.error" "$run/model.error"
  rm -f "$run/unreadable"
  printf 1 >"$run/model.status"
}

# Which files of the repository are the same in the folder that people started the project from, and in which folders of it there are others.
compare() { # folder
  local file folder inner
  folder=$run/source/$(value_of "$run/resolve/options" directory)
  event compared
  (
    cd "$folder" && find . -type f | sed 's,^\\./,,' | while IFS= read -r file; do
      ! cmp -s "$file" "$1/$file" || fact same "$file"
    done
    cd "$folder" && find . -type d ! -name . | sed 's,^\\./,,' | while IFS= read -r inner; do
      # shellcheck disable=SC2012 # names are only compared, each on its line
      ! ls -A "$1/$inner" 2>/dev/null | while IFS= read -r file; do [ -e "$inner/$file" ] || echo other; done | grep -q . || fact others "$inner"
    done
  ) 9>&- 8>&- 7>&- 4>&- | raw
  event end
}

# What Compose would compare containers with: its hashes of the definitions that the runner uploaded, and what each image is now.
hashes() { # project
  project=$1
  local image option value
  event hashes
  (
    set --
    while IFS='=' read -r option value; do [ "$option" != profile ] || set -- "$@" --profile "$value"; done <"$run/resolve/options"
    while IFS= read -r image; do fact image "$image" "$(docker image inspect -f '{{.Id}}' "$image" 2>/dev/null)"; done <"$run/adopt/images"
    docker compose --env-file /dev/null --project-directory "$run/adopt" -p "$project" -f "$run/adopt/base.json" "$@" config --hash '*' </dev/null | sed "s/^\\([^ ]*\\) /hash$tab\\1$tab/"
  ) 9>&- 8>&- 7>&- 4>&- 2>"$run/hashes.error" | raw
  event end
}

# For a runner that cannot reach the registry: pulls, and says which digest the host got.
resolve_digest() { # image
  pull_images "$1" || return $?
  event "digest image=$1 digest=$(docker image inspect -f '{{range .RepoDigests}}{{println .}}{{end}}' "$1" | sed -n 's/.*@\\(sha256:[0-9a-f]*\\)$/\\1/p' | head -n 1)"
}

# shellcheck shell=dash
# Files come through the session itself, in the order of its commands: opening another channel costs two answers of the host each time,
# and a shell. The reader unpacks them; the commands that it passes on find them there.

# A tar archive in pieces, unpacked. What tar does not read is read all the same: the next command stands behind it. The reader itself takes
# the pieces: it is the one process that a run which ends has to end.
unpack() { # folder; $run/upload-error says what went wrong
  local unpacker code
  mkfifo "$run/upload"
  {
    { mkdir -p -- "$1" && tar -x -p -f - -C "$1"; } >"$run/upload-error" 2>&1
    code=$?
    cat >/dev/null
    exit "$code"
  } <"$run/upload" &
  unpacker=$!
  pieces >"$run/upload"
  wait "$unpacker"
  code=$?
  rm -f "$run/upload"
  return "$code"
}

# Each piece is a line with its length, then its bytes; nothing is read beyond them. Length 0 is the end. In between the runner says that it lives.
pieces() {
  local line
  while IFS= read -r line; do
    beat
    case $line in
      0) return ;;
      ping) ;;
      cancel) wake cancel ;;
      *[!0-9]* | '') wake lost ;; # never the bytes of a file as commands or arguments
      *) dd bs="$line" count=1 iflag=fullblock 2>/dev/null || wake lost ;;
    esac
  done
  wake lost
}

upload_failed() { # exit code, folder
  failure DA-SSH-UPLOAD "writing files to $2 on the host failed with exit code $1: $(tail -n 3 "$run/upload-error" | tr '\\n' ' '). Check that the agent may write there, that the disk is not full (\\\`df -h\\\`), and that the host has tar"
}

# shellcheck shell=dash
# A runner at the other end: commands come as lines on standard input, progress goes back as lines. The runner says
# something every few seconds; a connection that dies without a word is noticed by the silence.

session() { # mode (deploy, candidate, plan or backup-file), directory, lock timeout in seconds, who; \`turns\`: the runner takes hosts out of a balancer; of backup-file the id and the file
  local mode=$1 app_directory=$2 lock_timeout=$3 who=$4
  [ "$mode" != backup-file ] || send_backup_file "$app_directory" "$5" "$6"
  in_session=yes
  has_turns=\${5:-}
  open_run
  mkfifo "$run/commands"
  exec 4<>"$run/commands"
  printf '30' >"$run/patience"
  beat
  listen
  stoppable=yes
  if [ "$mode" = plan ]; then
    app_dir=$app_directory
    event "ready run=$run"
  else
    open_app "$app_directory"
    event "ready run=$run"
    take_lock "$lock_timeout" "$who"
    install_agent
    stoppable=''
    [ "$mode" != candidate ] || spare_candidate=yes
    ! is_undecided || hear_decision
    settle
    stoppable=yes
  fi
  tell_standing
  # Sent along by the runner: installed by now, or not wanted on a host that is only looked at.
  [ -z "\${DEPLOY_ACTIONS_AGENT:-}" ] || rm -f "$DEPLOY_ACTIONS_AGENT"
  follow_commands
}

# What is here, once the lock is ours and what a dead run left is settled, or is for this runner to settle.
tell_standing() {
  local more=''
  [ -z "$taken_back" ] || more=" back=$taken_back"
  [ ! -e "$app_dir/taken-out" ] || more="$more out=$(taken_out balancer):$(taken_out droplet)"
  [ "$(value_of "$app_dir/journal" phase)" != committed ] || more="$more unfinished=yes"
  event "locked release=$(current_release) kept=$(kept_releases) alone=$(value_of "$app_dir/alone" release)$more"
}

# The reader and the watchdog run beside the work. Both leave a reason in $run/stop and wake the main process.
listen() {
  exec 3<&0
  (
    # What unpacks is not of the run's own work, which may be ended (\`end_processes_of\`) while files still come.
    export DEPLOY_ACTIONS_RUN="upload-$nonce"
    while IFS= read -r line; do
      beat
      case $line in
        ping) ;;
        cancel) wake cancel ;;
        'upload '*)
          unpack "\${line#upload }"
          printf 'uploaded %s %s\\n' "$?" "\${line#upload }" >&4
          ;;
        *) printf '%s\\n' "$line" >&4 ;;
      esac
    done
    wake lost
  ) <&3 >/dev/null 2>&1 &
  companions=$!
  (
    while is_alive; do
      sleep 2
      now_ms
      [ $((now / 1000 - $(cat "$run/beat"))) -lt "$(cat "$run/patience")" ] || wake silent
    done
    kill "$companions"
  ) </dev/null >/dev/null 2>&1 3<&- &
  companions="$companions $!"
  printf '%s' "$companions" >"$run/companions"
  exec 3<&-
}

# The next part of the same run: the lock, the private folder and the companions are there.
session_on() { # directory, private folder, yes: this run has made the directory, number of the last edge shell, \`turns\`
  in_session=yes
  staying=yes
  has_lock=yes
  app_dir=$1
  run=$2
  made_app=$3
  edge_shell=$4
  has_turns=$5
  own_run
  companions=$(cat "$run/companions")
  stoppable=yes
  event "ready run=$run"
  tell_standing
  await_part
  follow_commands
}

# A part that settled by itself has not read what its runner had sent ahead, and some of that may still be on its way. The runner says where the new part begins.
await_part() {
  local verb
  while :; do
    IFS=' ' read -r verb _ <&4 || continue
    case $verb in
      part) return ;;
      stopped) stopped ;;
      leave) drop_lock; exit 0 ;;
    esac
  done
}

staying='''' # yes: several parts of a run follow each other in this session

goes_on() { [ -n "$staying" ] && [ ! -e "$run/stop" ]; }

# Another part begins with a fresh program in this very process, which has the lock: of the last part there is only what it has made on the host.
go_on() {
  local file
  for file in "$run"/*; do
    case \${file##*/} in agent | beat* | commands | companions | patience | stop | upload*) ;; *) rm -rf "$file" ;; esac
  done
  printf '30' >"$run/patience"
  trap - EXIT
  exec /bin/sh "$app_dir/bin/release" session-on "$app_dir" "$run" "$made_app" "$edge_shell" "$has_turns" 8>&- 7>&-
}

beat() { now_ms; printf '%s' "$((now / 1000))" >"$run/beat.next" && mv -f "$run/beat.next" "$run/beat"; }

# Wakes the main process again and again: one signal could come right before it begins to wait.
wake() { # reason
  [ -e "$run/stop" ] || printf '%s' "$1" >"$run/stop"
  printf 'stopped\\n' >&4
  while is_alive && kill -USR1 "$$" 2>/dev/null; do sleep 1; done
  exit 0
}

# A killed process whose parent does not ask for it can still be signalled; it has no program any more.
is_alive() { [ -e "/proc/$$/exe" ]; }

install_agent() {
  cmp -s "$0" "$app_dir/bin/release" || { cp "$0" "$app_dir/bin/release.next" && chmod 755 "$app_dir/bin/release.next" && mv -f "$app_dir/bin/release.next" "$app_dir/bin/release"; }
}

follow_commands() {
  local verb first second
  while :; do
    # The pipe never ends; a signal does end a read, and the reason for it comes as a line of its own.
    IFS=' ' read -r verb first second <&4 || continue
    [ "$verb" = switch ] || rm -f "$run/$list" # time has passed since; the switch touches what this run made, and must not wait
    follows_on "$verb"
    case $verb in
      uploaded) [ "$first" = 0 ] || { upload_failed "$first" "$second"; exit 1; } ;;
      facts) facts ;;
      record) send_record record "$(current_release)" ;;
      resolve) resolve "$first" "$second" || exit 1 ;;
      compare) compare "$first\${second:+ $second}" ;;
      hashes) hashes "$first" ;;
      digest) resolve_digest "$first" || exit 1 ;;
      migration-open) migrate_or_end open_migration "$first" ;;
      migration-run)
        # shellcheck disable=SC2086 # seconds, and a word
        migrate_or_end run_migration "$first" $second
        ;;
      migration-record) record_migration; event migration-recorded ;;
      backup) back_up_or_end "$first" ;;
      backup-url)
        url_variable=$first url_image=$second
        back_up_or_end ''
        ;;
      backup-do) backup_for_runner "$first" ;;
      backup-manifest) backup_or_end tell_manifest "$first" ;;
      backup-whole) backup_or_end tell_whether_whole "$first" ;;
      backup-aside) backup_or_end set_aside "$first" ;;
      backup-kept) backup_or_end tell_kept "$first" ;;
      backup-receive) backup_or_end begin_receiving "$first" "$second" ;;
      backup-received) backup_or_end end_receiving "$first" ;;
      force-schema) force_schema=yes ;;
      env-look) env_look ;;
      env-stage) env_stage ;;
      env-write) env_write "$first" ;;
      env-keep) env_keep ;;
      env-note) note_key_dates; event env-noted ;;
      env-undo) env_give_up; event env-undone ;;
      env-apply) env_apply "$first" ;;
      credential) receive_credential "$first$second" ;;
      choose) describe_choice "$first" ;;
      outcome) describe_outcome "$first" ;;
      cool) cool_down "$first" ;;
      repeat)
        # shellcheck disable=SC2086 # an id, and perhaps a word
        repeat_release "$first" $second
        ;;
      prepare) prepare_or_undo "$first" "$second" ;;
      edge-image) note_edge_image "$first"; event noted ;;
      fleet) hosts=$first ;;
      hold) hold_and_report "$first" "$second" ;;
      candidate) describe_candidate "$first" "$second" ;;
      resume) resume_or_undo ;;
      drop) drop_candidate ''; settled aborted ;;
      switch) switch_or_revert ;;
      watch) watch_or_revert "$first"; event watched ;;
      confirm) confirm_or_revert ;;
      commit) in_turn=$first; finish_and_report ;;
      finish) finish_unfinished ;;
      health | returned) obey_balancer "$verb" "$first" "$second" ;;
      revert) revert_release; settled reverted ;;
      abort) abort_run ;;
      stopped) stopped ;;
      agreed) forget_alone ;;
      stay) staying=yes ;;
      quit | leave)
        leave_migration
        leave_client
        [ "$verb" = leave ] || ! goes_on || go_on
        drop_lock
        exit 0
        ;;
      *) failure DA-AGENT-PROTOCOL "the agent does not know the command $verb" ;;
    esac
  done
}

# Without a release that came so far there is nothing to switch to, or to make final.
follows_on() { # command
  case $1:$phase in
    hold:prepare | switch:prepare | switch:prepared | watch:switched | confirm:switched | commit:switched) ;;
    hold:* | switch:* | watch:* | confirm:* | commit:*) die DA-AGENT-PROTOCOL "the agent was told to $1, and no release has come so far" ;;
  esac
}

settled() { # status
  if goes_on; then
    event "settled status=$1"
    leave_migration
    leave_client
    go_on
  fi
  drop_lock
  event "settled status=$1"
  exit 0
}

prepare_or_undo() { # operation, id
  local code
  # A run that came back to its own candidate, and brings another release all the same.
  ! has_candidate || drop_candidate
  [ ! -d "$app_dir/releases/$2.tmp" ] || receive_release "$2"
  prepare_release "$1" "$2"
  code=$?
  [ "$code" = 0 ] || { say_why "$code"; abort_run; }
}

# A step that cannot be taken ends the run; one that was stopped says where it has left the database.
migrate_or_end() { # function, arguments
  local code
  "$@"
  code=$?
  [ "$code" = 0 ] && return 0
  [ "$code" != 130 ] || stop_migration
  say_why "$code"
  leave_migration
  abort_run
}

# The secret goes to the runner alone, which masks it; nothing else that is said has it.
hold_and_report() { # who prepared it, seconds
  stoppable=''
  hold_candidate "$1" "$2"
  event held
  candidate_secret | raw
  event end
  settled prepared
}

resume_or_undo() {
  local code
  resume_candidate
  code=$?
  [ "$code" = 0 ] || { say_why "$code"; abort_run; }
}

# A full disk fails what has no words for it.
say_why() { # exit code
  local free
  [ "$1" != 130 ] || { say_stopped; return; }
  [ -z "$told" ] || return 0
  free=$(df -Pk "$run" | sed -n '2s/^[^ ]* *[0-9]* *[0-9]* *\\([0-9]*\\) .*/\\1/p')
  if [ "\${free:-1}" = 0 ]; then
    failure DA-HOST-DISK "the host's disk is full: \\\`df -h \${TMPDIR:-/tmp}\\\` there shows it"
  else
    failure DA-UNEXPECTED 'a step on the host failed and did not say why; please report it'
  fi
}

# What was uploaded becomes a release; files that containers mount move to where they are kept by content.
receive_release() { # id
  local file
  for file in "$app_dir/releases/$1.tmp/files"/*; do
    [ -e "$file" ] || continue
    [ -e "$app_dir/files/\${file##*/}" ] && continue
    # A container's own user has to get into a mounted folder; nobody else gets as far as here.
    find "$file" -type d -exec chmod 755 {} +
    mv "$file" "$app_dir/files/\${file##*/}"
  done
  rm -rf "$app_dir/releases/$1.tmp/files"
  # Left by an earlier run under the same id, and bad: one that is kept for going back to is never given its id again (plan-hosts.ts).
  [ "$1" = "$(current_release)" ] || rm -rf "$app_dir/releases/$1"
  find "$app_dir/releases/$1.tmp" -type d -exec chmod 700 {} +
  mv "$app_dir/releases/$1.tmp" "$app_dir/releases/$1"
}

say_stopped() { failure DA-CANCELLED "the run was stopped ($(cat "$run/stop"))"; }

abort_run() {
  stoppable=''
  case $phase in
    '') settled aborted ;;
    switching | switched | reverting) revert_release; settled reverted ;;
    *) log_event aborted; undo_release; settled aborted ;;
  esac
}

switch_or_revert() {
  local code
  printf '60' >"$run/patience"
  switch_release
  code=$?
  if [ "$code" != 0 ]; then
    say_why "$code"
    revert_release
    settled reverted
  fi
  # A single host whose runner is gone decides by its own verification: it was right, so the release stays.
  case $(cat "$run/stop" 2>/dev/null) in lost | silent) stopped ;; esac
}

finish_and_report() {
  finish_release
  if [ "$base_ok" = yes ]; then settled deployed; else settled failed; fi
}

# The runner cancelled, hung up, or has been silent for too long, while this side was waiting for its word.
stopped() {
  env_give_up
  [ -z "$migration" ] || stop_migration
  case $phase:$hosts:$(cat "$run/stop") in
    switched:1:lost | switched:1:silent)
      if [ "$verified" = yes ]; then
        ! leave_unfinished || settled failed
        finish_and_report
      fi
      revert_release
      settled reverted
      ;;
    switched:*:cancel) revert_release; settled reverted ;;
    switched:*) ! is_undecided || note_alone; revert_release; settled reverted ;;
    *) say_stopped; abort_run ;;
  esac
}

# shellcheck shell=dash
# Programs for awk, which every system has that has a shell: a file of assignments is taken apart, and put together again.

# Writes each part as files <number>.lead, .rhs and .tail, and its name to \`index\`. What it is not sure of is told in \`odd\`, and then nothing is written.
# shellcheck disable=SC2016 # a program for awk
env_splitter='
function save(suffix, text) { printf "%s", text >(dir "/" count suffix); close(dir "/" count suffix) }
function part(name, lead, rhs, tail) {
  count++
  printf "%d\\t%s\\n", count, name >(dir "/index")
  save(".lead", lead)
  if (name == "") return
  save(".rhs", rhs)
  save(".tail", tail)
  save(".hash", key name "=" rhs key)
}
function step(length_of,   taken) { taken = substr(text, 1, length_of); line += gsub(/\\n/, "", taken); text = substr(text, length_of + 1) }
function odd() { if (!told) print line + 1 >(dir "/odd"); told = 1 }
function verbatim(length_of) { part("", substr(text, 1, length_of), "", ""); step(length_of) }
function quiet(rest) { return rest ~ /^[ \\t\\r]*(#[^\\n]*)?$/ }
function line_end(from,   n) { n = index(substr(text, from), "\\n"); return n ? from + n - 1 : length(text) + 1 }

# Where a quoted value ends, or 0. A backslash keeps the next character from ending it; dotenv goes back to such a quote where no other fits.
function closing(from, quote,   at, c, found) {
  for (at = from + 1; at <= length(text); at++) {
    c = substr(text, at, 1)
    if (c == "\\\\" && format != "dotenv") at++
    else if (c == quote) {
      if (format != "dotenv") return at
      if (quiet(substr(text, at + 1, line_end(at) - at - 1))) found = at
      if (substr(text, at - 1, 1) != "\\\\") return found
    }
  }
  return found
}
# Where a value ends that may change its quotes on the way.
function word_end(from,   at, c, quote) {
  for (at = from; at <= length(text); at++) {
    c = substr(text, at, 1)
    if (quote == "") {
      if (c == "\\n" || (format == "systemd" && c == "\\r")) return at
      if (format == "shell" && index(" \\t;&|<>()", c)) return at
      if (c == "\\\\") { at++; if (format == "systemd") inside = 1 }
      else if ((c == "\\"" || c == "\\047") && !inside) quote = c
      else if (format == "systemd" && c != " " && c != "\\t") inside = 1
      if (format == "shell" && (c == "\`" || substr(text, at, 2) == "$(")) odd()
    } else if (c == "\\\\" && quote == "\\"") at++
    else if (c == quote) quote = ""
    else if (format == "shell" && quote == "\\"" && (c == "\`" || substr(text, at, 2) == "$(")) odd()
  }
  if (quote != "") odd()
  return at
}
function value(name, lead_length,   from, end, last, rhs, c, rest, n) {
  from = lead_length + 1
  last = line_end(from)
  c = substr(text, from, 1)
  if (format == "docker") { part(name, substr(text, 1, lead_length), substr(text, from, last - from), "\\n"); step(last); return }
  if (format == "shell" || format == "systemd") {
    inside = 0
    end = word_end(from)
    last = line_end(end)
    rest = substr(text, end, last - end)
    if (!quiet(rest)) odd()
    rhs = substr(text, from, end - from)
    if (format == "systemd" && match(rhs, /[ \\t]+$/) && rhs !~ /\\\\[ \\t]+$/) rhs = substr(rhs, 1, RSTART - 1)
    part(name, substr(text, 1, lead_length), rhs, substr(text, from + length(rhs), last - from - length(rhs)) "\\n")
    step(last)
    return
  }
  if (c == "\\"" || c == "\\047" || (c == "\`" && format == "dotenv")) {
    end = closing(from, c)
    if (end) {
      last = line_end(end)
      if (quiet(substr(text, end + 1, last - end - 1))) {
        part(name, substr(text, 1, lead_length), substr(text, from, end - from + 1), substr(text, end + 1, last - end - 1) "\\n")
        step(last)
        return
      }
    }
    if (format != "dotenv") odd()
    last = line_end(from)
  }
  rhs = substr(text, from, last - from)
  if (format == "dotenv") sub(/#.*$/, "", rhs)
  else if (format == "python-dotenv") sub(/[ \\t]+#.*$/, "", rhs)
  else if (n = index(rhs, " #")) rhs = substr(rhs, 1, n - 1)
  sub(/[ \\t\\r\\f\\v]+$/, "", rhs)
  part(name, substr(text, 1, lead_length), rhs, substr(text, from + length(rhs), last - from - length(rhs)) "\\n")
  step(last)
}
function statement(   name, n, all) {
  all = line_end(1)
  if (text ~ /^[ \\t\\r\\f\\v]*[#\\n]/ || (format == "systemd" && text ~ /^[ \\t\\r]*;/)) {
    if (format == "systemd" && substr(text, all - 1, 1) == "\\\\") odd()
    return verbatim(all)
  }
  if (!match(text, lead)) return verbatim(all)
  n = RLENGTH
  name = substr(text, 1, n)
  sub(/[ \\t\\r\\f\\v]*[=:][ \\t\\r\\f\\v]*$/, "", name)
  if (format != "docker" && format != "systemd") sub(/^[ \\t\\r\\f\\v]*export[ \\t\\r\\f\\v]+/, "", name)
  sub(/^[ \\t\\r\\f\\v]+/, "", name)
  value(name, n)
}
function json_line(   all, name, n, rhs) {
  all = line_end(1)
  if (text ~ /^[ \\t\\r]*\\n/) return step(all)
  if (sub(/^[ \\t]*[{][ \\t]*[}]/, "{\\n}", text)) return verbatim(2)
  if (text ~ /^[ \\t\\r]*[{}][ \\t\\r]*\\n/) return verbatim(all)
  if (!match(text, /^[ \\t]*"[^"\\\\]*"[ \\t]*:[ \\t]*/)) { odd(); return verbatim(all) }
  n = RLENGTH
  name = substr(text, 1, n)
  sub(/^[ \\t]*"/, "", name)
  sub(/"[^"]*$/, "", name)
  if (!match(substr(text, n + 1), /^"([^"\\\\\\n]|\\\\.)*"/)) { odd(); return verbatim(all) }
  rhs = substr(text, n + 1, RLENGTH)
  if (substr(text, n + 1 + length(rhs), all - n - 1 - length(rhs)) !~ /^,?[ \\t\\r]*$/) odd()
  part(name, substr(text, 1, n), rhs, "")
  step(all)
}
BEGIN { getline key <keyfile }
{ text = text $0 "\\n" }
END {
  if (substr(text, 1, 3) == "\\357\\273\\277") verbatim(3)
  lead = "^[ \\t\\r\\f\\v]*(export[ \\t\\r\\f\\v]+)?[A-Za-z0-9_.-]+[ \\t]*=[ \\t\\r\\f\\v]*"
  if (format == "dotenv") lead = "^[ \\t\\r\\f\\v]*(export[ \\t\\r\\f\\v]+)?[A-Za-z0-9_.-]+([ \\t]*=[ \\t]*|:[ \\t]+)"
  if (format ~ /^compose/) lead = "^[ \\t\\r\\f\\v]*(export[ \\t\\r\\f\\v]+)?[A-Za-z0-9_.-]+[ \\t]*[=:][ \\t\\r\\f\\v]*"
  if (format == "docker") lead = "^[ \\t\\r\\f\\v]*[^= \\t#\\n][^= \\t\\n]*="
  if (format == "systemd") lead = "^[ \\t\\r]*[A-Za-z0-9_]+[ \\t]*=[ \\t]*"
  if (format == "shell") lead = "^[ \\t]*(export[ \\t]+)?[A-Za-z_][A-Za-z0-9_]*="
  while (text != "") if (format == "json") json_line(); else statement()
}'

# Puts names and hashes together.
# shellcheck disable=SC2016 # a program for awk
env_teller='
FILENAME == sums { sub(/[.]hash$/, "", $2); hash[$2] = $1; next }
{ at = index($0, "\\t"); name = substr($0, at + 1); if (name != "") printf "key\\t%s\\t%s\\n", name, hash[substr($0, 1, at - 1)] }'

# The names of the files to put together, in order.
# shellcheck disable=SC2016 # a program for awk
env_merger='
BEGIN { FS = "\\t" }
function add(name,   file) {
  file = set "/" number[name] ".name"
  if (many++) print before "/comma"
  print file
  print set "/" number[name]
  if (json != "json") print before "/end"
}
FILENAME ~ /changes$/ { if ($1 == "set") { number[$2] = $3; order[++names] = $2 } else dropped[$2] = 1; next }
{ at[++parts] = $1; of[parts] = $2; if ($2 != "") last[$2] = parts }
END {
  for (i = 1; i <= parts; i++) {
    name = of[i]
    if (name in dropped) continue
    if (json == "json" && name == "" && i == parts) close_json()
    if (name == "") { print before "/" at[i] ".lead"; continue }
    if (many++ && json == "json") print before "/comma"
    print before "/" at[i] ".lead"
    if (name in number && last[name] == i) { print set "/" number[name]; done[name] = 1 } else print before "/" at[i] ".rhs"
    print before "/" at[i] ".tail"
  }
  if (json != "json") { many = 0; for (i = 1; i <= names; i++) if (!(order[i] in done)) add(order[i]) }
}
function close_json(   k) {
  for (k = 1; k <= names; k++) if (!(order[k] in last)) add(order[k])
  if (many) print before "/end"
}'

# Variables of services of ours that have a value of the file: Compose's JSON has a line for each, and so has what Docker told.
# shellcheck disable=SC2016 # a program for awk
env_origins='
function plain(value) { gsub(/\\\\u003c/, "<", value); gsub(/\\\\u003e/, ">", value); gsub(/\\\\u0026/, "\\\\&", value); return value }
FILENAME ~ /switched$/ { ours[$0] = 1; next }
FILENAME ~ /json$/ {
  if ($0 ~ /^ *"environment": [{]/) inside = 1
  else if ($0 ~ /^ *[}]/) inside = 0
  else if (inside && match($0, /^ *"[^"]*": "/)) {
    name = substr($0, 1, RLENGTH - 4)
    sub(/^ *"/, "", name)
    value = substr($0, RLENGTH)
    sub(/,$/, "", value)
    gsub(/[$][$]/, "$", value)
    has[name "=" plain(value)] = 1
  }
  next
}
NF > 1 {
  service = $1
  of = service
  if (substr(of, length(of) - length(slot) + 1) == slot) of = substr(of, 1, length(of) - length(slot))
  pair = substr($0, length(service) + 3)
  at = index(pair, "=")
  name = substr(pair, 1, at - 1)
  if (of in ours && of != service && ((name "=\\"" plain(substr(pair, at + 1))) in has)) printf "origin\\t%s\\t%s\\t%s\\n", service, of, name
}'

# shellcheck shell=dash
# Env files that people's services read (sync-env). No value of theirs leaves this host: what is told is a hash of each, with a key
# that is made for one run. The runner uploads to $run/env: \`request\` (lines option=value), \`key\`, \`names\`; then \`changes\` and \`set/<number>\`.

env_file=''   # where the file really is
env_staged='' # the file that is to take its place
env_undo=''   # yes: it has, and may have to be taken back

env_request() { value_of "$run/env/request" "$1"; }

# What is in the file, and in running containers under the same names.
env_look() {
  find_env_file
  if [ -e "$env_file" ] && [ ! -r "$env_file" ]; then unreadable "$env_file"; exit 1; fi
  [ -z "$has_lock" ] || settle_env
  event env
  (
    if [ -e "$env_file" ]; then fact file "$(stat -c '%U:%G' "$env_file")" "$(stat -c '%a' "$env_file")" "$(stat -c '%u:%g' "$env_file")"; else fact absent; fi
    split_env "$env_file" "$run/env/before"
    tell_parts "$run/env/before"
    tell_containers
    [ "$(env_request apply)" != yes ] || tell_origins
  ) 9>&- 8>&- 7>&- 4>&- | raw
  event end
}

# A link is followed. What is there and is no file is told, and left alone.
find_env_file() {
  local named
  named=$(env_request path)
  case $named in /*) ;; *) named=$app_dir/$named ;; esac
  env_file=$named
  if [ -L "$named" ]; then
    env_file=$(readlink -f "$named")
    [ -e "$env_file" ] || not_a_file "$named is a link to $(readlink "$named"), where there is nothing. Remove the link, or make the file that it leads to"
  fi
  [ ! -d "$env_file" ] || not_a_file "$named is a folder: \\\`path\\\` has to name the file in it, such as \${named%/}/backend.env"
  [ ! -e "$env_file" ] || [ -f "$env_file" ] || not_a_file "$named is no plain file ($(stat -c %F "$env_file"))"
}

not_a_file() { # what it is
  failure DA-ENV-PATH "$1"
  exit 1
}

# A run that was killed may have left its file beside, or one of several hosts with the new file and nobody's word for it.
settle_env() {
  [ ! -d "\${env_file%/*}" ] || rm -f "\${env_file%/*}/.\${env_file##*/}.deploy-actions-"*
  if [ -e "$app_dir/env.pending" ]; then put_env_back; fi
  rm -f "$app_dir/env-keys.before"
}

# Takes a file apart: for each assignment what stands before the value, the value as it is written, and what stands behind it on its line.
split_env() { # file, folder for the parts
  mkdir -p "$2"
  : >"$2/index"
  if [ -s "$1" ]; then cat "$1"; elif [ "$(env_request format)" = json ]; then printf '{\\n}\\n'; fi |
    awk -v format="$(env_request format)" -v dir="$2" -v keyfile="$run/env/key" "$env_splitter"
}

tell_parts() { # folder of the parts
  [ ! -e "$1/odd" ] || fact odd "$(cat "$1/odd")"
  (cd "$1" && set -- *.hash && { [ ! -e "$1" ] || sha256sum "$@"; }) >"$1/sums"
  rm -f "$1"/*.hash
  awk -v sums="$1/sums" "$env_teller" "$1/sums" "$1/index"
}

# What the containers of this app have under the names that are asked for: as Docker writes it in JSON, which is one line.
tell_containers() {
  local id service name value at=0
  id=$(current_release)
  [ -n "$id" ] && [ -e "$app_dir/releases/$id/settings" ] || return 0
  use_release "$id"
  mkdir -p "$run/env/containers"
  # shellcheck disable=SC2046 # ids are hexadecimal, one word each
  set -- $(running_of "$project" | sed 's/$/ /') $(running_of "$project-$(live_slot)")
  [ $# -gt 0 ] || return 0
  docker inspect -f '{{$service := index .Config.Labels "com.docker.compose.service"}}{{println $service}}{{range .Config.Env}}{{$service}} {{json .}}{{println}}{{end}}' "$@" >"$run/env/inspected"
  while IFS=' ' read -r service value; do
    case $value in
      '') fact service "$service" ;;
      *)
        name=\${value#\\"}
        name=\${name%%=*}
        grep -qxF "$name" "$run/env/names" || continue
        at=$((at + 1))
        { cat "$run/env/key"; printf '%s' "$value"; cat "$run/env/key"; } >"$run/env/containers/$at"
        printf '%s\\t%s\\t%s\\n' "$at" "$service" "$name" >>"$run/env/containers/index"
        ;;
    esac
  done <"$run/env/inspected"
  [ "$at" -gt 0 ] || return 0
  (cd "$run/env/containers" && sha256sum [0-9]*) >"$run/env/containers/sums"
  while IFS="$tab" read -r at service name; do
    fact has "$service" "$name" "$(sed -n "s/^\\([0-9a-f]*\\)  $at\\$/\\1/p" "$run/env/containers/sums")"
  done <"$run/env/containers/index"
}

# Which variables of running switched services come from this file: those that have the value that it has, or had in one of its copies.
# An \`environment:\` line of the same name has another one, and stays. Compose itself says what its values are.
tell_origins() {
  local copy at=0
  [ -e "$run/env/inspected" ] || return 0
  printf 'services:\\n' >"$run/env/origins.yaml"
  for copy in "$env_file" "$(copies_name)".????????T??????Z-????????; do
    [ -s "$copy" ] || continue
    at=$((at + 1))
    cp "$copy" "$run/env/origin.$at"
    printf '  o%s: {image: x, env_file: ["%s"]}\\n' "$at" "$run/env/origin.$at" >>"$run/env/origins.yaml"
  done
  [ "$at" -gt 0 ] || return 0
  docker compose --env-file /dev/null -p origins -f "$run/env/origins.yaml" config --format json </dev/null >"$run/env/origins.json" 2>/dev/null || return 0
  (cd "$release_dir/env" && ls) 2>/dev/null | sed -n 's/[.]env$//p' >"$run/env/switched"
  awk -v slot="-$(live_slot)" "$env_origins" "$run/env/switched" "$run/env/origins.json" "$run/env/inspected"
}

# Makes the new file beside the old one, and tells what is in it.
env_stage() {
  local folder owner
  folder=\${env_file%/*}
  made_app='' # it holds something now
  [ -d "$folder" ] || mkdir -p "$folder" || env_failed "cannot create $folder"
  env_staged=$folder/.\${env_file##*/}.deploy-actions-$nonce
  { merge_env >"$run/env/merged" && cp "$run/env/merged" "$env_staged"; } || env_failed "cannot write in $folder"
  owner=$(env_request owner)
  if [ -e "$env_file" ]; then
    case $owner in
      '') owner=$(stat -c '%u:%g' "$env_file") ;;
      *:*) ;;
      *) owner=$owner:$(stat -c '%g' "$env_file") ;; # a user alone: the group stays
    esac
  fi
  [ -z "$owner" ] || [ "$owner" = "$(stat -c '%u:%g' "$env_staged")" ] || chown "$owner" "$env_staged" 2>"$run/env/error" || env_failed "cannot give the file to $owner ($(sed 's/.*: //' "$run/env/error"))"
  chmod "$(env_request mode)" "$env_staged" || env_failed "cannot set the mode of $env_staged"
  sync "$env_staged" 2>/dev/null || sync
  event env
  (
    split_env "$env_staged" "$run/env/after"
    tell_parts "$run/env/after"
  ) 9>&- 8>&- 7>&- 4>&- | raw
  event end
}

env_failed() { # what this user cannot do
  failure DA-ENV-WRITE "$(id -un) $1; $env_file is as it was"
  env_give_up
  exit 1
}

# Lines of \`changes\` are set<TAB>name<TAB>number, or drop<TAB>name. Of two assignments of a name the last counts, so that one is exchanged.
merge_env() {
  local parts=$run/env/before
  printf '\\n' >"$parts/end"
  if [ "$(env_request format)" = json ]; then printf ',\\n'; fi >"$parts/comma"
  awk -v json="$(env_request format)" -v before=before -v set=set "$env_merger" "$run/env/changes" "$parts/index" >"$run/env/order"
  [ ! -s "$run/env/order" ] || (cd "$run/env" && xargs cat <order)
}

# By rename: whoever reads sees the old file or the new one. \`together\` with other hosts it can be taken back until all have it.
env_write() { # alone or together
  local kept='' owner='' mode=''
  if [ -e "$env_file" ]; then
    owner=$(stat -c '%u:%g' "$env_file")
    mode=$(stat -c '%a' "$env_file")
    kept=$(keep_env) || env_failed "cannot write in $app_dir/backups/env"
  fi
  # First the dates: a run that dies between the two has noted too much, and never forgets a rotation.
  { keep_key_dates && note_key_dates; } || env_failed "cannot write $app_dir/env-keys.tsv"
  [ "$1" = alone ] || printf 'path=%s\\nkept=%s\\nowner=%s\\nmode=%s\\n' "$env_file" "$kept" "$owner" "$mode" | write_file "$app_dir/env.pending"
  mv -f "$env_staged" "$env_file" || env_failed "cannot replace $env_file"
  env_staged=''
  if [ "$1" = alone ]; then rm -f "$app_dir/env-keys.before"; forget_pending; else env_undo=yes; fi
  event env-written
}

# What could not be taken back in this file is settled by what was written now.
forget_pending() {
  [ "$(value_of "$app_dir/env.pending" path)" != "$env_file" ] || rm -f "$app_dir/env.pending"
}

# The file as it was stays, the newest few of each: two files of one name in different folders are two. Prints where. The copy of now
# stays in any case: by a clock that was set back, older ones can have later names.
keep_env() {
  local name keep now_kept copy left
  name=$(copies_name)
  keep=$(env_request keep)
  now_kept=$name.$(date -u +%Y%m%dT%H%M%SZ)-$nonce
  mkdir -p "$app_dir/backups/env" && cp "$env_file" "$now_kept" || return 1
  set -- "$name".????????T??????Z-????????
  left=$#
  for copy; do
    [ "$left" -gt "$keep" ] || break
    [ "$copy" != "$now_kept" ] || continue
    rm -f "$copy"
    left=$((left - 1))
  done
  printf '%s' "$now_kept"
}

copies_name() { printf '%s' "$app_dir/backups/env/$(printf '%s' "\${env_file#"$app_dir"/}" | sed 's/%/%25/g; s,/,%,g')"; }

# Into a copy of the live release come the lines that its services are to have from now on: $run/env/apply has them, and their names.
env_apply() { # id of the copy
  local lines file
  for lines in "$run/env/apply"/*.env; do
    file=$app_dir/releases/$1/env/\${lines##*/}
    { grep -vE "^($(cat "$lines.names"))=" "$file"; cat "$lines"; } | write_file "$file"
  done
  event env-applied
}

env_keep() {
  env_undo=''
  rm -f "$app_dir/env.pending" "$app_dir/env-keys.before"
  event env-kept
}

# The copy is for its keeper alone: whose the file was, and who could read it, stands in env.pending. Nothing is kept where there was no file.
# Where the copy is gone the word for it stays, and whoever comes next hears of it.
put_env_back() {
  local pending=$app_dir/env.pending path kept
  path=$(value_of "$pending" path)
  kept=$(value_of "$pending" kept)
  if [ -z "$kept" ]; then
    rm -f "$path"
  elif cp "$kept" "$path.next"; then
    chown "$(value_of "$pending" owner)" "$path.next"
    chmod "$(value_of "$pending" mode)" "$path.next"
    mv -f "$path.next" "$path"
  else
    progress "$path could not be brought back, because its copy $kept is not there: it has new values that the other hosts do not have. Run sync-env again"
    return 1
  fi
  rm -f "$pending"
  key_dates_back
}

# Told to stop, or something went wrong: the old file stays, or comes back.
env_give_up() {
  [ -z "$env_staged" ] || { rm -f "$env_staged"; key_dates_back; }
  env_staged=''
  [ -n "$env_undo" ] || return 0
  env_undo=''
  put_env_back
}

# shellcheck shell=dash
# When a key of an env file changed last, and which were rotated: names and dates, no value. Lines of env-keys.tsv:
# path<TAB>name<TAB>changed<TAB>rotated or -<TAB>days after which it is to be rotated, or -. Dates are written as a release id begins.

# The runner uploads env/dates: name<TAB>set, keep or drop<TAB>yes or no: rotated<TAB>days or -. A key that nobody dated is as old as its file at least,
# so this comes before the new file. What was rotated once stays that, also when the key goes and comes again.
note_key_dates() {
  local file=$app_dir/env-keys.tsv seen now
  [ -s "$run/env/dates" ] || return 0
  [ -e "$file" ] || : >"$file" || return 1
  now=$(date -u +%Y%m%dT%H%M%SZ)
  seen=$(date -u -r "$env_file" +%Y%m%dT%H%M%SZ 2>/dev/null) || seen=$now
  key_path=$env_file awk -F "$tab" -v now="$now" -v seen="$seen" '
    FILENAME == ARGV[1] { what[$1] = $2; mark[$1] = $3; days[$1] = $4; next }
    $1 != ENVIRON["key_path"] { print; next }
    { changed[$2] = $3; rotated[$2] = $4; limit[$2] = $5 }
    END {
      for (name in what) {
        if (what[name] == "drop") { limit[name] = "-"; if (rotated[name] == "" || rotated[name] == "-") delete changed[name]; continue }
        if (what[name] == "set") changed[name] = now
        else if (changed[name] == "") changed[name] = seen
        # One that stays was rotated by what wrote it, unless that is on file.
        if (mark[name] == "yes" && (what[name] == "set" || rotated[name] == "" || rotated[name] == "-" || rotated[name] < changed[name])) rotated[name] = now
        limit[name] = days[name]
      }
      for (name in changed)
        printf "%s\\t%s\\t%s\\t%s\\t%s\\n", ENVIRON["key_path"], name, changed[name], rotated[name] == "" ? "-" : rotated[name], limit[name] == "" ? "-" : limit[name]
    }' "$run/env/dates" "$file" >"$run/env/dated" && LC_ALL=C sort "$run/env/dated" >"$run/env/sorted" && write_file "$file" <"$run/env/sorted"
}

# The dates of before, until it is decided whether the new file stays. An empty one: there were none.
keep_key_dates() {
  if [ -e "$app_dir/env-keys.tsv" ]; then cat "$app_dir/env-keys.tsv"; fi | write_file "$app_dir/env-keys.before"
}

key_dates_back() {
  [ ! -e "$app_dir/env-keys.before" ] || mv -f "$app_dir/env-keys.before" "$app_dir/env-keys.tsv"
}

# What doctor says of keys that are too old. It is a warning: nothing is broken. A line that is damaged, or of a file that is gone, says nothing.
say_old_keys() {
  local today path name changed rotated days age
  [ -s "$app_dir/env-keys.tsv" ] || return 0
  today=$(date -u +%s)
  awk -F "$tab" 'NF == 5 && $1 != "" && $2 != "" && $3 ~ /^[0-9]+T[0-9]+Z$/ && $4 != "" && $5 ~ /^[0-9]+$/' "$app_dir/env-keys.tsv" >"$run/dated"
  while IFS="$tab" read -r path name changed rotated days; do
    changed=$(date -u -d "$(printf '%s' "$changed" | sed 's/^\\(....\\)\\(..\\)\\(..\\).*/\\1-\\2-\\3/')" +%s 2>/dev/null)
    if [ -z "$changed" ] || [ ! -e "$path" ]; then continue; fi
    age=$(((today - changed) / 86400))
    [ "$age" -lt "$days" ] || printf 'OLD     %s in %s has not changed for %s days, and is to be rotated after %s\\n' "$name" "\${path#"$app_dir"/}" "$age" "$days"
  done <"$run/dated"
}

# shellcheck shell=dash
# A one-off container of a release's image in which the tools of run-migrations run (run-migrations), on the networks and with the environment of the
# app. It never outlives the run: when that ends, however it ends, the container goes, and what it had open in PostgreSQL is ended there.
# The runner uploads to $run/migration: \`request\` (lines option=value), \`needs\` (services that have to run), and \`<step>.sh\`.

migration=''           # the container
migrating=''           # yes: this run has begun to change the database
migration_addresses='' # its addresses: who comes from there to PostgreSQL is of this run
migration_server=''    # the container of PostgreSQL, where it is one of the project's

migration_request() { value_of "$run/migration/request" "$1"; }

# Makes the container. What the migrations need of the project is started, as a deploy would start it; nothing that runs is touched.
open_migration() { # release id
  local image
  [ ! -d "$app_dir/releases/$1.tmp" ] || receive_release "$1"
  operation=migrate
  use_release "$1"
  migration_release=$1
  docker_answers || { failure DA-HOST-DOCKER-PERMISSION 'Docker on the host does not answer'; return 1; }
  # Opened once more, to ask how far it came, this very run is none that somebody left.
  [ -n "$migrating" ] || settle_migration
  image=$(migration_request image)
  pull_images "$image" || return $?
  if [ "$(migration_request looks)" = yes ]; then
    each_service 'keep|recreate|start' note_absent
    [ ! -s "$run/migration/absent" ] || { event "migration-absent services=$(tr '\\n' ',' <"$run/migration/absent")"; return 0; }
  else
    make_directories
    made_app='' # there is something in the folder now
    [ -n "$(current_release)" ] || grep -qs '"event":"live"' "$app_dir/log.jsonl" || : >"$app_dir/migrated-first"
    # shellcheck disable=SC2046 # image references have no spaces
    pull_images $(each_service 'keep|recreate|start' image_needed | sort -u) || return $?
    each_service 'keep|recreate|start' start_needed || return $?
    await_dependencies "$project" "$(sed 's/$/:healthy/' "$run/migration/needs" | tr '\\n' ',')-" || return $?
  fi
  migration_server=$(running_of "$project" "$(migration_request database)" | head -n 1)
  make_migration_container || return $?
  event "migration-open name=$migration server=\${migration_server:--}"
}

is_needed() { grep -qxF "$1" "$run/migration/needs"; } # service
note_absent() { ! is_needed "$1" || all_run "$project" "$1" || printf '%s\\n' "$1" >>"$run/migration/absent"; } # fields
image_needed() { ! is_needed "$1" || printf '%s\\n' "$3"; } # fields

start_needed() { # fields
  is_needed "$1" || return 0
  if [ -z "$(containers_of "$project" "$1")" ]; then
    progress "creating $1"
    compose '' base.json up --no-start --no-recreate --no-deps --pull never --no-build "$1" || base_failed $? || return $?
  fi
  start_base_service "$@"
}

# It sleeps, and the steps are run in it. At its limit it ends by itself, whoever is still there to stop it.
make_migration_container() {
  local name
  name=$project-migration-$nonce
  compose '' migrate.json run -d -T --rm --no-deps --name "$name" --label "deploy-actions.app=$app" --label "deploy-actions.migration=$nonce" \\
    --entrypoint sh "$(migration_request service)" -c "trap 'exit 0' TERM; sleep $(migration_request seconds) & wait" || migration_failed $? || return $?
  migration=$name
  migration_addresses=$(inspect '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "$name")
  # shellcheck disable=SC2086 # addresses
  guard_container "$name" "\${migration_server:--}" $migration_addresses
}

# Somebody may have ended it, and how far it came is still to be asked.
require_migration_container() {
  local tries=0
  [ "$(inspect '{{.State.Running}}' "$migration")" != true ] || return 0
  docker rm -f "$migration" >/dev/null 2>&1
  until is_gone "$migration" || [ "$tries" -ge 50 ]; do
    tries=$((tries + 1))
    pause 0.1
  done
  make_migration_container
}

migration_failed() { # status
  [ "$1" != 130 ] || return 130
  failure DA-MIGRATION-CONTAINER "no container of $(migration_request image) could be made for the migrations: $(tail -n 2 "$run/out" | tr '\\n' ' ')"
  raw <"$run/out"
  return 1
}

# Runs one step and tells all that it said. At its limit or when the run is told to stop everything of it is gone before this returns.
run_migration() { # step, seconds, crossing or nothing
  local code=''
  require_migration_container || return $?
  if [ "$1" = apply ] || [ "$1" = down ]; then
    migrating=yes
    printf 'since=%s\\nwho=%s\\nstep=%s\\ncrossing=%s\\n' "$(timestamp)" "$(value_of "$app_dir/lock.holder" who)" "$1" "\${3:-}" | write_file "$app_dir/migration.running"
  fi
  start_migration_step "$1"
  await_migration_step "$1" "$2"
  code=$?
  case $code in
    0) code=$(cat "$run/migration/code") ;;
    124) close_migration; code=timeout ;;
    *) return "$code" ;;
  esac
  # What a way back may have to stop at is kept until somebody has said what came of it.
  left_crossing || rm -f "$app_dir/migration.running"
  event "migration-step step=$1 code=$code"
  raw <"$run/migration/out"
  event end
}

start_migration_step() { # step
  local word script
  rm -f "$run/migration/code"
  : >"$run/migration/out"
  script=$(cat "$run/migration/$1.sh")
  (
    set --
    # The words of an entrypoint, one a line: it gets the shell as what it is to run.
    [ ! -s "$run/migration/entrypoint" ] || while IFS= read -r word; do set -- "$@" "$word"; done <"$run/migration/entrypoint"
    word=$(migration_request directory)
    docker exec \${word:+-w "$word"} "$migration" "$@" sh -c "$script" </dev/null >"$run/migration/out" 2>&1
    printf '%s' "$?" >"$run/migration/code.next"
    mv "$run/migration/code.next" "$run/migration/code"
  ) 9>&- 8>&- 7>&- 4>&- &
}

await_migration_step() { # step, seconds; 124: it took too long, 130: a stop request came
  local deadline say_at last
  now_ms
  deadline=$((now + $2 * 1000))
  say_at=$((now + 10000))
  until [ -e "$run/migration/code" ]; do
    ! stop_requested || return 130
    now_ms
    [ "$now" -lt "$deadline" ] || return 124
    if [ "$now" -ge "$say_at" ]; then
      last=$(grep -v '^@deploy-actions\\|^|\\|^$' "$run/migration/out" | tail -n 1 | cut -c 1-200)
      progress "$1 goes on\${last:+: $last}"
      say_at=$((now + 10000))
    fi
    pause 0.1
  done
}

# The container first: what it would still send can come no more. Then what the server does on its behalf.
close_migration() {
  [ -n "$migration" ] || return 0
  docker rm -f "$migration" >/dev/null 2>&1
  [ -z "$migration_server" ] || [ -e "$run/migration/code" ] || end_backends "$migration_server" "$migration_addresses"
  migration=''
}

# PostgreSQL notices that a client is gone when it wants to tell it something: a statement that waits or works would go on.
end_backends() { # container of the server, addresses
  local deadline left
  now_ms
  deadline=$((now + 10000))
  while :; do
    left=$(psql_in "$1" "select count(pg_terminate_backend(pid)) from pg_stat_activity where client_addr = any (string_to_array('$(printf '%s' "$2" | tr -s ' ' ',' | sed 's/^,//; s/,$//')', ',')::inet[])" 2>/dev/null)
    case $left in 0 | '') break ;; esac
    now_ms
    [ "$now" -lt "$deadline" ] || { failure DA-MIGRATION-BACKENDS "$left connections of the migrations did not end in PostgreSQL: \\\`select * from pg_stat_activity\\\` shows them"; return 1; }
    pause 0.2
  done
  [ -z "$left" ] || progress 'no connection of the migrations is left in PostgreSQL'
}

# As the user and in the database that the container was made with.
psql_in() { # container, SQL
  # shellcheck disable=SC2016 # of the container
  docker exec "$1" sh -c 'exec psql -X -q -A -t -v ON_ERROR_STOP=1 -U "\${POSTGRES_USER:-postgres}" -d "\${POSTGRES_DB:-\${POSTGRES_USER:-postgres}}" -c "$1"' sh "$2"
}

# Told to stop: nothing of it runs on, and where the database is now is asked once more, for whoever still listens and for the next run.
stop_migration() {
  local why
  why=$(cat "$run/stop" 2>/dev/null)
  stoppable=''
  rm -f "$run/migration/code"
  close_migration
  # What it had said until then goes before what the status says.
  mv -f "$run/migration/out" "$run/migration/said" 2>/dev/null
  if [ -e "$run/migration/status.sh" ] && make_migration_container; then
    start_migration_step status
    await_migration_step status 60
    event "migration-left why=$why"
    cat "$run/migration/said" "$run/migration/out" 2>/dev/null | raw
    event end
  fi
  leave_migration
}

# Also where the run was killed, the container is gone by its guard or its own limit; what it had applied the status tells.
settle_migration() {
  local since ids
  ids=$(docker ps -aq --filter "label=deploy-actions.app=$app" --filter label=deploy-actions.migration)
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  [ -z "$ids" ] || docker rm -f $ids >/dev/null 2>&1
  since=$(value_of "$app_dir/migration.running" since) || return 0
  progress "note: the migrations of $since ($(value_of "$app_dir/migration.running" who)) were stopped in the middle; the status says what they have applied"
  ! left_crossing || printf '%s\\t-\\t-\\t?\\t?\\tcrossing\\t-\\t-\\n' "$since" >>"$app_dir/migrations.tsv"
  rm -f "$app_dir/migration.running"
}

# Nobody knows how far it came: for a way back it counts as applied.
left_crossing() { [ "$(value_of "$app_dir/migration.running" crossing)" = crossing ]; }

leave_migration() {
  close_migration
  [ -z "$migration_release" ] || [ "$migration_release" = "$(current_release)" ] || rm -rf "$app_dir/releases/$migration_release" "$app_dir/releases/$migration_release.tmp"
  migration_release=''
}

migration_release=''

# A line for each run that changed the database: time, tool, service, before, after, \`crossing\` or -, backup, address of the run.
record_migration() { # the line is in $run/migration/record; it is empty where nothing was changed
  [ ! -s "$run/migration/record" ] || { printf '%s\\t' "$(timestamp)"; cat "$run/migration/record"; } >>"$app_dir/migrations.tsv" || return $?
  rm -f "$app_dir/migration.running"
  [ -s "$run/migration/record" ] || return 0
  # The live release has just shown that it can live with it: a contract step is run for its very image.
  [ -z "$(current_release)" ] || note_schema "$app_dir/current"
}

# What a release found when it went live. Between two with different numbers something was taken away that the older one may need.
note_schema() { # release directory
  [ -e "$app_dir/migrations.tsv" ] || return 0
  printf 'head=%s\\ncrossings=%s\\n' "$(tail -n 1 "$app_dir/migrations.tsv" | cut -f5)" "$(crossings)" | write_file "$1/schema"
}

crossings() { cut -f6 "$app_dir/migrations.tsv" 2>/dev/null | grep -c '^crossing$'; }

# Going back to a release of before a contract step: its code may use what is gone.
schema_stays() {
  local known backup
  ! left_crossing || settle_migration
  [ -e "$app_dir/migrations.tsv" ] || return 0
  known=$(value_of "$release_dir/schema" crossings)
  [ "$(crossings)" -gt "\${known:-0}" ] || return 0
  backup=$(cut -f6,7 "$app_dir/migrations.tsv" | sed -n "s/^crossing$tab//p" | sed -n "$((\${known:-0} + 1))p")
  case $backup in '' | - | nothing-to-back-up) backup='No backup was made before it' ;; *) backup="To have the data of before back as well: $app_dir/bin/release backup restore $backup --confirm $app" ;; esac
  if [ "$force_schema" = yes ]; then progress "going back over a contract step of the database, as it was asked for. $backup"; return 0; fi
  failure DA-ROLLBACK-SCHEMA "$release is of before a migration that took something away ($(cut -f5,6 "$app_dir/migrations.tsv" | sed -n "s/\${tab}crossing$//p" | sed -n "$((\${known:-0} + 1))p")): its code may use what is gone. $backup. To go back all the same: \\\`force: true\\\`, or --force on the host"
  return 1
}

force_schema='' # yes: somebody knows better

# shellcheck shell=dash
# What becomes of rotated keys on the way back. It goes by names: of a key that was rotated after a release was made, its services get what the live ones
# of the same name have. Where that cannot be, the old value would come back, and that has to be known before.

# Lines kind<TAB>service<TAB>key<TAB>assignment of what a release gives its services, of the keys in $run/rotated alone; and of all its secrets. Texts of
# models are as the runner writes them: one assignment on a line, with these indents.
rotated_lines() { # folder of a release
  local file name
  for file in "$1/env"/*.env; do
    [ -e "$file" ] || continue
    name=\${file##*/}
    awk -F = -v service="\${name%.env}" 'part == 1 { rotated[$0]; next } $1 in rotated { printf "env\\t%s\\t%s\\t%s\\n", service, $1, $0 }' part=1 "$run/rotated" part=2 "$file"
  done
  [ ! -e "$1/base.json" ] || awk -v what=tell "$base_values" part=0 "$run/rotated" part=2 "$1/base.json"
  for file in "$1/secrets"/*; do
    case $file in *.config | */'*') continue ;; esac
    printf 'secret\\tsecret\\t%s\\t%s\\n' "\${file##*/}" "$(sha256sum <"$file")"
  done
}

# To tell: part 0 has names of keys, part 2 is the model. To exchange: part 1 is the model that has the values.
# shellcheck disable=SC2016
base_values='
function named(line) { sub(/^ *"/, "", line); return substr(line, 1, index(line, "\\":") - 1) }
part == 0 { rotated[$0]; next }
/^  "/ { section = named($0) }
/^    "/ { service = named($0) }
/^      "/ { field = named($0) }
{ assignment = $0; sub(/,$/, "", assignment) }
section == "services" && field == "environment" && /^        "/ && named($0) in rotated {
  key = named($0)
  if (part == 1) live[service, key] = assignment
  else if (what == "tell") printf "base\\t%s\\t%s\\t%s\\n", service, key, assignment
  else if ((service, key) in live) { print live[service, key] (/,$/ ? "," : ""); next }
}
what == "tell" && section == "secrets" && /^      "file":/ { printf "secret\\tsecret\\t%s\\t%s\\n", service, assignment }
what == "exchange" && part == 2'

# When a release was made. Its id has the runner's time, and rotations have the host's: the folder of its env files does too, and the earlier one
# counts, because values that are equal are no matter.
made_at() { # id
  { date -u -r "$app_dir/releases/$1/env" +%Y%m%dT%H%M%SZ 2>/dev/null; printf '%s\\n' "\${1%%-*}"; } | LC_ALL=C sort | head -n 1
}

# What the way back does with each, lines: carried<TAB>key; back<TAB>service:key where the old value would come back; lacks<TAB>service:key where it would
# because the live service has no such key, which the environment of now leaves out.
judge_rotated() { # id
  [ -s "$app_dir/env-keys.tsv" ] || return 0
  awk -F "$tab" -v made="$(made_at "$1")" '$4 != "-" && $4 > made { print $2 }' "$app_dir/env-keys.tsv" >"$run/rotated"
  [ -s "$run/rotated" ] || return 0
  rotated_lines "$app_dir/current" >"$run/rotated.live"
  rotated_lines "$app_dir/releases/$1" >"$run/rotated.then"
  (cd "$app_dir/current/env" 2>/dev/null && ls) | sed -n 's/[.]env$//p' >"$run/rotated.services"
  awk -F "$tab" '
    part == 1 { lives[$0]; next }
    { text = $0; for (i = 1; i < 4; i++) text = substr(text, index(text, FS) + 1) }
    part == 2 { live[$1, $2, $3] = text; serves[$1, $3, text]; next }
    ($1, $3, text) in serves && ($1 == "secret" || !(($1, $2, $3) in live) || live[$1, $2, $3] == text) { next }
    $1 == "secret" || !(($1, $2, $3) in live) { print ($1 == "env" && $2 in lives ? "lacks" : "back") FS $2 ":" $3; next }
    { print "carried" FS $3 }' part=1 "$run/rotated.services" part=2 "$run/rotated.live" part=3 "$run/rotated.then" | LC_ALL=C sort -u
  rm -f "$run/rotated.live" "$run/rotated.then"
}

# Names of keys that were rotated after the release was made and have another value in the live one: no way back brings the old value.
rotated_since() { # id
  judge_rotated "$1" | sed -n "s/^carried$tab//p"
}

# Services and keys, as service:key, whose old value would come back all the same.
returning_since() { # id, restore or current
  judge_rotated "$1" | sed -n -e "s/^back$tab//p" -e "$([ "$2" = current ] || printf 's/^lacks\\t//p')"
}

# The lines of a release's env file, of the rotated keys those that are live. Without RELEASE_ID.
with_live_rotated() { # id, file
  rotated_since "$1" >"$run/rotated.now"
  awk -F = 'part == 1 { rotated[$0]; next } part == 2 { if ($1 in rotated) live[$1] = $0; next } $1 in live { print live[$1]; next } $1 != "RELEASE_ID"' \\
    part=1 "$run/rotated.now" part=2 "$app_dir/current/env/\${2##*/}" part=3 "$2"
}

# The same for what is not switched, in all models that have it. A base with other values is another one.
exchange_in_base() { # id, id of the copy
  local new=$app_dir/releases/$2 model
  rotated_since "$1" >"$run/rotated.now"
  [ -s "$run/rotated.now" ] || return 0
  for model in base by-hand plain; do
    if [ ! -e "$new/$model.json" ] || [ ! -e "$app_dir/current/$model.json" ]; then continue; fi
    awk -v what=exchange "$base_values" part=0 "$run/rotated.now" part=1 "$app_dir/current/$model.json" part=2 "$new/$model.json" | write_file "$new/$model.json"
  done
  cmp -s "$new/base.json" "$app_dir/releases/$1/base.json" || sed -i "s/^base_fingerprint=.*/&-as-$2/" "$new/settings"
}

# shellcheck shell=dash
# A program for awk: the URL of a database, on standard input, as lines of variables for PostgreSQL's programs, by libpq's own rules. What it does not take is told
# by a line that begins with "!", which has nothing of the URL in it that could be a part of a password.

# shellcheck disable=SC2016 # a program for awk
address_parser='
function refuse(why) { if (!refused) print "!" why; refused = 1; exit }
function hex(c) { return index("0123456789abcdef", tolower(c)) - 1 }
function decoded(text, what,   out, at, code) {
  while ((at = index(text, "%")) > 0) {
    if (substr(text, at + 1) !~ /^[0-9A-Fa-f][0-9A-Fa-f]/) refuse("has a % in the " what " that nothing hexadecimal follows: a plain one is written %25")
    code = hex(substr(text, at + 1, 1)) * 16 + hex(substr(text, at + 2, 1))
    if (code < 32 || code == 127) refuse("has a sign in the " what " that cannot be written")
    out = out substr(text, 1, at - 1) sprintf("%c", code)
    text = substr(text, at + 3)
  }
  return out text
}
function host_of(text, from,   at) {
  if (text ~ /^\\[[0-9A-Fa-f:.]+\\](:[0-9]+)?$/) {
    at = index(text, "]")
    hosts = hosts (from ? "," : "") substr(text, 2, at - 2)
    text = substr(text, at + 1)
  } else if (text ~ /^[A-Za-z0-9_][A-Za-z0-9_.-]*(:[0-9]+)?$/) {
    at = index(text, ":")
    hosts = hosts (from ? "," : "") (at ? substr(text, 1, at - 1) : text)
    text = at ? substr(text, at) : ""
  } else if (text == "") refuse("names no host: a Unix socket cannot be reached from a container of its own")
  else refuse(unwritten)
  ports = ports (from ? "," : "") (text == "" ? 5432 : substr(text, 2))
}
function parameter(text,   at, key, value) {
  at = index(text, "=")
  key = at ? substr(text, 1, at - 1) : text
  value = decoded(at ? substr(text, at + 1) : "", "parameters")
  if (key == "ssl") { key = "sslmode"; if (value == "true" || value == "1") value = "require"; else if (value == "false" || value == "0") value = "disable" }
  if (key == "sslmode" && value !~ /^(disable|allow|prefer|require|verify-ca|verify-full)$/) refuse("has an sslmode that PostgreSQL does not know")
  if (key == "pgbouncer" && value == "true") refuse("goes through a pooler (pgbouncer=true), and a dump needs a connection of its own: give the address of the server itself")
  if (key == "sslrootcert" && value != "system") { if (value !~ /^\\/[A-Za-z0-9_.\\/-]+$/) refuse("has an sslrootcert that is no plain path"); root = value; value = "/tmp/deploy-actions-root.crt" }
  if (key in known) { if (value != "") found[known[key]] = value }
  else if (key == "host") refuse("names its host as a parameter: a Unix socket cannot be reached from a container of its own, and another host stands behind the @")
  else if (!(key in about_the_app)) refuse("has a parameter that is not known here" (key ~ /^[A-Za-z_]+$/ ? " (" key ")" : ""))
}
BEGIN {
  unwritten = "has something else than hosts behind the user and password: in these @ is written %40, / is %2F, ? is %3F"
  count = split("sslmode sslnegotiation ssl_min_protocol_version sslrootcert channel_binding require_auth gssencmode target_session_attrs connect_timeout options", names, " ")
  split("PGSSLMODE PGSSLNEGOTIATION PGSSLMINPROTOCOLVERSION PGSSLROOTCERT PGCHANNELBINDING PGREQUIREAUTH PGGSSENCMODE PGTARGETSESSIONATTRS PGCONNECT_TIMEOUT PGOPTIONS", variables, " ")
  for (at = 1; at <= count; at++) known[names[at]] = variables[at]
  count = split("application_name fallback_application_name client_encoding keepalives keepalives_idle keepalives_interval keepalives_count tcp_user_timeout schema connection_limit pool_timeout socket_timeout pgbouncer statement_cache_size prepared_statement_cache_size prepared_statements pool_size max_overflow pool_recycle max_connections min_connections pool serverVersion charset uselibpqcompat sslaccept conn_max_age", names, " ")
  for (at = 1; at <= count; at++) about_the_app[names[at]] = 1
  found["PGCONNECT_TIMEOUT"] = 10
}
NR > 1 { refuse("has more than one line") }
{
  if ($0 ~ /[\\001-\\037\\177]/) refuse("has a sign in it that cannot be written")
  if ($0 !~ /^(postgres|postgresql|postgis)(\\+[a-z0-9_]+)?:\\/\\//) refuse("does not begin with postgresql:// or postgres://")
  url = substr($0, index($0, "://") + 3)
  at = match(url, /[\\/?]/)
  authority = at ? substr(url, 1, at - 1) : url
  path = at ? substr(url, at) : ""
  if (at = index(path, "?")) { query = substr(path, at + 1); path = substr(path, 1, at - 1) }
  if (at = index(authority, "@")) { user = substr(authority, 1, at - 1); authority = substr(authority, at + 1) }
  if (at = index(user, ":")) { password = decoded(substr(user, at + 1), "password"); user = substr(user, 1, at - 1) }
  user = decoded(user, "user")
  if (user == "") refuse(index(path query, "@") ? unwritten : "names no user")
  count = split(authority, list, ",")
  if (count == 0) host_of("", 0)
  for (at = 1; at <= count; at++) host_of(list[at], at > 1)
  if (count > 1) found["PGTARGETSESSIONATTRS"] = "read-write"
  database = decoded(substr(path, 2), "name of the database")
  if (database == "") database = user
  if (database !~ /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/ || length(database) > 40) refuse("names a database that is not called by letters, digits, _, - and ., up to 40 of them")
  if (authority ~ /[.]ondigitalocean[.]com:25061$/) refuse("is that of a connection pool at DigitalOcean (port 25061), and a dump needs a connection of its own: the port of the server is 25060")
  count = split(query, list, "&")
  for (at = 1; at <= count; at++) parameter(list[at])
}
END {
  if (NR == 0) refuse("is empty")
  if (refused) exit
  print "PGHOST=" hosts
  print "PGPORT=" ports
  print "PGUSER=" user
  print "POSTGRES_USER=" user
  if (password != "") print "PGPASSWORD=" password
  print "PGDATABASE=" database
  print "POSTGRES_DB=" database
  # An option that comes to the server with the connection, and not through a pooler, which has its own.
  found["PGOPTIONS"] = (found["PGOPTIONS"] == "" ? "" : found["PGOPTIONS"] " ") "-c deploy_actions.direct=yes"
  for (name in found) print name "=" found[name]
  if (root != "") print "#root " root
}'

# shellcheck shell=dash
# Backups of this host's PostgreSQL service, and of volumes: in $app_dir/backups/<time>, each with a manifest. What is there under its own name is
# verified; a folder that ends in .tmp never became one.

backups=''      # where they are
backup_id=''    # the one in hand
backup_tables=0 # of the last dump
smaller=''     # yes: it is less than half of the last one, and somebody has said that this is right

# What a dump has as tables: not those of the server, not temporary ones (pg_temp_…) of whoever is connected, and not those that an extension brings.
count_tables="select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')"

find_backups() {
  backups=$app_dir/backups
  mkdir -p "$backups" || { failure DA-BACKUP-WRITE "$(id -un) cannot create $backups"; return 1; }
}

is_backup_id() { case $1 in [0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z) return 0 ;; esac; return 1; }

backup_ids() { # [service]; oldest first
  local one
  for one in "$backups"/*; do
    one=\${one##*/}
    ! is_backup_id "$one" || ! is_of_service "$one" "\${1:-}" || printf '%s\\n' "$one"
  done
}

# Two servers have nothing to do with each other: neither is the size of the one compared with the other's, nor does one push out the other's backups.
is_of_service() { [ -z "$2" ] || [ "$(manifest_value "$1" service)" = "$2" ]; } # id, service or nothing

# A value of a manifest, which has one a line.
manifest_value() { # id, key
  sed -n "s/^ *\\"$2\\": \\"\\{0,1\\}\\([^\\",]*\\)\\"\\{0,1\\},\\{0,1\\}$/\\1/p" "$backups/$1/manifest.json" 2>/dev/null | head -n 1
}

# The container in which PostgreSQL's programs are run, in \`server\`: that of the service, or the client of one at an address. Empty where the service has none yet.
find_server() { # service
  ! is_address "$1" || { server=$client; return 0; }
  server=$(running_of "$project" "$1" | head -n 1)
  [ -z "$server" ] || return 0
  [ -n "$(containers_of "$project" "$1")" ] || return 0
  failure DA-BACKUP-SERVER "$1 is there but does not run: what it has cannot be asked. Start it first"
  return 1
}

# All or nothing: what is not right is gone when this returns, and whoever wanted it first does not go on.
make_backup() { # PostgreSQL service (\`-\`: none), why, \`anyway\` when a loss is what it is made for, [file with lines of volumes]
  local server volumes='' dir code
  find_backups || return 1
  backup_id=nothing-to-back-up
  [ ! -s "\${4:-}" ] || volumes=$4
  find_what_to_dump "$1" "\${3:-}" || return 1
  [ -n "$server$volumes" ] || return 0
  rm -rf "$backups"/*.tmp
  [ -z "$server" ] || has_room_to_dump "$1" || return 1
  [ -z "$volumes" ] || check_volumes "$volumes" "$(find_server "$1" && printf %s "$server")" "$1" || return 1
  backup_id=$(date -u +%Y%m%dT%H%M%SZ)
  while [ -e "$backups/$backup_id" ]; do pause 1; backup_id=$(date -u +%Y%m%dT%H%M%SZ); done
  dir=$backups/$backup_id.tmp
  mkdir -p "$dir" || { failure DA-BACKUP-WRITE "$(id -un) cannot write in $backups"; return 1; }
  fill_backup "$1" "$2" "$dir" "\${3:-}" "$volumes"
  code=$?
  if [ "$code" = 0 ]; then
    mv "$dir" "$backups/$backup_id" && { [ -z "$smaller" ] || rm -f "$backups/smaller-is-right"; } && return 0
    failure DA-BACKUP-WRITE "cannot rename $dir"
    code=1
  fi
  rm -rf "$dir"
  return "$code"
}

# The container that has tables, in \`server\`; empty where there is nothing to dump yet.
find_what_to_dump() { # service, anyway or nothing
  local last
  server=''
  [ "$1" != - ] || return 0
  find_server "$1" || return 1
  if [ -z "$server" ]; then progress "there is no $1 yet: nothing to back up"; return 0; fi
  backup_tables=$(psql_in "$server" "$count_tables" 2>"$run/backup.error") ||
    { backup_failed "PostgreSQL in $1 does not answer"; return 1; }
  [ "$backup_tables" = 0 ] || return 0
  is_address "$1" || has_no_other_tables "$1" "$server" || return 1 # elsewhere they are somebody else's
  last=$(last_dump "$1")
  [ -z "$last" ] || [ "$2" = anyway ] || may_shrink "$1 has no tables, and its last backup ($last) had $(manifest_value "$last" tables)" || return 1
  progress "$1 has no tables: nothing to back up"
  server=''
}

# The dump first: what its rows name is in the volumes then.
fill_backup() { # service, why, folder, anyway or nothing, file with volumes or nothing
  : >"$run/volumes.made"
  smaller=''
  if [ -n "$server" ]; then
    progress "backing up $1"
    dump_database "$server" "$3" || return $?
    verify_dump "$server" "$3/database.dump" || return 1
    [ "$4" = anyway ] || compare_size "$1" "$3" || return 1
    backup_tables=$(listed_tables)
    sync "$3/database.dump" 2>/dev/null || sync
  fi
  [ -z "$5" ] || back_up_volumes "$5" "$3" "$4" || return $?
  write_manifest "$1" "$server" "$2" "$3" || { failure DA-BACKUP-WRITE "the manifest cannot be written in $3, or the server does not answer any more"; return 1; }
}

free_kib() { sed -n '2s/^[^ ]* *[0-9]* *[0-9]* *\\([0-9]*\\) .*/\\1/p'; } # what \`df -Pk\` says on standard input

# A disk that is full stops whoever else writes there, the database first. What the last dump needed and a little more has to be there.
has_room_to_dump() { # service
  local last size free
  last=$(last_dump "$1")
  size=$(manifest_value "\${last:--}" size)
  free=$(df -Pk "$backups" | free_kib)
  case \${size:-none}:\${free:-none} in *[!0-9:]*) return 0 ;; esac
  [ "$free" -le $((size / 1024 + size / 10240 + 65536)) ] || return 0
  failure DA-HOST-DISK "$((free / 1024)) MiB are free in $backups, and the last dump of $1 had $((size / 1048576)) MiB: none was begun, because a full disk stops the database"
  return 1
}

# The data may lie in another database than the one that the container was made with: then it is no backup to have none of it.
has_no_other_tables() { # service, container
  local own other all
  own=$(database_of "$2")
  all=$(psql_server "$2" "select datname from pg_database where not datistemplate and datallowconn and datname <> '$own'" 2>"$run/backup.error") ||
    { backup_failed "PostgreSQL in $1 does not tell its databases"; return 1; }
  other=$(printf '%s\\n' "$all" | while IFS= read -r other; do
    [ -z "$other" ] || [ "$(tables_in "$2" "$other" </dev/null)" = 0 ] || { printf '%s' "$other"; break; }
  done)
  [ -z "$other" ] && return 0
  failure DA-BACKUP-DATABASE "the database $own of $1 has no tables, and $other has some: only the one that POSTGRES_DB names (else POSTGRES_USER) is backed up"
  return 1
}

# In the server's own container: a client of another version cannot be met.
dump_database() { # container, folder
  # shellcheck disable=SC2016 # of the container
  step_into "$2/database.dump" docker exec "$1" sh -c 'exec pg_dump -U "\${POSTGRES_USER:-postgres}" -d "\${POSTGRES_DB:-\${POSTGRES_USER:-postgres}}" --format=custom --no-password'
  case $? in
    0) return 0 ;;
    130) return 130 ;;
  esac
  backup_failed 'pg_dump failed'
  return 1
}

# As \`step\`, with the output in a file of its own and what goes wrong in $run/backup.error.
step_into() { # file, command
  local file=$1
  shift
  step write_into "$file" "$@"
}

write_into() { # file, command
  local file=$1
  shift
  "$@" >"$file" 2>"$run/backup.error"
}

backup_failed() { # what
  local free
  free=$(df -Pk "$backups" | free_kib)
  if [ "\${free:-1}" -lt 1024 ] || grep -q 'No space left' "$run/backup.error"; then
    failure DA-HOST-DISK "the host's disk is full: no backup could be made. \\\`df -h $backups\\\` there shows it"
  else
    failure DA-BACKUP-FAILED "$1: $(tail -n 2 "$run/backup.error" | tr '\\n' ' ')"
  fi
}

# The table of contents stands at the beginning: only who reads the whole dump knows that none of it is missing.
verify_dump() { # container, dump
  if ! list_dump "$1" "$2" || ! docker exec -i "$1" pg_restore --file=/dev/null <"$2" >/dev/null 2>"$run/backup.error"; then
    failure DA-BACKUP-BROKEN "the dump cannot be read back: $(tail -n 1 "$run/backup.error")"
    return 1
  fi
  [ "$(listed_tables)" -gt 0 ] || { failure DA-BACKUP-BROKEN 'the dump has no table in it, and the database has some'; return 1; }
}

# Its table of contents, as $run/backup.list. Neither pg_restore nor Docker notices that a file which they write is cut by a full disk.
list_dump() { # container, dump
  local listed
  listed=$(docker exec -i "$1" pg_restore --list <"$2" 2>"$run/backup.error") || return 1
  { printf '%s\\n' "$listed" >"$run/backup.list"; } 2>"$run/backup.error"
}

# The same in the table of contents of a dump, in $run/backup.list: \`215; 1259 16386 TABLE public notes ann\`. Their data have a 0
# in place of 1259, which is the number of pg_class everywhere.
listed_tables() {
  awk '$2 == 1259 && ($4 == "TABLE" || $4 == "MATERIALIZED") { n++ } END { print n + 0 }' "$run/backup.list"
}

# Half of what the last one had: somebody has lost something, and nobody should migrate or prune before it is known what.
compare_size() { # service, folder
  local last before size
  last=$(last_dump "$1")
  [ -n "$last" ] || return 0
  before=$(manifest_value "$last" size)
  size=$(wc -c <"$2/database.dump")
  [ "\${before:-0}" -le 65536 ] || [ $((size * 2)) -ge "$before" ] || may_shrink "the dump has $((size)) bytes, and the last one of $1 ($last) had $before"
}

# Whoever knows why says so once, for the next backup that is made; its manifest has it. Older backups stay.
may_shrink() { # what has shrunk
  if [ -e "$backups/smaller-is-right" ]; then
    smaller=yes
    progress "note: $1; $backups/smaller-is-right says that this is right"
    return 0
  fi
  failure DA-BACKUP-SHRUNK "$1. If that is right, say so once, on the host, and run it again: touch $backups/smaller-is-right"
  return 1
}

database_size() { psql_in "$1" 'select pg_database_size(current_database())' 2>/dev/null | grep -x '[0-9]*' || printf 0; } # container

# Whom the dump names: owners, and who has rights. They belong to the server, so no dump has them.
roles_of() { # container
  psql_in "$1" "select coalesce(string_agg(role, ' ' order by role), '') from (
    select rolname as role from pg_shdepend s join pg_roles r on r.oid = s.refobjid
      where s.refclassid = 'pg_authid'::regclass and s.dbid = (select oid from pg_database where datname = current_database())
    union select pg_get_userbyid(owner) from (select relowner as owner, relnamespace as space from pg_class union select proowner, pronamespace from pg_proc union select typowner, typnamespace from pg_type
      union select nspowner, oid from pg_namespace) o join pg_namespace n on n.oid = space where n.nspname !~ '^pg_' and n.nspname <> 'information_schema') one
    where role ~ '^[A-Za-z0-9_.@-]+\\$' and role !~ '^pg_'" 2>/dev/null | tr -dc 'A-Za-z0-9_.@ -'
}

write_manifest() { # service, container or nothing, why, folder
  local head
  head=$(tail -n 1 "$app_dir/migrations.tsv" 2>/dev/null | cut -f5)
  cat >"$4/manifest.json" <<EOF || return 1
{
  "schema": 1,
  "id": "$backup_id",
  "app": "$app",
  "service": "$1",
  "why": "$3",
  "smaller": "$smaller",
  "bytes": $(bytes_of "$4"/*),
EOF
  [ -z "$2" ] || note_dump "$2" "$4" >>"$4/manifest.json" || return 1
  cat >>"$4/manifest.json" <<EOF
  "volumes": [
$(sed '$!s/$/,/' "$run/volumes.made")
  ],
  "migration": "$head",
  "release": "$(current_release)",
  "verified": "$(timestamp)"
}
EOF
}

bytes_of() { # files
  local file bytes=0
  for file; do bytes=$((bytes + $(wc -c <"$file"))); done
  printf %s "$bytes"
}

note_dump() { # container, folder
  local sum version
  sum=$(sha256sum "$2/database.dump" | cut -d' ' -f1) || return 1
  version=$(psql_in "$1" 'show server_version') || return 1
  cat <<EOF
  "engine": "postgresql",
  "version": "$version",
  "format": "pg_dump custom",
  "file": "database.dump",
  "size": $(($(wc -c <"$2/database.dump"))),
  "sha256": "$sum",
  "tables": $backup_tables,
  "database_size": $(database_size "$1"),
  "roles": "$(roles_of "$1")",
EOF
}

# Not every backup has a dump: a project may have volumes alone.
has_dump() { [ -n "$(manifest_value "$1" sha256)" ]; } # id

last_dump() { # service
  local one last=''
  for one in $(backup_ids "$1"); do ! has_dump "$one" || last=$one; done
  printf %s "$last"
}

backup_bytes() { # id; older manifests have the size of their dump alone
  local bytes
  bytes=$(manifest_value "$1" bytes)
  printf %s "\${bytes:-$(manifest_value "$1" size)}"
}

# For a runner that migrates, under its lock.
back_up_or_end() { # service, or nothing for what is at an address
  local code service=$1
  { [ -n "$service" ] || open_for create; } && make_backup "$service" 'before migrations'
  code=$?
  leave_client
  if [ "$code" = 0 ]; then
    event "backed-up id=$backup_id size=$(manifest_value "$backup_id" size) tables=$backup_tables"
    return
  fi
  [ "$code" != 130 ] || stop_migration
  say_why "$code"
  leave_migration
  abort_run
}

# Is it what was verified when it was made, byte for byte, and still a dump?
check_backup() { # id, [container of a server]
  local server=\${2:-}
  is_there "$1" || return 1
  check_files "$1" ||
    { failure DA-BACKUP-BROKEN "$1 is not what it was when it was made: its sha256 differs"; return 1; }
  [ -z "$server" ] || ! has_dump "$1" || verify_dump "$server" "$backups/$1/database.dump" || return 1
  check_tars "$1"
}

is_there() { # id
  if is_backup_id "$1" && [ -e "$backups/$1/manifest.json" ]; then return 0; fi
  failure DA-BACKUP-UNKNOWN "there is no backup $1 in $backups; there are: $(backup_ids | tr '\\n' ' ')"
  return 1
}

# Lines \`sha256  file\` of all that belongs to a backup, as sha256sum reads them.
backup_sums() { # id
  local name
  ! has_dump "$1" || printf '%s  database.dump\\n' "$(manifest_value "$1" sha256)"
  for name in $(volumes_in "$1"); do printf '%s  volume-%s.tar\\n' "$(volume_value "$1" "$name" sha256)" "$name"; done
}

check_files() { # id
  (cd "$backups/$1" && backup_sums "$1" | sha256sum -c) >/dev/null 2>&1
}

list_backups() { # [service]
  local id
  progress "$(printf '%-18s %-12s %12s %-10s %-20s %-20s %s' BACKUP SERVICE BYTES SERVER MIGRATION VOLUMES WHY)"
  for id in $(backup_ids "\${1:-}"); do
    progress "$(printf '%-18s %-12s %12s %-10s %-20s %-20s %s' "$id" "$(manifest_value "$id" service)" "$(backup_bytes "$id")" "$(manifest_value "$id" version | cut -d' ' -f1)" "$(manifest_value "$id" migration)" "$(volumes_in "$id" | tr '\\n' ' ')" "$(manifest_value "$id" why)")"
  done
}

# Which of these to keep: the newest of each of the last days, weeks and months that have one. Always the newest of all.
# Weeks begin on Monday, and all times are UTC.
kept_backups() { # daily, weekly, monthly; ids on standard input
  sort -r | awk -v daily="$1" -v weekly="$2" -v monthly="$3" '
    function days(year, month, day) { # since the 1st of March of the year 0
      if (month < 3) { year--; month += 12 }
      return 365 * year + int(year / 4) - int(year / 100) + int(year / 400) + int((153 * (month - 3) + 2) / 5) + day - 1
    }
    {
      number = days(substr($1, 1, 4) + 0, substr($1, 5, 2) + 0, substr($1, 7, 2) + 0)
      day = "d" number; week = "w" int((number + 2) / 7); month = "m" substr($1, 1, 6)
      keep = NR == 1
      if (!(day in seen)) { seen[day] = 1; if (n_day++ < daily) keep = 1 }
      if (!(week in seen)) { seen[week] = 1; if (n_week++ < weekly) keep = 1 }
      if (!(month in seen)) { seen[month] = 1; if (n_month++ < monthly) keep = 1 }
      if (keep) print $1
    }'
}

# Never the last one, nor one that a kept release could be restored with; in \`kept\`. What is not in it goes: no file of a full disk stands between, and a
# list that cannot be right is none.
kept_of() { # ids, daily, weekly, monthly
  local newest pointed
  newest=$(printf '%s\\n' "$1" | sort | tail -n 1)
  if ! kept=$(printf '%s\\n' "$1" | kept_backups "$2" "$3" "$4") || ! pointed=$(pointed_at_of "$1") || [ -z "$newest" ] || ! has_line "$kept" "$newest"; then
    failure DA-BACKUP-KEPT 'which backups to keep could not be told, so nothing is pruned'
    return 1
  fi
  kept=$kept$newline$pointed
}

has_line() { case $newline$1$newline in *"$newline$2$newline"*) ;; *) return 1 ;; esac; } # text, line

pointed_at_of() { # ids
  local id pointed
  [ -e "$app_dir/migrations.tsv" ] || return 0
  pointed=$(cut -f7 "$app_dir/migrations.tsv") || return 1
  for id in $1; do
    ! has_line "$pointed" "$id" || ! is_pointed_at "$id" || printf '%s\\n' "$id"
  done
}

# Those with volumes have the rule for themselves too: the dump that a migration made later on the same day is no substitute for them.
prune_backups() { # service, daily, weekly, monthly
  local id all with='' kept both=''
  all=$(backup_ids "$1")
  [ -n "$all" ] || return 0
  for id in $all; do [ -z "$(volumes_in "$id")" ] || with="$with$newline$id"; done
  if [ -n "$with" ]; then kept_of "\${with#"$newline"}" "$2" "$3" "$4" || return 1; both=$kept; fi
  kept_of "$all" "$2" "$3" "$4" || return 1
  kept=$kept$newline$both
  for id in $all; do
    has_line "$kept" "$id" || { rm -rf "\${backups:?}/$id"; progress "pruned $id"; }
  done
}

# A kept release is older than the migration that this backup was made before.
is_pointed_at() { # id
  local one
  for one in "$app_dir"/releases/*/settings; do
    one=\${one%/settings}
    one=\${one##*/}
    ! is_release_id "$one" || [ "$(printf '%s\\n%s\\n' "\${one%%-*}" "$1" | sort | head -n 1)" = "$1" ] || return 0
  done
  return 1
}

# shellcheck shell=dash
# A PostgreSQL that is no service of the project: the app has its address, a URL, in a variable. A container of a PostgreSQL image stands on the app's networks for
# the time of an operation, with the address in its environment. What is done in the container of a service is done in this one then, and reaches the server from there.
# What it is made of is a file: lines \`#word …\` for us (image, networks, hosts, root), and variables for \`docker run --env-file\`. Beside it may lie a certificate (\`.root\`).

client=''       # the container, while there is one
client_image='' # what it is made of
server_major=''
url_variable='' # [service:]NAME, which has it in the app's containers
url_file=''     # or a file that has it
url_image=''    # what the client is to be made of; empty: by the version of the server

is_address() { case $1 in url:*) return 0 ;; esac; return 1; } # service; for an address it is url: and the name of the database

# The address, wherever it stands, as $run/client; the name that its backups have is \`service\` then.
find_address() {
  local value='' sources=''
  if [ -n "$url_file" ]; then
    value=$(cat "$url_file") || return 1
    sources=$(app_containers running_of)
  else
    find_variable || return 1
  fi
  { printf '%s' "$value" | awk "$address_parser" >"$run/client"; } 2>/dev/null
  if grep -q '^!' "$run/client"; then
    set -- "$(sed -n 's/^!//p' "$run/client")"
    rm -f "$run/client"
    failure DA-BACKUP-URL "\${url_variable:-the address of the database} $1"
    return 1
  fi
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  place_client $sources >>"$run/client"
  keep_root "\${sources%%"$newline"*}" || return 1
  service=url:$(value_of "$run/client" PGDATABASE)
}

app_containers() { # running_of or containers_of
  local of=\${url_variable%:*}
  [ "$of" != "$url_variable" ] || of=''
  if [ -n "$migration" ]; then inspect '{{.Id}}' "$migration"; return; fi
  "$1" "$project" \${of:+"$of"}
  "$1" "$project-$slot" \${of:+"$of-$slot"}
}

# In the environment of a container that runs, or else of one that has stopped, in \`value\`; which ones have it, in \`sources\`.
find_variable() {
  local id one name=\${url_variable##*:} which
  for which in running_of containers_of; do
    for id in $(app_containers "$which"); do
      one=$(inspect '{{range .Config.Env}}{{println .}}{{end}}' "$id" | sed -n "s/^$name=//p" | head -n 1)
      [ -n "$one" ] || continue
      [ -z "$value" ] || [ "$one" = "$value" ] || { failure DA-BACKUP-URL "$name is not the same in all containers of the app: name the service whose one is meant, such as $(inspect '{{index .Config.Labels "com.docker.compose.service"}}' "$id" | sed "s/-$slot\\$//"):$name"; return 1; }
      value=$one sources=$sources$id$newline
    done
    [ -z "$value" ] || return 0
  done
  failure DA-BACKUP-URL "no container of the app has $url_variable in its environment"
  return 1
}

# Where the app is: its names are known there. What the app calls localhost is itself, so this host is meant.
place_client() { # containers
  local networks=''
  printf '#image %s\\n' "$url_image"
  [ $# -eq 0 ] || networks=$(docker inspect -f '{{range $name, $_ := .NetworkSettings.Networks}}{{println $name}}{{end}}' "$@" 2>/dev/null | grep . | sort -u)
  case $(value_of "$run/client" PGHOST) in localhost | 127.* | ::1) networks=host ;; esac
  case $newline$networks$newline in *"\${newline}host$newline"*) networks=host ;; esac
  printf '#networks %s\\n' "$(printf '%s' "\${networks:-bridge}" | tr '\\n' ' ')"
  [ $# -eq 0 ] || printf '#hosts %s\\n' "$(docker inspect -f '{{range .HostConfig.ExtraHosts}}{{println .}}{{end}}' "$@" 2>/dev/null | grep . | sort -u | tr '\\n' ' ')"
}

# The certificate that the address names lies in the app's container.
keep_root() { # container
  local path
  path=$(sed -n 's/^#root //p' "$run/client")
  [ -n "$path" ] || return 0
  [ -z "$url_file" ] || { failure DA-BACKUP-URL "the address of the database names a certificate in a file ($path), and there is no container that has it: sslrootcert can be system here"; return 1; }
  docker cp -L "$1:$path" "$run/client.root" >/dev/null 2>"$run/backup.error" || { failure DA-BACKUP-URL "$url_variable names the certificate $path, and the app's container does not have it: $(tail -n 1 "$run/backup.error")"; return 1; }
}

client_word() { sed -n "s/^#$2 //p" "$1"; } # file, word

# It sleeps, and everything is run in it. At its limit it ends by itself, whoever is still there to stop it.
start_client() { # file, image
  local file=$1 image=$2 one first
  pull_images "$image" || return $?
  client=$project-client-$nonce client_image=$image
  printf '%s' "$client" | write_file "$app_dir/backup.client" || { failure DA-BACKUP-WRITE "$(id -un) cannot write in $app_dir"; return 1; }
  set --
  for one in $(client_word "$file" hosts); do set -- "$@" --add-host "$one"; done
  first=$(client_word "$file" networks)
  first=\${first%% *}
  step docker run -d --rm --pull never --name "$client" --label "deploy-actions.app=$app" --network "$first" "$@" --env-file "$file" \\
    --entrypoint sh "$image" -c "trap 'exit 0' TERM; sleep 43200 & wait" || client_failed $? || return $?
  for one in $(client_word "$file" networks); do
    [ "$one" = "$first" ] || step docker network connect "$one" "$client" || client_failed $? || return $?
  done
  guard_container "$client" -
  [ ! -e "$file.root" ] || step docker cp "$file.root" "$client:/tmp/deploy-actions-root.crt" || client_failed $?
}

client_failed() { # status
  [ "$1" != 130 ] || return 130
  # Docker shows a line of the env file that it cannot read byte by byte, and that could be the password.
  failure DA-BACKUP-CLIENT "no container of $client_image could be started on this host: $(sed 's/\\(invalid utf8 bytes\\).*/\\1 in the address of the database/' "$run/out" | tail -n 2 | tr '\\n' ' ')"
  return 1
}

leave_client() {
  [ -n "$client" ] || return 0
  client=''
  remove_left_client
}

# Also that of a run that was killed together with the guard of its container. The lock is ours, so it is nobody's. With it goes the volume that these images have
# for a server's files.
remove_left_client() {
  local left
  [ -e "$app_dir/backup.client" ] || return 0
  left=$(cat "$app_dir/backup.client")
  if docker rm -f -v "$left" >/dev/null 2>&1 || is_gone "$left"; then rm -f "$app_dir/backup.client"; fi
}

# The client for an operation. \`live\`: the database itself has to answer. \`server\`: it may be gone, because it is to be made anew. \`files\`: only dumps are read.
open_client() { # file, what for
  local image
  image=$(client_word "$1" image)
  start_client "$1" "\${image:-$(likely_image)}" || return $?
  [ "$2" != files ] || return 0
  ask_server "$2" "$(value_of "$1" PGDATABASE)" || return $?
  if [ -z "$image" ] && [ "$(client_major)" != "$server_major" ]; then
    leave_client
    start_client "$1" "postgres:$server_major-alpine" || return $?
  fi
  is_of_the_server
}

# As the server was when the last backup was made. Where it is another one by now, or nobody knows, it says so itself.
likely_image() {
  local major
  major=$(manifest_value "$(last_dump "$service")" version)
  printf 'postgres:%s-alpine' "$(printf '%s' "\${major%%.*}" | grep -x '[1-9][0-9]*' || printf 17)"
}

client_major() { docker exec "$client" pg_dump --version 2>/dev/null | sed -n 's/^pg_dump (PostgreSQL) \\([0-9]*\\).*/\\1/p'; }

is_of_the_server() {
  local major
  major=$(client_major)
  case $major in
    '') failure DA-BACKUP-CLIENT "there is no pg_dump in $client_image: \\\`database-image\\\` has to be an image of PostgreSQL" ;;
    "$server_major") return 0 ;;
    *) failure DA-BACKUP-CLIENT "$client_image has PostgreSQL $major, and the server is PostgreSQL $server_major: an older client cannot dump it, and the dumps of a newer one cannot be restored there. Take an image of version $server_major, such as postgres:$server_major-alpine, or leave \\\`database-image\\\` out" ;;
  esac
  return 1
}

# Its version, by a connection that has our own option: what is between would not hand it on, or would refuse it.
ask_server() { # live or server, database
  local said='' query="select current_setting('server_version_num')::int / 10000 || coalesce(current_setting('deploy_actions.direct', true), '')"
  if [ "$1" = live ]; then
    said=$(psql_in "$client" "$query" 2>"$run/backup.error")
  else
    for maintenance in template1 postgres defaultdb; do
      [ "$maintenance" != "$2" ] || continue
      said=$(psql_server "$client" "$query" 2>"$run/backup.error") && break
      # Not every server lets everybody into each of them.
      grep -q 'does not exist\\|pg_hba.conf\\|permission denied' "$run/backup.error" || break
    done
  fi
  case $said in
    [1-9]*yes) server_major=\${said%yes} ;;
    [1-9]*) failure DA-BACKUP-CONNECT "$pooled"; return 1 ;;
    *) connect_failed; return 1 ;;
  esac
}

pooled='the address of the database is that of a pooler such as PgBouncer, and a dump needs a connection of its own: give the address of the server itself'

connect_failed() {
  local said why='the server does not answer as PostgreSQL does'
  said=$(tail -n 2 "$run/backup.error" | tr '\\n' ' ')
  case $said in
    *'unsupported startup parameter'*) failure DA-BACKUP-CONNECT "$pooled"; return ;;
    *'authentication failed'* | *'no password supplied'*) why='the server does not take the user with this password' ;;
    *'database "'*'does not exist'*) why='the server has no such database' ;;
    *'could not translate host name'*) why="the app's networks on this host do not know the name of the server" ;;
    *pg_hba.conf*) why='the server does not let this user in from this host, or not without TLS (sslmode=require)' ;;
    *'permission denied'*) why='the user may not connect' ;;
    *refused* | *timeout* | *'timed out'* | *unreachable* | *'No route'*) why='the server is not reached from this host; a managed one lets in only who is among its trusted sources' ;;
  esac
  failure DA-BACKUP-CONNECT "$why: $said"
}

# What a user who is no superuser lacks for a database beside the live one, said before anything is made.
may_load() { # id; its table of contents is in $run/backup.list
  local owners lacks
  owners=$(awk '/^[0-9]/ && $4 != "ACL" && $NF ~ /^[A-Za-z0-9_.@-]+$/ && $NF !~ /^pg_/ { print $NF }' "$run/backup.list" | sort -u | tr '\\n' ' ')
  lacks=$(psql_server "$client" "
    with may as (select case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end as kind)
    select format('may make no databases: alter role %I createdb', current_user) from pg_roles where rolname = current_user and not rolcreatedb and not rolsuper
    union all select format('does not own the database %I: alter database %I owner to %I', datname, datname, current_user) from pg_database, may where datname = '$(database_of "$client")' and not pg_has_role(datdba, kind)
    union all select format('is no member of the role %I, to which some of it belongs: grant %I to %I', rolname, rolname, current_user) from pg_roles, may
      where rolname = any (string_to_array('\${owners% }', ' ')) and not pg_has_role(oid, kind)" 2>"$run/backup.error") ||
    { failure DA-BACKUP-RESTORE "what the user may do could not be asked: $(tail -n 1 "$run/backup.error")"; return 1; }
  [ -n "$lacks" ] || return 0
  failure DA-BACKUP-RIGHTS "the user of the address cannot load $1: it $(printf '%s' "$lacks" | awk '{ printf "%s%s", sep, $0; sep = "; it " }'). Nothing was loaded"
  return 1
}

# All of a dump but the comments on extensions, which belong to whoever provides the server.
loadable_list() { grep -v '^[0-9; ]*COMMENT - EXTENSION ' "$run/backup.list"; }

# The client for an operation that was asked for with an address; with files alone it is done without.
open_for() { # verb
  find_backups && find_address || return 1
  case $1 in
    create | schedule | scheduled) open_client "$run/client" live ;;
    restore | drill) open_client "$run/client" server ;;
    verify) open_client "$run/client" files ;;
  esac
}

at_address() { [ -n "$url_variable$url_file" ]; }

# shellcheck shell=dash
# Backups on their way to a store and back. The store and its keys are the runner's; here are only files.

receiving='' # the folder of a backup that is being brought back; nothing of it stays when it does not come whole

is_plain_name() { case $1 in '' | .* | *[!A-Za-z0-9._-]*) return 1 ;; esac; }

# One file of a backup behind a line with its size, beside the run that holds the lock, or after it: what is there under its id is never changed.
send_backup_file() { # directory, id, file
  local file=$1/backups/$2/$3
  in_session=yes
  if ! is_backup_id "$2" || ! is_plain_name "$3" || [ ! -f "$file" ]; then die DA-BACKUP-UNKNOWN "there is no $3 of a backup $2 in $1/backups"; fi
  [ -z "\${DEPLOY_ACTIONS_AGENT:-}" ] || rm -f "$DEPLOY_ACTIONS_AGENT"
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
  printf '%s\\n' "$kept" | grep . | sort -u | raw
  event end
}

begin_receiving() { # id, bytes
  local free
  find_backups || return 1
  is_backup_id "$1" || return 1
  free=$(df -Pk "$backups" | free_kib)
  [ "\${free:-0}" -gt $(($2 / 1024 + 1024)) ] || { failure DA-HOST-DISK "$1 needs $(($2 / 1048576)) MiB on the host, and $((\${free:-0} / 1024)) are free in $backups"; return 1; }
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

# shellcheck shell=dash
# What backups are for: back into a scratch database first, looked at there, and then in the place of the live one by renaming.

restoring=deploy-actions-restore # how our own connections are called in pg_stat_activity
maintenance=template1            # the database that every server has, whatever the app's own is called

psql_server() { # container, SQL
  # shellcheck disable=SC2016 # of the container
  docker exec "$1" sh -c 'PGAPPNAME=$2 exec psql -X -q -A -t -v ON_ERROR_STOP=1 -U "\${POSTGRES_USER:-postgres}" -d "$3" -c "$1"' sh "$2" "$restoring" "$maintenance"
}

database_of() { # container: the app's database
  # shellcheck disable=SC2016 # of the container
  docker exec "$1" sh -c 'printf %s "\${POSTGRES_DB:-\${POSTGRES_USER:-postgres}}"'
}

find_running_server() { # service
  find_server "$1" || return 1
  [ -n "$server" ] || { failure DA-BACKUP-SERVER "$1 does not run: deploy or migrate first, so that there is a server"; return 1; }
}

# The statement for a new database with the owner, locale and tablespace of the live one; a plain one where that is gone. Newer servers have more to a locale.
new_database_like() { # container, live database, new one
  local made
  made=$(psql_server "$1" "select format('create database %I template template0 owner %I%s encoding %L lc_collate %L lc_ctype %L', '$3', pg_get_userbyid(datdba),
      -- Who is no superuser may not name the one that everybody has.
      case spcname when 'pg_default' then '' else format(' tablespace %I', spcname) end, pg_encoding_to_char(encoding), datcollate, datctype)
    || case d->>'datlocprovider' when 'i' then format(' locale_provider icu icu_locale %L', coalesce(d->>'datlocale', d->>'daticulocale')) || coalesce(' icu_rules ' || quote_literal(d->>'daticurules'), '')
      when 'b' then format(' locale_provider builtin builtin_locale %L', d->>'datlocale') else '' end
    from (select *, to_jsonb(one) as d from pg_database one) o join pg_tablespace t on t.oid = o.dattablespace where datname = '$2'") || return 1
  printf '%s' "\${made:-create database \\"$3\\" template template0}"
}

# Makes a database of a dump. It fails at the first statement that does not work, and ends when the run is told to stop.
load_backup() { # container, id, new database
  psql_server "$1" "$(new_database_like "$1" "$(database_of "$1")" "$3")" >"$run/backup.error" 2>&1 || { failure DA-BACKUP-RESTORE "no scratch database could be made: $(tail -n 1 "$run/backup.error")"; return 1; }
  if [ "$1" = "$client" ]; then
    # A list that is cut has tables without what is in them.
    # shellcheck disable=SC2016 # of the container
    loadable_list | docker exec -i "$1" sh -c 'cat >/tmp/deploy-actions.list && [ "$(wc -l </tmp/deploy-actions.list)" -eq "$1" ]' sh "$(loadable_list | wc -l)" >"$run/backup.error" 2>&1 ||
      { failure DA-BACKUP-RESTORE "what to load of $2 could not be written in the container of the client: $(tail -n 1 "$run/backup.error")"; drop_database "$1" "$3"; return 1; }
    step pg_restore_into "$@" /tmp/deploy-actions.list
  else
    step pg_restore_into "$@"
  fi
  case $? in
    0) return 0 ;;
    130) drop_database "$1" "$3"; return 130 ;;
  esac
  failure DA-BACKUP-RESTORE "pg_restore of $2 failed: $(tail -n 2 "$run/out" | tr '\\n' ' ')"
  drop_database "$1" "$3"
  return 1
}

pg_restore_into() { # container, id, database, [file in the container with what is to be restored]
  # shellcheck disable=SC2016 # of the container
  docker exec -i "$1" sh -c 'PGAPPNAME=$2 exec pg_restore -U "\${POSTGRES_USER:-postgres}" -d "$1" \${3:+"--use-list=$3"} --exit-on-error --no-password' sh "$3" "$restoring" "\${4:-}" <"$backups/$2/database.dump"
}

# Also while something of a run that was stopped is still connected to it.
drop_database() { # container, database
  psql_server "$1" "do \\$end\\$ declare pids int[]; begin $(end_connections "$2") end \\$end\\$" >/dev/null 2>&1
  psql_server "$1" "drop database if exists \\"$2\\"" >/dev/null 2>&1
}

tables_in() { # container, database
  # shellcheck disable=SC2016 # of the container
  docker exec "$1" sh -c 'exec psql -X -q -A -t -U "\${POSTGRES_USER:-postgres}" -d "$1" -c "$2"' sh "$2" "$count_tables"
}

# A new server has only the role that it was made with.
has_its_roles() { # container, id
  local missing
  missing=$(psql_server "$1" "select role from unnest(string_to_array('$(manifest_value "$2" roles)', ' ')) role where not exists (select from pg_roles where rolname = role)" 2>/dev/null)
  [ -n "$missing" ] || return 0
  missing=$(printf '%s' "$missing" | tr '\\n' ' ')
  failure DA-BACKUP-ROLES "$2 has objects of roles, or rights for them, that this server does not have: $missing. Make them first, each with: create role \\"\${missing%% *}\\""
  return 1
}

# A server whose disk is full stops, and the live database with it. What is loaded goes through the log of the server too, which takes its own size up to about
# a GiB. Where the server's disk cannot be asked, nobody knows.
has_room_to_load() { # container, id
  local size free needed
  size=$(manifest_value "$2" database_size)
  [ "\${size:-0}" != 0 ] || size=$(database_size "$1")
  # shellcheck disable=SC2016 # of the container
  free=$(docker exec "$1" sh -c 'df -Pk "$1"' sh "$(psql_server "$1" 'show data_directory' 2>/dev/null)" 2>/dev/null | free_kib)
  case \${size:-none}:\${free:-none} in *[!0-9:]*) return 0 ;; esac
  needed=$((size / 1024 + (size < 1073741824 ? size : 1073741824) / 1024 + 65536))
  [ "$free" -lt "$needed" ] || return 0
  failure DA-HOST-DISK "$2 needs about $((needed / 1024)) MiB beside the live database, and $((free / 1024)) are free where the server has its data: nothing was loaded, because a full disk stops the server"
  return 1
}

# Whether this server can take it at all: an older one does not know the dumps of a newer one. Its table of contents is in $run/backup.list then.
can_load() { # container, id
  list_dump "$1" "$backups/$2/database.dump" || { failure DA-BACKUP-BROKEN "$2 cannot be read: $(tail -n 1 "$run/backup.error")"; return 1; }
  has_its_roles "$1" "$2" || return 1
  # The disk of a server elsewhere cannot be asked.
  if [ "$1" = "$client" ]; then may_load "$2"; else has_room_to_load "$1" "$2"; fi
}

# Loads a backup beside and looks whether all is there.
load_and_check() { # container, id, new database
  local wanted found
  can_load "$1" "$2" || return 1
  wanted=$(listed_tables)
  load_backup "$@" || return $?
  found=$(tables_in "$1" "$3")
  [ "$found" = "$wanted" ] && return 0
  failure DA-BACKUP-RESTORE "$2 has $wanted tables, and $found came back"
  drop_database "$1" "$3"
  return 1
}

# The live database stays under another name: nothing is lost by a restore that was a mistake. What is connected is ended.
restore_backup() { # service, id, [into]
  local server='' code
  is_there "$2" || return 1
  ! has_dump "$2" || find_running_server "$1" || return 1
  # It was read to its end when it was made, and is the same byte for byte; loading it reads it again.
  check_backup "$2" || return 1
  is_ours "$2" "$1" "\${3:-}" || return 1
  [ -z "$server" ] || can_load "$server" "$2" || return 1
  if [ -n "\${3:-}" ]; then restore_into "$@"; return $?; fi
  unpack_volumes "$2" "until_$(date -u +%Y%m%dt%H%M%Sz)" "$app_dir/restore.volumes" || return $?
  if [ -n "$server" ]; then restore_database "$1" "$2"; else exchange_volumes && restore_counts; fi
  code=$?
  settle_volumes && end_loading
  [ "$code" = 0 ] || return "$code"
  [ ! -e "$app_dir/restore.stopped" ] || { failure DA-BACKUP-RESTORE "the data are those of $2, but what was stopped for it does not run: docker start $(tr '\\n' ' ' <"$app_dir/restore.stopped")"; return 1; }
}

# Beside the live one; of volumes nothing.
restore_into() { # service, id, new database
  local code
  [ -n "$server" ] || { failure DA-INPUT-INVALID "--into names $3, and $2 has no database in it"; return 1; }
  [ "$3" != "$(database_of "$server")" ] || { failure DA-INPUT-INVALID "--into names $3, which is the live database: leave it out"; return 1; }
  ! has_database "$server" "$3" || { failure DA-INPUT-INVALID "--into names $3, which is there already: a restore makes a new database"; return 1; }
  begin_loading "$1" "$3" || return 1
  load_and_check "$server" "$2" "$3" && progress "$2 is in the database $3"
  code=$?
  end_loading
  return "$code"
}

# The volumes are exchanged when all is loaded: what uses them stands still, also for the database. The mark of \`begin_loading\` stays until they are settled: a
# next run asks the database what became of the restore.
restore_database() { # service, id
  local live scratch old code
  live=$(database_of "$server")
  progress 'a backup of what is there now comes first'
  back_up_what_is_there "$1" "before a restore of $2" || return $?
  scratch=\${live}_restore_$nonce
  old=\${live}_until_$(date -u +%Y%m%dt%H%M%Sz)
  begin_loading "$1" "$scratch" "$live" "$old" "$2" || return 1
  load_and_check "$server" "$2" "$scratch" && exchange_or_drop "$server" "$scratch" && take_its_place "$server" "$live" "$scratch" "$old"
  code=$?
  [ "$code" = 0 ] || return "$code"
  restore_counts
  note_restored "$1" "$2"
  progress "$live is what it was in $2. The one before is kept as $old (open, for who wants to look; drop it when all is well)$(! is_backup_id "$backup_id" || printf ', and its backup is %s' "$backup_id")"
}

exchange_or_drop() { # container, database that was loaded
  local code
  exchange_volumes && return 0
  code=$?
  drop_database "$1" "$2"
  return "$code"
}

# A database that is damaged cannot be dumped, and has to be restored all the more. It is there under its other name.
back_up_what_is_there() { # service, why
  local code
  mild=yes
  make_backup "$1" "$2" anyway
  code=$?
  mild=''
  case $code in 0 | 130) return "$code" ;; esac
  backup_id=''
  progress 'warning: what is there now could not be backed up; the restore goes on, because it only gets another name'
}

# From here on it is done to its end: a run that was told to stop stops before.
take_its_place() { # container, live, scratch, name for the old one
  ! stop_requested || { drop_database "$1" "$3"; return 130; }
  stoppable=''
  swap_databases "$@"
}

note_restored() { # service, backup
  forget_migrations_after "$2"
  printf '%s\\t-\\t%s\\t?\\t%s\\t-\\t-\\t-\\n' "$(timestamp)" "$1" "$(manifest_value "$2" migration)" >>"$app_dir/migrations.tsv"
}

# The data of another app, or of another server, are no older state of these. Into a database of its own those of another server may go.
is_ours() { # id, service, [into]
  local of
  of=$(manifest_value "$1" app)
  [ "$of" = "$app" ] || { failure DA-BACKUP-OTHER "$1 is a backup of the app \\"$of\\", and this is $app"; return 1; }
  of=$(manifest_value "$1" service)
  [ -n "\${3:-}" ] || [ "$of" = "$2" ] || { failure DA-BACKUP-OTHER "$1 is a backup of the service \\"$of\\", and $2 is to be restored. If it is meant, restore it into a new database and look at it there"; return 1; }
}

# What was taken away since is there again: the way back past it is open.
forget_migrations_after() { # backup
  [ -e "$app_dir/migrations.tsv" ] || return 0
  awk -F'\\t' -v OFS='\\t' -v at="$1" '{ when = $1; gsub(/[-:]/, "", when); if (when > at && $6 == "crossing") $6 = "undone"; print }' "$app_dir/migrations.tsv" | write_file "$app_dir/migrations.tsv"
}

# The newest one into a scratch database, looked at, dropped, and its volumes into others beside: whether it could be restored, and how long that takes.
# Checks are lines \`SQL => result\`.
drill() { # service, [file with checks]
  local server='' id began code
  id=$(backup_ids "$1" | tail -n 1)
  [ -n "$id" ] || { failure DA-BACKUP-UNKNOWN "there is no backup of $(name_of "$1") in $backups yet"; return 1; }
  ! has_dump "$id" || find_running_server "$1" || return 1
  check_backup "$id" || return 1
  now_ms
  began=$now
  unpack_volumes "$id" "drill_$nonce" "$app_dir/drill.volumes" || return $?
  remove_unpacked "$app_dir/drill.volumes" || { failure DA-BACKUP-RESTORE 'the volumes of the drill could not be removed'; return 1; }
  [ -z "$(volumes_in "$id")" ] || { now_ms; progress "the volumes of $id were unpacked into others beside in $(((now - began) / 1000)) s: $(volumes_in "$id" | tr '\\n' ' ')"; }
  [ -z "$server" ] || drill_database "$1" "$id" "\${2:-}"
}

drill_database() { # service, id, file with checks or nothing
  local id=$2 scratch began query wanted found wrong=0
  scratch=$(database_of "$server")_drill_$nonce
  now_ms
  began=$now
  begin_loading "$1" "$scratch" || return 1
  load_and_check "$server" "$id" "$scratch" || { set -- $?; end_loading; return "$1"; }
  now_ms
  if [ -n "$3" ]; then
    while IFS= read -r query || [ -n "$query" ]; do
      case $query in '' | '#'*) continue ;; esac
      wanted=\${query##*=> } query=\${query% =>*}
      # shellcheck disable=SC2016 # of the container
      found=$(docker exec "$server" sh -c 'exec psql -X -q -A -t -U "\${POSTGRES_USER:-postgres}" -d "$1" -c "$2"' sh "$scratch" "$query" 2>&1 </dev/null)
      if [ "$found" = "$wanted" ]; then progress "ok      $query"; else progress "WRONG   $query: $found, not $wanted"; wrong=1; fi
    done <"$3"
  fi
  drop_database "$server" "$scratch"
  end_loading
  progress "$id was restored into a scratch database in $(((now - began) / 1000)) s, with $(manifest_value "$id" tables) tables; the scratch database is dropped"
  [ "$wrong" = 0 ] || { failure DA-BACKUP-CHECK "the drill of $id found what should not be"; return 1; }
}

# The same for a runner, which uploads to $run/backup: \`request\` (lines option=value) and \`checks\`.
backup_for_runner() { # verb
  local code service
  find_backups
  if [ -z "$(current_release)" ] && [ "$1" = create ]; then
    progress "no release is live in $app_dir: nothing to back up"
    event 'backup-done id=nothing-to-back-up deployed=no'
    return
  fi
  load_current
  url_variable=$(value_of "$run/backup/request" url-env) url_image=$(value_of "$run/backup/request" image)
  [ ! -s "$run/backup/database-url" ] || url_file=$run/backup/database-url
  service=$(value_of "$run/backup/request" service)
  [ -n "$service$(postgres_services)" ] || at_address || url_variable=$(value_of "$run/backup/request" url-env-else)
  [ -n "$service" ] || at_address || [ "$1" = list ] || [ "$1" = unschedule ] || service=$(service_of_backups "$1" "$run/backup/volumes") || { printf '%s\\n' "$service"; abort_run; }
  { ! at_address || open_for "$1"; } && backup_one "$1" "$service"
  code=$?
  leave_client
  if [ "$code" != 0 ]; then
    say_why "$code"
    abort_run
  fi
  event "backup-done id=$backup_id size=$(backup_bytes "$backup_id") sha256=$(manifest_value "$backup_id" sha256) ids=$(backup_ids | tr '\\n' ',') service=$service"
}

backup_one() { # verb, service
  local id checks=''
  id=$(value_of "$run/backup/request" id)
  [ ! -s "$run/backup/checks" ] || checks=$run/backup/checks
  backup_id=\${id:-$(backup_ids "$2" | tail -n 1)}
  case $1 in
    create) make_backup "$2" 'by the action backup' '' "$run/backup/volumes" ;;
    look) ;; # what it would be about
    list) list_backups "$2" ;;
    verify) verify_command "$2" "$id" "$(value_of "$run/backup/request" stored)" ;;
    restore) restore_backup "$2" "$id" "$(value_of "$run/backup/request" into)" && backup_id=$id ;;
    drill) drill "$2" "$checks" ;;
    prune)
      # shellcheck disable=SC2046 # numbers
      prune_backups "$2" $(value_of "$run/backup/request" retention)
      ;;
    schedule)
      schedule_backups "$2" "$(value_of "$run/backup/request" calendar)" "$(value_of "$run/backup/request" retention | tr ' ' ',')" \\
        "$(value_of "$run/backup/request" overdue)" "$run/backup/volumes" "$run/backup/heartbeat"
      ;;
    unschedule) unschedule_backups ;;
  esac
}

backup_usage() { die DA-INPUT-INVALID 'usage: release backup create | list | verify [ID] | restore ID --confirm APP [--into NAME] | drill [--checks FILE] | prune [--keep DAILY,WEEKLY,MONTHLY], each with [--service NAME | --database-url-env [SERVICE:]VARIABLE | --database-url-file FILE] [--database-image IMAGE]; create and schedule also with --volume "NAME [pause=SERVICE,...]" for each volume; schedule [--at CALENDAR] [--keep D,W,M] [--overdue-after HOURS] [--heartbeat FILE with an https address] | unschedule'; }

# By hand, or from a timer: no runner is needed.
backup_command() { # verb, arguments
  local verb=\${1:-} service='' confirm='' into='' checks='' keep=7,4,12 id='' volumes='' at='*-*-* 03:17:00' overdue=26 heartbeat=''
  [ $# -eq 0 ] || shift
  while [ $# -gt 0 ]; do
    case $1 in
      --service) service=\${2:-}; shift ;;
      --database-url-env) url_variable=\${2:-}; is_variable "$url_variable" || backup_usage; shift ;;
      --database-url-file) url_file=\${2:-}; shift ;;
      --database-image) url_image=\${2:-}; shift ;;
      --confirm) confirm=\${2:-}; shift ;;
      --into) into=\${2:-}; shift ;;
      --checks) checks=\${2:-}; shift ;;
      --keep) keep=\${2:-}; shift ;;
      --at) at=\${2:-}; shift ;;
      --overdue-after) overdue=\${2:-}; shift ;;
      --heartbeat) heartbeat=\${2:-}; shift ;;
      --volume) volumes=$volumes$(volume_line "\${2:-}") || backup_usage; volumes=$volumes$newline; shift ;;
      -*) backup_usage ;;
      *) id=$1 ;;
    esac
    [ $# -eq 0 ] || shift
  done
  case $into in *[!A-Za-z0-9_]*) die DA-INPUT-INVALID "--into takes letters, digits and _, not \\"$into\\"" ;; esac
  [ -z "$checks" ] || [ -r "$checks" ] || die DA-INPUT-INVALID "--checks: there is no file $checks"
  [ -z "$heartbeat" ] || { [ -f "$heartbeat" ] && [ -r "$heartbeat" ] && [ -s "$heartbeat" ]; } || die DA-INPUT-INVALID "--heartbeat: there is no file $heartbeat with anything in it"
  check_address_options "$verb" "$service"
  spare_candidate=yes
  begin_on_host
  stoppable=yes
  load_current
  find_backups || exit 1
  printf %s "$volumes" >"$run/volumes"
  [ "$verb" != scheduled ] || { url_variable=$(schedule variable) url_image=$(schedule image); }
  if at_address; then open_for "$verb" || end_by_hand $?; fi
  [ -n "$service" ] || case $verb in list | unschedule | scheduled) ;; *) false ;; esac || service=$(service_of_backups "$verb" "$run/volumes") || exit 1
  case $verb in
    create) make_backup "$service" 'by hand' '' "$run/volumes" || end_by_hand $?; progress "$backup_id" ;;
    list) list_backups "$service" ;;
    verify) verify_command "$service" "$id" || exit 1 ;;
    restore)
      [ -n "$id" ] || backup_usage
      [ "$confirm" = "$app" ] || die DA-BACKUP-CONFIRM "a restore takes the place of the live data of $app: say so with --confirm $app"
      restore_backup "$service" "$id" "$into" || end_by_hand $?
      ;;
    drill) drill "$service" "$checks" || end_by_hand $? ;;
    prune)
      is_retention "$keep" || backup_usage
      # shellcheck disable=SC2046 # numbers
      prune_backups "$service" $(printf '%s' "$keep" | tr ',' ' ') || exit 1
      ;;
    schedule)
      is_retention "$keep" || backup_usage
      schedule_backups "$service" "$at" "$keep" "$overdue" "$run/volumes" "$heartbeat" || exit 1
      ;;
    unschedule) unschedule_backups || exit 1 ;;
    scheduled) scheduled_backup "$service" || end_by_hand $? ;;
    *) backup_usage ;;
  esac
}

is_variable() { # [service:]NAME
  case \${1#*:} in '' | [!A-Za-z_]* | *[!A-Za-z0-9_]*) return 1 ;; esac
  case $1 in *:*) is_volume_name "\${1%%:*}" ;; esac
}

check_address_options() { # verb, service
  [ -z "$url_file" ] || { [ -f "$url_file" ] && [ -r "$url_file" ] && [ -s "$url_file" ]; } || die DA-INPUT-INVALID "--database-url-file: there is no file $url_file with anything in it"
  [ -z "$url_file" ] || [ -z "$url_variable" ] || die DA-INPUT-INVALID '--database-url-env and --database-url-file both say where the database is: give one'
  ! at_address || [ -z "$2" ] || die DA-INPUT-INVALID "--service names $2, and the database is given by its address: give one"
  [ -z "$url_file" ] || [ "$1" != schedule ] || die DA-INPUT-INVALID '--database-url-file is for now, and the timer needs the address every night: give --database-url-env'
  case $url_image in -* | *[!A-Za-z0-9./:@_-]*) die DA-INPUT-INVALID "--database-image takes the reference of an image, not \\"$url_image\\"" ;; esac
  [ -z "$url_image" ] || at_address || die DA-INPUT-INVALID '--database-image is for a database at an address: give --database-url-env or --database-url-file, too'
}

is_retention() { case $1 in *[!0-9,]* | *,*,*,* | ,* | *, | *,,*) return 1 ;; *,*,*) ;; *) return 1 ;; esac; }

end_by_hand() { # status
  [ "$1" != 130 ] || say_stopped
  exit 1
}

verify_command() { # service, id or all, [yes: there are others in a store]
  local id ids server
  find_server "$1" || return 1
  for id in $(backup_ids); do
    [ -n "$(manifest_value "$id" service)" ] || [ -n "$2" ] || { failure DA-BACKUP-BROKEN "$id has no manifest that can be read"; return 1; }
  done
  ids=\${2:-$(backup_ids "$1")}
  if [ -z "$ids" ] && [ "\${3:-}" != yes ]; then
    failure DA-BACKUP-UNKNOWN "there is no backup of $(name_of "$1") in $backups: nothing could be verified"
    return 1
  fi
  for id in $ids; do
    check_backup "$id" "$server" || return 1
    progress "$id is as it was made"
  done
}

# \`uploads pause=web,worker\` as \`uploads web,worker\`.
volume_line() { # words
  case $1 in
    *' pause='*[!A-Za-z0-9_.,-]* | *[!A-Za-z0-9_.,=\\ -]*) return 1 ;;
    *' pause='?*) printf '%s %s' "\${1%% *}" "\${1#* pause=}" ;;
    *' '* | '') return 1 ;;
    *) printf '%s' "$1" ;;
  esac
}

# Without a PostgreSQL service a project may have volumes to back up; those belong to \`-\` then.
service_of_backups() { # verb, file with volumes
  if [ -z "$(postgres_services)" ] && { case $1 in create | schedule) false ;; esac || [ -s "$2" ]; }; then printf -; else postgres_service; fi
}

name_of() { if [ "$1" = - ]; then printf 'volumes alone, and the live release has no PostgreSQL service that is known by its image: name it with --service'; else printf %s "$1"; fi; } # service

postgres_services() { setting databases | tr ',' '\\n' | sed -n 's/:\\(postgres\\|postgresql\\|postgis\\|pgvector\\|timescaledb\\)[^:]*$//p'; }

# The one that the live release has; of several somebody has to choose.
postgres_service() {
  local found
  found=$(postgres_services)
  case $found in
    '') failure DA-BACKUP-SERVER 'the live release has no PostgreSQL service that is known by its image: name it with --service. Of a database elsewhere the address is needed: input database-url-env, or --database-url-env on the host. Volumes alone can be backed up too' ;;
    *"$newline"*) failure DA-BACKUP-SERVER "the live release has several PostgreSQL services: name one with --service ($(printf '%s' "$found" | tr '\\n' ' '))" ;;
    *) printf '%s' "$found"; return 0 ;;
  esac
  return 1
}

# shellcheck shell=dash
# Backups by a timer of systemd on this host, with no runner and no GitHub. What it is to do stands in $app_dir/schedule/: \`settings\` (lines key=value), \`volumes\`
# (as for \`backup create\`), and \`heartbeat\`, an address that is a secret.

units=/etc/systemd/system
unit_name() { printf 'deploy-actions-backup-%s' "$app"; }

no_schedule() { failure DA-BACKUP-SCHEDULE "$1"; return 1; } # why

# Everything that would fail at night is refused now.
schedule_backups() { # service, calendar, keep (7,4,12), hours until it is overdue, file with volumes, file with the address or nothing
  local server='' word
  case $app_dir in *[!A-Za-z0-9/._-]*) no_schedule "systemd is given only folders of letters, digits, \\"/\\", \\".\\", \\"_\\" and \\"-\\", not $app_dir"; return 1 ;; esac
  case $2 in '' | *[!A-Za-z0-9*:,./~\\ -]*) no_schedule "\\"$2\\" is no time as systemd writes it, such as *-*-* 03:17:00"; return 1 ;; esac
  case $4 in '' | *[!0-9]*) no_schedule "\\"$4\\" is no number of hours"; return 1 ;; esac
  for word in systemctl systemd-analyze; do command -v "$word" >/dev/null || { no_schedule "$word is not on this host: let cron call $app_dir/bin/release backup create"; return 1; }; done
  [ -w "$units" ] || { no_schedule "$(id -un) cannot write in $units: log in as root, or set \\\`sudo: true\\\`"; return 1; }
  ! units_call_another "$(unit_name)" || { no_schedule "$units/$(unit_name).service is that of another folder with an app of this name ($(sed -n 's/^ExecStart=\\(.*\\)\\/bin\\/release .*/\\1/p' "$units/$(unit_name).service")): unschedule it there first"; return 1; }
  systemd-analyze calendar "$2" >"$run/out" 2>&1 || { no_schedule "systemd does not know the time \\"$2\\": $(grep . "$run/out" | tail -n 1)"; return 1; }
  has_address "$6" || return 1
  [ "$1" = - ] || find_server "$1" || return 1
  find_backups || return 1
  [ ! -s "$5" ] || check_volumes "$5" "$server" "$1" || return 1
  keep_schedule "$@" && install_units "$2" && return 0
  # A systemd that does not take a timer has none to let go of.
  systemctl disable --now "$(unit_name).timer" >/dev/null 2>&1
  remove_units "$(unit_name)"
  rm -rf "$app_dir/schedule"
  return 1
}

has_address() { # file or nothing
  [ -s "$1" ] || return 0
  { grep -qx 'https://[A-Za-z0-9._~:/?#@!$&()*+,;=%-]*' "$1" && [ "$(grep -c '' "$1")" = 1 ]; } || { no_schedule 'the heartbeat is no https address on one line'; return 1; }
  [ -n "$(heartbeat_program)" ] || progress 'warning: neither curl nor GNU wget is on this host, so nobody can tell the heartbeat: apt-get install curl'
}

keep_schedule() { # as schedule_backups
  local folder=$app_dir/schedule
  { mkdir -p "$folder" && chmod 700 "$folder" && printf 'service=%s\\nkeep=%s\\noverdue=%s\\nsince=%s\\nvariable=%s\\nimage=%s\\n' "$1" "$3" "$4" "$(date -u +%Y%m%dT%H%M%SZ)" "$url_variable" "$url_image" | write_file "$folder/settings" &&
    write_file "$folder/volumes" <"$5" && rm -f "$folder/heartbeat" && { [ ! -s "$6" ] || write_file "$folder/heartbeat" <"$6"; }; } && return 0
  failure DA-BACKUP-WRITE "$(id -un) cannot write in $app_dir"
  return 1
}

# Whoever reads them learns nothing: no value that is a secret stands in a unit.
install_units() { # calendar
  local name
  name=$(unit_name)
  { service_unit | write_file "$units/$name.service" && timer_unit "$1" | write_file "$units/$name.timer" && chmod 644 "$units/$name.service" "$units/$name.timer"; } ||
    { failure DA-BACKUP-WRITE "$(id -un) cannot write in $units"; return 1; }
  { systemctl daemon-reload && systemctl enable --now "$name.timer"; } >"$run/out" 2>&1 || { no_schedule "systemd does not take the timer: $(tail -n 1 "$run/out")"; return 1; }
  progress "$name.timer makes a backup at $1 (next: $(systemd-analyze calendar "$1" 2>/dev/null | sed -n 's/^ *Next elapse: *//p' | head -n 1)). \\\`journalctl -u $name\\\` shows what came of it, \\\`systemctl start $name\\\` makes one now"
}

service_unit() {
  cat <<EOF
[Unit]
Description=Backup of $app (deploy-actions)
Wants=network-online.target
After=docker.service network-online.target

[Service]
Type=oneshot
ExecStart=$app_dir/bin/release backup scheduled
ExecStopPost=$app_dir/bin/release unpause-left
KillMode=mixed
TimeoutStartSec=12h
Nice=10
EOF
}

timer_unit() { # calendar
  cat <<EOF
[Unit]
Description=Backup of $app (deploy-actions)

[Timer]
OnCalendar=$1
Persistent=true

[Install]
WantedBy=timers.target
EOF
}

# Units are named by the app alone: those that call another folder are somebody else's.
units_call_another() { # name
  [ -e "$units/$1.service" ] && ! grep -qF "ExecStart=$app_dir/" "$units/$1.service"
}

has_units() { [ -e "$units/$1.timer" ] || [ -e "$units/$1.service" ]; } # name

unschedule_backups() {
  local name
  name=$(unit_name)
  if has_units "$name" && ! units_call_another "$name"; then
    [ -w "$units" ] || { no_schedule "$(id -un) cannot write in $units, and $name.timer goes on: log in as root, or set \\\`sudo: true\\\`"; return 1; }
    [ ! -e "$units/$name.timer" ] || systemctl disable --now "$name.timer" >"$run/out" 2>&1 || { no_schedule "systemd does not let go of $name.timer, which goes on: $(tail -n 1 "$run/out")"; return 1; }
    remove_units "$name" || { no_schedule "$units/$name.timer and .service could not be removed"; return 1; }
  fi
  rm -rf "$app_dir/schedule"
}

remove_units() { # name
  rm -f "$units/$1.timer" "$units/$1.service"
  ! has_units "$1" || return 1
  systemctl daemon-reload >/dev/null 2>&1 || :
}

# What the unit calls. The lock is given back before anybody else is told of it.
scheduled_backup() { # what is at an address, or nothing yet
  local service=\${1:-} server
  [ -n "$service" ] || service=$(schedule service) || { no_schedule "no backup is scheduled in $app_dir"; return 1; }
  # When the host is on again, a night is made up for while PostgreSQL may still be coming up. One that never does, the backup tells.
  server=$(running_of "$project" "$service" | head -n 1)
  [ -z "$server" ] || await_server "$server" "$docker_patience" || :
  make_backup "$service" 'by the timer' '' "$app_dir/schedule/volumes" || return $?
  progress "$backup_id"
  # shellcheck disable=SC2046 # numbers
  prune_backups "$service" $(schedule keep | tr ',' ' ') || return 1
  let_writers_go_on || return 1 # also what a backup before has left
  leave_client
  ! is_backup_id "$backup_id" || [ ! -s "$app_dir/schedule/heartbeat" ] || { drop_lock; tell_heartbeat; }
}

schedule() { value_of "$app_dir/schedule/settings" "$1"; } # key

heartbeat_program() {
  if command -v curl >/dev/null; then printf curl; elif wget --version 2>/dev/null | grep -q '^GNU Wget'; then printf wget; fi
}

# The address comes by standard input or a file: everybody can read the arguments of a program.
tell_heartbeat() {
  case $(heartbeat_program) in
    curl) printf 'url = "%s"\\n' "$(cat "$app_dir/schedule/heartbeat")" | curl -q --config - --fail --silent --globoff --proto =https --max-time 20 --retry 2 --output /dev/null ;;
    wget) wget --no-config --quiet --https-only --timeout=20 --tries=3 --input-file="$app_dir/schedule/heartbeat" --output-document=/dev/null ;;
    *) false ;;
  esac >/dev/null 2>&1 || progress 'warning: the backup is made, and its heartbeat could not be told'
}

# Hours since the last backup that has what the timer makes, when these are more than there should be.
overdue_hours() {
  local limit id last='' now at backups=$app_dir/backups
  limit=$(schedule overdue) || return 1
  for id in $(backup_ids "$(schedule service)"); do
    { [ -s "$app_dir/schedule/volumes" ] && [ -z "$(volumes_in "$id")" ]; } || last=$id
  done
  now=$(date -u +%s)
  at=$(date -u -d "$(printf '%s' "\${last:-$(schedule since)}" | sed 's/^\\(....\\)\\(..\\)\\(..\\)T\\(..\\)\\(..\\)\\(..\\)Z$/\\1-\\2-\\3 \\4:\\5:\\6/')" +%s 2>/dev/null) || return 1
  [ $(((now - at) / 3600)) -ge "$limit" ] && printf '%s' "$(((now - at) / 3600))"
}

timer_waits() { systemctl is-active --quiet "$(unit_name).timer"; }

check_schedule() { # for doctor
  local hours
  [ -e "$app_dir/schedule/settings" ] || return 0
  check 'the timer of backups waits' timer_waits
  if hours=$(overdue_hours); then
    printf 'WRONG   the last backup is %s hours old, and %s are allowed: journalctl -u %s\\n' "$hours" "$(schedule overdue)" "$(unit_name)"
    sick=1
  fi
}

# shellcheck shell=dash
# A database that was loaded beside the live one takes its place. What is loaded is noted first, so that the next run can take away what a dead one left.

# Lines key=value for \`settle_restore\`.
begin_loading() { # service, new database, [live database, name for it afterwards, backup]
  restoring=deploy-actions-restore-$nonce # others may restore on the same server
  { ! is_address "$1" || keep_client; } &&
    printf 'project=%s\\nservice=%s\\nloaded=%s\\nlive=%s\\nold=%s\\nbackup=%s\\nas=%s\\n' "$project" "$1" "$2" "\${3:-}" "\${4:-}" "\${5:-}" "$restoring" | write_file "$app_dir/restore.running" && return 0
  failure DA-BACKUP-WRITE "$(id -un) cannot write in $app_dir"
  return 1
}

# Whoever settles this restore finds the server by what this run was given.
keep_client() {
  sed "s,^#image.*,#image $client_image," "$run/client" | write_file "$app_dir/restore.client" && { [ ! -e "$run/client.root" ] || cp "$run/client.root" "$app_dir/restore.client.root"; }
}

end_loading() { rm -f "$app_dir/restore.running" "$app_dir/restore.client" "$app_dir/restore.client.root"; }

# All of it in one transaction of one call: whoever dies meanwhile, the live database is the one or the other, and open. What is connected is ended; who comes
# back before the name is free is ended again.
swap_databases() { # container, live, loaded, name for the old one
  psql_server "$1" "
    do \\$swap\\$
    declare
      one text;
      pids int[];
    begin
$(like_the_live_one "$2" "$3")
      if exists (select from pg_database where datname = '$2') then
        for try in 1..6 loop
$(end_connections "$2")
          begin
            execute format('alter database %I rename to %I', '$2', '$4');
            exit;
          exception when object_in_use then
            if try = 6 then raise exception '% (%)', sqlerrm, (select string_agg(distinct coalesce(usename, backend_type), ' ') from pg_stat_activity where datname = '$2'); end if;
          end;
        end loop;
      end if;
      execute format('alter database %I rename to %I', '$3', '$2');
    end
    \\$swap\\$" >"$run/backup.error" 2>&1 && { say_not_copied; return 0; }
  drop_database "$1" "$3"
  failure DA-BACKUP-RESTORE "the databases could not be exchanged: $(sed -n 's/^ERROR: *//p' "$run/backup.error" | tail -n 1); the one of before is in its place"
  return 1
}

# All that this user may end: no superuser's, where it is none itself. The server ends its own. Statements of PL/pgSQL with a variable \`pids\`.
end_connections() { # database
  cat <<EOF
          perform pg_stat_clear_snapshot();
          pids := array(select pid from pg_stat_activity where datname = '$1' and pid <> pg_backend_pid());
          for n in 1..cardinality(pids) loop
            begin
              perform pg_terminate_backend(pids[n]);
            exception when insufficient_privilege then null;
            end;
          end loop;
EOF
}

say_not_copied() { sed -n 's/^WARNING: */not done in the new database: /p' "$run/backup.error" | raw; }

# What a dump does not have, because it belongs to the database and not to what is in it: rights, settings, a limit, a comment.
like_the_live_one() { # live database, new one; part of a block of PL/pgSQL
  cat <<EOF
      for one in
        with live as (select * from pg_database where datname = '$1'),
          setting as (select setrole, split_part(line, '=', 1) as name, substr(line, strpos(line, '=') + 1) as value
            from pg_db_role_setting, unnest(setconfig) line where setdatabase = (select oid from live))
        select format('revoke all on database %I from public, %I', '$2', pg_get_userbyid(datdba)) from live where datacl is not null
        union all select format('grant %s on database %I to %s%s', privilege_type, '$2', case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
          case when is_grantable then ' with grant option' else '' end) from live, aclexplode(datacl)
        union all select format('alter %s set %I to %s',
          case setrole when 0 then format('database %I', '$2') else format('role %I in database %I', pg_get_userbyid(setrole), '$2') end, name,
          -- A list is a list of words that have their quotes already.
          case when name not in ('search_path', 'temp_tablespaces', 'session_preload_libraries', 'local_preload_libraries') then quote_literal(value)
            when value in ('', '""') then quote_literal('') else value end) from setting
        union all select format('alter database %I connection limit %s', '$2', datconnlimit) from live where datconnlimit >= 0
        union all select format('comment on database %I is %L', '$2', shobj_description(oid, 'pg_database')) from live where shobj_description(oid, 'pg_database') is not null
      loop
        begin
          execute one;
        exception when others then
          raise warning '% (%)', one, sqlerrm;
        end;
      end loop;
EOF
}

has_database() { [ -n "$(psql_server "$1" "select 1 from pg_database where datname = '$2'" 2>/dev/null)" ]; } # container, database

# A run that loaded a backup was killed. What it still does in the server ends there, and what it loaded goes, unless it is in its place already: the volumes
# follow what the database says. It fails where volumes have to wait for that.
settle_restore() {
  restore_is_unsettled || return 0
  docker_answers || { cannot_settle 'Docker on the host does not answer'; return; }
  remove_unpacked "$app_dir/drill.volumes"
  [ ! -e "$app_dir/restore.running" ] || settle_loading || { cannot_settle "PostgreSQL in $(value_of "$app_dir/restore.running" service) cannot be asked whether it counts"; return; }
  if any_is_there restore.volumes restore.exchanged restore.counts restore.stopped; then
    settle_volumes || return 1
    progress 'note: the volumes of a restore that was stopped are settled'
  fi
  end_loading
}

restore_is_unsettled() { any_is_there restore.running restore.volumes restore.exchanged restore.counts restore.stopped drill.volumes; }

any_is_there() { # names in the app's folder
  local one
  for one; do [ ! -e "$app_dir/$one" ] || return 0; done
  return 1
}

restore_is_settled() { ! restore_is_unsettled; }

cannot_settle() { # why; a database alone can wait
  [ -e "$app_dir/restore.volumes" ] || { start_stopped; return 0; }
  failure DA-BACKUP-RESTORE "a restore of volumes was stopped in the middle, and $1. It is settled before anything else: \\\`$app_dir/bin/release doctor\\\` starts what does not run, and settles it"
  return 1
}

# What was stopped for the restore may be the server itself.
settle_loading() {
  local project service server live old backup as patience=0 mark=$app_dir/restore.running
  project=$(value_of "$mark" project) service=$(value_of "$mark" service) live=$(value_of "$mark" live) old=$(value_of "$mark" old) backup=$(value_of "$mark" backup) as=$(value_of "$mark" as)
  if is_address "$service"; then settle_at_address; return $?; fi
  for server in $(containers_of "$project" "$service"); do
    ! grep -qsxF "$server" "$app_dir/restore.stopped" || docker start "$server" >/dev/null 2>&1
  done
  server=$(running_of "$project" "$service" | head -n 1)
  # Volumes wait for one that starts.
  [ ! -e "$app_dir/restore.volumes" ] || patience=$docker_patience
  { [ -n "$server" ] && await_server "$server" "$patience"; } || return 1
  settle_in_server
}

settle_at_address() {
  local code
  mild=yes # the next run tries it again
  open_client "$app_dir/restore.client" server && server=$client && settle_in_server
  code=$?
  mild=''
  leave_client
  return "$code"
}

# The names are those of \`settle_loading\`.
settle_in_server() {
  psql_server "$server" "select pg_terminate_backend(pid) from pg_stat_activity where application_name = '\${as:-$restoring}' and pid <> pg_backend_pid()" >/dev/null 2>&1 || return 1
  drop_database "$server" "$(value_of "$mark" loaded)" || return 1
  if [ -n "$old" ] && has_database "$server" "$old"; then
    restore_counts
    note_restored "$service" "$backup"
    progress "note: a run that was stopped had put $backup in the place of $live; the one before is kept as $old"
  fi
  ! is_closed "$server" "$live" || open_database "$server" "$live"
}

await_server() { # container, seconds
  local deadline
  now_ms
  deadline=$((now + $2 * 1000))
  until psql_server "$1" 'select 1' >/dev/null 2>&1; do
    now_ms
    [ "$now" -lt "$deadline" ] || return 1
    pause 1
  done
}

is_closed() { [ -n "$(psql_server "$1" "select 1 from pg_database where datname = '$2' and not datallowconn" 2>/dev/null)" ]; } # container, database

open_database() { psql_server "$1" "alter database \\"$2\\" allow_connections true" >/dev/null 2>&1; } # container, database

# For doctor: of the PostgreSQL service that the release has, if it is only one.
live_is_open() {
  local server service
  service=$(in_session='' && postgres_service 2>/dev/null) || return 0
  server=$(running_of "$project" "$service" | head -n 1)
  [ -z "$server" ] || ! is_closed "$server" "$(database_of "$server")"
}

open_live() {
  local server
  server=$(running_of "$project" "$(postgres_service)" | head -n 1)
  open_database "$server" "$(database_of "$server")"
}

# shellcheck shell=dash
# A volume of a backup is unpacked into another one beside it, looked at, and then the two exchange what they have. The one beside has the files of before
# then, and is kept. For the next run stands in $app_dir what has to be settled:
# - restore.volumes: lines \`volume other inode\`, where the inode is of the folder that was unpacked. Those of a drill are in drill.volumes, and never exchanged.
# - restore.exchanged: folders begin to change places. From here on nothing is deleted that was once in place: somebody may have written there.
# - restore.counts, by renaming that: the restore is finished, not undone.
# - restore.stopped: containers that start again when the right files are in place.

mountpoint_of() { docker volume inspect -f '{{.Mountpoint}}' "$1" 2>/dev/null; } # real name

inode_of() { stat -c %i "$1" 2>/dev/null; }

# All volumes of a backup, each into one beside.
unpack_volumes() { # id, what the names of the others end with, file for the lines
  local name code
  if [ -s "$3" ]; then
    failure DA-BACKUP-RESTORE "what was unpacked before is still there: remove it first with: docker volume rm$(sed 's/^[^ ]* \\([^ ]*\\) .*/ \\1/' "$3" | tr -d '\\n')"
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
  other=\${volume}_$3
  size=$(volume_value "$1" "$2" size)
  free=$(df -Pk "$volume_dir" | free_kib)
  [ "\${free:-0}" -gt $((size / 1024 + size / 10240 + 65536)) ] || { failure DA-HOST-DISK "the volume $2 needs $((size / 1048576)) MiB beside what is there, and $((\${free:-0} / 1024)) are free where Docker keeps volumes: nothing was unpacked"; return 1; }
  printf '%s %s -\\n' "$volume" "$other" >>"$4" || { failure DA-BACKUP-WRITE "$(id -un) cannot write in $app_dir"; return 1; }
  progress "unpacking the volume $2"
  docker volume create --label "deploy-actions.app=$app" "$other" >/dev/null 2>"$run/backup.error" || { failure DA-BACKUP-RESTORE "no volume $other could be made: $(tail -n 1 "$run/backup.error")"; return 1; }
  dir=$(mountpoint_of "$other")
  step tar -x -p --numeric-owner -f "$backups/$1/volume-$2.tar" -C "$dir"
  code=$?
  [ "$code" != 130 ] || return 130
  if [ "$code" != 0 ] || ! came_whole "$backups/$1/volume-$2.tar" "$dir"; then
    failure DA-BACKUP-RESTORE "the volume $2 of $1 did not come back whole: $(find "$dir" -print0 | tr -dc '\\000' | wc -c) files and folders of $(volume_value "$1" "$2" entries); $(tail -n 1 "$run/out")"
    return 1
  fi
  sed "s/^$volume $other -\\$/$volume $other $(inode_of "$dir")/" "$4" | write_file "$4"
}

# Counted anew by the tar of this host: a name with a line's end in it is two lines to busybox, and one to GNU.
came_whole() { # tar, folder
  local wanted
  wanted=$(entries_of "$1") || return 1
  [ "$wanted" = "$(($(find "$2" -print0 | tr -dc '\\000' | wc -c)))" ] || [ "$wanted" = "$(($(find "$2" | wc -l)))" ]
}

# What was unpacked and never in place. A line stays for the next run where the volume does.
remove_unpacked() { # file with lines
  local one other inode
  [ -e "$1" ] || return 0
  while read -r one other inode <&6; do
    [ "$inode" = - ] || [ "$(inode_of "$(mountpoint_of "$other")")" = "$inode" ] || continue # whatever it is, it is not what was unpacked
    docker volume rm "$other" >/dev/null 2>&1 || [ -z "$(mountpoint_of "$other")" ] || printf '%s %s %s\\n' "$one" "$other" "$inode"
  done 6<"$1" >"$run/unremoved"
  if [ ! -s "$run/unremoved" ]; then rm -f "$1"; return 0; fi
  write_file "$1" <"$run/unremoved"
  progress "warning: what was unpacked could not be removed: docker volume rm$(sed 's/^[^ ]* \\([^ ]*\\) .*/ \\1/' "$1" | tr -d '\\n')"
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
  ids=$(while read -r one other inode <&6; do users_of "$one"; done 6<"$app_dir/restore.volumes" | sed -n 's/^\\([^ ]*\\) .* \\(running\\|paused\\|restarting\\)$/\\1/p' | sort -u)
  [ -n "$ids" ] || return 0
  { cat "$app_dir/restore.stopped" 2>/dev/null; printf '%s\\n' "$ids"; } | sort -u | write_file "$app_dir/restore.stopped" || { failure DA-BACKUP-WRITE "$(id -un) cannot write in $app_dir"; return 1; }
  progress 'stopping what uses the volumes'
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  docker stop $ids >/dev/null 2>"$run/backup.error" || { failure DA-BACKUP-RESTORE "what uses the volumes does not stop: $(tail -n 1 "$run/backup.error")"; return 1; }
}

# Docker knows a volume by the name of its folder, so it is the folder below that changes its place. Three renames: \`mend_exchange\` knows each step.
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

# shellcheck shell=dash
# Volumes beside the database in a backup, each a tar. They are read and written where Docker keeps them: no image needs a tool, and none is pulled.

held=''       # containers that are paused
volume=''     # the real name of the one in hand
volume_dir='' # where Docker keeps its files

is_volume_name() { case $1 in '' | [!A-Za-z0-9]* | *[!A-Za-z0-9_.-]*) return 1 ;; esac; }

# The volume that the Compose file calls so; one of another name or maker by its own, if a container of the app has it.
find_volume() { # name
  local kept
  is_volume_name "$1" || { failure DA-BACKUP-VOLUME "\\"$1\\" is no name of a volume"; return 1; }
  volume=$(docker volume ls -q --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.volume=$1" 2>/dev/null)
  case $volume in *"$newline"*) choose_volume "$1" || return 1 ;; esac
  [ -n "$volume" ] || ! users_of "$1" | grep -q " \${project}[ -]" || volume=$1
  if [ -z "$volume" ]; then
    failure DA-BACKUP-VOLUME "the project $project has no volume \\"$1\\" here; it has: $(docker volume ls --filter "label=com.docker.compose.project=$project" --format '{{.Label "com.docker.compose.volume"}}' 2>/dev/null | sort | tr '\\n' ' ')"
    return 1
  fi
  kept=$(docker volume inspect -f '{{.Driver}} {{len .Options}} {{.Mountpoint}}' "$volume" 2>/dev/null)
  volume_dir=\${kept#local 0 }
  case $kept in 'local 0 /'*) ;; *) failure DA-BACKUP-VOLUME "the files of $volume do not lie on this host (driver \${kept%% *}, or one with options): back it up where they are"; return 1 ;; esac
  if [ ! -r "$volume_dir" ] || [ ! -w "$volume_dir" ]; then
    failure DA-BACKUP-VOLUME "$(id -un) cannot read $volume_dir: only root can back volumes up and restore them. Log in as root, or set \\\`sudo: true\\\`"
    return 1
  fi
}

# The one of before a change of \`name:\` keeps its labels. The one that counts is the one that a container of the project has.
choose_volume() { # name
  local one all=$volume
  volume=$(for one in $all; do ! users_of "$one" | grep -q " \${project}[ -]" || printf '%s\\n' "$one"; done)
  case $volume in '' | *"$newline"*) ;; *) return 0 ;; esac
  failure DA-BACKUP-VOLUME "several volumes of the project $project are called \\"$1\\", and which of them its containers use is not clear: $(printf '%s\\n' "$all" | tr '\\n' ' ')"
  return 1
}

# Lines \`id project service state\` of the containers that have a volume.
users_of() { # real name
  local id project_of service_of state oneoff name ports mounts rest
  list_containers | while IFS='|' read -r id project_of service_of state oneoff name ports mounts rest; do
    case ",$mounts," in *",$1,"*) printf '%s %s %s %s\\n' "$id" "$project_of" "$service_of" "$state" ;; esac
  done
}

# All that can be known before anything is made. Lines \`volume [services to pause, separated by commas]\`.
check_volumes() { # file, container of the server or nothing, its service
  local name services needed=0 free size seen=$newline
  if [ -n "$2" ]; then
    size=$(manifest_value "$(last_dump "$3")" size)
    needed=$((\${size:-0} / 1024 + \${size:-0} / 10240))
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
  case \${free:-none} in *[!0-9]*) return 0 ;; esac
  [ "$free" -le $((needed + needed / 50 + 65536)) ] || return 0
  failure DA-HOST-DISK "$((free / 1024)) MiB are free in $backups, and the volumes and the last dump have $((needed / 1024)) MiB: none was begun, because a full disk stops the database"
  return 1
}

# What a tar of it needs: files with holes are written out.
tar_kib() { find "$1" -type f -exec stat -c %s {} + 2>/dev/null | awk '{ bytes += $1 } END { printf "%d", bytes / 1024 + NR }'; } # folder

# Their containers that run, in \`writers\`: those of the slots too.
find_writers() { # services, separated by commas
  local service one known
  writers=''
  for service in $(printf '%s' "$1" | tr ',' ' '); do
    known=''
    for one in "$project $service" "$project-blue $service-blue" "$project-green $service-green"; do
      # shellcheck disable=SC2086 # project and service
      known=$known$(containers_of $one) writers="$writers $(running_of $one | tr '\\n' ' ')"
    done
    [ -n "$known" ] || { failure DA-BACKUP-VOLUME "pause=$service: the project has no container of a service \\"$service\\""; return 1; }
  done
}

# What writes to a volume holds still while it is read. Whatever becomes of this run, it goes on afterwards: a guard in a session of its own sees to it
# where the agent is killed, and the next run where that one is killed too. In \`held\`: which containers, and since when they run.
pause_writers() { # services
  held=''
  find_writers "$1" || return 1
  [ -n "\${writers# }" ] || return 0
  [ ! -e "$app_dir/backup.paused" ] || { failure DA-BACKUP-VOLUME "what a backup before has paused does not go on: docker unpause$(value_of "$app_dir/backup.paused" ids)"; return 1; }
  printf 'run=%s\\nagent=%s\\nids=%s\\n' "$nonce" "$$" "$writers" | write_file "$app_dir/backup.paused" || { failure DA-BACKUP-WRITE "$(id -un) cannot write in $app_dir"; return 1; }
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
back_up_volumes() { # file, folder, \`anyway\` when a loss is what it is made for
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
  printf '    { "volume": "%s", "file": "%s", "size": %s, "sha256": "%s", "entries": %s, "paused": "%s" }\\n' \\
    "$1" "\${file##*/}" "$(($(wc -c <"$file")))" "$sum" "$entries" "$2" >>"$run/volumes.made"
}

# What nobody holds still may change while it is read: GNU tar says so. It is a backup of files that were not written in that moment.
was_read() { # volume, services that were paused, what tar ended with
  local changed='file changed as we read it$\\|File removed before we read it$\\|File shrank by [0-9]* bytes; padding with zeros$'
  [ "$3" != 0 ] || return 0
  grep -v ': socket ignored$' "$run/backup.error" >"$run/changed"
  if [ "$3" = 1 ] && [ -z "$2" ] && grep -q "$changed" "$run/changed" && ! grep -qv "$changed" "$run/changed"; then
    progress "warning: $(grep -c . "$run/changed") files of $1 changed while they were read, and may be in the backup by half; \\\`pause=SERVICE\\\` holds still who writes them"
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
  before=$(volume_value "\${last:--}" "$1" size)
  size=$(($(wc -c <"$2")))
  [ "\${before:-0}" -le 65536 ] || [ $((size * 2)) -ge "$before" ] || may_shrink "the volume $1 has $size bytes, and had $before in the last backup ($last)"
}

# Names of the volumes of a backup, one a line.
volumes_in() { sed -n 's/^ *{ "volume": "\\([A-Za-z0-9][A-Za-z0-9_.-]*\\)", .*/\\1/p' "$backups/$1/manifest.json" 2>/dev/null; } # id

volume_value() { # id, volume, key
  grep -sF "{ \\"volume\\": \\"$2\\", " "$backups/$1/manifest.json" | sed -n "s/.* \\"$3\\": \\"\\{0,1\\}\\([^\\",}]*[^\\",} ]\\)\\"\\{0,1\\}[, ].*/\\1/p"
}

# What it has, its sha256 says. Programs of tar do not agree how many lines a name with a line's end in it is.
check_tars() { # id
  local name
  for name in $(volumes_in "$1"); do
    entries_of "$backups/$1/volume-$name.tar" >/dev/null || { failure DA-BACKUP-BROKEN "the tar of the volume $name in $1 cannot be read"; return 1; }
  done
}

# shellcheck shell=dash
# What a person types on the host: no runner, no GitHub, no registry needed.

load_current() {
  local id
  id=$(current_release)
  [ -n "$id" ] || die DA-RELEASE-NONE "no release is live in $app_dir"
  use_release "$id"
  slot=$(live_slot)
  [ "$slot" != none ] || slot=$(slot_with_release)
  find_edge
}

slot_with_release() { # the slot that holds the live release, where the flag was lost
  local name
  for name in green blue; do [ "$(slot_release "$name")" != "$release" ] || { printf '%s' "$name"; return; }; done
  printf blue
}

status_command() {
  local overdue
  if [ -z "$(current_release)" ] && has_candidate; then status_of_first_candidate; return; fi
  load_current
  printf 'app       %s (project %s)\\n' "$app" "$project"
  printf 'live      %s in %s\\n' "$release" "$slot"
  printf 'commit    %s\\n' "$(setting commit)"
  printf 'previous  %s\\n' "$(choose_release previous)"
  ! has_candidate || status_of_candidate
  [ ! -e "$app_dir/journal" ] || has_candidate || printf 'journal   %s of %s: run doctor, or deploy again\\n' "$(value_of "$app_dir/journal" phase)" "$(value_of "$app_dir/journal" release)"
  [ ! -e "$app_dir/alone" ] || printf 'alone     %s was taken back here without the other hosts: run doctor\\n' "$(value_of "$app_dir/alone" release)"
  [ ! -e "$app_dir/lock.holder" ] || printf 'lock      %s\\n' "$(holder)"
  [ ! -e "$app_dir/taken-out" ] || printf 'balancer  taken out of %s at %s. %s\\n' "$(taken_out balancer)" "$(taken_out since)" "$(how_to_put_back)"
  [ ! -e "$app_dir/switch/maintenance.html" ] || printf 'visitors  get the maintenance page: release maintenance off\\n'
  status_of_trouble
  ! overdue=$(overdue_hours) || printf 'backup    the last one is %s hours old, and %s are allowed\\n' "$overdue" "$(schedule overdue)"
  printf '\\n'
  for id in "$project" "$project-$slot" "$project-$(other_slot "$slot")" "$project-edge"; do
    docker ps -a --filter "label=com.docker.compose.project=$id" --format 'table {{.Names}}\\t{{.Status}}' | sed 1d
  done
}

status_of_candidate() {
  local by
  by=$(candidate held_by) held_until=$(candidate held_until)
  printf 'candidate %s in %s until %s%s\\n' "$(candidate release)" "$(candidate slot)" "$(held_until_text)" "\${by:+, prepared by $by}"
}

status_of_first_candidate() {
  read_journal
  printf 'app       %s (project %s)\\nlive      nothing yet\\n' "$app" "$project"
  status_of_candidate
}

list_command() {
  local id current
  current=$(current_release)
  printf '%-36s %-9s %-22s %s\\n' RELEASE STATE 'WAY BACK' COMMIT
  # shellcheck disable=SC2045 # ids obey a grammar without spaces, and the newest comes first
  for id in $(ls -1r "$app_dir/releases" 2>/dev/null); do
    case $id in *.tmp) continue ;; esac
    use_release "$id"
    printf '%-36s %-9s %-22s %s\\n' "$id" "$(if [ "$id" = "$current" ]; then echo live; elif has_candidate && [ "$id" = "$(candidate release)" ]; then echo candidate; elif is_bad "$id"; then echo bad; else echo kept; fi)" "$(way_back)" "$(setting commit)"
  done
}

# How fast a rollback to the chosen release is: warm (a rename), stopped (a start), local (new containers), or a pull.
way_back() {
  local name
  for name in blue green; do
    if [ "$(slot_release "$name")" = "$release" ]; then
      if [ "$name" = "$(live_slot)" ]; then printf live; elif slot_is_running "$name"; then printf warm; else printf stopped; fi
      return
    fi
  done
  if each_service 'switch|once|keep|recreate|start' image_is_here; then printf local; else printf 'pull (needs registry)'; fi
}

image_is_here() { present "$3"; }

no_target() { # to
  if [ -z "$(current_release)" ]; then printf 'there is no release to go back to: nothing was deployed to %s yet' "$app_dir"; return; fi
  printf 'there is no release to go back to for "%s"; the host keeps those that are listed here' "$1"
}

describe_choice() { # to
  local chosen live rotated back lacks
  chosen=$(choose_release "$1")
  if [ -z "$chosen" ]; then failure DA-ROLLBACK-NO-TARGET "$(no_target "$1")"; list_command | raw; settled failed; fi
  live="live=$(current_release) slot=$(live_slot)"
  if [ "$chosen" = "$(current_release)" ]; then event "chosen release=$chosen way=live $live"; return; fi
  use_release "$chosen"
  judge_rotated "$chosen" >"$run/rotated.judged"
  rotated=$(sed -n "s/^carried$tab//p" "$run/rotated.judged" | tr '\\n' ',')
  back=$(sed -n "s/^back$tab//p" "$run/rotated.judged" | tr '\\n' ',')
  lacks=$(sed -n "s/^lacks$tab//p" "$run/rotated.judged" | tr '\\n' ',')
  event "chosen release=$chosen way=$(way_back | cut -d' ' -f1) $live\${rotated:+ rotated=\${rotated%,}}\${back:+ returning=\${back%,}}\${lacks:+ lacking=\${lacks%,}}"
  send_record chosen-record "$chosen"
}

# The same release with the environment that is live now, or with that of the rotated keys alone: lines of the env files are
# exchanged, the release's own identity is kept. The result is a release of its own.
repeat_release() { # id, new id, [rotated]
  local file new=$app_dir/releases/$2 of
  of=$(counts_as "$1") # what a rollback makes of its own copy is of the same release
  rm -rf "$new"
  cp -Rp "$app_dir/releases/$1" "$new"
  rm -f "$new/bad"
  sed -i "s/^id=.*/id=$2/; s/^of=.*/of=$of/; s/^fingerprint=.*/fingerprint=repeats-$1-as-$2/" "$new/settings"
  sed -i "s/\\"fingerprint\\": *\\"[^\\"]*\\"/\\"fingerprint\\":\\"repeats-$1-as-$2\\"/" "$new/release.json"
  sed -i "s,\\(deploy-actions/[^ $tab]*\\):$1\\($tab\\),\\1:$2\\2," "$new/services.tsv"
  sed -i "s/\\"\\(id\\|deploy-actions.release\\)\\": *\\"$1\\"/\\"\\1\\":\\"$2\\"/g" "$new"/slot-*.json "$new/release.json"
  for file in "$new"/env/*.env; do
    [ -e "$app_dir/current/env/\${file##*/}" ] || continue
    {
      if [ "\${3:-}" = rotated ]; then with_live_rotated "$1" "$file"; else with_live "$file"; fi
      printf "RELEASE_ID='%s'\\n" "$2"
    } | write_file "$file"
  done
  exchange_in_base "$1" "$2"
  event "repeated release=$2 of=$1"
}

# All lines that are live, but of what belongs to the release itself. Without RELEASE_ID.
with_live() { # file
  grep -E '^(GIT_SHA|SENTRY_RELEASE)=' "$1"
  grep -vE '^(RELEASE_ID|GIT_SHA|SENTRY_RELEASE)=' "$app_dir/current/env/\${1##*/}"
}

rollback_command() { # [--to TO] [--env restore|current] [--force]
  local to=previous env=restore chosen rotated returning
  while [ $# -gt 0 ]; do
    case $1 in
      --to) to=\${2:-}; shift ;;
      --env) env=\${2:-}; shift ;;
      --force) force_schema=yes ;;
      *) to=$1 ;;
    esac
    shift
  done
  case $env in restore | current) ;; *) die DA-INPUT-INVALID "--env is restore or current, not \\"$env\\"" ;; esac
  begin_on_host rollback
  case $taken_back:$to in
    ?*:previous | ?*:-1) progress "$taken_back was not final and is taken back: $(current_release) serves, as before it"; return 0 ;;
  esac
  chosen=$(choose_release "$to")
  [ -n "$chosen" ] || { list_command; die DA-ROLLBACK-NO-TARGET "$(no_target "$to")"; }
  [ "$chosen" != "$(current_release)" ] || { progress "$chosen is live already"; return 0; }
  rotated=$(rotated_since "$chosen" | tr '\\n' ' ')
  returning=$(returning_since "$chosen" "$env" | tr '\\n' ' ')
  [ -z "$returning" ] || bring_back_rotated "\${returning% }"
  if [ "$env" = current ] || [ -n "$rotated" ]; then
    [ "$env" = current ] || progress "the rotated \${rotated% } stay as they are now"
    release=$(date -u +%Y%m%dT%H%M%SZ)-$(printf '%s' "$chosen" | cut -d- -f2)-local
    if [ "$env" = current ]; then repeat_release "$chosen" "$release"; else repeat_release "$chosen" "$release" rotated; fi
    chosen=$release
  fi
  apply_release rollback "$chosen"
}

# Old values that would be in use again, although somebody may know them.
bring_back_rotated() { # service:key...
  if [ "$force_schema" = yes ]; then progress "with the value of before their rotation, as it was asked for: $1"; return 0; fi
  die DA-ROLLBACK-ROTATED "$chosen would bring back what was rotated since: $1. The live release has nothing to put there. To go back all the same: --force"
}

begin_on_host() { # [rollback]
  # What waits for its turn behind a balancer is left to the next deploy, or to doctor: nobody here knows whether the other hosts are well.
  [ -n "$mends" ] || has_turns=local
  open_run
  open_app "$app_dir"
  stoppable=yes
  take_lock 600 "$(id -un)@$(cat /proc/sys/kernel/hostname 2>/dev/null) (terminal)"
  stoppable=''
  [ "\${1:-}" = rollback ] || leave_undecided
  settle
}

# Everything at once, without a runner: the same steps, and the verification decides.
apply_release() { # operation, id
  if prepare_release "$1" "$2"; then
    if switch_release; then
      finish_release
      [ "$base_ok" = yes ] || exit 1
      progress "$release is live"
    else
      revert_release
      die DA-VERIFY-FAILED "$2 was not right; $(current_release) serves"
    fi
  else
    [ -z "$phase" ] || { log_event aborted; undo_release; } # nothing was begun
    die DA-ROLLBACK-ABORTED "$2 could not be prepared; $(current_release) still serves"
  fi
}

log_command() { [ ! -e "$app_dir/log.jsonl" ] || cat "$app_dir/log.jsonl"; }

logs_command() { # [service] [docker logs options]
  local wanted='' id
  load_current
  case \${1:-} in '' | -*) ;; *) wanted=$1; shift ;; esac
  for id in $(running_of "$project-$slot" \${wanted:+"$wanted-$slot"}) $(running_of "$project" \${wanted:+"$wanted"}); do
    printf '== %s\\n' "$(inspect '{{.Name}}' "$id" | sed 's,^/,,')"
    docker logs "$@" "$id" 2>&1
  done
}

# Stops a slot that was kept warm, unless it became live or holds another release by then.
expire_command() { # slot, release, seconds
  pause "$3"
  open_run
  take_lock 3600 'the end of a warm slot'
  # What a dead run left may go back to that slot.
  [ ! -e "$app_dir/journal" ] || has_candidate || return 0
  load_current
  [ "$slot" = "$1" ] || [ "$(slot_release "$1")" != "$2" ] || stop_slot "$1"
}

# The verdict on what is live is good: what was kept warm for the way back stops before its time. Nothing, when something else is live by now.
cool_down() { # the release that the verdict is about, or -
  local name ended=''
  load_current
  name=$(other_slot "$slot")
  if [ "$1" = - ] || [ "$1" = "$release" ]; then
    if ! has_candidate && slot_is_running "$name"; then
      ended=$(slot_release "$name")
      progress "stopping $ended in $name, which was kept warm"
      stop_slot "$name"
    fi
  fi
  event "cooled release=$ended live=$release"
}

# Visitors get 503 and a page, until it is over; calls by name and the verification of deploys go on. It lasts over deploys and
# reboots, because it is a file beside the flag.
maintenance_command() { # on [--page FILE] [--allow RANGE]..., or off
  local page='' allowed=''
  case \${1:-} in
    off) [ $# -eq 1 ] || maintenance_usage ;;
    on)
      shift
      while [ $# -gt 0 ]; do
        [ $# -ge 2 ] || maintenance_usage
        case $1:$2 in
          --page:*) page=$2 ;;
          --allow: | --allow:*[!0-9A-Fa-f.:/]*) die DA-INPUT-INVALID "--allow takes an address or a range such as 203.0.113.0/24, not \\"$2\\"" ;;
          --allow:*) allowed="$allowed $2" ;;
          *) maintenance_usage ;;
        esac
        shift 2
      done
      [ -z "$page" ] || { [ -f "$page" ] && [ -r "$page" ] && [ -s "$page" ]; } || die DA-INPUT-INVALID "--page: there is no file $page with anything in it"
      set -- on
      ;;
    *) maintenance_usage ;;
  esac
  spare_candidate=yes
  begin_on_host
  case $1 in
    on) load_current; begin_maintenance ;;
    off) end_maintenance; progress 'visitors get the app' ;;
  esac
}

end_maintenance() { rm -f "$app_dir/switch/maintenance.html"; }

maintenance_usage() { die DA-INPUT-INVALID 'usage: release maintenance on [--page FILE] [--allow RANGE]... | release maintenance off'; }

begin_maintenance() {
  grep -qxF '(maintenance) {' "$app_dir/edge/config/Caddyfile" 2>/dev/null ||
    die DA-EDGE-NO-VISITORS 'the edge has no route of its own here: what is in front of it answers visitors, and has to show the page'
  let_through
  { if [ -n "$page" ]; then cat "$page"; else printf '<!doctype html><title>Back soon</title><h1>Back soon</h1><p>We are at work here. Please come again in a few minutes.\\n'; fi; } |
    write_file "$app_dir/switch/maintenance.html"
  chmod 644 "$app_dir/switch/maintenance.html" # the edge may run as another user
  progress "visitors get the maintenance page\${allowed:+, but for$allowed}"
}

# Only this needs Caddy to load its configuration anew. A list that it refuses leaves the one before.
let_through() {
  local list=$app_dir/edge/config/maintenance-allow
  if [ -n "$allowed" ]; then printf 'not remote_ip%s\\n' "$allowed"; fi >"$run/allow"
  cat "$list" >"$run/allow.before" 2>/dev/null
  ! cmp -s "$run/allow" "$run/allow.before" || return 0
  begin_closing
  pause 1
  put_list "$run/allow"
  reload_edge || { put_list "$run/allow.before"; reload_edge; rm -f "$app_dir/switch/closing"; exit 1; }
  rm -f "$app_dir/switch/closing"
}

put_list() { if [ -s "$1" ]; then write_file "$list" <"$1"; else rm -f "$list"; fi; } # file; Caddy starts with none, and not with an empty one

# Gives the project back as plain Compose, with the images and the environment that are live. Volumes stay. Slot and edge are only
# stopped until it runs: whether it does, for example with their ports, shows only without them.
uninstall_command() {
  local id left=''
  begin_on_host
  load_current
  compose '' plain.json config --quiet || uninstall_failed "nothing was touched, and $release serves"
  pull_release || exit 1
  # shellcheck disable=SC2046 # ids are hexadecimal, one word each
  set -- $(for id in blue green edge; do running_of "$project-$id"; done)
  [ $# -eq 0 ] || docker stop "$@" >/dev/null
  if ! compose '' plain.json up -d --pull never --no-build; then
    cp "$run/out" "$run/said"
    serve_again "$@"
    cp "$run/said" "$run/out"
    uninstall_failed "$release serves again"
  fi
  containers_of "$project-edge" | remove_containers
  remove_slot blue
  remove_slot green
  cp "$release_dir/plain.json" "$app_dir/compose.plain.json"
  if [ -L "$app_dir/compose.yaml" ]; then ln -sfn compose.plain.json "$app_dir/compose.yaml"; fi # also for who comes by the link in an old folder
  end_maintenance
  step_back
  unschedule_backups || left='. The timer of backups is still there, as said above: remove it by hand'
  forget_assets
  rm -f "$app_dir/current" "$app_dir/previous" "$app_dir/base.applied" "$app_dir/base.containers"
  point_to none
  printf 'the project runs as plain Compose now:\\n  docker compose --project-directory %s -p %s -f %s up -d\\nfiles, volumes and the log stay in %s%s\\n' "$release_dir" "$project" "$app_dir/compose.plain.json" "$app_dir" "$left"
  [ -z "$left" ] || exit 1
}

uninstall_failed() { # what serves
  failure DA-UNINSTALL "Compose could not start the plain project; $1"
  raw <"$run/out"
  exit 1
}

# What plain Compose began goes, and what was stopped for it comes back.
serve_again() { # containers
  each_service switch remove_plain
  [ $# -eq 0 ] || docker start "$@" >/dev/null
  rm -f "$app_dir/base.applied" # Compose may have changed the base
  apply_base
}

remove_plain() { containers_of "$project" "$1" | remove_containers; } # service

# shellcheck shell=dash
# A newer Caddy for the edge. The container stays, with its ports, names and addresses: the program of the newer image starts in it beside
# the one that serves (packages/compose/src/edge-program.ts), and takes over. docs/decisions/0012 has what else was looked at.

edge_command() { # upgrade [--recreate]
  case "\${1:-} \${2:-}" in 'upgrade ' | 'upgrade --recreate') ;; *) die DA-INPUT-INVALID 'usage: release edge upgrade [--recreate]' ;; esac
  spare_candidate=yes
  begin_on_host
  load_current
  has_switch || die DA-EDGE-UPGRADE 'there is no edge here: no service is switched'
  pull_edge_image "$(edge_image)" || exit 1
  if [ "\${2:-}" = --recreate ]; then recreate_edge "$(edge_image)"; else exchange_caddy "$(edge_image)"; fi
}

# A tag such as caddy:2 goes on, and what the host has under it may be old. Where no registry answers, what is here has to do.
pull_edge_image() { # image
  rm -f "$run/pull.failed"
  progress "pulling $1"
  step pull_all "$1"
  [ -e "$run/pull.failed" ] || return 0
  if present "$1"; then progress 'it cannot be pulled now: the one that is here is taken'; else pull_images "$1"; fi
}

# The container anew, with all that is in the image. Requests fail until it serves.
recreate_edge() { # image
  edge_configuration | write_file "$app_dir/edge/config/Caddyfile.staged"
  keep_streams "$1"
  newer_caddy_takes "$1" || { forget_configurations; streams_as program; exit 1; }
  now_ms
  set -- "$now"
  mv -f "$app_dir/edge/config/Caddyfile.staged" "$app_dir/edge/config/Caddyfile"
  forget_program
  compose_edge edge.json -d --force-recreate || { edge_failed; exit 1; }
  find_edge
  await_edge || exit 1
  now_ms
  printf 'edge recreated; it did not answer for at most %s ms\\n' "$((now - $1))"
}

newer_caddy_takes() { # image: as long as the edge still serves
  docker run --rm --network none -v "$app_dir/edge/config:/etc/caddy:ro" "$1" \\
    caddy validate --config /etc/caddy/Caddyfile.staged --adapter caddyfile >"$run/out" 2>&1 || configuration_refused "$1"
}

exchange_caddy() { # image
  local program=$app_dir/edge/config/program before
  edge_runs || die DA-EDGE-UPGRADE "the edge does not run: \\\`release doctor\\\` starts it"
  inspect '{{json .Config.Cmd}}' "$edge" | grep -q USR1 ||
    die DA-EDGE-UPGRADE "the container of the edge is of an earlier version, in which Caddy cannot be exchanged: deploy once more, then \\\`release edge upgrade --recreate\\\` at a quiet moment (its gap is about a second)"
  take_program "$1"
  before=$(docker exec "$edge" "$(caddy_of_edge)" version | cut -d' ' -f1)
  if is_same_caddy "$1"; then
    rm -rf "$program.next"
    progress "the edge has Caddy $before of $1 already"
    return 0
  fi
  streams_as program.next
  next_caddy_is_right "$1" || { rm -rf "$program.next"; streams_as program; exit 1; }
  now_ms
  set -- "$now"
  : >"$app_dir/edge/upgrading"
  begin_closing
  pause 1
  mkdir -p "$program" && chmod 755 "$program"
  [ ! -e "$program/caddy" ] || cp -p "$program/caddy" "$program/caddy.before"
  mv -f "$program.next/caddy" "$program/caddy"
  finish_exchange || { end_upgrade; exit 1; }
  end_upgrade
  now_ms
  printf 'Caddy %s took over from %s without a gap, after %s ms\\n' "$(docker exec "$edge" "$(caddy_of_edge)" version | cut -d' ' -f1)" "$before" "$((now - $1))"
}

# Out of the image, wherever it has it, and ours: the deploy user may be another one than the container's.
take_program() { # image
  local next=$app_dir/edge/config/program.next
  rm -rf "$next"
  # The edge may run as another user.
  mkdir "$next" && chmod 755 "$next"
  # shellcheck disable=SC2016 # for the shell in the image
  docker run --rm --network none "$1" sh -c 'cat "$(command -v caddy)"' >"$next/caddy" 2>"$run/out" && [ -s "$next/caddy" ] && chmod 755 "$next/caddy" && return 0
  rm -rf "$next"
  failure DA-EDGE-UPGRADE "the Caddy of $1 could not be taken out of the image"
  raw <"$run/out"
  exit 1
}

is_same_caddy() { # image
  if [ -e "$program/caddy" ]; then cmp -s "$program.next/caddy" "$program/caddy"; else [ "$(inspect '{{.Image}}' "$edge")" = "$(docker image inspect -f '{{.Id}}' "$1")" ]; fi
}

# It has to start among the old image's libraries, and to take the configuration that is in use; and the exchange needs tools there that
# not every image has. The edge serves meanwhile.
# shellcheck disable=SC2016 # for the shell in the edge
next_caddy_is_right() { # image
  local next=/etc/caddy/program.next/caddy
  docker exec "$edge" sh -c 'pidof caddy && awk 1 </dev/null && readlink -f / && "$1" version' sh "$next" >"$run/out" 2>&1 || {
    failure DA-EDGE-UPGRADE "the Caddy of $1 cannot take over in the container that the edge has: \\\`release edge upgrade --recreate\\\` at a quiet moment makes a new one (its gap is about a second)"
    raw <"$run/out"
    return 1
  }
  docker exec "$edge" "$next" validate --config /etc/caddy/Caddyfile --adapter caddyfile >"$run/out" 2>&1 || configuration_refused "$1"
}

# All in one process in the container, so that it comes to its end without us. The newer one has taken over when all that was listened on is
# listened on twice; the older one then answers what it has, and what waits for it goes to the newer one (0010).
# Docker's own listener for names is not Caddy's. Arguments: seconds that answers may take.
# shellcheck disable=SC2016 # for the shell in the edge
in_edge_exchange='listening() { cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk "\\$4 == \\"0A\\" && \\$2 !~ /^0B00007F/ { print \\$2 }" | sort; }
old=$(pidof caddy)
before=$(listening | uniq)
newer() { pidof caddy | tr " " "\\n" | grep -vxF "$(printf %s "$old" | tr " " "\\n")"; }
kill -USR1 1
tries=0
until [ -n "$(newer)" ] && [ "$(listening | uniq -d)" = "$before" ]; do
  tries=$((tries + 1))
  if [ $tries -ge 300 ] || { [ $tries -ge 20 ] && [ -z "$(newer)" ]; }; then
    kill -KILL $(newer) 2>/dev/null
    exit 1
  fi
  sleep 0.1
done
kill -TERM $old
tries=0
while kill -0 $old 2>/dev/null; do
  tries=$((tries + 1))
  # While it ends, Caddy hears no other signal.
  [ $tries -lt $(($1 * 10)) ] || { kill -KILL $old; echo cut; }
  sleep 0.1
done'

# Whoever comes here: the program in its place is the one that shall serve.
finish_exchange() {
  local program=$app_dir/edge/config/program
  # Ctrl-C is not for it. Should the caller go all the same, the end of what it called counts.
  setsid docker exec "$edge" sh -c "$in_edge_exchange" sh "$(($(setting drain_timeout) / 1000))" >"$run/out" 2>&1 </dev/null 9>&- 8>&- 7>&- 4>&-
  await_exchange
  if serves_the_program; then
    ! grep -qx cut "$run/out" || progress 'requests or streams that were still open after drain-timeout were cut'
    return 0
  fi
  if [ -e "$program/caddy.before" ]; then mv -f "$program/caddy.before" "$program/caddy"; else forget_program; fi
  failure DA-EDGE-UPGRADE 'the newer Caddy did not take over; the one before goes on serving'
  docker logs --tail 20 "$edge" 2>&1 | raw
  return 1
}

# shellcheck disable=SC2016 # for the shell in the edge
await_exchange() { # that none is under way, for as long as one may take
  local tries=0
  until docker exec "$edge" sh -c '! grep -qs "[l]istening | uniq" /proc/[0-9]*/cmdline && [ "$(pidof caddy | wc -w)" -eq 1 ]' || [ "$tries" -gt $(($(setting drain_timeout) / 500 + 80)) ]; do
    tries=$((tries + 1))
    pause 0.5
  done
}

# The link of a program whose file was exchanged says \`(deleted)\`.
# shellcheck disable=SC2016 # for the shell in the edge
serves_the_program() {
  docker exec "$edge" sh -c 'program=$(readlink -f "$(command -v "$1")"); for one in $(pidof caddy); do [ "$(readlink "/proc/$one/exe")" = "$program" ] || exit 1; done' sh "$(caddy_of_edge)"
}

# Options of streams, as the Caddy of a folder takes them; where the folder has none, as the image's own does.
streams_as() { # program or program.next
  note_streams docker exec -e "PATH=/etc/caddy/$1:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" "$edge"
}

end_upgrade() {
  streams_as program
  rm -rf "$app_dir/edge/config/program.next" "$app_dir/edge/config/program/caddy.before"
  rm -f "$app_dir/edge/upgrading"
  has_staged_configuration || rm -f "$app_dir/switch/closing"
}

has_staged_configuration() { [ -e "$app_dir/edge/config/Caddyfile.staged" ]; }

# A run died in the middle. What it had begun in the container goes on by itself; what it had not begun is left out.
settle_upgrade() {
  load_current
  progress 'settling an upgrade of the edge that did not come to its end'
  if edge_runs; then
    pause 1 # Docker may be about to begin what a dead run has asked for
    await_exchange
    # shellcheck disable=SC2016 # for the shell in the edge
    docker exec "$edge" sh -c 'set -- $(pidof caddy | tr " " "\\n" | sort -n); while [ $# -gt 1 ]; do kill -KILL "$1"; shift; done'
    serves_the_program || finish_exchange || :
  fi
  end_upgrade
}

# shellcheck shell=dash
# What a person's own \`docker compose\` or \`docker\` has done to the live release, for status and doctor.

# Said where people look first, with the one command that mends it.
status_of_trouble() {
  local missing='' doubled=''
  each_service 'keep|recreate|start' note_missing
  if has_switch; then
    slot_is_whole || missing="$missing, $project-$slot"
    [ -n "$(running_of "$project-edge" edge)" ] || missing="$missing, $project-edge"
    each_service switch note_doubled
  fi
  [ -z "$missing" ] || printf 'missing   %s: does not run. %s/bin/release doctor starts it\\n' "\${missing#, }" "$app_dir"
  [ -z "$doubled" ] || printf 'twice     %s: started beside the live release. %s/bin/release doctor removes it\\n' "\${doubled#, }" "$app_dir"
}

note_missing() { is_running "$1" || missing="$missing, $1"; } # fields
note_doubled() { runs_once "$1" || doubled="$doubled, $1"; } # fields

# In the project itself a switched service has no container: it would share its name with the edge, and answer some of the requests.
runs_once() { [ -z "$(containers_of "$project" "$1")" ]; }
nothing_runs_twice() { each_service switch runs_once; }

remove_doubles() { each_service switch remove_double; }

remove_double() { # fields
  local ids
  ids=$(containers_of "$project" "$1")
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  [ -z "$ids" ] || docker stop $ids >/dev/null 2>&1
  printf '%s' "$ids" | remove_containers
}

# A container that somebody made anew has the policy of its file, and that may be none.
policies_stand() {
  local ids
  wanted_policies
  ids=$(cut -d' ' -f2 "$run/policies")
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  [ -z "$ids" ] || docker inspect -f '{{with .HostConfig.RestartPolicy}}{{.Name}}:{{.MaximumRetryCount}}{{end}} {{.Id}}' $ids 2>/dev/null |
    sed -e 's/^:/no:/' -e 's/:0 / /' | sort | cmp -s - "$run/policies"
}

restore_policies() {
  wanted_policies
  set_policies
}

wanted_policies() { # in $run/policies, sorted
  { ! has_switch || each_service switch tell_policy; base_policies; } | sort >"$run/policies"
}

# shellcheck shell=dash
# Finds what is not as it should be, mends what one host can decide, and says the rest.

doctor_command() {
  sick=0
  spare_candidate=yes mends=yes
  begin_on_host
  say_undecided
  say_taken_out
  check_candidate
  if [ -z "$(current_release)" ] && has_candidate; then printf 'all is well: nothing is live yet\\n'; return; fi
  load_current
  check 'the live release is complete on disk' test -s "$release_dir/services.tsv"
  if has_switch; then
    mend 'the switch has one flag' has_one_flag keep_one_flag
    mend "the switch points to $slot" switch_points_to_slot point_to_slot
    mend 'no service of the release runs a second time' nothing_runs_twice remove_doubles
    mend 'the edge runs' edge_runs start_edge
    mend "every container of $slot runs" slot_is_whole restore_slot
    check "$slot holds $release" slot_holds_release
    mend "the other slot is at rest" other_slot_rests stop_other_slot
  fi
  mend 'the other services run' base_runs restore_base
  restore_is_settled || mend 'the restore that was stopped in the middle is settled' restore_is_settled settle_restore
  mend 'the live database takes connections' live_is_open open_live
  mend 'what serves comes back after a reboot' policies_stand restore_policies
  check 'the images of the live release are here' each_service 'switch|once|keep|recreate|start' image_is_here
  check 'nobody else can read env files and releases' private
  check_schedule
  name_public_ports
  say_old_keys
  [ "$sick" = 0 ] || exit 1
  printf 'all is well: %s is live in %s\\n' "$release" "$slot"
}

# Docker lets everybody in at a port that is published on all addresses, whatever ufw says. It may be meant so.
name_public_ports() {
  local id project_of service_of state oneoff name ports rest open
  open=$(list_containers | while IFS='|' read -r id project_of service_of state oneoff name ports rest; do
    [ "$project_of" = "$project" ] || continue
    ports=$(printf '%s' "$ports" | tr ',' '\\n' | sed -n 's/^ *\\(0\\.0\\.0\\.0\\|\\[::\\]\\|::\\):\\([0-9-]*\\)->.*\\/\\(.*\\)$/\\2\\/\\3/p' | sort -u | tr '\\n' ' ')
    [ -z "$ports" ] || printf '%s' "$name \${ports% }, "
  done)
  [ -z "$open" ] || printf 'ok      open to everybody, past ufw: %s\\n' "\${open%, }"
}

# What was decided without the other hosts, and is for a run that sees them all.
say_undecided() {
  local what
  what=$(value_of "$app_dir/alone" release) || return 0
  printf 'UNSURE  %s was taken back here without word from the runner; whether it serves on the other %s hosts cannot be known here. Deploy or roll back over all of them: that brings them together\\n' \\
    "$what" "$(($(value_of "$app_dir/alone" hosts) - 1))"
  sick=1
}

check() { # what should be so, test
  local what=$1
  shift
  if "$@" >/dev/null 2>&1; then printf 'ok      %s\\n' "$what"; else printf 'WRONG   %s\\n' "$what"; sick=1; fi
}

mend() { # what should be so, test, mend
  if "$2" >/dev/null 2>&1; then printf 'ok      %s\\n' "$1"; return; fi
  "$3" >"$run/mend" 2>&1
  if "$2" >/dev/null 2>&1; then printf 'mended  %s\\n' "$1"; else printf 'WRONG   %s\\n' "$1"; raw <"$run/mend"; sick=1; fi
}

# In a process of its own: it reads the journal, and what follows is about the live release.
check_candidate() {
  local what
  has_candidate || return 0
  what=$(candidate release)
  if (candidate_is_well) >/dev/null 2>&1; then
    printf 'ok      the candidate %s waits in %s\\n' "$what" "$(candidate slot)"
  else
    (drop_candidate '') >"$run/mend" 2>&1
    rm -f "$run/$list"
    printf 'mended  the candidate %s does not run any more, or its time is over: dropped\\n' "$what"
  fi
}

flags() { # those that the edge knows
  local name
  for name in none blue green; do [ ! -e "$app_dir/switch/$name" ] || printf '%s\\n' "$name"; done
}

has_one_flag() { [ "$(flags | wc -l)" -eq 1 ]; }

# Of two flags the edge follows one, and nobody has decided that: where the live release is decides. Its flag is there before another goes.
keep_one_flag() {
  local name
  slot=$(slot_with_release)
  : >"$app_dir/switch/$slot"
  chmod 644 "$app_dir/switch/$slot" # the edge may run as another user
  for name in $(flags); do [ "$name" = "$slot" ] || rm -f "$app_dir/switch/$name"; done
}

switch_points_to_slot() { [ "$(live_slot)" = "$slot" ]; }
point_to_slot() { point_to "$slot"; }
edge_runs() { [ -n "$(running_of "$project-edge" edge)" ]; }
start_edge() { # what was staged is for a switch, and there is none
  local made=''
  [ -e "$app_dir/journal.edge" ] || made=yes
  pull_release && ensure_edge
  set -- $?
  forget_configurations
  # It is the live release's: no undo of another one takes it away.
  [ -z "$made" ] || rm -f "$app_dir/journal.edge"
  return "$1"
}
restore_slot() {
  pull_release
  clear_slot
  start_slot
  await_slot
  keep_slot_over_reboots
}

# Stopped, a candidate, or warm by choice: a warm slot holds a release to go back to and a timer that will stop it.
other_slot_rests() {
  local other
  other=$(other_slot "$slot")
  [ -z "$(running_of "$project-$other")" ] || { has_candidate && [ "$(candidate slot)" = "$other" ]; } || pgrep_expire "$other"
}

# Words stand there with a NUL between, which GNU's grep takes for no character. The brackets keep the pattern from finding itself.
pgrep_expire() { # slot
  cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -q "[e]xpire $1 $(slot_release "$1") "
}

stop_other_slot() { stop_slot "$(other_slot "$slot")"; }

base_runs() { each_service 'keep|recreate|start' is_running; }
restore_base() { pull_release && apply_base; }

private() {
  [ -z "$(find "$app_dir/releases" "$app_dir/env" -maxdepth 2 \\( -name '*.env' -o -name releases \\) -perm /077 2>/dev/null)" ]
}

# shellcheck shell=dash

usage() {
  cat <<'EOF'
usage: release COMMAND
  status                        what is live, and what runs
  list                          kept releases, and how fast the way back to each is
  log                           everything that happened, one JSON line each
  logs [SERVICE] [OPTIONS]      logs of the live release (options of docker logs)
  rollback [--to previous|-N|ID] [--env restore|current] [--force]
  abort                         drop the candidate that a deploy has prepared
  doctor                        settle what a dead run left, check and mend
  maintenance on|off            503 and a page for visitors [--page FILE] [--allow RANGE]
  backup create|list|verify|restore|drill|prune   of the PostgreSQL database and volumes, with no runner
  backup schedule|unschedule    the same every night, by a timer of systemd
  edge upgrade                  exchange the edge's Caddy for a newer one, without a gap [--recreate]
  uninstall                     give the project back as plain Compose
EOF
}

main() {
  local verb=\${1:-}
  [ $# -eq 0 ] || shift
  case $verb in
    session) session "$@"; exit ;;
    session-on) session_on "$@"; exit ;;
    '' | help | -h | --help) usage; exit ;;
  esac
  app_dir=$(cd "$(dirname "$0")/.." && pwd -P)
  case $verb in
    status) open_run; status_command ;;
    list) open_run; list_command ;;
    log) log_command ;;
    logs) open_run; logs_command "$@" ;;
    rollback) rollback_command "$@" ;;
    abort) abort_command ;;
    doctor) doctor_command ;;
    expire) expire_command "$@" ;;
    expire-candidate) expire_candidate_command "$@" ;;
    maintenance) maintenance_command "$@" ;;
    edge) edge_command "$@" ;;
    backup) backup_command "$@" ;;
    container-guard) container_guard_command "$@" ;;
    unpause-guard) unpause_guard_command "$@" ;;
    unpause-left) unpause_left_command ;;
    uninstall) uninstall_command ;;
    *) usage >&2; exit 2 ;;
  esac
}

main "$@"
`

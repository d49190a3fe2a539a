# shellcheck shell=dash
# A runner at the other end: commands come as lines on standard input, progress goes back as lines. The runner says
# something every few seconds; a connection that dies without a word is noticed by the silence.

session() { # mode (deploy, candidate, plan or backup-file), directory, lock timeout in seconds, who; `turns`: the runner takes hosts out of a balancer; of backup-file the id and the file
  local mode=$1 app_directory=$2 lock_timeout=$3 who=$4
  [ "$mode" != backup-file ] || send_backup_file "$app_directory" "$5" "$6"
  in_session=yes
  has_turns=${5:-}
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
  [ -z "${DEPLOY_ACTIONS_AGENT:-}" ] || rm -f "$DEPLOY_ACTIONS_AGENT"
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
    # What unpacks is not of the run's own work, which may be ended (`end_processes_of`) while files still come.
    export DEPLOY_ACTIONS_RUN="upload-$nonce"
    while IFS= read -r line; do
      beat
      case $line in
        ping) ;;
        cancel) wake cancel ;;
        'upload '*)
          unpack "${line#upload }"
          printf 'uploaded %s %s\n' "$?" "${line#upload }" >&4
          ;;
        *) printf '%s\n' "$line" >&4 ;;
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
session_on() { # directory, private folder, yes: this run has made the directory, number of the last edge shell, `turns`
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
    case ${file##*/} in agent | beat* | commands | companions | patience | stop | upload*) ;; *) rm -rf "$file" ;; esac
  done
  printf '30' >"$run/patience"
  trap - EXIT
  exec /bin/sh "$app_dir/bin/release" session-on "$app_dir" "$run" "$made_app" "$edge_shell" "$has_turns" 8>&- 7>&-
}

beat() { now_ms; printf '%s' "$((now / 1000))" >"$run/beat.next" && mv -f "$run/beat.next" "$run/beat"; }

# Wakes the main process again and again: one signal could come right before it begins to wait.
wake() { # reason
  [ -e "$run/stop" ] || printf '%s' "$1" >"$run/stop"
  printf 'stopped\n' >&4
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
      compare) compare "$first${second:+ $second}" ;;
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
  free=$(df -Pk "$run" | sed -n '2s/^[^ ]* *[0-9]* *[0-9]* *\([0-9]*\) .*/\1/p')
  if [ "${free:-1}" = 0 ]; then
    failure DA-HOST-DISK "the host's disk is full: \`df -h ${TMPDIR:-/tmp}\` there shows it"
  else
    failure DA-UNEXPECTED 'a step on the host failed and did not say why; please report it'
  fi
}

# What was uploaded becomes a release; files that containers mount move to where they are kept by content.
receive_release() { # id
  local file
  for file in "$app_dir/releases/$1.tmp/files"/*; do
    [ -e "$file" ] || continue
    [ -e "$app_dir/files/${file##*/}" ] && continue
    # A container's own user has to get into a mounted folder; nobody else gets as far as here.
    find "$file" -type d -exec chmod 755 {} +
    mv "$file" "$app_dir/files/${file##*/}"
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

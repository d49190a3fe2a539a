# shellcheck shell=dash
# Children of the agent. A run may be told to stop at any moment (cancel, lost connection, silence); then the child in
# progress ends at once, and so does everything that it started.

run=''          # this run's private folder
nonce=''        # marks every process that this run starts, so that a later run can end what a dead one left
stoppable=''    # yes: a stop request ends the child in progress; empty: the run goes on to its end
interrupted=''
companions='' # processes that live as long as this one

open_run() {
  run=$(mktemp -d "${TMPDIR:-/tmp}/deploy-actions.XXXXXXXX" 2>&1) || die DA-HOST-TEMP "$(id -un) cannot create a temporary folder: ${run#mktemp: }. See \`df -h ${TMPDIR:-/tmp}; ls -ld ${TMPDIR:-/tmp}\` on the host"
  printf '%s' "$$" >"$run/agent"
  own_run
}

own_run() {
  nonce=${run##*.}
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
  [ -z "${DEPLOY_ACTIONS_AGENT:-}" ] || rm -f "$DEPLOY_ACTIONS_AGENT"
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

# Ends every process that a run started, also grandchildren: `docker compose` is a plugin that outlives a killed `docker`.
end_processes_of() { # nonce
  local file pid
  # shellcheck disable=SC2013 # paths below /proc have no spaces
  for file in $(grep -ls "DEPLOY_ACTIONS_RUN=$1" /proc/[0-9]*/environ 2>/dev/null); do
    pid=${file#/proc/}
    pid=${pid%/environ}
    [ "$pid" = "$$" ] || kill -KILL "$pid" 2>/dev/null
  done
}

pause() { sleep "$1" 9>&- 8>&- 7>&- 4>&-; }

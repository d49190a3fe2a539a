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
$([ "$1" != prepared ] || printf 'held_by=%s\nheld_until=%s' "$held_by" "$held_until")
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
  printf '{"time":"%s","event":"%s","operation":"%s","release":"%s","previous":"%s","slot":"%s","commit":"%s","run":"%s"}\n' \
    "$(timestamp)" "$1" "$operation" "$release" "$previous" "$slot" "$(setting commit)" "$(setting run_url)" >>"$app_dir/log.jsonl"
}

# Ids of the releases that were live, oldest first.
history() {
  [ -e "$app_dir/log.jsonl" ] || return 0
  sed -n 's/.*"event":"live".*"release":"\([^"]*\)".*/\1/p' "$app_dir/log.jsonl"
}

# What became of a release, for a runner that lost its connection. Asked with the lock held: whatever was going on is settled.
describe_outcome() { # id
  local state
  state=$(grep -F "\"release\":\"$1\"" "$app_dir/log.jsonl" 2>/dev/null | sed -n 's/.*"event":"\([a-z]*\)".*/\1/p' | tail -n 1)
  case $(current_release):$state in
    "$1":*) state=live ;;
    *:reverted | *:aborted) ;;
    *) state=none ;;
  esac
  event "outcome release=$1 state=$state slot=$(live_slot)"
}

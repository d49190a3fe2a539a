# shellcheck shell=dash
# Finds what is not as it should be, mends what one host can decide, and says the rest.

doctor_command() {
  sick=0
  spare_candidate=yes mends=yes
  begin_on_host
  say_undecided
  say_taken_out
  check_candidate
  if [ -z "$(current_release)" ] && has_candidate; then printf 'all is well: nothing is live yet\n'; return; fi
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
  printf 'all is well: %s is live in %s\n' "$release" "$slot"
}

# Docker lets everybody in at a port that is published on all addresses, whatever ufw says. It may be meant so.
name_public_ports() {
  local id project_of service_of state oneoff name ports rest open
  open=$(list_containers | while IFS='|' read -r id project_of service_of state oneoff name ports rest; do
    [ "$project_of" = "$project" ] || continue
    ports=$(printf '%s' "$ports" | tr ',' '\n' | sed -n 's/^ *\(0\.0\.0\.0\|\[::\]\|::\):\([0-9-]*\)->.*\/\(.*\)$/\2\/\3/p' | sort -u | tr '\n' ' ')
    [ -z "$ports" ] || printf '%s' "$name ${ports% }, "
  done)
  [ -z "$open" ] || printf 'ok      open to everybody, past ufw: %s\n' "${open%, }"
}

# What was decided without the other hosts, and is for a run that sees them all.
say_undecided() {
  local what
  what=$(value_of "$app_dir/alone" release) || return 0
  printf 'UNSURE  %s was taken back here without word from the runner; whether it serves on the other %s hosts cannot be known here. Deploy or roll back over all of them: that brings them together\n' \
    "$what" "$(($(value_of "$app_dir/alone" hosts) - 1))"
  sick=1
}

check() { # what should be so, test
  local what=$1
  shift
  if "$@" >/dev/null 2>&1; then printf 'ok      %s\n' "$what"; else printf 'WRONG   %s\n' "$what"; sick=1; fi
}

mend() { # what should be so, test, mend
  if "$2" >/dev/null 2>&1; then printf 'ok      %s\n' "$1"; return; fi
  "$3" >"$run/mend" 2>&1
  if "$2" >/dev/null 2>&1; then printf 'mended  %s\n' "$1"; else printf 'WRONG   %s\n' "$1"; raw <"$run/mend"; sick=1; fi
}

# In a process of its own: it reads the journal, and what follows is about the live release.
check_candidate() {
  local what
  has_candidate || return 0
  what=$(candidate release)
  if (candidate_is_well) >/dev/null 2>&1; then
    printf 'ok      the candidate %s waits in %s\n' "$what" "$(candidate slot)"
  else
    (drop_candidate '') >"$run/mend" 2>&1
    rm -f "$run/$list"
    printf 'mended  the candidate %s does not run any more, or its time is over: dropped\n' "$what"
  fi
}

flags() { # those that the edge knows
  local name
  for name in none blue green; do [ ! -e "$app_dir/switch/$name" ] || printf '%s\n' "$name"; done
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
  cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' | grep -q "[e]xpire $1 $(slot_release "$1") "
}

stop_other_slot() { stop_slot "$(other_slot "$slot")"; }

base_runs() { each_service 'keep|recreate|start' is_running; }
restore_base() { pull_release && apply_base; }

private() {
  [ -z "$(find "$app_dir/releases" "$app_dir/env" -maxdepth 2 \( -name '*.env' -o -name releases \) -perm /077 2>/dev/null)" ]
}

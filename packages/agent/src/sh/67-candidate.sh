# shellcheck shell=dash
# A candidate: a release that is prepared, healthy and waits in the idle slot for its switch. The journal says so (phase `prepared`);
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
  local mark="\"release\":\"$2\""
  [ "$2" != - ] || mark="\"run\":\"${1#-}\""
  grep -s '"event":"dropped"' "$app_dir/log.jsonl" | grep -F "$mark" | sed -n '$ s/^{"time":"\([^"]*\)".*/\1/p'
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
  progress "dropping the candidate $release${1:-, which ${held_by#-} prepared: it was not switched to}"
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

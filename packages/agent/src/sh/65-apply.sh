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
  until=$((now + ${1:-$(setting verify_for)}))
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
    answered "$statuses" || { printf '%s\n' "$url" >"$run/problem"; return 1; }
  done 3<"$release_dir/verify.tsv"
}

verification_failed() {
  if [ -n "$(sed -n '/^[!e]/p' "$run/problem")" ]; then cat "$run/problem"; return; fi
  failure DA-VERIFY-FAILED "the new release does not answer as it should: $(cat "$run/problem")"
  printf 'its last answer:\n' | raw
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

# So that a person's `docker compose` in the folder finds the base. A file of their own stays.
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
  target=${target:-$release}
  left=$(value_of "$app_dir/releases/$previous/settings" of)
  left=${left:-$previous}
  [ "$(printf '%s\n%s\n' "$target" "$left" | sort | head -n 1)" = "$target" ]
}

# With a copy that a rollback had made goes what it is of, unless this is that release again.
mark_left() {
  local as target
  as=$(counts_as "$previous")
  target=$(setting of)
  mark_bad "$previous"
  [ "$as" = "${target:-$release}" ] || mark_bad "$as"
}

mark_bad() { # id: `previous` never chooses it again
  [ ! -d "$app_dir/releases/$1" ] || timestamp >"$app_dir/releases/$1/bad"
}

# The slot that was left: kept stopped, or kept running for a while so that the way back is one rename.
retire_slot() { # slot
  local warm
  warm=$(setting warm_previous)
  if [ "${warm:-0}" -gt 0 ] && [ "$operation" = deploy ] && [ -n "$previous" ]; then
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

what_served() { if adopts; then printf 'what was started by hand'; else printf '%s' "${previous:-nothing}"; fi; }

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

taken_back='' # a release that was switched to and not final, which `settle` has taken back
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

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
  printf 'app       %s (project %s)\n' "$app" "$project"
  printf 'live      %s in %s\n' "$release" "$slot"
  printf 'commit    %s\n' "$(setting commit)"
  printf 'previous  %s\n' "$(choose_release previous)"
  ! has_candidate || status_of_candidate
  [ ! -e "$app_dir/journal" ] || has_candidate || printf 'journal   %s of %s: run doctor, or deploy again\n' "$(value_of "$app_dir/journal" phase)" "$(value_of "$app_dir/journal" release)"
  [ ! -e "$app_dir/alone" ] || printf 'alone     %s was taken back here without the other hosts: run doctor\n' "$(value_of "$app_dir/alone" release)"
  [ ! -e "$app_dir/lock.holder" ] || printf 'lock      %s\n' "$(holder)"
  [ ! -e "$app_dir/taken-out" ] || printf 'balancer  taken out of %s at %s. %s\n' "$(taken_out balancer)" "$(taken_out since)" "$(how_to_put_back)"
  [ ! -e "$app_dir/switch/maintenance.html" ] || printf 'visitors  get the maintenance page: release maintenance off\n'
  status_of_trouble
  ! overdue=$(overdue_hours) || printf 'backup    the last one is %s hours old, and %s are allowed\n' "$overdue" "$(schedule overdue)"
  printf '\n'
  for id in "$project" "$project-$slot" "$project-$(other_slot "$slot")" "$project-edge"; do
    docker ps -a --filter "label=com.docker.compose.project=$id" --format 'table {{.Names}}\t{{.Status}}' | sed 1d
  done
}

status_of_candidate() {
  local by
  by=$(candidate held_by) held_until=$(candidate held_until)
  printf 'candidate %s in %s until %s%s\n' "$(candidate release)" "$(candidate slot)" "$(held_until_text)" "${by:+, prepared by $by}"
}

status_of_first_candidate() {
  read_journal
  printf 'app       %s (project %s)\nlive      nothing yet\n' "$app" "$project"
  status_of_candidate
}

list_command() {
  local id current
  current=$(current_release)
  printf '%-36s %-9s %-22s %s\n' RELEASE STATE 'WAY BACK' COMMIT
  # shellcheck disable=SC2045 # ids obey a grammar without spaces, and the newest comes first
  for id in $(ls -1r "$app_dir/releases" 2>/dev/null); do
    case $id in *.tmp) continue ;; esac
    use_release "$id"
    printf '%-36s %-9s %-22s %s\n' "$id" "$(if [ "$id" = "$current" ]; then echo live; elif has_candidate && [ "$id" = "$(candidate release)" ]; then echo candidate; elif is_bad "$id"; then echo bad; else echo kept; fi)" "$(way_back)" "$(setting commit)"
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
  rotated=$(sed -n "s/^carried$tab//p" "$run/rotated.judged" | tr '\n' ',')
  back=$(sed -n "s/^back$tab//p" "$run/rotated.judged" | tr '\n' ',')
  lacks=$(sed -n "s/^lacks$tab//p" "$run/rotated.judged" | tr '\n' ',')
  event "chosen release=$chosen way=$(way_back | cut -d' ' -f1) $live${rotated:+ rotated=${rotated%,}}${back:+ returning=${back%,}}${lacks:+ lacking=${lacks%,}}"
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
  sed -i "s/\"fingerprint\": *\"[^\"]*\"/\"fingerprint\":\"repeats-$1-as-$2\"/" "$new/release.json"
  sed -i "s,\(deploy-actions/[^ $tab]*\):$1\($tab\),\1:$2\2," "$new/services.tsv"
  sed -i "s/\"\(id\|deploy-actions.release\)\": *\"$1\"/\"\1\":\"$2\"/g" "$new"/slot-*.json "$new/release.json"
  for file in "$new"/env/*.env; do
    [ -e "$app_dir/current/env/${file##*/}" ] || continue
    {
      if [ "${3:-}" = rotated ]; then with_live_rotated "$1" "$file"; else with_live "$file"; fi
      printf "RELEASE_ID='%s'\n" "$2"
    } | write_file "$file"
  done
  exchange_in_base "$1" "$2"
  event "repeated release=$2 of=$1"
}

# All lines that are live, but of what belongs to the release itself. Without RELEASE_ID.
with_live() { # file
  grep -E '^(GIT_SHA|SENTRY_RELEASE)=' "$1"
  grep -vE '^(RELEASE_ID|GIT_SHA|SENTRY_RELEASE)=' "$app_dir/current/env/${1##*/}"
}

rollback_command() { # [--to TO] [--env restore|current] [--force]
  local to=previous env=restore chosen rotated returning
  while [ $# -gt 0 ]; do
    case $1 in
      --to) to=${2:-}; shift ;;
      --env) env=${2:-}; shift ;;
      --force) force_schema=yes ;;
      *) to=$1 ;;
    esac
    shift
  done
  case $env in restore | current) ;; *) die DA-INPUT-INVALID "--env is restore or current, not \"$env\"" ;; esac
  begin_on_host rollback
  case $taken_back:$to in
    ?*:previous | ?*:-1) progress "$taken_back was not final and is taken back: $(current_release) serves, as before it"; return 0 ;;
  esac
  chosen=$(choose_release "$to")
  [ -n "$chosen" ] || { list_command; die DA-ROLLBACK-NO-TARGET "$(no_target "$to")"; }
  [ "$chosen" != "$(current_release)" ] || { progress "$chosen is live already"; return 0; }
  rotated=$(rotated_since "$chosen" | tr '\n' ' ')
  returning=$(returning_since "$chosen" "$env" | tr '\n' ' ')
  [ -z "$returning" ] || bring_back_rotated "${returning% }"
  if [ "$env" = current ] || [ -n "$rotated" ]; then
    [ "$env" = current ] || progress "the rotated ${rotated% } stay as they are now"
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
  [ "${1:-}" = rollback ] || leave_undecided
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
  case ${1:-} in '' | -*) ;; *) wanted=$1; shift ;; esac
  for id in $(running_of "$project-$slot" ${wanted:+"$wanted-$slot"}) $(running_of "$project" ${wanted:+"$wanted"}); do
    printf '== %s\n' "$(inspect '{{.Name}}' "$id" | sed 's,^/,,')"
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
  case ${1:-} in
    off) [ $# -eq 1 ] || maintenance_usage ;;
    on)
      shift
      while [ $# -gt 0 ]; do
        [ $# -ge 2 ] || maintenance_usage
        case $1:$2 in
          --page:*) page=$2 ;;
          --allow: | --allow:*[!0-9A-Fa-f.:/]*) die DA-INPUT-INVALID "--allow takes an address or a range such as 203.0.113.0/24, not \"$2\"" ;;
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
  { if [ -n "$page" ]; then cat "$page"; else printf '<!doctype html><title>Back soon</title><h1>Back soon</h1><p>We are at work here. Please come again in a few minutes.\n'; fi; } |
    write_file "$app_dir/switch/maintenance.html"
  chmod 644 "$app_dir/switch/maintenance.html" # the edge may run as another user
  progress "visitors get the maintenance page${allowed:+, but for$allowed}"
}

# Only this needs Caddy to load its configuration anew. A list that it refuses leaves the one before.
let_through() {
  local list=$app_dir/edge/config/maintenance-allow
  if [ -n "$allowed" ]; then printf 'not remote_ip%s\n' "$allowed"; fi >"$run/allow"
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
  printf 'the project runs as plain Compose now:\n  docker compose --project-directory %s -p %s -f %s up -d\nfiles, volumes and the log stay in %s%s\n' "$release_dir" "$project" "$app_dir/compose.plain.json" "$app_dir" "$left"
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

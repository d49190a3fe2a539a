# shellcheck shell=dash
# This host as one of several that change together. The runner switches all, asks all at the same time whether the release may become
# final, and says `commit` to all when every one has said yes (docs/decisions/0014). So before this host has said yes, no other can have
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
note_alone() { printf 'release=%s\nhosts=%s\nsince=%s\n' "$release" "$(value_of "$app_dir/journal" hosts)" "$(timestamp)" | write_file "$app_dir/alone"; }

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
      uploaded:*) [ "${what%% *}" = 0 ] || { upload_failed "${what%% *}" "${what#* }"; exit 1; } ;; # what the runner sends ahead
      stopped:*) say_stopped; exit 1 ;; # as undecided as before
    esac
  done
}

# The releases that are kept here and were never found bad, the live one among them: `a,b`.
kept_releases() {
  local id all=''
  for id in $(history | sort -u); do
    [ ! -e "$app_dir/releases/$id/settings" ] || is_bad "$id" || all="$all,$id"
  done
  printf '%s' "${all#,}"
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

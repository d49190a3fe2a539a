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
  printf '%s' "${link##*/}"
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

has_switch() { grep -q "^[^$tab]*${tab}switch$tab" "$release_dir/services.tsv"; }

is_bad() { [ -e "$app_dir/releases/$1/bad" ]; }

# What a release counts as: a copy that a rollback made (with other values) as the one that it brought back. A copy that sync-env made of the live
# release counts by itself: going back from it takes its values back.
counts_as() { # id
  local of
  of=$(value_of "$app_dir/releases/$1/settings" of)
  if [ -n "$of" ] && grep -qsF "\"event\":\"live\",\"operation\":\"rollback\",\"release\":\"$1\"" "$app_dir/log.jsonl"; then printf '%s' "$of"; else printf '%s' "$1"; fi
}

# The release that `previous`, `-N` or an id means. Prints nothing when there is none.
choose_release() { # to
  local steps current id candidates as
  current=$(current_release)
  case $1 in
    previous) steps=1 ;;
    -[1-9] | -[1-9][0-9]) steps=${1#-} ;;
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

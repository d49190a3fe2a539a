# shellcheck shell=dash
# Static files of kept releases. An old page that is still open asks for files that the new release does not have: the edge then serves
# them from switch/.assets, which is in its mount already. Each release keeps its own copy, and so it goes when the release goes;
# switch/.assets has hard links to all of them, laid out as `service/path of the URL`.

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
  failure DA-ASSETS-MISSING "\`assets\` names files that could not be copied: $(cat "$run/assets.line" 2>/dev/null)"
  raw <"$run/out"
  return 1
}

copy_assets() { # release, slot, [what-is-there: a folder that is not there is no failure]
  local into=$app_dir/releases/$1/assets partly=${3:-} status service path from id
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
  link_assets "${new##*/}"
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
  local id=${1%/assets}
  is_release_id "${id##*/}" && case $id in *.tmp) return 1 ;; esac && [ -d "$1" ]
}

link_assets() { # name of the folder
  local old
  ln -sfn "$1" "$app_dir/switch/.assets.next"
  mv -Tf "$app_dir/switch/.assets.next" "$app_dir/switch/.assets" 2>/dev/null || {
    # A busybox without -T.
    rm -f "$app_dir/switch/.assets.next"
    ln -sfn "$1" "$app_dir/switch/.assets"
  }
  for old in "$app_dir"/switch/.assets-*; do [ "${old##*/}" = "$1" ] || rm -rf "$old"; done
}

forget_assets() { rm -rf "$app_dir/switch/.assets" "$app_dir"/switch/.assets-*; }

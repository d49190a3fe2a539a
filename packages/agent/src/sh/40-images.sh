# shellcheck shell=dash
# Images of a release: pulled by digest, tagged as ours while the release is kept.

docker_config='' # folder with this run's registry login, only while pulling

# Keeps the login that the runner sent: in a private folder that goes away with the pull, never in the user's own file.
receive_credential() { # one line: the JSON of a Docker configuration
  docker_config=$run/docker
  mkdir -p "$docker_config"
  printf '%s\n' "$1" >"$docker_config/config.json"
}

forget_credential() {
  [ -z "$docker_config" ] || rm -rf "$docker_config"
  docker_config=''
}

present() { docker image inspect "$1" >/dev/null 2>&1; }

# Everything that the release needs and the host lacks, all at once. Going back needs no registry: our tag has kept the image.
pull_release() {
  local images
  images=$({ cut -f2,3 "$release_dir/services.tsv" | sed -n "/^off$tab/!s/^[^$tab]*$tab//p"; [ -n "$edge" ] || edge_image; } | sort -u)
  # shellcheck disable=SC2086 # image references have no spaces
  docker image inspect $images >/dev/null 2>&1 || pull_images $images || return $?
  forget_credential
}

pull_images() { # images
  local image number=0
  rm -f "$run/pull.failed"
  # shellcheck disable=SC2046 # image references have no spaces
  set -- $(for image; do (present "$image" || printf '%s\n' "$image") & done; wait)
  [ $# -gt 0 ] || return 0
  progress "pulling $*"
  step pull_all "$@" || return $?
  [ -e "$run/pull.failed" ] || return 0
  read -r number image <"$run/pull.failed"
  case $(cat "$run/pull.$number") in
    *'no space left'*) failure DA-HOST-DISK "the host's disk is full: $image could not be pulled. \`docker system df\` on the host shows what takes the space" ;;
    *denied* | *unauthorized* | *'authentication required'*) failure DA-REGISTRY-AUTH "the registry refused the host's pull of $image. Give \`registry-username\` and \`registry-password\`, and check that they may read this image" ;;
    *toomanyrequests* | *'oo many requests'*) failure DA-REGISTRY-RATE-LIMIT "the registry answers no more requests of this host: its rate limit is reached, and $image could not be pulled. Log in with \`registry-username\` and \`registry-password\`, or run again later" ;;
    *'not found'* | *'manifest unknown'*) failure DA-REGISTRY-NOT-FOUND "the registry has no $image. Check the name where it stands (the Compose file, \`images\`, \`edge-image\` or \`database-image\`), and that it was pushed" ;;
    *) failure DA-IMAGE-PULL "the host could not pull $image: $(tail -n 1 "$run/pull.$number" | cut -c 1-300). \`docker pull $image\` on the host shows the same" ;;
  esac
  raw <"$run/pull.$number"
  return 1
}

pull_all() { # images
  local image number=0
  for image; do
    number=$((number + 1))
    (pull_image "$number" "$image" || printf '%s %s\n' "$number" "$image" >>"$run/pull.failed") &
  done
  wait
}

# Docker asks again for a layer that is cut, but not for the manifest of a registry that is busy.
pull_image() { # number, image
  local try
  for try in 1 2 3; do
    docker ${docker_config:+--config "$docker_config"} pull -q "$2" >"$run/pull.$1" 2>&1 && return
    passes_by "$run/pull.$1" && [ "$try" -lt 3 ] || return 1
    pause $((try * 3))
  done
}

passes_by() { # what Docker said
  grep -qiE 'toomanyrequests|too many requests|(status|status code|error):? *(429|50[0234])|internal server error|bad gateway|service unavailable|gateway time|unexpected EOF|reset by peer|i/o timeout|handshake timeout|deadline exceeded|connection refused|temporary failure' "$1"
}

# Says whose the images of a live release are, and shields them from `docker image prune`.
tag_images() {
  each_service 'switch|once|keep|recreate|start' tag_image
  wait
}

tag_image() { # fields of a service
  [ "${10}" = - ] || docker tag "$3" "${10}" &
}

# Drops what is kept beyond keep_releases: directories, our tags, and digests that no kept release needs.
# Never the live release, the one to go back to, or an image of either. A release and the newest copy that a rollback made of it count as one.
prune_releases() {
  local keep kept id counted as
  keep=$(setting keep_releases || echo 5)
  kept="$newline$(current_release)$newline$previous$newline"
  counted=$newline
  for id in $(current_release) $previous; do counted=$counted$(counts_as "$id")$newline; done
  for id in $(history | sed '1!G;h;$!d'); do
    case $kept in *"$newline$id$newline"*) continue ;; esac
    is_bad "$id" && continue
    as=$(counts_as "$id")
    case $counted in
      *"$newline$as$newline"*) [ "$id" != "$as" ] || kept="$kept$id$newline" ;;
      *)
        [ "$(printf '%s' "$counted" | sort -u | grep -c .)" -lt "$keep" ] || break
        kept="$kept$id$newline"
        counted="$counted$as$newline"
        ;;
    esac
  done
  for id in "$app_dir"/releases/*; do
    id=${id##*/}
    is_release_id "$id" || continue
    case $kept in *"$newline$id$newline"*) ;; *) forget_release "$id" ;; esac
  done
  find "$app_dir/releases" -maxdepth 1 -name '[0-9]*T[0-9]*Z-*.tmp' -mmin +60 -exec rm -rf {} + 2>/dev/null
  prune_files
}

forget_release() { # id
  local dir=$app_dir/releases/$1 images image
  images=$(cut -f3,10 "$dir/services.tsv" 2>/dev/null | tr '\t' '\n' | grep -v '^-$' | sort -u)
  rm -rf "$dir"
  set --
  for image in $images; do
    case $image in deploy-actions/* | *@sha256:*) ;; *) continue ;; esac # a tag of the user's own is not ours to drop
    grep -qsF "$tab$image$tab" "$app_dir"/releases/*/services.tsv || another_app_has "$image" || set -- "$@" "$image"
  done
  [ $# -eq 0 ] || docker image rm "$@" >/dev/null 2>&1
}

# Staging and production may share a host, and an image by its digest: the one keeps it by a tag of its own.
another_app_has() { # image
  case $1 in deploy-actions/*) return 1 ;; esac
  docker image inspect -f '{{range .RepoTags}}{{println .}}{{end}}' "$1" 2>/dev/null | grep '^deploy-actions/' | grep -qv "^deploy-actions/$(setting app)/"
}

# Uploaded files are stored by content; one that no kept release mentions is gone.
prune_files() {
  local file
  for file in "$app_dir"/files/*; do
    # Only what has a name that we give: 64 hexadecimal digits.
    case ${file##*/} in *[!0-9a-f]* | '') continue ;; esac
    [ "$(printf '%s' "${file##*/}" | wc -c)" -eq 64 ] || continue
    grep -qsF "$file" "$app_dir"/releases/*/*.json || rm -rf "$file"
  done
}

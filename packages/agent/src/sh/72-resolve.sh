# shellcheck shell=dash
# Resolves the user's Compose files here, with the host's Compose: only it knows what its own version makes of them.
# The runner uploaded to $run: `source/` (its workspace, as far as Compose needs it), `resolve/options` (lines option=value),
# and `resolve/runner.env` and `resolve/keys.env` for interpolation.

resolving='' # process
old_dir=''   # where people started the project that is taken over
old_env=''   # the files that they named with --env-file, divided by commas

# A project that people started has its name, and its own folder besides the app's; so has a live release that took it over.
start_resolving() { # [project, folder]
  local option value file folder=. name=${1:-} live=$app_dir/current/settings
  [ -n "$name" ] || ! grep -qsx unnamed=yes "$run/resolve/options" || name=$(value_of "$live" project)
  if [ -e "$live" ]; then
    old_dir=$(value_of "$live" data_directory) old_env=$(value_of "$live" env_files)
  else
    find_started "${name:-$(value_of "$run/resolve/options" project)}"
  fi
  old_dir=${2:-$old_dir}
  rm -f "$run/unreadable"
  give_back_env_files
  # The host's .env fills in what the runner's does not have, the app's before that of a project that people started; what steers
  # Compose itself comes from the runner only.
  host_env_files | while IFS= read -r file; do
    is_readable "$file" || continue
    sed '/^[[:space:]]*\(export[[:space:]][[:space:]]*\)\{0,1\}COMPOSE_/d' "$file"
    [ -z "$(tail -c 1 "$file")" ] || echo # or the next file's first line would be the rest of this one's last
  done >"$run/resolve/host.env"
  folder=$(value_of "$run/resolve/options" directory || echo .)
  # The values of env-keys win, and are there when the others are filled in.
  set -- --env-file "$run/resolve/keys.env" --env-file "$run/resolve/host.env" --env-file "$run/resolve/runner.env" --env-file "$run/resolve/keys.env"
  while IFS='=' read -r option value; do
    case $option in
      project) set -- "$@" -p "${name:-$value}" ;;
      env_file) take_env_file "$value" "$run/source/$folder" ;;
      directory) set -- "$@" --project-directory "$run/source/$value" ;;
      file) set -- "$@" -f "$run/source/$value" ;;
      profile) set -- "$@" --profile "$value" ;;
    esac
  done <"$run/resolve/options"
  (
    cd "$run/source/$folder" 2>/dev/null || : # for ${PWD}
    # Not by the function: its GOGC would be a variable for the user's file.
    command docker compose "$@" config --format json </dev/null >"$run/model.json" 2>"$run/model.error"
    printf '%s' "$?" >"$run/model.status"
  ) 9>&- 8>&- 7>&- 4>&- &
  resolving=$!
}

# Where people started a project, and what they named with --env-file; nothing where its containers tell of several.
find_started() { # project
  local folder
  docker ps -a --filter "label=com.docker.compose.project=$1" --format '{{.Label "com.docker.compose.project.working_dir"}}|{{.Label "com.docker.compose.project.environment_file"}}' >"$run/started" 2>/dev/null
  was_live || { grep -v "^$app_dir/releases/" "$run/started" | write_file "$run/started"; }
  old_dir=$(cut -d'|' -f1 "$run/started" | lasting_folders)
  # A release was here once, and was uninstalled: of its files with values only its settings tell, Compose was given what came of them.
  old_env=$(grep -v "^$app_dir/releases/" "$run/started" | cut -s -d'|' -f2 | grep . | sort -u)
  folder=$(sed -n "s,^\($app_dir/releases/[^|/]*\).*,\1,p" "$run/started" | head -n 1)
  [ -n "$old_env" ] || [ -z "$folder" ] || old_env=$(value_of "$folder/settings" env_files)
  case $old_dir in *"$newline"*) old_dir='' ;; esac
  case $old_env in *"$newline"*) old_env='' ;; esac
}

# The host's files with values, the weakest first. Whoever names some with --env-file has Compose pass over the .env beside them.
host_env_files() {
  local file
  if [ -n "$old_env" ]; then
    printf '%s\n' "$old_env" | tr ',' '\n' | while IFS= read -r file; do
      case $file in /*) printf '%s\n' "$file" ;; *) printf '%s\n' "$old_dir/$file" ;; esac
    done
  elif [ -n "$old_dir" ]; then
    printf '%s\n' "$old_dir/.env"
  fi
  printf '%s\n' "$app_dir/.env"
}

lasting_folders() { # of lines on standard input
  local folder
  sort -u | while IFS= read -r folder; do
    case $folder in "$app_dir"/releases/*) folder=$(data_folder_of "$folder") ;; esac
    printf '%s\n' "$folder"
  done | sort -u
}

# An env file that the repository does not have, as one that holds secrets should not be there: the host's is used.
take_env_file() { # path as Compose takes it, folder where it would be
  local place
  [ ! -e "$2/$1" ] || return 0
  for place in "$app_dir" "$old_dir"; do
    case $place:$1 in :* | "$app_dir":../*) continue ;; esac
    is_readable "$place/$1" || continue
    mkdir -p "$2/$(dirname "$1")" && cp "$place/$1" "$2/$1" && printf '%s\n' "$2/$1" >>"$run/taken"
    return
  done
}

# What was taken for another project must not be found as the repository's.
give_back_env_files() {
  local file
  [ -e "$run/taken" ] || return 0
  while IFS= read -r file; do rm -f "$file"; done <"$run/taken"
  rm -f "$run/taken"
}

# One that is there and cannot be read must not be passed over.
is_readable() { # file
  local folder
  folder=$(dirname "$1")
  while [ ! -e "$folder" ]; do folder=$(dirname "$folder"); done
  # Nobody can say what is in a folder that is closed to us.
  [ -x "$folder" ] || { printf '%s' "$1" >"$run/unreadable"; return 1; }
  [ -f "$1" ] || return 1
  [ ! -r "$1" ] || return 0
  printf '%s' "$1" >"$run/unreadable"
  return 1
}

# Whose it is, or the closed folder on the way there, and what mends it.
unreadable() { # file
  local seen=$1 where='' right=g+r
  while [ ! -e "$seen" ]; do seen=$(dirname "$seen"); where=", in $seen" right=g+x; done
  failure DA-ENV-UNREADABLE "$(id -un) cannot read $1$where, which belongs to $(stat -c '%U (mode %a)' "$seen"). Set \`sudo: true\` (docs/guide-sudo.md); or as root: chgrp $(id -gn) $seen && chmod $right $seen; or log in as its owner"
  return 1
}

resolve() { # [project, folder]
  local file
  [ -z "$resolving" ] || await_child "$resolving"
  if [ -z "$resolving" ] || [ -n "${1:-}" ]; then
    start_resolving "$@"
    await_child "$resolving"
  fi
  [ "$(cat "$run/model.status")" = 0 ] || [ -n "${1:-}" ] || resolve_as_started
  ! [ -e "$run/unreadable" ] || { unreadable "$(cat "$run/unreadable")"; return 1; }
  file=$(sed -n 's/.*open \(\/[^:]*\): permission denied.*/\1/p' "$run/model.error" | head -n 1)
  [ "$(cat "$run/model.status")" = 0 ] || [ -z "$file" ] || { unreadable "$file"; return 1; }
  if [ "$(cat "$run/model.status")" = 0 ]; then
    event model
    raw <"$run/model.json"
    event end
    event warnings
    sed "s,$run/source/,,g" "$run/model.error" | raw
    event end
  else
    failure DA-COMPOSE-INVALID "Compose on the host refuses the Compose file: $(sed -e '/level=warning/d' -e "s,$run/source/,,g" "$run/model.error" | tr '\n' ' ')"
    raw <"$run/model.error"
    return 1
  fi
}

# Nobody named the project, and the app's folder has not all that its file needs: people may have started it under another name, in a
# folder that has. Those in the app's own folder come first. Whether it is the same project is the runner's to say.
resolve_as_started() {
  local name folder
  if [ -n "$(current_release)" ] || ! grep -qsx unnamed=yes "$run/resolve/options"; then return 0; fi
  mv "$run/model.error" "$run/first.error"
  docker ps -a --format '{{.Label "com.docker.compose.project"}}|{{.Label "com.docker.compose.project.working_dir"}}' 2>/dev/null | grep '^[^|].*|/' | sort -u >"$run/projects"
  { grep "|$app_dir/" "$run/projects"; grep -v "|$app_dir/" "$run/projects"; } | grep -v '/releases/' | head -n 8 >"$run/candidates"
  while IFS='|' read -r name folder <&6; do
    start_resolving "$name" "$folder"
    await_child "$resolving"
    if [ "$(cat "$run/model.status")" = 0 ] && [ ! -e "$run/unreadable" ]; then
      event "resolved-as project=$name"
      return 0
    fi
  done 6<"$run/candidates"
  mv "$run/first.error" "$run/model.error"
  rm -f "$run/unreadable"
  printf 1 >"$run/model.status"
}

# Which files of the repository are the same in the folder that people started the project from, and in which folders of it there are others.
compare() { # folder
  local file folder inner
  folder=$run/source/$(value_of "$run/resolve/options" directory)
  event compared
  (
    cd "$folder" && find . -type f | sed 's,^\./,,' | while IFS= read -r file; do
      ! cmp -s "$file" "$1/$file" || fact same "$file"
    done
    cd "$folder" && find . -type d ! -name . | sed 's,^\./,,' | while IFS= read -r inner; do
      # shellcheck disable=SC2012 # names are only compared, each on its line
      ! ls -A "$1/$inner" 2>/dev/null | while IFS= read -r file; do [ -e "$inner/$file" ] || echo other; done | grep -q . || fact others "$inner"
    done
  ) 9>&- 8>&- 7>&- 4>&- | raw
  event end
}

# What Compose would compare containers with: its hashes of the definitions that the runner uploaded, and what each image is now.
hashes() { # project
  project=$1
  local image option value
  event hashes
  (
    set --
    while IFS='=' read -r option value; do [ "$option" != profile ] || set -- "$@" --profile "$value"; done <"$run/resolve/options"
    while IFS= read -r image; do fact image "$image" "$(docker image inspect -f '{{.Id}}' "$image" 2>/dev/null)"; done <"$run/adopt/images"
    docker compose --env-file /dev/null --project-directory "$run/adopt" -p "$project" -f "$run/adopt/base.json" "$@" config --hash '*' </dev/null | sed "s/^\([^ ]*\) /hash$tab\1$tab/"
  ) 9>&- 8>&- 7>&- 4>&- 2>"$run/hashes.error" | raw
  event end
}

# For a runner that cannot reach the registry: pulls, and says which digest the host got.
resolve_digest() { # image
  pull_images "$1" || return $?
  event "digest image=$1 digest=$(docker image inspect -f '{{range .RepoDigests}}{{println .}}{{end}}' "$1" | sed -n 's/.*@\(sha256:[0-9a-f]*\)$/\1/p' | head -n 1)"
}

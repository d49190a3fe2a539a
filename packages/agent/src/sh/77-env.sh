# shellcheck shell=dash
# Env files that people's services read (sync-env). No value of theirs leaves this host: what is told is a hash of each, with a key
# that is made for one run. The runner uploads to $run/env: `request` (lines option=value), `key`, `names`; then `changes` and `set/<number>`.

env_file=''   # where the file really is
env_staged='' # the file that is to take its place
env_undo=''   # yes: it has, and may have to be taken back

env_request() { value_of "$run/env/request" "$1"; }

# What is in the file, and in running containers under the same names.
env_look() {
  find_env_file
  if [ -e "$env_file" ] && [ ! -r "$env_file" ]; then unreadable "$env_file"; exit 1; fi
  [ -z "$has_lock" ] || settle_env
  event env
  (
    if [ -e "$env_file" ]; then fact file "$(stat -c '%U:%G' "$env_file")" "$(stat -c '%a' "$env_file")" "$(stat -c '%u:%g' "$env_file")"; else fact absent; fi
    split_env "$env_file" "$run/env/before"
    tell_parts "$run/env/before"
    tell_containers
    [ "$(env_request apply)" != yes ] || tell_origins
  ) 9>&- 8>&- 7>&- 4>&- | raw
  event end
}

# A link is followed. What is there and is no file is told, and left alone.
find_env_file() {
  local named
  named=$(env_request path)
  case $named in /*) ;; *) named=$app_dir/$named ;; esac
  env_file=$named
  if [ -L "$named" ]; then
    env_file=$(readlink -f "$named")
    [ -e "$env_file" ] || not_a_file "$named is a link to $(readlink "$named"), where there is nothing. Remove the link, or make the file that it leads to"
  fi
  [ ! -d "$env_file" ] || not_a_file "$named is a folder: \`path\` has to name the file in it, such as ${named%/}/backend.env"
  [ ! -e "$env_file" ] || [ -f "$env_file" ] || not_a_file "$named is no plain file ($(stat -c %F "$env_file"))"
}

not_a_file() { # what it is
  failure DA-ENV-PATH "$1"
  exit 1
}

# A run that was killed may have left its file beside, or one of several hosts with the new file and nobody's word for it.
settle_env() {
  [ ! -d "${env_file%/*}" ] || rm -f "${env_file%/*}/.${env_file##*/}.deploy-actions-"*
  if [ -e "$app_dir/env.pending" ]; then put_env_back; fi
  rm -f "$app_dir/env-keys.before"
}

# Takes a file apart: for each assignment what stands before the value, the value as it is written, and what stands behind it on its line.
split_env() { # file, folder for the parts
  mkdir -p "$2"
  : >"$2/index"
  if [ -s "$1" ]; then cat "$1"; elif [ "$(env_request format)" = json ]; then printf '{\n}\n'; fi |
    awk -v format="$(env_request format)" -v dir="$2" -v keyfile="$run/env/key" "$env_splitter"
}

tell_parts() { # folder of the parts
  [ ! -e "$1/odd" ] || fact odd "$(cat "$1/odd")"
  (cd "$1" && set -- *.hash && { [ ! -e "$1" ] || sha256sum "$@"; }) >"$1/sums"
  rm -f "$1"/*.hash
  awk -v sums="$1/sums" "$env_teller" "$1/sums" "$1/index"
}

# What the containers of this app have under the names that are asked for: as Docker writes it in JSON, which is one line.
tell_containers() {
  local id service name value at=0
  id=$(current_release)
  [ -n "$id" ] && [ -e "$app_dir/releases/$id/settings" ] || return 0
  use_release "$id"
  mkdir -p "$run/env/containers"
  # shellcheck disable=SC2046 # ids are hexadecimal, one word each
  set -- $(running_of "$project" | sed 's/$/ /') $(running_of "$project-$(live_slot)")
  [ $# -gt 0 ] || return 0
  docker inspect -f '{{$service := index .Config.Labels "com.docker.compose.service"}}{{println $service}}{{range .Config.Env}}{{$service}} {{json .}}{{println}}{{end}}' "$@" >"$run/env/inspected"
  while IFS=' ' read -r service value; do
    case $value in
      '') fact service "$service" ;;
      *)
        name=${value#\"}
        name=${name%%=*}
        grep -qxF "$name" "$run/env/names" || continue
        at=$((at + 1))
        { cat "$run/env/key"; printf '%s' "$value"; cat "$run/env/key"; } >"$run/env/containers/$at"
        printf '%s\t%s\t%s\n' "$at" "$service" "$name" >>"$run/env/containers/index"
        ;;
    esac
  done <"$run/env/inspected"
  [ "$at" -gt 0 ] || return 0
  (cd "$run/env/containers" && sha256sum [0-9]*) >"$run/env/containers/sums"
  while IFS="$tab" read -r at service name; do
    fact has "$service" "$name" "$(sed -n "s/^\([0-9a-f]*\)  $at\$/\1/p" "$run/env/containers/sums")"
  done <"$run/env/containers/index"
}

# Which variables of running switched services come from this file: those that have the value that it has, or had in one of its copies.
# An `environment:` line of the same name has another one, and stays. Compose itself says what its values are.
tell_origins() {
  local copy at=0
  [ -e "$run/env/inspected" ] || return 0
  printf 'services:\n' >"$run/env/origins.yaml"
  for copy in "$env_file" "$(copies_name)".????????T??????Z-????????; do
    [ -s "$copy" ] || continue
    at=$((at + 1))
    cp "$copy" "$run/env/origin.$at"
    printf '  o%s: {image: x, env_file: ["%s"]}\n' "$at" "$run/env/origin.$at" >>"$run/env/origins.yaml"
  done
  [ "$at" -gt 0 ] || return 0
  docker compose --env-file /dev/null -p origins -f "$run/env/origins.yaml" config --format json </dev/null >"$run/env/origins.json" 2>/dev/null || return 0
  (cd "$release_dir/env" && ls) 2>/dev/null | sed -n 's/[.]env$//p' >"$run/env/switched"
  awk -v slot="-$(live_slot)" "$env_origins" "$run/env/switched" "$run/env/origins.json" "$run/env/inspected"
}

# Makes the new file beside the old one, and tells what is in it.
env_stage() {
  local folder owner
  folder=${env_file%/*}
  made_app='' # it holds something now
  [ -d "$folder" ] || mkdir -p "$folder" || env_failed "cannot create $folder"
  env_staged=$folder/.${env_file##*/}.deploy-actions-$nonce
  { merge_env >"$run/env/merged" && cp "$run/env/merged" "$env_staged"; } || env_failed "cannot write in $folder"
  owner=$(env_request owner)
  if [ -e "$env_file" ]; then
    case $owner in
      '') owner=$(stat -c '%u:%g' "$env_file") ;;
      *:*) ;;
      *) owner=$owner:$(stat -c '%g' "$env_file") ;; # a user alone: the group stays
    esac
  fi
  [ -z "$owner" ] || [ "$owner" = "$(stat -c '%u:%g' "$env_staged")" ] || chown "$owner" "$env_staged" 2>"$run/env/error" || env_failed "cannot give the file to $owner ($(sed 's/.*: //' "$run/env/error"))"
  chmod "$(env_request mode)" "$env_staged" || env_failed "cannot set the mode of $env_staged"
  sync "$env_staged" 2>/dev/null || sync
  event env
  (
    split_env "$env_staged" "$run/env/after"
    tell_parts "$run/env/after"
  ) 9>&- 8>&- 7>&- 4>&- | raw
  event end
}

env_failed() { # what this user cannot do
  failure DA-ENV-WRITE "$(id -un) $1; $env_file is as it was"
  env_give_up
  exit 1
}

# Lines of `changes` are set<TAB>name<TAB>number, or drop<TAB>name. Of two assignments of a name the last counts, so that one is exchanged.
merge_env() {
  local parts=$run/env/before
  printf '\n' >"$parts/end"
  if [ "$(env_request format)" = json ]; then printf ',\n'; fi >"$parts/comma"
  awk -v json="$(env_request format)" -v before=before -v set=set "$env_merger" "$run/env/changes" "$parts/index" >"$run/env/order"
  [ ! -s "$run/env/order" ] || (cd "$run/env" && xargs cat <order)
}

# By rename: whoever reads sees the old file or the new one. `together` with other hosts it can be taken back until all have it.
env_write() { # alone or together
  local kept='' owner='' mode=''
  if [ -e "$env_file" ]; then
    owner=$(stat -c '%u:%g' "$env_file")
    mode=$(stat -c '%a' "$env_file")
    kept=$(keep_env) || env_failed "cannot write in $app_dir/backups/env"
  fi
  # First the dates: a run that dies between the two has noted too much, and never forgets a rotation.
  { keep_key_dates && note_key_dates; } || env_failed "cannot write $app_dir/env-keys.tsv"
  [ "$1" = alone ] || printf 'path=%s\nkept=%s\nowner=%s\nmode=%s\n' "$env_file" "$kept" "$owner" "$mode" | write_file "$app_dir/env.pending"
  mv -f "$env_staged" "$env_file" || env_failed "cannot replace $env_file"
  env_staged=''
  if [ "$1" = alone ]; then rm -f "$app_dir/env-keys.before"; forget_pending; else env_undo=yes; fi
  event env-written
}

# What could not be taken back in this file is settled by what was written now.
forget_pending() {
  [ "$(value_of "$app_dir/env.pending" path)" != "$env_file" ] || rm -f "$app_dir/env.pending"
}

# The file as it was stays, the newest few of each: two files of one name in different folders are two. Prints where. The copy of now
# stays in any case: by a clock that was set back, older ones can have later names.
keep_env() {
  local name keep now_kept copy left
  name=$(copies_name)
  keep=$(env_request keep)
  now_kept=$name.$(date -u +%Y%m%dT%H%M%SZ)-$nonce
  mkdir -p "$app_dir/backups/env" && cp "$env_file" "$now_kept" || return 1
  set -- "$name".????????T??????Z-????????
  left=$#
  for copy; do
    [ "$left" -gt "$keep" ] || break
    [ "$copy" != "$now_kept" ] || continue
    rm -f "$copy"
    left=$((left - 1))
  done
  printf '%s' "$now_kept"
}

copies_name() { printf '%s' "$app_dir/backups/env/$(printf '%s' "${env_file#"$app_dir"/}" | sed 's/%/%25/g; s,/,%,g')"; }

# Into a copy of the live release come the lines that its services are to have from now on: $run/env/apply has them, and their names.
env_apply() { # id of the copy
  local lines file
  for lines in "$run/env/apply"/*.env; do
    file=$app_dir/releases/$1/env/${lines##*/}
    { grep -vE "^($(cat "$lines.names"))=" "$file"; cat "$lines"; } | write_file "$file"
  done
  event env-applied
}

env_keep() {
  env_undo=''
  rm -f "$app_dir/env.pending" "$app_dir/env-keys.before"
  event env-kept
}

# The copy is for its keeper alone: whose the file was, and who could read it, stands in env.pending. Nothing is kept where there was no file.
# Where the copy is gone the word for it stays, and whoever comes next hears of it.
put_env_back() {
  local pending=$app_dir/env.pending path kept
  path=$(value_of "$pending" path)
  kept=$(value_of "$pending" kept)
  if [ -z "$kept" ]; then
    rm -f "$path"
  elif cp "$kept" "$path.next"; then
    chown "$(value_of "$pending" owner)" "$path.next"
    chmod "$(value_of "$pending" mode)" "$path.next"
    mv -f "$path.next" "$path"
  else
    progress "$path could not be brought back, because its copy $kept is not there: it has new values that the other hosts do not have. Run sync-env again"
    return 1
  fi
  rm -f "$pending"
  key_dates_back
}

# Told to stop, or something went wrong: the old file stays, or comes back.
env_give_up() {
  [ -z "$env_staged" ] || { rm -f "$env_staged"; key_dates_back; }
  env_staged=''
  [ -n "$env_undo" ] || return 0
  env_undo=''
  put_env_back
}

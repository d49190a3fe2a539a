# shellcheck shell=dash
# A PostgreSQL that is no service of the project: the app has its address, a URL, in a variable. A container of a PostgreSQL image stands on the app's networks for
# the time of an operation, with the address in its environment. What is done in the container of a service is done in this one then, and reaches the server from there.
# What it is made of is a file: lines `#word …` for us (image, networks, hosts, root), and variables for `docker run --env-file`. Beside it may lie a certificate (`.root`).

client=''       # the container, while there is one
client_image='' # what it is made of
server_major=''
url_variable='' # [service:]NAME, which has it in the app's containers
url_file=''     # or a file that has it
url_image=''    # what the client is to be made of; empty: by the version of the server

is_address() { case $1 in url:*) return 0 ;; esac; return 1; } # service; for an address it is url: and the name of the database

# The address, wherever it stands, as $run/client; the name that its backups have is `service` then.
find_address() {
  local value='' sources=''
  if [ -n "$url_file" ]; then
    value=$(cat "$url_file") || return 1
    sources=$(app_containers running_of)
  else
    find_variable || return 1
  fi
  { printf '%s' "$value" | awk "$address_parser" >"$run/client"; } 2>/dev/null
  if grep -q '^!' "$run/client"; then
    set -- "$(sed -n 's/^!//p' "$run/client")"
    rm -f "$run/client"
    failure DA-BACKUP-URL "${url_variable:-the address of the database} $1"
    return 1
  fi
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  place_client $sources >>"$run/client"
  keep_root "${sources%%"$newline"*}" || return 1
  service=url:$(value_of "$run/client" PGDATABASE)
}

app_containers() { # running_of or containers_of
  local of=${url_variable%:*}
  [ "$of" != "$url_variable" ] || of=''
  if [ -n "$migration" ]; then inspect '{{.Id}}' "$migration"; return; fi
  "$1" "$project" ${of:+"$of"}
  "$1" "$project-$slot" ${of:+"$of-$slot"}
}

# In the environment of a container that runs, or else of one that has stopped, in `value`; which ones have it, in `sources`.
find_variable() {
  local id one name=${url_variable##*:} which
  for which in running_of containers_of; do
    for id in $(app_containers "$which"); do
      one=$(inspect '{{range .Config.Env}}{{println .}}{{end}}' "$id" | sed -n "s/^$name=//p" | head -n 1)
      [ -n "$one" ] || continue
      [ -z "$value" ] || [ "$one" = "$value" ] || { failure DA-BACKUP-URL "$name is not the same in all containers of the app: name the service whose one is meant, such as $(inspect '{{index .Config.Labels "com.docker.compose.service"}}' "$id" | sed "s/-$slot\$//"):$name"; return 1; }
      value=$one sources=$sources$id$newline
    done
    [ -z "$value" ] || return 0
  done
  failure DA-BACKUP-URL "no container of the app has $url_variable in its environment"
  return 1
}

# Where the app is: its names are known there. What the app calls localhost is itself, so this host is meant.
place_client() { # containers
  local networks=''
  printf '#image %s\n' "$url_image"
  [ $# -eq 0 ] || networks=$(docker inspect -f '{{range $name, $_ := .NetworkSettings.Networks}}{{println $name}}{{end}}' "$@" 2>/dev/null | grep . | sort -u)
  case $(value_of "$run/client" PGHOST) in localhost | 127.* | ::1) networks=host ;; esac
  case $newline$networks$newline in *"${newline}host$newline"*) networks=host ;; esac
  printf '#networks %s\n' "$(printf '%s' "${networks:-bridge}" | tr '\n' ' ')"
  [ $# -eq 0 ] || printf '#hosts %s\n' "$(docker inspect -f '{{range .HostConfig.ExtraHosts}}{{println .}}{{end}}' "$@" 2>/dev/null | grep . | sort -u | tr '\n' ' ')"
}

# The certificate that the address names lies in the app's container.
keep_root() { # container
  local path
  path=$(sed -n 's/^#root //p' "$run/client")
  [ -n "$path" ] || return 0
  [ -z "$url_file" ] || { failure DA-BACKUP-URL "the address of the database names a certificate in a file ($path), and there is no container that has it: sslrootcert can be system here"; return 1; }
  docker cp -L "$1:$path" "$run/client.root" >/dev/null 2>"$run/backup.error" || { failure DA-BACKUP-URL "$url_variable names the certificate $path, and the app's container does not have it: $(tail -n 1 "$run/backup.error")"; return 1; }
}

client_word() { sed -n "s/^#$2 //p" "$1"; } # file, word

# It sleeps, and everything is run in it. At its limit it ends by itself, whoever is still there to stop it.
start_client() { # file, image
  local file=$1 image=$2 one first
  pull_images "$image" || return $?
  client=$project-client-$nonce client_image=$image
  printf '%s' "$client" | write_file "$app_dir/backup.client" || { failure DA-BACKUP-WRITE "$(id -un) cannot write in $app_dir"; return 1; }
  set --
  for one in $(client_word "$file" hosts); do set -- "$@" --add-host "$one"; done
  first=$(client_word "$file" networks)
  first=${first%% *}
  step docker run -d --rm --pull never --name "$client" --label "deploy-actions.app=$app" --network "$first" "$@" --env-file "$file" \
    --entrypoint sh "$image" -c "trap 'exit 0' TERM; sleep 43200 & wait" || client_failed $? || return $?
  for one in $(client_word "$file" networks); do
    [ "$one" = "$first" ] || step docker network connect "$one" "$client" || client_failed $? || return $?
  done
  guard_container "$client" -
  [ ! -e "$file.root" ] || step docker cp "$file.root" "$client:/tmp/deploy-actions-root.crt" || client_failed $?
}

client_failed() { # status
  [ "$1" != 130 ] || return 130
  # Docker shows a line of the env file that it cannot read byte by byte, and that could be the password.
  failure DA-BACKUP-CLIENT "no container of $client_image could be started on this host: $(sed 's/\(invalid utf8 bytes\).*/\1 in the address of the database/' "$run/out" | tail -n 2 | tr '\n' ' ')"
  return 1
}

leave_client() {
  [ -n "$client" ] || return 0
  client=''
  remove_left_client
}

# Also that of a run that was killed together with the guard of its container. The lock is ours, so it is nobody's. With it goes the volume that these images have
# for a server's files.
remove_left_client() {
  local left
  [ -e "$app_dir/backup.client" ] || return 0
  left=$(cat "$app_dir/backup.client")
  if docker rm -f -v "$left" >/dev/null 2>&1 || is_gone "$left"; then rm -f "$app_dir/backup.client"; fi
}

# The client for an operation. `live`: the database itself has to answer. `server`: it may be gone, because it is to be made anew. `files`: only dumps are read.
open_client() { # file, what for
  local image
  image=$(client_word "$1" image)
  start_client "$1" "${image:-$(likely_image)}" || return $?
  [ "$2" != files ] || return 0
  ask_server "$2" "$(value_of "$1" PGDATABASE)" || return $?
  if [ -z "$image" ] && [ "$(client_major)" != "$server_major" ]; then
    leave_client
    start_client "$1" "postgres:$server_major-alpine" || return $?
  fi
  is_of_the_server
}

# As the server was when the last backup was made. Where it is another one by now, or nobody knows, it says so itself.
likely_image() {
  local major
  major=$(manifest_value "$(last_dump "$service")" version)
  printf 'postgres:%s-alpine' "$(printf '%s' "${major%%.*}" | grep -x '[1-9][0-9]*' || printf 17)"
}

client_major() { docker exec "$client" pg_dump --version 2>/dev/null | sed -n 's/^pg_dump (PostgreSQL) \([0-9]*\).*/\1/p'; }

is_of_the_server() {
  local major
  major=$(client_major)
  case $major in
    '') failure DA-BACKUP-CLIENT "there is no pg_dump in $client_image: \`database-image\` has to be an image of PostgreSQL" ;;
    "$server_major") return 0 ;;
    *) failure DA-BACKUP-CLIENT "$client_image has PostgreSQL $major, and the server is PostgreSQL $server_major: an older client cannot dump it, and the dumps of a newer one cannot be restored there. Take an image of version $server_major, such as postgres:$server_major-alpine, or leave \`database-image\` out" ;;
  esac
  return 1
}

# Its version, by a connection that has our own option: what is between would not hand it on, or would refuse it.
ask_server() { # live or server, database
  local said='' query="select current_setting('server_version_num')::int / 10000 || coalesce(current_setting('deploy_actions.direct', true), '')"
  if [ "$1" = live ]; then
    said=$(psql_in "$client" "$query" 2>"$run/backup.error")
  else
    for maintenance in template1 postgres defaultdb; do
      [ "$maintenance" != "$2" ] || continue
      said=$(psql_server "$client" "$query" 2>"$run/backup.error") && break
      # Not every server lets everybody into each of them.
      grep -q 'does not exist\|pg_hba.conf\|permission denied' "$run/backup.error" || break
    done
  fi
  case $said in
    [1-9]*yes) server_major=${said%yes} ;;
    [1-9]*) failure DA-BACKUP-CONNECT "$pooled"; return 1 ;;
    *) connect_failed; return 1 ;;
  esac
}

pooled='the address of the database is that of a pooler such as PgBouncer, and a dump needs a connection of its own: give the address of the server itself'

connect_failed() {
  local said why='the server does not answer as PostgreSQL does'
  said=$(tail -n 2 "$run/backup.error" | tr '\n' ' ')
  case $said in
    *'unsupported startup parameter'*) failure DA-BACKUP-CONNECT "$pooled"; return ;;
    *'authentication failed'* | *'no password supplied'*) why='the server does not take the user with this password' ;;
    *'database "'*'does not exist'*) why='the server has no such database' ;;
    *'could not translate host name'*) why="the app's networks on this host do not know the name of the server" ;;
    *pg_hba.conf*) why='the server does not let this user in from this host, or not without TLS (sslmode=require)' ;;
    *'permission denied'*) why='the user may not connect' ;;
    *refused* | *timeout* | *'timed out'* | *unreachable* | *'No route'*) why='the server is not reached from this host; a managed one lets in only who is among its trusted sources' ;;
  esac
  failure DA-BACKUP-CONNECT "$why: $said"
}

# What a user who is no superuser lacks for a database beside the live one, said before anything is made.
may_load() { # id; its table of contents is in $run/backup.list
  local owners lacks
  owners=$(awk '/^[0-9]/ && $4 != "ACL" && $NF ~ /^[A-Za-z0-9_.@-]+$/ && $NF !~ /^pg_/ { print $NF }' "$run/backup.list" | sort -u | tr '\n' ' ')
  lacks=$(psql_server "$client" "
    with may as (select case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end as kind)
    select format('may make no databases: alter role %I createdb', current_user) from pg_roles where rolname = current_user and not rolcreatedb and not rolsuper
    union all select format('does not own the database %I: alter database %I owner to %I', datname, datname, current_user) from pg_database, may where datname = '$(database_of "$client")' and not pg_has_role(datdba, kind)
    union all select format('is no member of the role %I, to which some of it belongs: grant %I to %I', rolname, rolname, current_user) from pg_roles, may
      where rolname = any (string_to_array('${owners% }', ' ')) and not pg_has_role(oid, kind)" 2>"$run/backup.error") ||
    { failure DA-BACKUP-RESTORE "what the user may do could not be asked: $(tail -n 1 "$run/backup.error")"; return 1; }
  [ -n "$lacks" ] || return 0
  failure DA-BACKUP-RIGHTS "the user of the address cannot load $1: it $(printf '%s' "$lacks" | awk '{ printf "%s%s", sep, $0; sep = "; it " }'). Nothing was loaded"
  return 1
}

# All of a dump but the comments on extensions, which belong to whoever provides the server.
loadable_list() { grep -v '^[0-9; ]*COMMENT - EXTENSION ' "$run/backup.list"; }

# The client for an operation that was asked for with an address; with files alone it is done without.
open_for() { # verb
  find_backups && find_address || return 1
  case $1 in
    create | schedule | scheduled) open_client "$run/client" live ;;
    restore | drill) open_client "$run/client" server ;;
    verify) open_client "$run/client" files ;;
  esac
}

at_address() { [ -n "$url_variable$url_file" ]; }

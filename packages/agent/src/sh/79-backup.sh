# shellcheck shell=dash
# Backups of this host's PostgreSQL service, and of volumes: in $app_dir/backups/<time>, each with a manifest. What is there under its own name is
# verified; a folder that ends in .tmp never became one.

backups=''      # where they are
backup_id=''    # the one in hand
backup_tables=0 # of the last dump
smaller=''     # yes: it is less than half of the last one, and somebody has said that this is right

# What a dump has as tables: not those of the server, not temporary ones (pg_temp_…) of whoever is connected, and not those that an extension brings.
count_tables="select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')"

find_backups() {
  backups=$app_dir/backups
  mkdir -p "$backups" || { failure DA-BACKUP-WRITE "$(id -un) cannot create $backups"; return 1; }
}

is_backup_id() { case $1 in [0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z) return 0 ;; esac; return 1; }

backup_ids() { # [service]; oldest first
  local one
  for one in "$backups"/*; do
    one=${one##*/}
    ! is_backup_id "$one" || ! is_of_service "$one" "${1:-}" || printf '%s\n' "$one"
  done
}

# Two servers have nothing to do with each other: neither is the size of the one compared with the other's, nor does one push out the other's backups.
is_of_service() { [ -z "$2" ] || [ "$(manifest_value "$1" service)" = "$2" ]; } # id, service or nothing

# A value of a manifest, which has one a line.
manifest_value() { # id, key
  sed -n "s/^ *\"$2\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}$/\1/p" "$backups/$1/manifest.json" 2>/dev/null | head -n 1
}

# The container in which PostgreSQL's programs are run, in `server`: that of the service, or the client of one at an address. Empty where the service has none yet.
find_server() { # service
  ! is_address "$1" || { server=$client; return 0; }
  server=$(running_of "$project" "$1" | head -n 1)
  [ -z "$server" ] || return 0
  [ -n "$(containers_of "$project" "$1")" ] || return 0
  failure DA-BACKUP-SERVER "$1 is there but does not run: what it has cannot be asked. Start it first"
  return 1
}

# All or nothing: what is not right is gone when this returns, and whoever wanted it first does not go on.
make_backup() { # PostgreSQL service (`-`: none), why, `anyway` when a loss is what it is made for, [file with lines of volumes]
  local server volumes='' dir code
  find_backups || return 1
  backup_id=nothing-to-back-up
  [ ! -s "${4:-}" ] || volumes=$4
  find_what_to_dump "$1" "${3:-}" || return 1
  [ -n "$server$volumes" ] || return 0
  rm -rf "$backups"/*.tmp
  [ -z "$server" ] || has_room_to_dump "$1" || return 1
  [ -z "$volumes" ] || check_volumes "$volumes" "$(find_server "$1" && printf %s "$server")" "$1" || return 1
  backup_id=$(date -u +%Y%m%dT%H%M%SZ)
  while [ -e "$backups/$backup_id" ]; do pause 1; backup_id=$(date -u +%Y%m%dT%H%M%SZ); done
  dir=$backups/$backup_id.tmp
  mkdir -p "$dir" || { failure DA-BACKUP-WRITE "$(id -un) cannot write in $backups"; return 1; }
  fill_backup "$1" "$2" "$dir" "${3:-}" "$volumes"
  code=$?
  if [ "$code" = 0 ]; then
    mv "$dir" "$backups/$backup_id" && { [ -z "$smaller" ] || rm -f "$backups/smaller-is-right"; } && return 0
    failure DA-BACKUP-WRITE "cannot rename $dir"
    code=1
  fi
  rm -rf "$dir"
  return "$code"
}

# The container that has tables, in `server`; empty where there is nothing to dump yet.
find_what_to_dump() { # service, anyway or nothing
  local last
  server=''
  [ "$1" != - ] || return 0
  find_server "$1" || return 1
  if [ -z "$server" ]; then progress "there is no $1 yet: nothing to back up"; return 0; fi
  backup_tables=$(psql_in "$server" "$count_tables" 2>"$run/backup.error") ||
    { backup_failed "PostgreSQL in $1 does not answer"; return 1; }
  [ "$backup_tables" = 0 ] || return 0
  is_address "$1" || has_no_other_tables "$1" "$server" || return 1 # elsewhere they are somebody else's
  last=$(last_dump "$1")
  [ -z "$last" ] || [ "$2" = anyway ] || may_shrink "$1 has no tables, and its last backup ($last) had $(manifest_value "$last" tables)" || return 1
  progress "$1 has no tables: nothing to back up"
  server=''
}

# The dump first: what its rows name is in the volumes then.
fill_backup() { # service, why, folder, anyway or nothing, file with volumes or nothing
  : >"$run/volumes.made"
  smaller=''
  if [ -n "$server" ]; then
    progress "backing up $1"
    dump_database "$server" "$3" || return $?
    verify_dump "$server" "$3/database.dump" || return 1
    [ "$4" = anyway ] || compare_size "$1" "$3" || return 1
    backup_tables=$(listed_tables)
    sync "$3/database.dump" 2>/dev/null || sync
  fi
  [ -z "$5" ] || back_up_volumes "$5" "$3" "$4" || return $?
  write_manifest "$1" "$server" "$2" "$3" || { failure DA-BACKUP-WRITE "the manifest cannot be written in $3, or the server does not answer any more"; return 1; }
}

free_kib() { sed -n '2s/^[^ ]* *[0-9]* *[0-9]* *\([0-9]*\) .*/\1/p'; } # what `df -Pk` says on standard input

# A disk that is full stops whoever else writes there, the database first. What the last dump needed and a little more has to be there.
has_room_to_dump() { # service
  local last size free
  last=$(last_dump "$1")
  size=$(manifest_value "${last:--}" size)
  free=$(df -Pk "$backups" | free_kib)
  case ${size:-none}:${free:-none} in *[!0-9:]*) return 0 ;; esac
  [ "$free" -le $((size / 1024 + size / 10240 + 65536)) ] || return 0
  failure DA-HOST-DISK "$((free / 1024)) MiB are free in $backups, and the last dump of $1 had $((size / 1048576)) MiB: none was begun, because a full disk stops the database"
  return 1
}

# The data may lie in another database than the one that the container was made with: then it is no backup to have none of it.
has_no_other_tables() { # service, container
  local own other all
  own=$(database_of "$2")
  all=$(psql_server "$2" "select datname from pg_database where not datistemplate and datallowconn and datname <> '$own'" 2>"$run/backup.error") ||
    { backup_failed "PostgreSQL in $1 does not tell its databases"; return 1; }
  other=$(printf '%s\n' "$all" | while IFS= read -r other; do
    [ -z "$other" ] || [ "$(tables_in "$2" "$other" </dev/null)" = 0 ] || { printf '%s' "$other"; break; }
  done)
  [ -z "$other" ] && return 0
  failure DA-BACKUP-DATABASE "the database $own of $1 has no tables, and $other has some: only the one that POSTGRES_DB names (else POSTGRES_USER) is backed up"
  return 1
}

# In the server's own container: a client of another version cannot be met.
dump_database() { # container, folder
  # shellcheck disable=SC2016 # of the container
  step_into "$2/database.dump" docker exec "$1" sh -c 'exec pg_dump -U "${POSTGRES_USER:-postgres}" -d "${POSTGRES_DB:-${POSTGRES_USER:-postgres}}" --format=custom --no-password'
  case $? in
    0) return 0 ;;
    130) return 130 ;;
  esac
  backup_failed 'pg_dump failed'
  return 1
}

# As `step`, with the output in a file of its own and what goes wrong in $run/backup.error.
step_into() { # file, command
  local file=$1
  shift
  step write_into "$file" "$@"
}

write_into() { # file, command
  local file=$1
  shift
  "$@" >"$file" 2>"$run/backup.error"
}

backup_failed() { # what
  local free
  free=$(df -Pk "$backups" | free_kib)
  if [ "${free:-1}" -lt 1024 ] || grep -q 'No space left' "$run/backup.error"; then
    failure DA-HOST-DISK "the host's disk is full: no backup could be made. \`df -h $backups\` there shows it"
  else
    failure DA-BACKUP-FAILED "$1: $(tail -n 2 "$run/backup.error" | tr '\n' ' ')"
  fi
}

# The table of contents stands at the beginning: only who reads the whole dump knows that none of it is missing.
verify_dump() { # container, dump
  if ! list_dump "$1" "$2" || ! docker exec -i "$1" pg_restore --file=/dev/null <"$2" >/dev/null 2>"$run/backup.error"; then
    failure DA-BACKUP-BROKEN "the dump cannot be read back: $(tail -n 1 "$run/backup.error")"
    return 1
  fi
  [ "$(listed_tables)" -gt 0 ] || { failure DA-BACKUP-BROKEN 'the dump has no table in it, and the database has some'; return 1; }
}

# Its table of contents, as $run/backup.list. Neither pg_restore nor Docker notices that a file which they write is cut by a full disk.
list_dump() { # container, dump
  local listed
  listed=$(docker exec -i "$1" pg_restore --list <"$2" 2>"$run/backup.error") || return 1
  { printf '%s\n' "$listed" >"$run/backup.list"; } 2>"$run/backup.error"
}

# The same in the table of contents of a dump, in $run/backup.list: `215; 1259 16386 TABLE public notes ann`. Their data have a 0
# in place of 1259, which is the number of pg_class everywhere.
listed_tables() {
  awk '$2 == 1259 && ($4 == "TABLE" || $4 == "MATERIALIZED") { n++ } END { print n + 0 }' "$run/backup.list"
}

# Half of what the last one had: somebody has lost something, and nobody should migrate or prune before it is known what.
compare_size() { # service, folder
  local last before size
  last=$(last_dump "$1")
  [ -n "$last" ] || return 0
  before=$(manifest_value "$last" size)
  size=$(wc -c <"$2/database.dump")
  [ "${before:-0}" -le 65536 ] || [ $((size * 2)) -ge "$before" ] || may_shrink "the dump has $((size)) bytes, and the last one of $1 ($last) had $before"
}

# Whoever knows why says so once, for the next backup that is made; its manifest has it. Older backups stay.
may_shrink() { # what has shrunk
  if [ -e "$backups/smaller-is-right" ]; then
    smaller=yes
    progress "note: $1; $backups/smaller-is-right says that this is right"
    return 0
  fi
  failure DA-BACKUP-SHRUNK "$1. If that is right, say so once, on the host, and run it again: touch $backups/smaller-is-right"
  return 1
}

database_size() { psql_in "$1" 'select pg_database_size(current_database())' 2>/dev/null | grep -x '[0-9]*' || printf 0; } # container

# Whom the dump names: owners, and who has rights. They belong to the server, so no dump has them.
roles_of() { # container
  psql_in "$1" "select coalesce(string_agg(role, ' ' order by role), '') from (
    select rolname as role from pg_shdepend s join pg_roles r on r.oid = s.refobjid
      where s.refclassid = 'pg_authid'::regclass and s.dbid = (select oid from pg_database where datname = current_database())
    union select pg_get_userbyid(owner) from (select relowner as owner, relnamespace as space from pg_class union select proowner, pronamespace from pg_proc union select typowner, typnamespace from pg_type
      union select nspowner, oid from pg_namespace) o join pg_namespace n on n.oid = space where n.nspname !~ '^pg_' and n.nspname <> 'information_schema') one
    where role ~ '^[A-Za-z0-9_.@-]+\$' and role !~ '^pg_'" 2>/dev/null | tr -dc 'A-Za-z0-9_.@ -'
}

write_manifest() { # service, container or nothing, why, folder
  local head
  head=$(tail -n 1 "$app_dir/migrations.tsv" 2>/dev/null | cut -f5)
  cat >"$4/manifest.json" <<EOF || return 1
{
  "schema": 1,
  "id": "$backup_id",
  "app": "$app",
  "service": "$1",
  "why": "$3",
  "smaller": "$smaller",
  "bytes": $(bytes_of "$4"/*),
EOF
  [ -z "$2" ] || note_dump "$2" "$4" >>"$4/manifest.json" || return 1
  cat >>"$4/manifest.json" <<EOF
  "volumes": [
$(sed '$!s/$/,/' "$run/volumes.made")
  ],
  "migration": "$head",
  "release": "$(current_release)",
  "verified": "$(timestamp)"
}
EOF
}

bytes_of() { # files
  local file bytes=0
  for file; do bytes=$((bytes + $(wc -c <"$file"))); done
  printf %s "$bytes"
}

note_dump() { # container, folder
  local sum version
  sum=$(sha256sum "$2/database.dump" | cut -d' ' -f1) || return 1
  version=$(psql_in "$1" 'show server_version') || return 1
  cat <<EOF
  "engine": "postgresql",
  "version": "$version",
  "format": "pg_dump custom",
  "file": "database.dump",
  "size": $(($(wc -c <"$2/database.dump"))),
  "sha256": "$sum",
  "tables": $backup_tables,
  "database_size": $(database_size "$1"),
  "roles": "$(roles_of "$1")",
EOF
}

# Not every backup has a dump: a project may have volumes alone.
has_dump() { [ -n "$(manifest_value "$1" sha256)" ]; } # id

last_dump() { # service
  local one last=''
  for one in $(backup_ids "$1"); do ! has_dump "$one" || last=$one; done
  printf %s "$last"
}

backup_bytes() { # id; older manifests have the size of their dump alone
  local bytes
  bytes=$(manifest_value "$1" bytes)
  printf %s "${bytes:-$(manifest_value "$1" size)}"
}

# For a runner that migrates, under its lock.
back_up_or_end() { # service, or nothing for what is at an address
  local code service=$1
  { [ -n "$service" ] || open_for create; } && make_backup "$service" 'before migrations'
  code=$?
  leave_client
  if [ "$code" = 0 ]; then
    event "backed-up id=$backup_id size=$(manifest_value "$backup_id" size) tables=$backup_tables"
    return
  fi
  [ "$code" != 130 ] || stop_migration
  say_why "$code"
  leave_migration
  abort_run
}

# Is it what was verified when it was made, byte for byte, and still a dump?
check_backup() { # id, [container of a server]
  local server=${2:-}
  is_there "$1" || return 1
  check_files "$1" ||
    { failure DA-BACKUP-BROKEN "$1 is not what it was when it was made: its sha256 differs"; return 1; }
  [ -z "$server" ] || ! has_dump "$1" || verify_dump "$server" "$backups/$1/database.dump" || return 1
  check_tars "$1"
}

is_there() { # id
  if is_backup_id "$1" && [ -e "$backups/$1/manifest.json" ]; then return 0; fi
  failure DA-BACKUP-UNKNOWN "there is no backup $1 in $backups; there are: $(backup_ids | tr '\n' ' ')"
  return 1
}

# Lines `sha256  file` of all that belongs to a backup, as sha256sum reads them.
backup_sums() { # id
  local name
  ! has_dump "$1" || printf '%s  database.dump\n' "$(manifest_value "$1" sha256)"
  for name in $(volumes_in "$1"); do printf '%s  volume-%s.tar\n' "$(volume_value "$1" "$name" sha256)" "$name"; done
}

check_files() { # id
  (cd "$backups/$1" && backup_sums "$1" | sha256sum -c) >/dev/null 2>&1
}

list_backups() { # [service]
  local id
  progress "$(printf '%-18s %-12s %12s %-10s %-20s %-20s %s' BACKUP SERVICE BYTES SERVER MIGRATION VOLUMES WHY)"
  for id in $(backup_ids "${1:-}"); do
    progress "$(printf '%-18s %-12s %12s %-10s %-20s %-20s %s' "$id" "$(manifest_value "$id" service)" "$(backup_bytes "$id")" "$(manifest_value "$id" version | cut -d' ' -f1)" "$(manifest_value "$id" migration)" "$(volumes_in "$id" | tr '\n' ' ')" "$(manifest_value "$id" why)")"
  done
}

# Which of these to keep: the newest of each of the last days, weeks and months that have one. Always the newest of all.
# Weeks begin on Monday, and all times are UTC.
kept_backups() { # daily, weekly, monthly; ids on standard input
  sort -r | awk -v daily="$1" -v weekly="$2" -v monthly="$3" '
    function days(year, month, day) { # since the 1st of March of the year 0
      if (month < 3) { year--; month += 12 }
      return 365 * year + int(year / 4) - int(year / 100) + int(year / 400) + int((153 * (month - 3) + 2) / 5) + day - 1
    }
    {
      number = days(substr($1, 1, 4) + 0, substr($1, 5, 2) + 0, substr($1, 7, 2) + 0)
      day = "d" number; week = "w" int((number + 2) / 7); month = "m" substr($1, 1, 6)
      keep = NR == 1
      if (!(day in seen)) { seen[day] = 1; if (n_day++ < daily) keep = 1 }
      if (!(week in seen)) { seen[week] = 1; if (n_week++ < weekly) keep = 1 }
      if (!(month in seen)) { seen[month] = 1; if (n_month++ < monthly) keep = 1 }
      if (keep) print $1
    }'
}

# Never the last one, nor one that a kept release could be restored with; in `kept`. What is not in it goes: no file of a full disk stands between, and a
# list that cannot be right is none.
kept_of() { # ids, daily, weekly, monthly
  local newest pointed
  newest=$(printf '%s\n' "$1" | sort | tail -n 1)
  if ! kept=$(printf '%s\n' "$1" | kept_backups "$2" "$3" "$4") || ! pointed=$(pointed_at_of "$1") || [ -z "$newest" ] || ! has_line "$kept" "$newest"; then
    failure DA-BACKUP-KEPT 'which backups to keep could not be told, so nothing is pruned'
    return 1
  fi
  kept=$kept$newline$pointed
}

has_line() { case $newline$1$newline in *"$newline$2$newline"*) ;; *) return 1 ;; esac; } # text, line

pointed_at_of() { # ids
  local id pointed
  [ -e "$app_dir/migrations.tsv" ] || return 0
  pointed=$(cut -f7 "$app_dir/migrations.tsv") || return 1
  for id in $1; do
    ! has_line "$pointed" "$id" || ! is_pointed_at "$id" || printf '%s\n' "$id"
  done
}

# Those with volumes have the rule for themselves too: the dump that a migration made later on the same day is no substitute for them.
prune_backups() { # service, daily, weekly, monthly
  local id all with='' kept both=''
  all=$(backup_ids "$1")
  [ -n "$all" ] || return 0
  for id in $all; do [ -z "$(volumes_in "$id")" ] || with="$with$newline$id"; done
  if [ -n "$with" ]; then kept_of "${with#"$newline"}" "$2" "$3" "$4" || return 1; both=$kept; fi
  kept_of "$all" "$2" "$3" "$4" || return 1
  kept=$kept$newline$both
  for id in $all; do
    has_line "$kept" "$id" || { rm -rf "${backups:?}/$id"; progress "pruned $id"; }
  done
}

# A kept release is older than the migration that this backup was made before.
is_pointed_at() { # id
  local one
  for one in "$app_dir"/releases/*/settings; do
    one=${one%/settings}
    one=${one##*/}
    ! is_release_id "$one" || [ "$(printf '%s\n%s\n' "${one%%-*}" "$1" | sort | head -n 1)" = "$1" ] || return 0
  done
  return 1
}

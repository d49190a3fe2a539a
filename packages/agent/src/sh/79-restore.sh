# shellcheck shell=dash
# What backups are for: back into a scratch database first, looked at there, and then in the place of the live one by renaming.

restoring=deploy-actions-restore # how our own connections are called in pg_stat_activity
maintenance=template1            # the database that every server has, whatever the app's own is called

psql_server() { # container, SQL
  # shellcheck disable=SC2016 # of the container
  docker exec "$1" sh -c 'PGAPPNAME=$2 exec psql -X -q -A -t -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d "$3" -c "$1"' sh "$2" "$restoring" "$maintenance"
}

database_of() { # container: the app's database
  # shellcheck disable=SC2016 # of the container
  docker exec "$1" sh -c 'printf %s "${POSTGRES_DB:-${POSTGRES_USER:-postgres}}"'
}

find_running_server() { # service
  find_server "$1" || return 1
  [ -n "$server" ] || { failure DA-BACKUP-SERVER "$1 does not run: deploy or migrate first, so that there is a server"; return 1; }
}

# The statement for a new database with the owner, locale and tablespace of the live one; a plain one where that is gone. Newer servers have more to a locale.
new_database_like() { # container, live database, new one
  local made
  made=$(psql_server "$1" "select format('create database %I template template0 owner %I%s encoding %L lc_collate %L lc_ctype %L', '$3', pg_get_userbyid(datdba),
      -- Who is no superuser may not name the one that everybody has.
      case spcname when 'pg_default' then '' else format(' tablespace %I', spcname) end, pg_encoding_to_char(encoding), datcollate, datctype)
    || case d->>'datlocprovider' when 'i' then format(' locale_provider icu icu_locale %L', coalesce(d->>'datlocale', d->>'daticulocale')) || coalesce(' icu_rules ' || quote_literal(d->>'daticurules'), '')
      when 'b' then format(' locale_provider builtin builtin_locale %L', d->>'datlocale') else '' end
    from (select *, to_jsonb(one) as d from pg_database one) o join pg_tablespace t on t.oid = o.dattablespace where datname = '$2'") || return 1
  printf '%s' "${made:-create database \"$3\" template template0}"
}

# Makes a database of a dump. It fails at the first statement that does not work, and ends when the run is told to stop.
load_backup() { # container, id, new database
  psql_server "$1" "$(new_database_like "$1" "$(database_of "$1")" "$3")" >"$run/backup.error" 2>&1 || { failure DA-BACKUP-RESTORE "no scratch database could be made: $(tail -n 1 "$run/backup.error")"; return 1; }
  if [ "$1" = "$client" ]; then
    # A list that is cut has tables without what is in them.
    # shellcheck disable=SC2016 # of the container
    loadable_list | docker exec -i "$1" sh -c 'cat >/tmp/deploy-actions.list && [ "$(wc -l </tmp/deploy-actions.list)" -eq "$1" ]' sh "$(loadable_list | wc -l)" >"$run/backup.error" 2>&1 ||
      { failure DA-BACKUP-RESTORE "what to load of $2 could not be written in the container of the client: $(tail -n 1 "$run/backup.error")"; drop_database "$1" "$3"; return 1; }
    step pg_restore_into "$@" /tmp/deploy-actions.list
  else
    step pg_restore_into "$@"
  fi
  case $? in
    0) return 0 ;;
    130) drop_database "$1" "$3"; return 130 ;;
  esac
  failure DA-BACKUP-RESTORE "pg_restore of $2 failed: $(tail -n 2 "$run/out" | tr '\n' ' ')"
  drop_database "$1" "$3"
  return 1
}

pg_restore_into() { # container, id, database, [file in the container with what is to be restored]
  # shellcheck disable=SC2016 # of the container
  docker exec -i "$1" sh -c 'PGAPPNAME=$2 exec pg_restore -U "${POSTGRES_USER:-postgres}" -d "$1" ${3:+"--use-list=$3"} --exit-on-error --no-password' sh "$3" "$restoring" "${4:-}" <"$backups/$2/database.dump"
}

# Also while something of a run that was stopped is still connected to it.
drop_database() { # container, database
  psql_server "$1" "do \$end\$ declare pids int[]; begin $(end_connections "$2") end \$end\$" >/dev/null 2>&1
  psql_server "$1" "drop database if exists \"$2\"" >/dev/null 2>&1
}

tables_in() { # container, database
  # shellcheck disable=SC2016 # of the container
  docker exec "$1" sh -c 'exec psql -X -q -A -t -U "${POSTGRES_USER:-postgres}" -d "$1" -c "$2"' sh "$2" "$count_tables"
}

# A new server has only the role that it was made with.
has_its_roles() { # container, id
  local missing
  missing=$(psql_server "$1" "select role from unnest(string_to_array('$(manifest_value "$2" roles)', ' ')) role where not exists (select from pg_roles where rolname = role)" 2>/dev/null)
  [ -n "$missing" ] || return 0
  missing=$(printf '%s' "$missing" | tr '\n' ' ')
  failure DA-BACKUP-ROLES "$2 has objects of roles, or rights for them, that this server does not have: $missing. Make them first, each with: create role \"${missing%% *}\""
  return 1
}

# A server whose disk is full stops, and the live database with it. What is loaded goes through the log of the server too, which takes its own size up to about
# a GiB. Where the server's disk cannot be asked, nobody knows.
has_room_to_load() { # container, id
  local size free needed
  size=$(manifest_value "$2" database_size)
  [ "${size:-0}" != 0 ] || size=$(database_size "$1")
  # shellcheck disable=SC2016 # of the container
  free=$(docker exec "$1" sh -c 'df -Pk "$1"' sh "$(psql_server "$1" 'show data_directory' 2>/dev/null)" 2>/dev/null | free_kib)
  case ${size:-none}:${free:-none} in *[!0-9:]*) return 0 ;; esac
  needed=$((size / 1024 + (size < 1073741824 ? size : 1073741824) / 1024 + 65536))
  [ "$free" -lt "$needed" ] || return 0
  failure DA-HOST-DISK "$2 needs about $((needed / 1024)) MiB beside the live database, and $((free / 1024)) are free where the server has its data: nothing was loaded, because a full disk stops the server"
  return 1
}

# Whether this server can take it at all: an older one does not know the dumps of a newer one. Its table of contents is in $run/backup.list then.
can_load() { # container, id
  list_dump "$1" "$backups/$2/database.dump" || { failure DA-BACKUP-BROKEN "$2 cannot be read: $(tail -n 1 "$run/backup.error")"; return 1; }
  has_its_roles "$1" "$2" || return 1
  # The disk of a server elsewhere cannot be asked.
  if [ "$1" = "$client" ]; then may_load "$2"; else has_room_to_load "$1" "$2"; fi
}

# Loads a backup beside and looks whether all is there.
load_and_check() { # container, id, new database
  local wanted found
  can_load "$1" "$2" || return 1
  wanted=$(listed_tables)
  load_backup "$@" || return $?
  found=$(tables_in "$1" "$3")
  [ "$found" = "$wanted" ] && return 0
  failure DA-BACKUP-RESTORE "$2 has $wanted tables, and $found came back"
  drop_database "$1" "$3"
  return 1
}

# The live database stays under another name: nothing is lost by a restore that was a mistake. What is connected is ended.
restore_backup() { # service, id, [into]
  local server='' code
  is_there "$2" || return 1
  ! has_dump "$2" || find_running_server "$1" || return 1
  # It was read to its end when it was made, and is the same byte for byte; loading it reads it again.
  check_backup "$2" || return 1
  is_ours "$2" "$1" "${3:-}" || return 1
  [ -z "$server" ] || can_load "$server" "$2" || return 1
  if [ -n "${3:-}" ]; then restore_into "$@"; return $?; fi
  unpack_volumes "$2" "until_$(date -u +%Y%m%dt%H%M%Sz)" "$app_dir/restore.volumes" || return $?
  if [ -n "$server" ]; then restore_database "$1" "$2"; else exchange_volumes && restore_counts; fi
  code=$?
  settle_volumes && end_loading
  [ "$code" = 0 ] || return "$code"
  [ ! -e "$app_dir/restore.stopped" ] || { failure DA-BACKUP-RESTORE "the data are those of $2, but what was stopped for it does not run: docker start $(tr '\n' ' ' <"$app_dir/restore.stopped")"; return 1; }
}

# Beside the live one; of volumes nothing.
restore_into() { # service, id, new database
  local code
  [ -n "$server" ] || { failure DA-INPUT-INVALID "--into names $3, and $2 has no database in it"; return 1; }
  [ "$3" != "$(database_of "$server")" ] || { failure DA-INPUT-INVALID "--into names $3, which is the live database: leave it out"; return 1; }
  ! has_database "$server" "$3" || { failure DA-INPUT-INVALID "--into names $3, which is there already: a restore makes a new database"; return 1; }
  begin_loading "$1" "$3" || return 1
  load_and_check "$server" "$2" "$3" && progress "$2 is in the database $3"
  code=$?
  end_loading
  return "$code"
}

# The volumes are exchanged when all is loaded: what uses them stands still, also for the database. The mark of `begin_loading` stays until they are settled: a
# next run asks the database what became of the restore.
restore_database() { # service, id
  local live scratch old code
  live=$(database_of "$server")
  progress 'a backup of what is there now comes first'
  back_up_what_is_there "$1" "before a restore of $2" || return $?
  scratch=${live}_restore_$nonce
  old=${live}_until_$(date -u +%Y%m%dt%H%M%Sz)
  begin_loading "$1" "$scratch" "$live" "$old" "$2" || return 1
  load_and_check "$server" "$2" "$scratch" && exchange_or_drop "$server" "$scratch" && take_its_place "$server" "$live" "$scratch" "$old"
  code=$?
  [ "$code" = 0 ] || return "$code"
  restore_counts
  note_restored "$1" "$2"
  progress "$live is what it was in $2. The one before is kept as $old (open, for who wants to look; drop it when all is well)$(! is_backup_id "$backup_id" || printf ', and its backup is %s' "$backup_id")"
}

exchange_or_drop() { # container, database that was loaded
  local code
  exchange_volumes && return 0
  code=$?
  drop_database "$1" "$2"
  return "$code"
}

# A database that is damaged cannot be dumped, and has to be restored all the more. It is there under its other name.
back_up_what_is_there() { # service, why
  local code
  mild=yes
  make_backup "$1" "$2" anyway
  code=$?
  mild=''
  case $code in 0 | 130) return "$code" ;; esac
  backup_id=''
  progress 'warning: what is there now could not be backed up; the restore goes on, because it only gets another name'
}

# From here on it is done to its end: a run that was told to stop stops before.
take_its_place() { # container, live, scratch, name for the old one
  ! stop_requested || { drop_database "$1" "$3"; return 130; }
  stoppable=''
  swap_databases "$@"
}

note_restored() { # service, backup
  forget_migrations_after "$2"
  printf '%s\t-\t%s\t?\t%s\t-\t-\t-\n' "$(timestamp)" "$1" "$(manifest_value "$2" migration)" >>"$app_dir/migrations.tsv"
}

# The data of another app, or of another server, are no older state of these. Into a database of its own those of another server may go.
is_ours() { # id, service, [into]
  local of
  of=$(manifest_value "$1" app)
  [ "$of" = "$app" ] || { failure DA-BACKUP-OTHER "$1 is a backup of the app \"$of\", and this is $app"; return 1; }
  of=$(manifest_value "$1" service)
  [ -n "${3:-}" ] || [ "$of" = "$2" ] || { failure DA-BACKUP-OTHER "$1 is a backup of the service \"$of\", and $2 is to be restored. If it is meant, restore it into a new database and look at it there"; return 1; }
}

# What was taken away since is there again: the way back past it is open.
forget_migrations_after() { # backup
  [ -e "$app_dir/migrations.tsv" ] || return 0
  awk -F'\t' -v OFS='\t' -v at="$1" '{ when = $1; gsub(/[-:]/, "", when); if (when > at && $6 == "crossing") $6 = "undone"; print }' "$app_dir/migrations.tsv" | write_file "$app_dir/migrations.tsv"
}

# The newest one into a scratch database, looked at, dropped, and its volumes into others beside: whether it could be restored, and how long that takes.
# Checks are lines `SQL => result`.
drill() { # service, [file with checks]
  local server='' id began code
  id=$(backup_ids "$1" | tail -n 1)
  [ -n "$id" ] || { failure DA-BACKUP-UNKNOWN "there is no backup of $(name_of "$1") in $backups yet"; return 1; }
  ! has_dump "$id" || find_running_server "$1" || return 1
  check_backup "$id" || return 1
  now_ms
  began=$now
  unpack_volumes "$id" "drill_$nonce" "$app_dir/drill.volumes" || return $?
  remove_unpacked "$app_dir/drill.volumes" || { failure DA-BACKUP-RESTORE 'the volumes of the drill could not be removed'; return 1; }
  [ -z "$(volumes_in "$id")" ] || { now_ms; progress "the volumes of $id were unpacked into others beside in $(((now - began) / 1000)) s: $(volumes_in "$id" | tr '\n' ' ')"; }
  [ -z "$server" ] || drill_database "$1" "$id" "${2:-}"
}

drill_database() { # service, id, file with checks or nothing
  local id=$2 scratch began query wanted found wrong=0
  scratch=$(database_of "$server")_drill_$nonce
  now_ms
  began=$now
  begin_loading "$1" "$scratch" || return 1
  load_and_check "$server" "$id" "$scratch" || { set -- $?; end_loading; return "$1"; }
  now_ms
  if [ -n "$3" ]; then
    while IFS= read -r query || [ -n "$query" ]; do
      case $query in '' | '#'*) continue ;; esac
      wanted=${query##*=> } query=${query% =>*}
      # shellcheck disable=SC2016 # of the container
      found=$(docker exec "$server" sh -c 'exec psql -X -q -A -t -U "${POSTGRES_USER:-postgres}" -d "$1" -c "$2"' sh "$scratch" "$query" 2>&1 </dev/null)
      if [ "$found" = "$wanted" ]; then progress "ok      $query"; else progress "WRONG   $query: $found, not $wanted"; wrong=1; fi
    done <"$3"
  fi
  drop_database "$server" "$scratch"
  end_loading
  progress "$id was restored into a scratch database in $(((now - began) / 1000)) s, with $(manifest_value "$id" tables) tables; the scratch database is dropped"
  [ "$wrong" = 0 ] || { failure DA-BACKUP-CHECK "the drill of $id found what should not be"; return 1; }
}

# The same for a runner, which uploads to $run/backup: `request` (lines option=value) and `checks`.
backup_for_runner() { # verb
  local code service
  find_backups
  if [ -z "$(current_release)" ] && [ "$1" = create ]; then
    progress "no release is live in $app_dir: nothing to back up"
    event 'backup-done id=nothing-to-back-up deployed=no'
    return
  fi
  load_current
  url_variable=$(value_of "$run/backup/request" url-env) url_image=$(value_of "$run/backup/request" image)
  [ ! -s "$run/backup/database-url" ] || url_file=$run/backup/database-url
  service=$(value_of "$run/backup/request" service)
  [ -n "$service$(postgres_services)" ] || at_address || url_variable=$(value_of "$run/backup/request" url-env-else)
  [ -n "$service" ] || at_address || [ "$1" = list ] || [ "$1" = unschedule ] || service=$(service_of_backups "$1" "$run/backup/volumes") || { printf '%s\n' "$service"; abort_run; }
  { ! at_address || open_for "$1"; } && backup_one "$1" "$service"
  code=$?
  leave_client
  if [ "$code" != 0 ]; then
    say_why "$code"
    abort_run
  fi
  event "backup-done id=$backup_id size=$(backup_bytes "$backup_id") sha256=$(manifest_value "$backup_id" sha256) ids=$(backup_ids | tr '\n' ',') service=$service"
}

backup_one() { # verb, service
  local id checks=''
  id=$(value_of "$run/backup/request" id)
  [ ! -s "$run/backup/checks" ] || checks=$run/backup/checks
  backup_id=${id:-$(backup_ids "$2" | tail -n 1)}
  case $1 in
    create) make_backup "$2" 'by the action backup' '' "$run/backup/volumes" ;;
    look) ;; # what it would be about
    list) list_backups "$2" ;;
    verify) verify_command "$2" "$id" "$(value_of "$run/backup/request" stored)" ;;
    restore) restore_backup "$2" "$id" "$(value_of "$run/backup/request" into)" && backup_id=$id ;;
    drill) drill "$2" "$checks" ;;
    prune)
      # shellcheck disable=SC2046 # numbers
      prune_backups "$2" $(value_of "$run/backup/request" retention)
      ;;
    schedule)
      schedule_backups "$2" "$(value_of "$run/backup/request" calendar)" "$(value_of "$run/backup/request" retention | tr ' ' ',')" \
        "$(value_of "$run/backup/request" overdue)" "$run/backup/volumes" "$run/backup/heartbeat"
      ;;
    unschedule) unschedule_backups ;;
  esac
}

backup_usage() { die DA-INPUT-INVALID 'usage: release backup create | list | verify [ID] | restore ID --confirm APP [--into NAME] | drill [--checks FILE] | prune [--keep DAILY,WEEKLY,MONTHLY], each with [--service NAME | --database-url-env [SERVICE:]VARIABLE | --database-url-file FILE] [--database-image IMAGE]; create and schedule also with --volume "NAME [pause=SERVICE,...]" for each volume; schedule [--at CALENDAR] [--keep D,W,M] [--overdue-after HOURS] [--heartbeat FILE with an https address] | unschedule'; }

# By hand, or from a timer: no runner is needed.
backup_command() { # verb, arguments
  local verb=${1:-} service='' confirm='' into='' checks='' keep=7,4,12 id='' volumes='' at='*-*-* 03:17:00' overdue=26 heartbeat=''
  [ $# -eq 0 ] || shift
  while [ $# -gt 0 ]; do
    case $1 in
      --service) service=${2:-}; shift ;;
      --database-url-env) url_variable=${2:-}; is_variable "$url_variable" || backup_usage; shift ;;
      --database-url-file) url_file=${2:-}; shift ;;
      --database-image) url_image=${2:-}; shift ;;
      --confirm) confirm=${2:-}; shift ;;
      --into) into=${2:-}; shift ;;
      --checks) checks=${2:-}; shift ;;
      --keep) keep=${2:-}; shift ;;
      --at) at=${2:-}; shift ;;
      --overdue-after) overdue=${2:-}; shift ;;
      --heartbeat) heartbeat=${2:-}; shift ;;
      --volume) volumes=$volumes$(volume_line "${2:-}") || backup_usage; volumes=$volumes$newline; shift ;;
      -*) backup_usage ;;
      *) id=$1 ;;
    esac
    [ $# -eq 0 ] || shift
  done
  case $into in *[!A-Za-z0-9_]*) die DA-INPUT-INVALID "--into takes letters, digits and _, not \"$into\"" ;; esac
  [ -z "$checks" ] || [ -r "$checks" ] || die DA-INPUT-INVALID "--checks: there is no file $checks"
  [ -z "$heartbeat" ] || { [ -f "$heartbeat" ] && [ -r "$heartbeat" ] && [ -s "$heartbeat" ]; } || die DA-INPUT-INVALID "--heartbeat: there is no file $heartbeat with anything in it"
  check_address_options "$verb" "$service"
  spare_candidate=yes
  begin_on_host
  stoppable=yes
  load_current
  find_backups || exit 1
  printf %s "$volumes" >"$run/volumes"
  [ "$verb" != scheduled ] || { url_variable=$(schedule variable) url_image=$(schedule image); }
  if at_address; then open_for "$verb" || end_by_hand $?; fi
  [ -n "$service" ] || case $verb in list | unschedule | scheduled) ;; *) false ;; esac || service=$(service_of_backups "$verb" "$run/volumes") || exit 1
  case $verb in
    create) make_backup "$service" 'by hand' '' "$run/volumes" || end_by_hand $?; progress "$backup_id" ;;
    list) list_backups "$service" ;;
    verify) verify_command "$service" "$id" || exit 1 ;;
    restore)
      [ -n "$id" ] || backup_usage
      [ "$confirm" = "$app" ] || die DA-BACKUP-CONFIRM "a restore takes the place of the live data of $app: say so with --confirm $app"
      restore_backup "$service" "$id" "$into" || end_by_hand $?
      ;;
    drill) drill "$service" "$checks" || end_by_hand $? ;;
    prune)
      is_retention "$keep" || backup_usage
      # shellcheck disable=SC2046 # numbers
      prune_backups "$service" $(printf '%s' "$keep" | tr ',' ' ') || exit 1
      ;;
    schedule)
      is_retention "$keep" || backup_usage
      schedule_backups "$service" "$at" "$keep" "$overdue" "$run/volumes" "$heartbeat" || exit 1
      ;;
    unschedule) unschedule_backups || exit 1 ;;
    scheduled) scheduled_backup "$service" || end_by_hand $? ;;
    *) backup_usage ;;
  esac
}

is_variable() { # [service:]NAME
  case ${1#*:} in '' | [!A-Za-z_]* | *[!A-Za-z0-9_]*) return 1 ;; esac
  case $1 in *:*) is_volume_name "${1%%:*}" ;; esac
}

check_address_options() { # verb, service
  [ -z "$url_file" ] || { [ -f "$url_file" ] && [ -r "$url_file" ] && [ -s "$url_file" ]; } || die DA-INPUT-INVALID "--database-url-file: there is no file $url_file with anything in it"
  [ -z "$url_file" ] || [ -z "$url_variable" ] || die DA-INPUT-INVALID '--database-url-env and --database-url-file both say where the database is: give one'
  ! at_address || [ -z "$2" ] || die DA-INPUT-INVALID "--service names $2, and the database is given by its address: give one"
  [ -z "$url_file" ] || [ "$1" != schedule ] || die DA-INPUT-INVALID '--database-url-file is for now, and the timer needs the address every night: give --database-url-env'
  case $url_image in -* | *[!A-Za-z0-9./:@_-]*) die DA-INPUT-INVALID "--database-image takes the reference of an image, not \"$url_image\"" ;; esac
  [ -z "$url_image" ] || at_address || die DA-INPUT-INVALID '--database-image is for a database at an address: give --database-url-env or --database-url-file, too'
}

is_retention() { case $1 in *[!0-9,]* | *,*,*,* | ,* | *, | *,,*) return 1 ;; *,*,*) ;; *) return 1 ;; esac; }

end_by_hand() { # status
  [ "$1" != 130 ] || say_stopped
  exit 1
}

verify_command() { # service, id or all, [yes: there are others in a store]
  local id ids server
  find_server "$1" || return 1
  for id in $(backup_ids); do
    [ -n "$(manifest_value "$id" service)" ] || [ -n "$2" ] || { failure DA-BACKUP-BROKEN "$id has no manifest that can be read"; return 1; }
  done
  ids=${2:-$(backup_ids "$1")}
  if [ -z "$ids" ] && [ "${3:-}" != yes ]; then
    failure DA-BACKUP-UNKNOWN "there is no backup of $(name_of "$1") in $backups: nothing could be verified"
    return 1
  fi
  for id in $ids; do
    check_backup "$id" "$server" || return 1
    progress "$id is as it was made"
  done
}

# `uploads pause=web,worker` as `uploads web,worker`.
volume_line() { # words
  case $1 in
    *' pause='*[!A-Za-z0-9_.,-]* | *[!A-Za-z0-9_.,=\ -]*) return 1 ;;
    *' pause='?*) printf '%s %s' "${1%% *}" "${1#* pause=}" ;;
    *' '* | '') return 1 ;;
    *) printf '%s' "$1" ;;
  esac
}

# Without a PostgreSQL service a project may have volumes to back up; those belong to `-` then.
service_of_backups() { # verb, file with volumes
  if [ -z "$(postgres_services)" ] && { case $1 in create | schedule) false ;; esac || [ -s "$2" ]; }; then printf -; else postgres_service; fi
}

name_of() { if [ "$1" = - ]; then printf 'volumes alone, and the live release has no PostgreSQL service that is known by its image: name it with --service'; else printf %s "$1"; fi; } # service

postgres_services() { setting databases | tr ',' '\n' | sed -n 's/:\(postgres\|postgresql\|postgis\|pgvector\|timescaledb\)[^:]*$//p'; }

# The one that the live release has; of several somebody has to choose.
postgres_service() {
  local found
  found=$(postgres_services)
  case $found in
    '') failure DA-BACKUP-SERVER 'the live release has no PostgreSQL service that is known by its image: name it with --service. Of a database elsewhere the address is needed: input database-url-env, or --database-url-env on the host. Volumes alone can be backed up too' ;;
    *"$newline"*) failure DA-BACKUP-SERVER "the live release has several PostgreSQL services: name one with --service ($(printf '%s' "$found" | tr '\n' ' '))" ;;
    *) printf '%s' "$found"; return 0 ;;
  esac
  return 1
}

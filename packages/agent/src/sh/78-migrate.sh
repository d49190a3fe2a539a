# shellcheck shell=dash
# A one-off container of a release's image in which the tools of run-migrations run (run-migrations), on the networks and with the environment of the
# app. It never outlives the run: when that ends, however it ends, the container goes, and what it had open in PostgreSQL is ended there.
# The runner uploads to $run/migration: `request` (lines option=value), `needs` (services that have to run), and `<step>.sh`.

migration=''           # the container
migrating=''           # yes: this run has begun to change the database
migration_addresses='' # its addresses: who comes from there to PostgreSQL is of this run
migration_server=''    # the container of PostgreSQL, where it is one of the project's

migration_request() { value_of "$run/migration/request" "$1"; }

# Makes the container. What the migrations need of the project is started, as a deploy would start it; nothing that runs is touched.
open_migration() { # release id
  local image
  [ ! -d "$app_dir/releases/$1.tmp" ] || receive_release "$1"
  operation=migrate
  use_release "$1"
  migration_release=$1
  docker_answers || { failure DA-HOST-DOCKER-PERMISSION 'Docker on the host does not answer'; return 1; }
  # Opened once more, to ask how far it came, this very run is none that somebody left.
  [ -n "$migrating" ] || settle_migration
  image=$(migration_request image)
  pull_images "$image" || return $?
  if [ "$(migration_request looks)" = yes ]; then
    each_service 'keep|recreate|start' note_absent
    [ ! -s "$run/migration/absent" ] || { event "migration-absent services=$(tr '\n' ',' <"$run/migration/absent")"; return 0; }
  else
    make_directories
    made_app='' # there is something in the folder now
    [ -n "$(current_release)" ] || grep -qs '"event":"live"' "$app_dir/log.jsonl" || : >"$app_dir/migrated-first"
    # shellcheck disable=SC2046 # image references have no spaces
    pull_images $(each_service 'keep|recreate|start' image_needed | sort -u) || return $?
    each_service 'keep|recreate|start' start_needed || return $?
    await_dependencies "$project" "$(sed 's/$/:healthy/' "$run/migration/needs" | tr '\n' ',')-" || return $?
  fi
  migration_server=$(running_of "$project" "$(migration_request database)" | head -n 1)
  make_migration_container || return $?
  event "migration-open name=$migration server=${migration_server:--}"
}

is_needed() { grep -qxF "$1" "$run/migration/needs"; } # service
note_absent() { ! is_needed "$1" || all_run "$project" "$1" || printf '%s\n' "$1" >>"$run/migration/absent"; } # fields
image_needed() { ! is_needed "$1" || printf '%s\n' "$3"; } # fields

start_needed() { # fields
  is_needed "$1" || return 0
  if [ -z "$(containers_of "$project" "$1")" ]; then
    progress "creating $1"
    compose '' base.json up --no-start --no-recreate --no-deps --pull never --no-build "$1" || base_failed $? || return $?
  fi
  start_base_service "$@"
}

# It sleeps, and the steps are run in it. At its limit it ends by itself, whoever is still there to stop it.
make_migration_container() {
  local name
  name=$project-migration-$nonce
  compose '' migrate.json run -d -T --rm --no-deps --name "$name" --label "deploy-actions.app=$app" --label "deploy-actions.migration=$nonce" \
    --entrypoint sh "$(migration_request service)" -c "trap 'exit 0' TERM; sleep $(migration_request seconds) & wait" || migration_failed $? || return $?
  migration=$name
  migration_addresses=$(inspect '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "$name")
  # shellcheck disable=SC2086 # addresses
  guard_container "$name" "${migration_server:--}" $migration_addresses
}

# Somebody may have ended it, and how far it came is still to be asked.
require_migration_container() {
  local tries=0
  [ "$(inspect '{{.State.Running}}' "$migration")" != true ] || return 0
  docker rm -f "$migration" >/dev/null 2>&1
  until is_gone "$migration" || [ "$tries" -ge 50 ]; do
    tries=$((tries + 1))
    pause 0.1
  done
  make_migration_container
}

migration_failed() { # status
  [ "$1" != 130 ] || return 130
  failure DA-MIGRATION-CONTAINER "no container of $(migration_request image) could be made for the migrations: $(tail -n 2 "$run/out" | tr '\n' ' ')"
  raw <"$run/out"
  return 1
}

# Runs one step and tells all that it said. At its limit or when the run is told to stop everything of it is gone before this returns.
run_migration() { # step, seconds, crossing or nothing
  local code=''
  require_migration_container || return $?
  if [ "$1" = apply ] || [ "$1" = down ]; then
    migrating=yes
    printf 'since=%s\nwho=%s\nstep=%s\ncrossing=%s\n' "$(timestamp)" "$(value_of "$app_dir/lock.holder" who)" "$1" "${3:-}" | write_file "$app_dir/migration.running"
  fi
  start_migration_step "$1"
  await_migration_step "$1" "$2"
  code=$?
  case $code in
    0) code=$(cat "$run/migration/code") ;;
    124) close_migration; code=timeout ;;
    *) return "$code" ;;
  esac
  # What a way back may have to stop at is kept until somebody has said what came of it.
  left_crossing || rm -f "$app_dir/migration.running"
  event "migration-step step=$1 code=$code"
  raw <"$run/migration/out"
  event end
}

start_migration_step() { # step
  local word script
  rm -f "$run/migration/code"
  : >"$run/migration/out"
  script=$(cat "$run/migration/$1.sh")
  (
    set --
    # The words of an entrypoint, one a line: it gets the shell as what it is to run.
    [ ! -s "$run/migration/entrypoint" ] || while IFS= read -r word; do set -- "$@" "$word"; done <"$run/migration/entrypoint"
    word=$(migration_request directory)
    docker exec ${word:+-w "$word"} "$migration" "$@" sh -c "$script" </dev/null >"$run/migration/out" 2>&1
    printf '%s' "$?" >"$run/migration/code.next"
    mv "$run/migration/code.next" "$run/migration/code"
  ) 9>&- 8>&- 7>&- 4>&- &
}

await_migration_step() { # step, seconds; 124: it took too long, 130: a stop request came
  local deadline say_at last
  now_ms
  deadline=$((now + $2 * 1000))
  say_at=$((now + 10000))
  until [ -e "$run/migration/code" ]; do
    ! stop_requested || return 130
    now_ms
    [ "$now" -lt "$deadline" ] || return 124
    if [ "$now" -ge "$say_at" ]; then
      last=$(grep -v '^@deploy-actions\|^|\|^$' "$run/migration/out" | tail -n 1 | cut -c 1-200)
      progress "$1 goes on${last:+: $last}"
      say_at=$((now + 10000))
    fi
    pause 0.1
  done
}

# The container first: what it would still send can come no more. Then what the server does on its behalf.
close_migration() {
  [ -n "$migration" ] || return 0
  docker rm -f "$migration" >/dev/null 2>&1
  [ -z "$migration_server" ] || [ -e "$run/migration/code" ] || end_backends "$migration_server" "$migration_addresses"
  migration=''
}

# PostgreSQL notices that a client is gone when it wants to tell it something: a statement that waits or works would go on.
end_backends() { # container of the server, addresses
  local deadline left
  now_ms
  deadline=$((now + 10000))
  while :; do
    left=$(psql_in "$1" "select count(pg_terminate_backend(pid)) from pg_stat_activity where client_addr = any (string_to_array('$(printf '%s' "$2" | tr -s ' ' ',' | sed 's/^,//; s/,$//')', ',')::inet[])" 2>/dev/null)
    case $left in 0 | '') break ;; esac
    now_ms
    [ "$now" -lt "$deadline" ] || { failure DA-MIGRATION-BACKENDS "$left connections of the migrations did not end in PostgreSQL: \`select * from pg_stat_activity\` shows them"; return 1; }
    pause 0.2
  done
  [ -z "$left" ] || progress 'no connection of the migrations is left in PostgreSQL'
}

# As the user and in the database that the container was made with.
psql_in() { # container, SQL
  # shellcheck disable=SC2016 # of the container
  docker exec "$1" sh -c 'exec psql -X -q -A -t -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d "${POSTGRES_DB:-${POSTGRES_USER:-postgres}}" -c "$1"' sh "$2"
}

# Told to stop: nothing of it runs on, and where the database is now is asked once more, for whoever still listens and for the next run.
stop_migration() {
  local why
  why=$(cat "$run/stop" 2>/dev/null)
  stoppable=''
  rm -f "$run/migration/code"
  close_migration
  # What it had said until then goes before what the status says.
  mv -f "$run/migration/out" "$run/migration/said" 2>/dev/null
  if [ -e "$run/migration/status.sh" ] && make_migration_container; then
    start_migration_step status
    await_migration_step status 60
    event "migration-left why=$why"
    cat "$run/migration/said" "$run/migration/out" 2>/dev/null | raw
    event end
  fi
  leave_migration
}

# Also where the run was killed, the container is gone by its guard or its own limit; what it had applied the status tells.
settle_migration() {
  local since ids
  ids=$(docker ps -aq --filter "label=deploy-actions.app=$app" --filter label=deploy-actions.migration)
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  [ -z "$ids" ] || docker rm -f $ids >/dev/null 2>&1
  since=$(value_of "$app_dir/migration.running" since) || return 0
  progress "note: the migrations of $since ($(value_of "$app_dir/migration.running" who)) were stopped in the middle; the status says what they have applied"
  ! left_crossing || printf '%s\t-\t-\t?\t?\tcrossing\t-\t-\n' "$since" >>"$app_dir/migrations.tsv"
  rm -f "$app_dir/migration.running"
}

# Nobody knows how far it came: for a way back it counts as applied.
left_crossing() { [ "$(value_of "$app_dir/migration.running" crossing)" = crossing ]; }

leave_migration() {
  close_migration
  [ -z "$migration_release" ] || [ "$migration_release" = "$(current_release)" ] || rm -rf "$app_dir/releases/$migration_release" "$app_dir/releases/$migration_release.tmp"
  migration_release=''
}

migration_release=''

# A line for each run that changed the database: time, tool, service, before, after, `crossing` or -, backup, address of the run.
record_migration() { # the line is in $run/migration/record; it is empty where nothing was changed
  [ ! -s "$run/migration/record" ] || { printf '%s\t' "$(timestamp)"; cat "$run/migration/record"; } >>"$app_dir/migrations.tsv" || return $?
  rm -f "$app_dir/migration.running"
  [ -s "$run/migration/record" ] || return 0
  # The live release has just shown that it can live with it: a contract step is run for its very image.
  [ -z "$(current_release)" ] || note_schema "$app_dir/current"
}

# What a release found when it went live. Between two with different numbers something was taken away that the older one may need.
note_schema() { # release directory
  [ -e "$app_dir/migrations.tsv" ] || return 0
  printf 'head=%s\ncrossings=%s\n' "$(tail -n 1 "$app_dir/migrations.tsv" | cut -f5)" "$(crossings)" | write_file "$1/schema"
}

crossings() { cut -f6 "$app_dir/migrations.tsv" 2>/dev/null | grep -c '^crossing$'; }

# Going back to a release of before a contract step: its code may use what is gone.
schema_stays() {
  local known backup
  ! left_crossing || settle_migration
  [ -e "$app_dir/migrations.tsv" ] || return 0
  known=$(value_of "$release_dir/schema" crossings)
  [ "$(crossings)" -gt "${known:-0}" ] || return 0
  backup=$(cut -f6,7 "$app_dir/migrations.tsv" | sed -n "s/^crossing$tab//p" | sed -n "$((${known:-0} + 1))p")
  case $backup in '' | - | nothing-to-back-up) backup='No backup was made before it' ;; *) backup="To have the data of before back as well: $app_dir/bin/release backup restore $backup --confirm $app" ;; esac
  if [ "$force_schema" = yes ]; then progress "going back over a contract step of the database, as it was asked for. $backup"; return 0; fi
  failure DA-ROLLBACK-SCHEMA "$release is of before a migration that took something away ($(cut -f5,6 "$app_dir/migrations.tsv" | sed -n "s/${tab}crossing$//p" | sed -n "$((${known:-0} + 1))p")): its code may use what is gone. $backup. To go back all the same: \`force: true\`, or --force on the host"
  return 1
}

force_schema='' # yes: somebody knows better

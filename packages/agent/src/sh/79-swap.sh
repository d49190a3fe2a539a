# shellcheck shell=dash
# A database that was loaded beside the live one takes its place. What is loaded is noted first, so that the next run can take away what a dead one left.

# Lines key=value for `settle_restore`.
begin_loading() { # service, new database, [live database, name for it afterwards, backup]
  restoring=deploy-actions-restore-$nonce # others may restore on the same server
  { ! is_address "$1" || keep_client; } &&
    printf 'project=%s\nservice=%s\nloaded=%s\nlive=%s\nold=%s\nbackup=%s\nas=%s\n' "$project" "$1" "$2" "${3:-}" "${4:-}" "${5:-}" "$restoring" | write_file "$app_dir/restore.running" && return 0
  failure DA-BACKUP-WRITE "$(id -un) cannot write in $app_dir"
  return 1
}

# Whoever settles this restore finds the server by what this run was given.
keep_client() {
  sed "s,^#image.*,#image $client_image," "$run/client" | write_file "$app_dir/restore.client" && { [ ! -e "$run/client.root" ] || cp "$run/client.root" "$app_dir/restore.client.root"; }
}

end_loading() { rm -f "$app_dir/restore.running" "$app_dir/restore.client" "$app_dir/restore.client.root"; }

# All of it in one transaction of one call: whoever dies meanwhile, the live database is the one or the other, and open. What is connected is ended; who comes
# back before the name is free is ended again.
swap_databases() { # container, live, loaded, name for the old one
  psql_server "$1" "
    do \$swap\$
    declare
      one text;
      pids int[];
    begin
$(like_the_live_one "$2" "$3")
      if exists (select from pg_database where datname = '$2') then
        for try in 1..6 loop
$(end_connections "$2")
          begin
            execute format('alter database %I rename to %I', '$2', '$4');
            exit;
          exception when object_in_use then
            if try = 6 then raise exception '% (%)', sqlerrm, (select string_agg(distinct coalesce(usename, backend_type), ' ') from pg_stat_activity where datname = '$2'); end if;
          end;
        end loop;
      end if;
      execute format('alter database %I rename to %I', '$3', '$2');
    end
    \$swap\$" >"$run/backup.error" 2>&1 && { say_not_copied; return 0; }
  drop_database "$1" "$3"
  failure DA-BACKUP-RESTORE "the databases could not be exchanged: $(sed -n 's/^ERROR: *//p' "$run/backup.error" | tail -n 1); the one of before is in its place"
  return 1
}

# All that this user may end: no superuser's, where it is none itself. The server ends its own. Statements of PL/pgSQL with a variable `pids`.
end_connections() { # database
  cat <<EOF
          perform pg_stat_clear_snapshot();
          pids := array(select pid from pg_stat_activity where datname = '$1' and pid <> pg_backend_pid());
          for n in 1..cardinality(pids) loop
            begin
              perform pg_terminate_backend(pids[n]);
            exception when insufficient_privilege then null;
            end;
          end loop;
EOF
}

say_not_copied() { sed -n 's/^WARNING: */not done in the new database: /p' "$run/backup.error" | raw; }

# What a dump does not have, because it belongs to the database and not to what is in it: rights, settings, a limit, a comment.
like_the_live_one() { # live database, new one; part of a block of PL/pgSQL
  cat <<EOF
      for one in
        with live as (select * from pg_database where datname = '$1'),
          setting as (select setrole, split_part(line, '=', 1) as name, substr(line, strpos(line, '=') + 1) as value
            from pg_db_role_setting, unnest(setconfig) line where setdatabase = (select oid from live))
        select format('revoke all on database %I from public, %I', '$2', pg_get_userbyid(datdba)) from live where datacl is not null
        union all select format('grant %s on database %I to %s%s', privilege_type, '$2', case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
          case when is_grantable then ' with grant option' else '' end) from live, aclexplode(datacl)
        union all select format('alter %s set %I to %s',
          case setrole when 0 then format('database %I', '$2') else format('role %I in database %I', pg_get_userbyid(setrole), '$2') end, name,
          -- A list is a list of words that have their quotes already.
          case when name not in ('search_path', 'temp_tablespaces', 'session_preload_libraries', 'local_preload_libraries') then quote_literal(value)
            when value in ('', '""') then quote_literal('') else value end) from setting
        union all select format('alter database %I connection limit %s', '$2', datconnlimit) from live where datconnlimit >= 0
        union all select format('comment on database %I is %L', '$2', shobj_description(oid, 'pg_database')) from live where shobj_description(oid, 'pg_database') is not null
      loop
        begin
          execute one;
        exception when others then
          raise warning '% (%)', one, sqlerrm;
        end;
      end loop;
EOF
}

has_database() { [ -n "$(psql_server "$1" "select 1 from pg_database where datname = '$2'" 2>/dev/null)" ]; } # container, database

# A run that loaded a backup was killed. What it still does in the server ends there, and what it loaded goes, unless it is in its place already: the volumes
# follow what the database says. It fails where volumes have to wait for that.
settle_restore() {
  restore_is_unsettled || return 0
  docker_answers || { cannot_settle 'Docker on the host does not answer'; return; }
  remove_unpacked "$app_dir/drill.volumes"
  [ ! -e "$app_dir/restore.running" ] || settle_loading || { cannot_settle "PostgreSQL in $(value_of "$app_dir/restore.running" service) cannot be asked whether it counts"; return; }
  if any_is_there restore.volumes restore.exchanged restore.counts restore.stopped; then
    settle_volumes || return 1
    progress 'note: the volumes of a restore that was stopped are settled'
  fi
  end_loading
}

restore_is_unsettled() { any_is_there restore.running restore.volumes restore.exchanged restore.counts restore.stopped drill.volumes; }

any_is_there() { # names in the app's folder
  local one
  for one; do [ ! -e "$app_dir/$one" ] || return 0; done
  return 1
}

restore_is_settled() { ! restore_is_unsettled; }

cannot_settle() { # why; a database alone can wait
  [ -e "$app_dir/restore.volumes" ] || { start_stopped; return 0; }
  failure DA-BACKUP-RESTORE "a restore of volumes was stopped in the middle, and $1. It is settled before anything else: \`$app_dir/bin/release doctor\` starts what does not run, and settles it"
  return 1
}

# What was stopped for the restore may be the server itself.
settle_loading() {
  local project service server live old backup as patience=0 mark=$app_dir/restore.running
  project=$(value_of "$mark" project) service=$(value_of "$mark" service) live=$(value_of "$mark" live) old=$(value_of "$mark" old) backup=$(value_of "$mark" backup) as=$(value_of "$mark" as)
  if is_address "$service"; then settle_at_address; return $?; fi
  for server in $(containers_of "$project" "$service"); do
    ! grep -qsxF "$server" "$app_dir/restore.stopped" || docker start "$server" >/dev/null 2>&1
  done
  server=$(running_of "$project" "$service" | head -n 1)
  # Volumes wait for one that starts.
  [ ! -e "$app_dir/restore.volumes" ] || patience=$docker_patience
  { [ -n "$server" ] && await_server "$server" "$patience"; } || return 1
  settle_in_server
}

settle_at_address() {
  local code
  mild=yes # the next run tries it again
  open_client "$app_dir/restore.client" server && server=$client && settle_in_server
  code=$?
  mild=''
  leave_client
  return "$code"
}

# The names are those of `settle_loading`.
settle_in_server() {
  psql_server "$server" "select pg_terminate_backend(pid) from pg_stat_activity where application_name = '${as:-$restoring}' and pid <> pg_backend_pid()" >/dev/null 2>&1 || return 1
  drop_database "$server" "$(value_of "$mark" loaded)" || return 1
  if [ -n "$old" ] && has_database "$server" "$old"; then
    restore_counts
    note_restored "$service" "$backup"
    progress "note: a run that was stopped had put $backup in the place of $live; the one before is kept as $old"
  fi
  ! is_closed "$server" "$live" || open_database "$server" "$live"
}

await_server() { # container, seconds
  local deadline
  now_ms
  deadline=$((now + $2 * 1000))
  until psql_server "$1" 'select 1' >/dev/null 2>&1; do
    now_ms
    [ "$now" -lt "$deadline" ] || return 1
    pause 1
  done
}

is_closed() { [ -n "$(psql_server "$1" "select 1 from pg_database where datname = '$2' and not datallowconn" 2>/dev/null)" ]; } # container, database

open_database() { psql_server "$1" "alter database \"$2\" allow_connections true" >/dev/null 2>&1; } # container, database

# For doctor: of the PostgreSQL service that the release has, if it is only one.
live_is_open() {
  local server service
  service=$(in_session='' && postgres_service 2>/dev/null) || return 0
  server=$(running_of "$project" "$service" | head -n 1)
  [ -z "$server" ] || ! is_closed "$server" "$(database_of "$server")"
}

open_live() {
  local server
  server=$(running_of "$project" "$(postgres_service)" | head -n 1)
  open_database "$server" "$(database_of "$server")"
}

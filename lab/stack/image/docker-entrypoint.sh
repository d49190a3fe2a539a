#!/bin/sh
# PostgreSQL as the official image starts it: a cluster is made where there is none, with the user, password and database of the environment.
set -eu
export PGDATA="${PGDATA:-/var/lib/postgresql/data}"
if [ "${1-}" != postgres ]; then exec "$@"; fi
if [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA" /run/postgresql
    chown -R postgres:postgres "$PGDATA" /run/postgresql
    chmod 700 "$PGDATA"
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    user=${POSTGRES_USER:-postgres}
    printf '%s\n' "${POSTGRES_PASSWORD:?a password is needed}" >/tmp/password
    initdb --username="$user" --pwfile=/tmp/password --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync
    rm -f /tmp/password
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    # Nobody but this script can reach it until the database is there.
    pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w -s start
    [ "${POSTGRES_DB:-$user}" = postgres ] || createdb -U "$user" "${POSTGRES_DB:-$user}"
    pg_ctl -D "$PGDATA" -m fast -w -s stop
fi
exec "$@" -c listen_addresses='*'

#!/bin/sh
# shellcheck shell=dash
# Backs up the PostgreSQL database of DATABASE_URL into a bucket, in the form in which the action `backup` of deploy-actions reads it, and restores it from there. For jobs of
# an app whose database lets in nobody else. SPDX-License-Identifier: MIT
#
#   database-backup create [-- COMMAND…]    makes a backup; with a command it then becomes that command, such as a migration
#   database-backup list                    what the store has
#   database-backup restore ID --into NAME  into a database NAME of the same server, which is made here or has no tables
#   database-backup drill                   the newest one, into a scratch database, which is dropped again
#
# It needs pg_dump, pg_restore and psql of the server's major version, curl 7.87 or newer, and age where something is encrypted. What it is told stands in variables:
#
#   DATABASE_URL                 of the server itself, not of a pool
#   BACKUP_APP                   as the input `app` of the action
#   BACKUP_S3_BUCKET, _ENDPOINT, _REGION, _PREFIX, _ACCESS_KEY, _SECRET_KEY
#   BACKUP_ENCRYPT_TO            public keys of age, if any
#   BACKUP_SMALLER_THAN          id of the last backup, once: that the new one has less than half of it is right
#   BACKUP_AGE_KEY               a private one, for `restore` and `drill` of what is encrypted
#
# No secret becomes an argument: curl has its key from standard input, PostgreSQL's programs have their password from the environment.

umask 077
newline='
'

# --- as the agent of hosts has it, word for word (test/database-backup.test.ts)

# A program for awk: the URL of a database as variables of PostgreSQL's programs. A line that begins with "!" says what it does not take, without a part of the password.
# shellcheck disable=SC2016 # a program for awk
address_parser='
function refuse(why) { if (!refused) print "!" why; refused = 1; exit }
function hex(c) { return index("0123456789abcdef", tolower(c)) - 1 }
function decoded(text, what,   out, at, code) {
  while ((at = index(text, "%")) > 0) {
    if (substr(text, at + 1) !~ /^[0-9A-Fa-f][0-9A-Fa-f]/) refuse("has a % in the " what " that nothing hexadecimal follows: a plain one is written %25")
    code = hex(substr(text, at + 1, 1)) * 16 + hex(substr(text, at + 2, 1))
    if (code < 32 || code == 127) refuse("has a sign in the " what " that cannot be written")
    out = out substr(text, 1, at - 1) sprintf("%c", code)
    text = substr(text, at + 3)
  }
  return out text
}
function host_of(text, from,   at) {
  if (text ~ /^\[[0-9A-Fa-f:.]+\](:[0-9]+)?$/) {
    at = index(text, "]")
    hosts = hosts (from ? "," : "") substr(text, 2, at - 2)
    text = substr(text, at + 1)
  } else if (text ~ /^[A-Za-z0-9_][A-Za-z0-9_.-]*(:[0-9]+)?$/) {
    at = index(text, ":")
    hosts = hosts (from ? "," : "") (at ? substr(text, 1, at - 1) : text)
    text = at ? substr(text, at) : ""
  } else if (text == "") refuse("names no host: a Unix socket cannot be reached from a container of its own")
  else refuse(unwritten)
  ports = ports (from ? "," : "") (text == "" ? 5432 : substr(text, 2))
}
function parameter(text,   at, key, value) {
  at = index(text, "=")
  key = at ? substr(text, 1, at - 1) : text
  value = decoded(at ? substr(text, at + 1) : "", "parameters")
  if (key == "ssl") { key = "sslmode"; if (value == "true" || value == "1") value = "require"; else if (value == "false" || value == "0") value = "disable" }
  if (key == "sslmode" && value !~ /^(disable|allow|prefer|require|verify-ca|verify-full)$/) refuse("has an sslmode that PostgreSQL does not know")
  if (key == "pgbouncer" && value == "true") refuse("goes through a pooler (pgbouncer=true), and a dump needs a connection of its own: give the address of the server itself")
  if (key == "sslrootcert" && value != "system") { if (value !~ /^\/[A-Za-z0-9_.\/-]+$/) refuse("has an sslrootcert that is no plain path"); root = value; value = "/tmp/deploy-actions-root.crt" }
  if (key in known) { if (value != "") found[known[key]] = value }
  else if (key == "host") refuse("names its host as a parameter: a Unix socket cannot be reached from a container of its own, and another host stands behind the @")
  else if (!(key in about_the_app)) refuse("has a parameter that is not known here" (key ~ /^[A-Za-z_]+$/ ? " (" key ")" : ""))
}
BEGIN {
  unwritten = "has something else than hosts behind the user and password: in these @ is written %40, / is %2F, ? is %3F"
  count = split("sslmode sslnegotiation ssl_min_protocol_version sslrootcert channel_binding require_auth gssencmode target_session_attrs connect_timeout options", names, " ")
  split("PGSSLMODE PGSSLNEGOTIATION PGSSLMINPROTOCOLVERSION PGSSLROOTCERT PGCHANNELBINDING PGREQUIREAUTH PGGSSENCMODE PGTARGETSESSIONATTRS PGCONNECT_TIMEOUT PGOPTIONS", variables, " ")
  for (at = 1; at <= count; at++) known[names[at]] = variables[at]
  count = split("application_name fallback_application_name client_encoding keepalives keepalives_idle keepalives_interval keepalives_count tcp_user_timeout schema connection_limit pool_timeout socket_timeout pgbouncer statement_cache_size prepared_statement_cache_size prepared_statements pool_size max_overflow pool_recycle max_connections min_connections pool serverVersion charset uselibpqcompat sslaccept conn_max_age", names, " ")
  for (at = 1; at <= count; at++) about_the_app[names[at]] = 1
  found["PGCONNECT_TIMEOUT"] = 10
}
NR > 1 { refuse("has more than one line") }
{
  if ($0 ~ /[\001-\037\177]/) refuse("has a sign in it that cannot be written")
  if ($0 !~ /^(postgres|postgresql|postgis)(\+[a-z0-9_]+)?:\/\//) refuse("does not begin with postgresql:// or postgres://")
  url = substr($0, index($0, "://") + 3)
  at = match(url, /[\/?]/)
  authority = at ? substr(url, 1, at - 1) : url
  path = at ? substr(url, at) : ""
  if (at = index(path, "?")) { query = substr(path, at + 1); path = substr(path, 1, at - 1) }
  if (at = index(authority, "@")) { user = substr(authority, 1, at - 1); authority = substr(authority, at + 1) }
  if (at = index(user, ":")) { password = decoded(substr(user, at + 1), "password"); user = substr(user, 1, at - 1) }
  user = decoded(user, "user")
  if (user == "") refuse(index(path query, "@") ? unwritten : "names no user")
  count = split(authority, list, ",")
  if (count == 0) host_of("", 0)
  for (at = 1; at <= count; at++) host_of(list[at], at > 1)
  if (count > 1) found["PGTARGETSESSIONATTRS"] = "read-write"
  database = decoded(substr(path, 2), "name of the database")
  if (database == "") database = user
  if (database !~ /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/ || length(database) > 40) refuse("names a database that is not called by letters, digits, _, - and ., up to 40 of them")
  if (authority ~ /[.]ondigitalocean[.]com:25061$/) refuse("is that of a connection pool at DigitalOcean (port 25061), and a dump needs a connection of its own: the port of the server is 25060")
  count = split(query, list, "&")
  for (at = 1; at <= count; at++) parameter(list[at])
}
END {
  if (NR == 0) refuse("is empty")
  if (refused) exit
  print "PGHOST=" hosts
  print "PGPORT=" ports
  print "PGUSER=" user
  print "POSTGRES_USER=" user
  if (password != "") print "PGPASSWORD=" password
  print "PGDATABASE=" database
  print "POSTGRES_DB=" database
  # An option that comes to the server with the connection, and not through a pooler, which has its own.
  found["PGOPTIONS"] = (found["PGOPTIONS"] == "" ? "" : found["PGOPTIONS"] " ") "-c deploy_actions.direct=yes"
  for (name in found) print name "=" found[name]
  if (root != "") print "#root " root
}'

# What a dump has as tables: not those of the server, not temporary ones (pg_temp_…) of whoever is connected, and not those that an extension brings.
count_tables="select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')"

# The same in the table of contents of a dump, in $work/list: `215; 1259 16386 TABLE public notes ann`. Their data have a 0
# in place of 1259, which is the number of pg_class everywhere.
listed_tables() {
  awk '$2 == 1259 && ($4 == "TABLE" || $4 == "MATERIALIZED") { n++ } END { print n + 0 }' "$work/list"
}

# Whom the dump names: owners, and who has rights. They belong to the server, so no dump has them.
roles_named="select coalesce(string_agg(role, ' ' order by role), '') from (
    select rolname as role from pg_shdepend s join pg_roles r on r.oid = s.refobjid
      where s.refclassid = 'pg_authid'::regclass and s.dbid = (select oid from pg_database where datname = current_database())
    union select pg_get_userbyid(owner) from (select relowner as owner, relnamespace as space from pg_class union select proowner, pronamespace from pg_proc union select typowner, typnamespace from pg_type
      union select nspowner, oid from pg_namespace) o join pg_namespace n on n.oid = space where n.nspname !~ '^pg_' and n.nspname <> 'information_schema') one
    where role ~ '^[A-Za-z0-9_.@-]+\$' and role !~ '^pg_'"

say() { printf '%s\n' "$*"; }

fail() { # code, message
  printf '%s: %s\n' "$1" "$2" >&2
  exit 1
}

# The last lines of what a program said, as one.
said() { tail -n 2 "$work/error" | tr '\n' ' '; }

work=''    # a folder of its own
child=''   # what is waited for
making=''  # a database that goes again unless it is whole
claimed='' # yes: the id in hand is ours, and what has it in the store goes again unless it is whole
open_work() {
  # Numbers, patterns and what programs say are read. The command that follows has the language of the app.
  export LC_ALL=C
  work=$(mktemp -d) || fail DA-BACKUP-WRITE 'there is no place for files of its own'
  trap tidy_up EXIT
  trap '[ -z "$child" ] || kill "$child"; exit 143' TERM INT
}

tidy_up() {
  [ -z "$making" ] || drop_database "$making" || echo "warning: the database $making, which is not whole, cannot be dropped: $(said)" >&2
  [ -z "$claimed" ] || discard
  rm -rf "$work"
}

full() { fail DA-BACKUP-WRITE 'a file of its own cannot be written: is the disk of the job full?'; }

# --- the database

# What the address says becomes variables of PostgreSQL's programs.
read_address() {
  local lines line
  [ -n "${DATABASE_URL:-}" ] || fail DA-BACKUP-URL 'DATABASE_URL is not set'
  # They would lead to another server than the address does, or change what it gives.
  unset PGHOSTADDR PGSERVICE PGSERVICEFILE PGOPTIONS PGCLIENTENCODING
  lines=$(printf '%s\n' "$DATABASE_URL" | awk "$address_parser") || fail DA-BACKUP-URL 'DATABASE_URL cannot be read'
  while IFS= read -r line; do
    case $line in
      '!'*) fail DA-BACKUP-URL "DATABASE_URL ${line#!}" ;;
      '#root '*) PGSSLROOTCERT=${line#* } ;;
      PGSSLROOTCERT=/*) ;; # where the agent of hosts would put it; this is the container that has the file
      *) export "${line?}" ;;
    esac
  done <<EOL
$lines
EOL
  [ -z "${PGSSLROOTCERT:-}" ] || export PGSSLROOTCERT
  source_name=$PGDATABASE
}

sql() { PGDATABASE=${2:-$PGDATABASE} psql -X -At -v ON_ERROR_STOP=1 --no-password -c "$1" 2>"$work/error" </dev/null; } # query, [database]

# A client of another version is refused: an older one cannot dump, and the dumps of a newer one cannot be restored there.
open_database() { # databases to ask in, such as those of the server where the own one is gone
  local one told='' query="select current_setting('server_version_num')::int / 10000 || coalesce(current_setting('deploy_actions.direct', true), '')"
  read_address
  for one; do
    told=$(sql "$query" "${one:-$PGDATABASE}") && break
    grep -q 'does not exist\|pg_hba.conf\|permission denied' "$work/error" || break
  done
  maintenance=${one:-$PGDATABASE}
  case $told in
    [1-9]*yes) server=${told%yes} ;;
    [1-9]*) fail DA-BACKUP-CONNECT "$pooled" ;;
    *) grep -q 'unsupported startup parameter' "$work/error" && fail DA-BACKUP-CONNECT "$pooled"
      fail DA-BACKUP-CONNECT "PostgreSQL does not answer: $(said)" ;;
  esac
  client=$(pg_dump --version 2>/dev/null | sed -n 's/^pg_dump (PostgreSQL) \([0-9]*\).*/\1/p')
  [ "$client" = "$server" ] ||
    fail DA-BACKUP-CLIENT "this image has ${client:+the programs of PostgreSQL }${client:-no pg_dump}, and the server is PostgreSQL $server: build it with postgresql-client-$server"
}

pooled='the address of the database is that of a pooler such as PgBouncer, and a dump needs a connection of its own: give the address of the server itself'

# Also one that something is still connected to. The first way waits for the server's own cleaners, which the second may not end.
drop_database() { # database
  sql "drop database if exists \"$1\"" "$maintenance" >/dev/null || sql "drop database if exists \"$1\" with (force)" "$maintenance" >/dev/null
}

# Read to its end: the table of contents stands at the beginning. It does not go to a file by itself, because pg_restore does not notice a full disk there.
verify_dump() { # file
  local listed
  if ! listed=$(pg_restore --list "$1" 2>"$work/error") || ! pg_restore --file=/dev/null "$1" 2>"$work/error"; then fail DA-BACKUP-BROKEN "the dump cannot be read back: $(said)"; fi
  printf '%s\n' "$listed" >"$work/list" || full
  [ "$(listed_tables)" -gt 0 ] || fail DA-BACKUP-BROKEN 'the dump has no table in it, and the database has some'
}

# --- the store

open_store() {
  local name prefix
  for name in BACKUP_APP BACKUP_S3_BUCKET BACKUP_S3_ENDPOINT BACKUP_S3_ACCESS_KEY BACKUP_S3_SECRET_KEY; do
    eval "[ -n \"\${$name:-}\" ]" || fail DA-INPUT-INVALID "$name is not set"
  done
  prefix=$(printf '%s' "${BACKUP_S3_PREFIX:-}" | sed 's,^/*,,; s,/*$,,')
  app=$BACKUP_APP bucket=$BACKUP_S3_BUCKET endpoint=${BACKUP_S3_ENDPOINT%/} region=${BACKUP_S3_REGION:-us-east-1}
  must_be BACKUP_APP "$app" '^[a-z0-9_-]*$' 'letters, digits, _ and -'
  must_be BACKUP_S3_BUCKET "$bucket" '^[a-z0-9][a-z0-9.-]*$' 'the name of a bucket'
  must_be BACKUP_S3_ENDPOINT "$endpoint" '^https\{0,1\}://[A-Za-z0-9.:-]*$' 'an address with no path, such as https://fra1.digitaloceanspaces.com'
  must_be BACKUP_S3_REGION "$region" '^[a-z0-9-]*$' 'a region'
  must_be BACKUP_S3_PREFIX "$prefix" '^[A-Za-z0-9_-]*\([./]\{0,1\}[A-Za-z0-9_-]\)*$' 'folders of letters, digits, ., _ and -'
  must_be BACKUP_S3_ACCESS_KEY "$BACKUP_S3_ACCESS_KEY" '^[!-9;-~]*$' 'the id of a key'
  must_be BACKUP_S3_SECRET_KEY "$BACKUP_S3_SECRET_KEY" '^[!-~]*$' 'a secret key'
  must_be BACKUP_ENCRYPT_TO "$(printf '%s' "${BACKUP_ENCRYPT_TO:-}" | tr '\n' ' ')" '^[a-z0-9 ]*$' 'public keys of age (age1…)'
  folder=${prefix:+$prefix/}$app
  case $endpoint${BACKUP_ENCRYPT_TO:-} in http:*) [ -n "${BACKUP_ENCRYPT_TO:-}" ] || echo "warning: $endpoint speaks no TLS, so whoever listens on the way can read the backups" >&2 ;; esac
}

must_be() { # variable, value, rule, words
  case $2 in *"$newline"*) fail DA-INPUT-INVALID "$1 has more than one line" ;; esac
  # Without the value, which may be a secret.
  printf '%s\n' "$2" | LC_ALL=C grep -q "$3" || fail DA-INPUT-INVALID "$1 has to be $4"
}

# What curl must not have as an argument.
store_key() {
  printf 'user = "%s:%s"\naws-sigv4 = "aws:amz:%s:s3"\n' "$(quoted "$BACKUP_S3_ACCESS_KEY")" "$(quoted "$BACKUP_S3_SECRET_KEY")" "$region"
}

quoted() { printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g'; }

nothing=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 # the sha256 of no bytes

# One request, with its status in `status`. The checksum of what is sent is signed: a store keeps nothing that changed on its way.
ask_store() { # method, key with a query, file for the answer, [file to send, its sha256]
  status=$(store_key | curl --disable --config - --silent --show-error --request "$1" --output "$3" --write-out '%{http_code}' ${4:+--upload-file "$4"} --header "x-amz-content-sha256: ${5:-$nothing}" \
    --connect-timeout 20 --speed-limit 1024 --speed-time 60 --retry 4 --retry-all-errors "$endpoint/$bucket$2" 2>"$work/error") ||
    fail DA-STORE-UNREACHABLE "the bucket $bucket at ${endpoint#*://} could not $(doing "$1" "$2"): $(said)"
  case $status in
    2*) return 0 ;;
    5*) fail DA-STORE-UNREACHABLE "the bucket $bucket at ${endpoint#*://} could not $(doing "$1" "$2"): status $status$(word_of "$3")" ;;
  esac
  return 1
}

store() { # as ask_store
  ask_store "$@" || refused "$@"
}

refused() { # as ask_store
  fail DA-STORE-REFUSED "the bucket $bucket at ${endpoint#*://} refuses to $(doing "$1" "$2") (status $status$(word_of "$3"))"
}

# Whether it is there.
has_object() { # id, name, file for it
  ask_store GET "/$folder/$1/$2" "$3" && return
  [ "$status" = 404 ] || refused GET "/$folder/$1/$2" "$3"
  return 1
}

doing() { # method, key with a query
  case $1$2 in GET'?'*) printf list ;; GET*) printf 'give %s' "${2#/}" ;; PUT*) printf 'take %s' "${2#/}" ;; *) printf 'delete %s' "${2#/}" ;; esac
}

word_of() { # file with the answer
  head -c 2000 "$1" 2>/dev/null | tr -d '\n' | sed -n 's/.*<Code>\([A-Za-z0-9]*\)<.*/, \1/p'
}

sum_of() { sha256sum "$1" | cut -d' ' -f1; }
size_of() { echo $(($(wc -c <"$1"))); }

# Uploads a file and reads it back: only what came back as it went counts.
keep() { # file, name in the store
  local sum
  sum=$(sum_of "$1")
  store PUT "/$folder/$id/$2" "$work/answer" "$1" "$sum"
  rm "$1"
  store GET "/$folder/$id/$2" "$work/back"
  [ "$(sum_of "$work/back")" = "$sum" ] || fail DA-STORE-BROKEN "$folder/$id/$2 is not what was uploaded"
  rm "$work/back"
}

# A key that may not delete leaves it for `prune`. Of whoever has the same id nothing is taken away.
discard() {
  (has_claim && for name in backup.json ${object:-} begun; do store DELETE "/$folder/$id/$name" /dev/null; done) >/dev/null 2>&1
}

is_id() { case $1 in [0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z) return 0 ;; esac; return 1; }

# Those with a record, oldest first.
stored_ids() {
  local token='' before prefix elements keys=''
  prefix=$(printf '%s/' "$folder" | sed 's,/,%2F,g')
  while :; do
    store GET "?${token:+continuation-token=$token&}list-type=2&prefix=$prefix" "$work/page"
    grep -q '<ListBucketResult[ >]' "$work/page" || fail DA-STORE-REFUSED "${endpoint#*://} does not answer as an S3 store: is it the address of the store itself?"
    elements=$(tr '<' '\n' <"$work/page")
    keys=$keys$newline$(printf '%s\n' "$elements" | sed -n 's/^Key>//p')
    printf '%s\n' "$elements" | grep -qx 'IsTruncated>true' || break
    before=$token
    token=$(printf '%s\n' "$elements" | sed -n 's/^NextContinuationToken>//p' | sed 's/&amp;/\&/g; s/%/%25/g; s/&/%26/g; s/+/%2B/g; s,/,%2F,g; s/=/%3D/g')
    case $token in '' | "$before") fail DA-STORE-BROKEN "the list of $folder breaks off" ;; esac
  done
  sed -n "s,^$folder/\([0-9T]*Z\)/backup.json\$,\1,p" <<EOL | sort
$keys
EOL
}

# The record of a backup in $work/record. It has one value a line; what the manifest has stands in one line of its own.
find_record() { # id
  is_id "$1" || fail DA-BACKUP-UNKNOWN "$1 is no id of a backup, such as 20260131T093000Z"
  has_object "$1" backup.json "$work/record" || fail DA-BACKUP-UNKNOWN "there is no backup $1 below $folder in $bucket; there are: $(stored_ids | tr '\n' ' ')"
}

# The newest one of this database; its record is in $work/record. Not one of a time to come, because a clock was wrong: it would stay the newest until then.
newest() {
  local one ids latest
  ids=$(stored_ids) || exit 1
  latest=$(date -u -d "@$(($(date +%s) + 86400))" +%Y%m%dT%H%M%SZ) || exit 1
  for one in $(printf '%s\n' "$ids" | sort -r | awk -v latest="$latest" '$0 <= latest'); do
    # Somebody may be removing it right now.
    has_object "$one" backup.json "$work/record" || continue
    [ "$(manifest_value service)" != "url:$source_name" ] || { printf %s "$one"; return; }
  done
}

record_value() { sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}$/\1/p" "$work/record" | head -n 1; } # key
manifest_value() { sed -n 's/^ *"manifest": "\(.*\)"$/\1/p' "$work/record" | sed 's/\\n/\n/g; s/\\"/"/g' | sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}$/\1/p" | head -n 1; } # key

# --- create

create() {
  local began version tables last size sum smaller='' recorded
  open_work
  open_store
  open_database ''
  began=$(date +%s)
  # Whether this is a store shows here, too.
  last=$(newest) || exit 1
  tables=$(sql "$count_tables") || fail DA-BACKUP-CONNECT "the tables of $PGDATABASE cannot be counted: $(said)"
  if [ "$tables" = 0 ]; then
    [ -z "$last" ] || may_shrink "the database $PGDATABASE has no tables, and its last backup ($last) had $(manifest_value tables)"
    say "the database $PGDATABASE has no tables: nothing to back up"
    return
  fi
  version=$(sql 'show server_version' | tr -dc 'A-Za-z0-9 .()+~:-')
  choose_id
  say "backing up the database $PGDATABASE of PostgreSQL $version as $id"
  pg_dump --format=custom --no-password --file="$work/database.dump" 2>"$work/error" || fail DA-BACKUP-FAILED "pg_dump failed: $(said)"
  verify_dump "$work/database.dump"
  size=$(size_of "$work/database.dump") sum=$(sum_of "$work/database.dump")
  compare_size
  seal
  # Whoever took it all the same began a moment later than it takes to look.
  has_id || choose_id
  write_manifest "$1" >"$work/manifest.json" || full
  recorded=$(write_record) || full
  keep "$work/$object" "$object"
  printf '%s\n' "$recorded" >"$work/backup.json" || full
  keep "$work/backup.json" backup.json
  claimed=''
  (ask_store DELETE "/$folder/$id/begun" /dev/null) >/dev/null 2>&1
  say "$id is in s3://$bucket/$folder/$id${BACKUP_ENCRYPT_TO:+, encrypted,} and was read back: $size bytes, $(listed_tables) tables, sha256 $sum, $(($(date +%s) - began)) s"
}

# Half of what the last one had: somebody has lost something, and nobody should migrate before it is known what.
compare_size() {
  local before
  [ -n "$last" ] || return 0
  before=$(record_value size)
  [ "${before:-0}" -gt 65536 ] && [ $((size * 2)) -lt "$before" ] || return 0
  may_shrink "the dump has $size bytes, and the last one of $PGDATABASE ($last) had $before"
}

# Whoever knows why says so for this one.
may_shrink() { # what has shrunk
  [ "${BACKUP_SMALLER_THAN:-}" = "$last" ] || fail DA-BACKUP-SHRUNK "$1. If that is right, say so: BACKUP_SMALLER_THAN=$last"
  smaller=yes
}

# An id is a time. Two that begin in the same second would write over each other: it belongs to whose claim is still there a moment later. Not every store has a
# request for that. The claim is called as the action calls what says that a backup is being made.
choose_id() {
  local tries=0
  claim=$(head -c 16 /dev/urandom | sha256sum)
  while [ "$tries" -lt 60 ]; do
    tries=$((tries + 1))
    id=$(date -u +%Y%m%dT%H%M%SZ)
    if ! has_object "$id" begun "$work/answer" && ! has_object "$id" backup.json "$work/answer"; then
      printf '%s\n' "$claim" >"$work/claim" || full
      claimed=yes
      store PUT "/$folder/$id/begun" "$work/answer" "$work/claim" "$(sum_of "$work/claim")"
      sleep 3
      ! has_id || return 0
    fi
    sleep 1
  done
  fail DA-STORE-BROKEN "no id was free in $folder in 60 tries, the last one was $id"
}

has_claim() { has_object "$id" begun "$work/answer" && [ "$(cat "$work/answer")" = "$claim" ]; }
has_id() { has_claim && ! has_object "$id" backup.json "$work/answer"; }

# As the agent of hosts writes it, so that a host can take it over, too.
write_manifest() { # why
  cat <<EOL
{
  "schema": 1,
  "id": "$id",
  "app": "$app",
  "service": "url:$PGDATABASE",
  "why": "$1",
  "smaller": "$smaller",
  "bytes": $size,
  "engine": "postgresql",
  "version": "$version",
  "format": "pg_dump custom",
  "file": "database.dump",
  "size": $size,
  "sha256": "$sum",
  "tables": $(listed_tables),
  "database_size": $(sql 'select pg_database_size(current_database())' || printf 0),
  "roles": "$(sql "$roles_named" | tr -dc 'A-Za-z0-9_.@ -')",
  "volumes": [

  ],
  "migration": "",
  "release": "",
  "verified": "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
}
EOL
}

# The name of what goes to the store in `object`.
seal() {
  object=database.dump
  [ -n "${BACKUP_ENCRYPT_TO:-}" ] || return 0
  object=database.dump.age
  printf '%s\n' "$BACKUP_ENCRYPT_TO" | tr ' ' '\n' >"$work/recipients" || full
  age --encrypt --recipients-file "$work/recipients" --output "$work/$object" "$work/database.dump" 2>"$work/error" || fail DA-BACKUP-ENCRYPTED "age cannot encrypt for BACKUP_ENCRYPT_TO: $(said)"
  rm "$work/database.dump"
}

# Written last: what has no record is no backup.
write_record() {
  cat <<EOL
{
  "schema": 1,
  "id": "$id",
  "app": "$app",
  "stored": "$(date -u +%Y-%m-%dT%H:%M:%SZ)",
  "encrypted": $([ "$object" = database.dump ] && printf false || printf true),
  "files": [
    {
      "file": "database.dump",
      "size": $size,
      "sha256": "$sum",
      "object": "$object",
      "storedSize": $(size_of "$work/$object"),
      "storedSha256": "$(sum_of "$work/$object")"
    }
  ],
  "manifest": "$(sed 's/\\/\\\\/g; s/"/\\"/g' "$work/manifest.json" | awk '{ printf "%s\\n", $0 }')"
}
EOL
}

# --- what is in the store

list() {
  local one ids
  open_work
  open_store
  ids=$(stored_ids) || exit 1
  printf '%-18s %-24s %12s %-10s %s\n' BACKUP DATABASE BYTES ENCRYPTED WHY
  for one in $ids; do
    # Somebody may be removing it right now.
    has_object "$one" backup.json "$work/record" || continue
    printf '%-18s %-24s %12s %-10s %s\n' "$one" "$(manifest_value service)" "$(record_value storedSize)" "$(record_value encrypted)" "$(manifest_value why)"
  done
}

# Brings a backup back as $work/database.dump: what lies there, and what it was.
fetch() { # id
  local object
  find_record "$1"
  [ "$(record_value app)" = "$app" ] || fail DA-BACKUP-OTHER "$1 is a backup of the app $(record_value app), and this is $app"
  [ "$(record_value file)" = database.dump ] || fail DA-BACKUP-BROKEN "$1 has no dump of a database"
  object=database.dump
  if [ "$(record_value encrypted)" = true ]; then
    [ -n "${BACKUP_AGE_KEY:-}" ] || fail DA-BACKUP-ENCRYPTED "$1 is encrypted, and BACKUP_AGE_KEY is not set"
    object=database.dump.age
  fi
  say "$1 comes back from s3://$bucket/$folder/$1"
  store GET "/$folder/$1/$object" "$work/$object"
  [ "$(sum_of "$work/$object")" = "$(record_value storedSha256)" ] || fail DA-BACKUP-BROKEN "$object of $1 is not what was uploaded: its sha256 differs"
  if [ "$object" != database.dump ]; then
    printf '%s\n' "$BACKUP_AGE_KEY" >"$work/identity" || full
    age --decrypt --identity "$work/identity" --output "$work/database.dump" "$work/$object" 2>"$work/error" || fail DA-BACKUP-ENCRYPTED "BACKUP_AGE_KEY does not open $1: $(said)"
    rm "$work/$object" "$work/identity"
  fi
  [ "$(sum_of "$work/database.dump")" = "$(record_value sha256)" ] || fail DA-BACKUP-BROKEN "database.dump of $1 is not what it was when it was made: its sha256 differs"
  verify_dump "$work/database.dump"
}

# --- restore and drill

restore() { # id, --into, name
  if [ $# != 3 ] || [ "$2" != --into ]; then usage; fi
  case $3 in '' | *[!A-Za-z0-9_]*) fail DA-INPUT-INVALID "the name of a database has letters, digits and _, and not \"$3\"" ;; esac
  open_work
  open_store
  open_database '' defaultdb postgres template1
  refuse_full "$3"
  fetch "$1"
  load "$1" "$3"
  say "$1 is restored into the database $3, with $loaded tables. Nothing else was changed: give its name in DATABASE_URL to use it"
}

# Nothing is ever written over.
refuse_full() { # database
  [ "$(sql "select count(*) from pg_database where datname = '$1'" "$maintenance")" != 0 ] || return 0
  [ "$(sql "$count_tables" "$1")" = 0 ] || fail DA-BACKUP-CONFIRM "the database $1 has tables, or cannot be read, and nothing is written over: name another one"
}

drill() {
  local id began
  open_work
  open_store
  open_database '' defaultdb postgres template1
  began=$(date +%s)
  id=$(newest) || exit 1
  [ -n "$id" ] || fail DA-BACKUP-UNKNOWN "there is no backup of $source_name below $folder in $bucket"
  drop_left_over
  fetch "$id"
  scratch=deploy_actions_drill_$(date +%s)_$$
  load "$id" "$scratch"
  drop_database "$scratch" || fail DA-BACKUP-RESTORE "the scratch database $scratch cannot be dropped: $(said)"
  making=''
  say "$id was restored with $loaded tables, and the scratch database is dropped: $(($(date +%s) - began)) s"
}

# Of drills that were killed: a day old by their name, and nobody is connected.
drop_left_over() {
  local one left
  left=$(sql "select datname from pg_database where substring(datname from '^deploy_actions_drill_([0-9]{9,11})_[0-9]+\$')::bigint < $(($(date +%s) - 86400))" "$maintenance")
  for one in $left; do
    if sql "drop database \"$one\"" "$maintenance" >/dev/null; then say "dropped $one, which a drill had left"; else echo "warning: $one, which a drill has left, cannot be dropped: $(said)" >&2; fi
  done
}

# All of it or nothing. Comments on extensions belong to whoever provides the server.
load() { # id, database; the number of tables in `loaded`
  local missing wanted own='' why left=''
  wanted=$(manifest_value tables)
  missing=$(sql "select role from unnest(string_to_array('$(manifest_value roles | tr -dc 'A-Za-z0-9_.@ -')', ' ')) role where role <> '' and not exists (select from pg_roles where rolname = role)" "$maintenance" | tr '\n' ' ')
  [ -z "$missing" ] || fail DA-BACKUP-ROLES "$1 has objects of roles, or rights for them, that this server does not have: $missing. Make them first, each with: create role \"${missing%% *}\""
  grep -v '^[0-9; ]*COMMENT - EXTENSION ' "$work/list" >"$work/use" 2>"$work/error" || full
  [ "$(wc -l <"$work/use")" -eq "$(grep -vc '^[0-9; ]*COMMENT - EXTENSION ' "$work/list")" ] || full
  [ "$(sql "select count(*) from pg_database where datname = '$2'" "$maintenance")" != 0 ] || make_database "$1" "$2"
  if ! restore_into "$2" "$work/use"; then
    why=$(grep -m 1 'error: ' "$work/error" || said)
    take_back "$2"
    fail DA-BACKUP-RESTORE "$1 could not be loaded, and $left: $why"
  fi
  loaded=$(sql "$count_tables" "$2")
  if [ "$loaded" != "$wanted" ]; then
    why="it has ${loaded:-?} tables in place of $wanted"
    [ -n "$making" ] || fail DA-BACKUP-RESTORE "all of $1 was loaded into $2, and $why: somebody else changes it. Look at it before you use it"
    take_back "$2"
    fail DA-BACKUP-RESTORE "$1 did not come back whole, and $left: $why"
  fi
  [ -z "$making" ] || do_own "$2" '^(ALTER DATABASE "[^"]*" (SET|CONNECTION)|ALTER ROLE|COMMENT) '
  [ "$2" = "${scratch:-}" ] || making=''
}

# In the background: a signal does not wait until all is loaded.
restore_into() { # database, file with what
  pg_restore --no-password --single-transaction --exit-on-error --use-list="$2" --dbname="$1" "$work/database.dump" 2>"$work/error" &
  child=$!
  wait "$child"
  set -- $?
  child=''
  return "$1"
}

# After something that could not be done, in `left`: what is there now.
take_back() { # database
  left="nothing came into $1"
  [ -n "$making" ] || return 0
  left="the database $1 is gone again"
  drop_database "$1" || left="the database $1 cannot be dropped"
  making=''
}

# Like the one of the dump: encoding, locale, owner, and rights before anything is in it.
make_database() { # id, database
  local create why
  own=$(pg_restore --list --create "$work/database.dump" 2>"$work/error" | grep '^[0-9]*; [0-9]* [0-9]* \(DATABASE\|DATABASE PROPERTIES\|ACL - DATABASE\|COMMENT - DATABASE\) ')
  if [ -n "$own" ]; then
    printf '%s\n' "$own" >"$work/own" || full
    own=$(pg_restore --create --use-list="$work/own" --file=- "$work/database.dump" 2>"$work/error") || fail DA-BACKUP-BROKEN "the dump cannot be read: $(said)"
  fi
  create=$(own_statement "$2" '^CREATE ' 1)
  sql "${create:-create database \"$2\" template template0}" "$maintenance" >/dev/null || fail DA-BACKUP-RIGHTS "the database $2 cannot be made: $(said)"
  making=$2
  do_own "$2" '^ALTER DATABASE "[^"]*" OWNER '
  if ! do_own "$2" '^(REVOKE|GRANT) '; then
    why=$(said)
    take_back "$2"
    fail DA-BACKUP-RIGHTS "who was kept out of the database of $1 cannot be kept out of $2, and $left: $why"
  fi
  # Tables are given to their owners before rights are, and since PostgreSQL 15 not every owner may have one in this schema. What goes wrong here does so again.
  if grep '^[0-9]*; [0-9]* [0-9]* ACL - SCHEMA public ' "$work/list" >"$work/public"; then restore_into "$2" "$work/public"; fi
}

# A program for awk: one of the statements that a dump has for its database and not for what is in it, for a database of another name. In `own` is nothing else: a row of a
# table could look like one.
# shellcheck disable=SC2016 # a program for awk
own_statements='
function take(   name, at, head) {
  sub(/^[ \n]+/, "", one)
  for (name in names) if ((at = index(one, "DATABASE " name " ")) > 0) {
    head = substr(one, 1, at - 1)
    if (head !~ /^(CREATE |ALTER |ALTER ROLE .+ IN |COMMENT ON |(GRANT|REVOKE) [A-Z, ]+ ON )$/) continue
    one = head "DATABASE \"" ENVIRON["into"] "\" " substr(one, at + length("DATABASE " name " "))
    if (one ~ ENVIRON["begins"] && --number == 0) printf "%s", one
    break
  }
  one = ""
}
BEGIN { name = ENVIRON["was"]; names[name]; gsub(/"/, "\"\"", name); names["\"" name "\""]; number = ENVIRON["number"] + 0 }
quote == "" && /^(\\|--)/ { next }
{
  for (at = 1; at <= length($0); at++) {
    sign = substr($0, at, 1)
    one = one sign
    if (quote != "") { if (sign == quote) quote = "" }
    else if (sign == "\047" || sign == "\"") quote = sign
    else if (sign == ";") take()
  }
  one = one "\n"
}'

own_statement() { # database, how it begins, number
  printf '%s\n' "$own" | was=$(sed -n 's/^; *dbname: //p' "$work/list" | head -n 1) into=$1 begins=$2 number=$3 awk "$own_statements"
}

# What this user may not do is told. But nobody may come in who was kept out.
do_own() { # database, how they begin
  local one number=1
  while one=$(own_statement "$1" "$2" "$number") && [ -n "$one" ]; do
    number=$((number + 1))
    do_statement "$one" && continue
    case $one in REVOKE*) return 1 ;; esac
    echo "warning: not done in the new database: $(printf '%s\n' "${one%% TO *}" | head -n 1): $(said)" >&2
  done
}

# Its text may have a secret, as a setting: it is no argument. A warning says that it did nothing.
do_statement() { # SQL
  # shellcheck disable=SC2016 # of psql
  printf '%s\n' '\set one `printf %s "$ONE"`' "select :'one' \\gexec" |
    ONE=$1 PGDATABASE=$maintenance psql -X -q -v ON_ERROR_STOP=1 -v VERBOSITY=terse --no-password >/dev/null 2>"$work/error" && [ ! -s "$work/error" ]
}

usage() {
  sed -n 's/^#   \(database-backup .*\)/\1/p' "$0" >&2
  exit 2
}

main() {
  local verb=${1:-} why='by the job'
  [ $# -eq 0 ] || shift
  case $verb in
    create)
      if [ $# -gt 0 ]; then
        if [ "$1" != -- ] || [ $# = 1 ]; then usage; fi
        shift
        why='before a command'
      fi
      # In a shell of its own: the command has the address of the database as the app has it, and no key of the store.
      (create "$why") || exit 1
      [ $# -gt 0 ] || return 0
      unset BACKUP_S3_ACCESS_KEY BACKUP_S3_SECRET_KEY BACKUP_AGE_KEY
      exec "$@"
      ;;
    list | drill) [ $# = 0 ] || usage; "$verb" ;;
    restore) restore "$@" ;;
    *) usage ;;
  esac
}

main "$@"

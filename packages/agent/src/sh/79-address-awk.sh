# shellcheck shell=dash
# A program for awk: the URL of a database, on standard input, as lines of variables for PostgreSQL's programs, by libpq's own rules. What it does not take is told
# by a line that begins with "!", which has nothing of the URL in it that could be a part of a password.

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

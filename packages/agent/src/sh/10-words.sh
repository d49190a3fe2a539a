# shellcheck shell=dash
# The host agent of deploy-actions: everything that happens on the host, in the order in which it happens.
# It needs a POSIX shell, docker with Compose, flock and tar, and nothing else.

set -u
umask 077
export LC_ALL=C COMPOSE_IGNORE_ORPHANS=1 DOCKER_CLI_HINTS=false

tab=$(printf '\t')
newline='
'
in_session='' # yes: the other end is a runner, which reads the line prefixes below

# To a runner every line says what it is: "=" an event, "." progress, "|" raw output, "!" a failure with its code.
# Telling never fails: a runner that is gone must not look like a step that went wrong.
event() { [ -z "$in_session" ] || printf '= %s\n' "$*" 2>/dev/null || :; }
progress() { if [ -n "$in_session" ]; then printf '. %s\n' "$*"; else printf '%s\n' "$*"; fi 2>/dev/null || :; }
raw() { # a last line without an end gets one: what is said next must not stick to it
  if [ -n "$in_session" ]; then set -- '| '; else set -- '    '; fi
  { cat; echo; } | sed -e '$ { /^$/d' -e '}' -e "s/^/$1/"
}
mild='' # yes: what goes wrong is a warning, because who asked for it goes on without it
told='' # yes: somebody has said what went wrong
failure() { # code, message; details may follow through raw
  if [ -n "$mild" ]; then progress "warning: $2 ($1)"; return; fi
  told=yes
  if [ -n "$in_session" ]; then printf '! %s %s\n' "$1" "$2"; else printf 'error: %s (%s)\n' "$2" "$1" >&2; fi || :
}
die() { failure "$@"; exit 1; }

# Milliseconds since boot. Read without a fork, and never wrong by a clock that is set.
now_ms() {
  local up
  read -r up _ </proc/uptime
  now=$((${up%.*} * 1000 + (1${up#*.} - 100) * 10))
}

timestamp() { date -u +%Y-%m-%dT%H:%M:%SZ; }

# One value of a file of key=value lines: the text behind the first "=".
value_of() { # file, key
  local key value
  while IFS='=' read -r key value; do
    [ "$key" != "$2" ] || { printf '%s' "$value"; return 0; }
  done 2>/dev/null <"$1"
  return 1
}

# Writes standard input to a file by rename, so that a reader or a power cut sees the old text or the new one.
write_file() {
  cat >"$1.next" && mv -f "$1.next" "$1"
}

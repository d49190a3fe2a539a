# shellcheck shell=dash
# What the containers of a new release say in its first moments: lines of errors, and values that no log should have.

logs_since='' # milliseconds since boot; empty: this run has started no slot

# As loggers of many languages write it; not every line that has the word.
error_line='"(level|severity|lvl)": ?("(error|fatal|critical|panic|ERROR|FATAL|CRITICAL)"|[56]0[,}])'
error_line="$error_line|(^|[^a-zA-Z])(level|lvl|severity)=\"?(error|fatal|critical|panic|ERROR|FATAL|CRITICAL)"
error_line="$error_line|(^|[] [(|:])(ERROR|FATAL|CRITICAL|PANIC|SEVERE)([] :)|]|\$)|\\[(error|crit|alert|emerg)\\]"
error_line="$error_line|^(Error|ERROR|error|fatal|panic|Fatal error|Fatal|PANIC): |^Traceback \\(most recent call last\\)|[Uu]ncaught |[Uu]nhandled |[a-z](Error|Exception): "
# Names of variables whose values are secrets, and values that are addresses with a password in them.
secret_name='(SECRET|TOKEN|PASSW|PWD|CREDENTIAL|PRIVATE|DSN|APIKEY|(^|_)KEY(_|=))'
secret_line="^[^=]*$secret_name|^[^=]*=[\"']?[a-z+]+://[^/@ ]*:[^/@ ]+@"

# Beside the main line: a question to Docker for each container.
read_logs() {
  : >"$run/log.errors"
  : >"$run/log.secrets"
  : >"$run/log.values"
  now_ms
  each_service switch read_logs_of_service
}

read_logs_of_service() { # fields
  local id
  for id in $(containers_of "$project-$slot" "$1-$slot"); do
    docker logs --since "$(((now - logs_since) / 1000 + 1))s" --tail 5000 "$id" >"$run/log" 2>&1
    find_secrets "$1"
    grep -aE "$error_line" "$run/log" | sed "s/^/$1: /" >>"$run/log.errors"
  done
}

# Whose values occur in the log. They go through a file: everybody on the host can read the arguments of a program. All are looked for at
# once; which it was is asked only when there is one.
find_secrets() { # service
  local line file
  grep -iE "$secret_line" "$release_dir/env/$1.env" 2>/dev/null | grep -viE '^[^=]*PUBLI' >"$run/log.names"
  { plain_values <"$run/log.names"; find "$release_dir/secrets" -type f ! -name '*.config' -exec grep -ha '' {} + 2>/dev/null; } | are_in_log || return 0
  cat "$run/log.value" >>"$run/log.values"
  while IFS= read -r line; do
    ! printf '%s\n' "$line" | plain_values | are_in_log || printf '%s %s\n' "$1" "${line%%=*}" >>"$run/log.secrets"
  done <"$run/log.names"
  for file in "$release_dir"/secrets/*; do
    case $file in *.config | *'/*') continue ;; esac
    ! are_in_log <"$file" || printf '%s %s\n' "$1" "${file##*/}" >>"$run/log.secrets"
  done
}

# As the container gets them; the runner wrote the lines (packages/dotenv).
plain_values() {
  sed -e 's/^[^=]*=//' -e "/^'/ {" -e "s/^'//; s/'\$//; s/\\\\'/'/g" -e b -e '}' -e '/^"/ {' -e 's/^"//; s/"$//; s/\\n/\n/g; s/\\\([\\"$]\)/\1/g' -e '}'
}

are_in_log() { # values on standard input, of which lines of eight characters and more count
  grep -aE '^.{8,}' >"$run/log.value" && grep -qaFf "$run/log.value" "$run/log"
}

# Lines with a value are left out: the runner does not know what only the host knows, and could not mask it.
tell_logs() {
  local service name count
  sort -u "$run/log.secrets" >"$run/log.told"
  while read -r service name; do
    event "secret-in-log service=$service name=$name"
    progress "warning: the log of $service has the value of $name"
  done <"$run/log.told"
  [ ! -s "$run/log.values" ] || grep -avFf "$run/log.values" "$run/log.errors" | write_file "$run/log.errors"
  count=$(wc -l <"$run/log.errors")
  [ "$count" -gt 0 ] || return 0
  event "log-errors count=$count"
  progress "the new release logged $count lines of errors$([ "$count" -le 20 ] || echo '; the first 20'):"
  head -n 20 "$run/log.errors" | cut -c 1-300 | raw
}

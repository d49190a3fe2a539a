# shellcheck shell=dash
# Programs for awk, which every system has that has a shell: a file of assignments is taken apart, and put together again.

# Writes each part as files <number>.lead, .rhs and .tail, and its name to `index`. What it is not sure of is told in `odd`, and then nothing is written.
# shellcheck disable=SC2016 # a program for awk
env_splitter='
function save(suffix, text) { printf "%s", text >(dir "/" count suffix); close(dir "/" count suffix) }
function part(name, lead, rhs, tail) {
  count++
  printf "%d\t%s\n", count, name >(dir "/index")
  save(".lead", lead)
  if (name == "") return
  save(".rhs", rhs)
  save(".tail", tail)
  save(".hash", key name "=" rhs key)
}
function step(length_of,   taken) { taken = substr(text, 1, length_of); line += gsub(/\n/, "", taken); text = substr(text, length_of + 1) }
function odd() { if (!told) print line + 1 >(dir "/odd"); told = 1 }
function verbatim(length_of) { part("", substr(text, 1, length_of), "", ""); step(length_of) }
function quiet(rest) { return rest ~ /^[ \t\r]*(#[^\n]*)?$/ }
function line_end(from,   n) { n = index(substr(text, from), "\n"); return n ? from + n - 1 : length(text) + 1 }

# Where a quoted value ends, or 0. A backslash keeps the next character from ending it; dotenv goes back to such a quote where no other fits.
function closing(from, quote,   at, c, found) {
  for (at = from + 1; at <= length(text); at++) {
    c = substr(text, at, 1)
    if (c == "\\" && format != "dotenv") at++
    else if (c == quote) {
      if (format != "dotenv") return at
      if (quiet(substr(text, at + 1, line_end(at) - at - 1))) found = at
      if (substr(text, at - 1, 1) != "\\") return found
    }
  }
  return found
}
# Where a value ends that may change its quotes on the way.
function word_end(from,   at, c, quote) {
  for (at = from; at <= length(text); at++) {
    c = substr(text, at, 1)
    if (quote == "") {
      if (c == "\n" || (format == "systemd" && c == "\r")) return at
      if (format == "shell" && index(" \t;&|<>()", c)) return at
      if (c == "\\") { at++; if (format == "systemd") inside = 1 }
      else if ((c == "\"" || c == "\047") && !inside) quote = c
      else if (format == "systemd" && c != " " && c != "\t") inside = 1
      if (format == "shell" && (c == "`" || substr(text, at, 2) == "$(")) odd()
    } else if (c == "\\" && quote == "\"") at++
    else if (c == quote) quote = ""
    else if (format == "shell" && quote == "\"" && (c == "`" || substr(text, at, 2) == "$(")) odd()
  }
  if (quote != "") odd()
  return at
}
function value(name, lead_length,   from, end, last, rhs, c, rest, n) {
  from = lead_length + 1
  last = line_end(from)
  c = substr(text, from, 1)
  if (format == "docker") { part(name, substr(text, 1, lead_length), substr(text, from, last - from), "\n"); step(last); return }
  if (format == "shell" || format == "systemd") {
    inside = 0
    end = word_end(from)
    last = line_end(end)
    rest = substr(text, end, last - end)
    if (!quiet(rest)) odd()
    rhs = substr(text, from, end - from)
    if (format == "systemd" && match(rhs, /[ \t]+$/) && rhs !~ /\\[ \t]+$/) rhs = substr(rhs, 1, RSTART - 1)
    part(name, substr(text, 1, lead_length), rhs, substr(text, from + length(rhs), last - from - length(rhs)) "\n")
    step(last)
    return
  }
  if (c == "\"" || c == "\047" || (c == "`" && format == "dotenv")) {
    end = closing(from, c)
    if (end) {
      last = line_end(end)
      if (quiet(substr(text, end + 1, last - end - 1))) {
        part(name, substr(text, 1, lead_length), substr(text, from, end - from + 1), substr(text, end + 1, last - end - 1) "\n")
        step(last)
        return
      }
    }
    if (format != "dotenv") odd()
    last = line_end(from)
  }
  rhs = substr(text, from, last - from)
  if (format == "dotenv") sub(/#.*$/, "", rhs)
  else if (format == "python-dotenv") sub(/[ \t]+#.*$/, "", rhs)
  else if (n = index(rhs, " #")) rhs = substr(rhs, 1, n - 1)
  sub(/[ \t\r\f\v]+$/, "", rhs)
  part(name, substr(text, 1, lead_length), rhs, substr(text, from + length(rhs), last - from - length(rhs)) "\n")
  step(last)
}
function statement(   name, n, all) {
  all = line_end(1)
  if (text ~ /^[ \t\r\f\v]*[#\n]/ || (format == "systemd" && text ~ /^[ \t\r]*;/)) {
    if (format == "systemd" && substr(text, all - 1, 1) == "\\") odd()
    return verbatim(all)
  }
  if (!match(text, lead)) return verbatim(all)
  n = RLENGTH
  name = substr(text, 1, n)
  sub(/[ \t\r\f\v]*[=:][ \t\r\f\v]*$/, "", name)
  if (format != "docker" && format != "systemd") sub(/^[ \t\r\f\v]*export[ \t\r\f\v]+/, "", name)
  sub(/^[ \t\r\f\v]+/, "", name)
  value(name, n)
}
function json_line(   all, name, n, rhs) {
  all = line_end(1)
  if (text ~ /^[ \t\r]*\n/) return step(all)
  if (sub(/^[ \t]*[{][ \t]*[}]/, "{\n}", text)) return verbatim(2)
  if (text ~ /^[ \t\r]*[{}][ \t\r]*\n/) return verbatim(all)
  if (!match(text, /^[ \t]*"[^"\\]*"[ \t]*:[ \t]*/)) { odd(); return verbatim(all) }
  n = RLENGTH
  name = substr(text, 1, n)
  sub(/^[ \t]*"/, "", name)
  sub(/"[^"]*$/, "", name)
  if (!match(substr(text, n + 1), /^"([^"\\\n]|\\.)*"/)) { odd(); return verbatim(all) }
  rhs = substr(text, n + 1, RLENGTH)
  if (substr(text, n + 1 + length(rhs), all - n - 1 - length(rhs)) !~ /^,?[ \t\r]*$/) odd()
  part(name, substr(text, 1, n), rhs, "")
  step(all)
}
BEGIN { getline key <keyfile }
{ text = text $0 "\n" }
END {
  if (substr(text, 1, 3) == "\357\273\277") verbatim(3)
  lead = "^[ \t\r\f\v]*(export[ \t\r\f\v]+)?[A-Za-z0-9_.-]+[ \t]*=[ \t\r\f\v]*"
  if (format == "dotenv") lead = "^[ \t\r\f\v]*(export[ \t\r\f\v]+)?[A-Za-z0-9_.-]+([ \t]*=[ \t]*|:[ \t]+)"
  if (format ~ /^compose/) lead = "^[ \t\r\f\v]*(export[ \t\r\f\v]+)?[A-Za-z0-9_.-]+[ \t]*[=:][ \t\r\f\v]*"
  if (format == "docker") lead = "^[ \t\r\f\v]*[^= \t#\n][^= \t\n]*="
  if (format == "systemd") lead = "^[ \t\r]*[A-Za-z0-9_]+[ \t]*=[ \t]*"
  if (format == "shell") lead = "^[ \t]*(export[ \t]+)?[A-Za-z_][A-Za-z0-9_]*="
  while (text != "") if (format == "json") json_line(); else statement()
}'

# Puts names and hashes together.
# shellcheck disable=SC2016 # a program for awk
env_teller='
FILENAME == sums { sub(/[.]hash$/, "", $2); hash[$2] = $1; next }
{ at = index($0, "\t"); name = substr($0, at + 1); if (name != "") printf "key\t%s\t%s\n", name, hash[substr($0, 1, at - 1)] }'

# The names of the files to put together, in order.
# shellcheck disable=SC2016 # a program for awk
env_merger='
BEGIN { FS = "\t" }
function add(name,   file) {
  file = set "/" number[name] ".name"
  if (many++) print before "/comma"
  print file
  print set "/" number[name]
  if (json != "json") print before "/end"
}
FILENAME ~ /changes$/ { if ($1 == "set") { number[$2] = $3; order[++names] = $2 } else dropped[$2] = 1; next }
{ at[++parts] = $1; of[parts] = $2; if ($2 != "") last[$2] = parts }
END {
  for (i = 1; i <= parts; i++) {
    name = of[i]
    if (name in dropped) continue
    if (json == "json" && name == "" && i == parts) close_json()
    if (name == "") { print before "/" at[i] ".lead"; continue }
    if (many++ && json == "json") print before "/comma"
    print before "/" at[i] ".lead"
    if (name in number && last[name] == i) { print set "/" number[name]; done[name] = 1 } else print before "/" at[i] ".rhs"
    print before "/" at[i] ".tail"
  }
  if (json != "json") { many = 0; for (i = 1; i <= names; i++) if (!(order[i] in done)) add(order[i]) }
}
function close_json(   k) {
  for (k = 1; k <= names; k++) if (!(order[k] in last)) add(order[k])
  if (many) print before "/end"
}'

# Variables of services of ours that have a value of the file: Compose's JSON has a line for each, and so has what Docker told.
# shellcheck disable=SC2016 # a program for awk
env_origins='
function plain(value) { gsub(/\\u003c/, "<", value); gsub(/\\u003e/, ">", value); gsub(/\\u0026/, "\\&", value); return value }
FILENAME ~ /switched$/ { ours[$0] = 1; next }
FILENAME ~ /json$/ {
  if ($0 ~ /^ *"environment": [{]/) inside = 1
  else if ($0 ~ /^ *[}]/) inside = 0
  else if (inside && match($0, /^ *"[^"]*": "/)) {
    name = substr($0, 1, RLENGTH - 4)
    sub(/^ *"/, "", name)
    value = substr($0, RLENGTH)
    sub(/,$/, "", value)
    gsub(/[$][$]/, "$", value)
    has[name "=" plain(value)] = 1
  }
  next
}
NF > 1 {
  service = $1
  of = service
  if (substr(of, length(of) - length(slot) + 1) == slot) of = substr(of, 1, length(of) - length(slot))
  pair = substr($0, length(service) + 3)
  at = index(pair, "=")
  name = substr(pair, 1, at - 1)
  if (of in ours && of != service && ((name "=\"" plain(substr(pair, at + 1))) in has)) printf "origin\t%s\t%s\t%s\n", service, of, name
}'

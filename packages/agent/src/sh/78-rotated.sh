# shellcheck shell=dash
# What becomes of rotated keys on the way back. It goes by names: of a key that was rotated after a release was made, its services get what the live ones
# of the same name have. Where that cannot be, the old value would come back, and that has to be known before.

# Lines kind<TAB>service<TAB>key<TAB>assignment of what a release gives its services, of the keys in $run/rotated alone; and of all its secrets. Texts of
# models are as the runner writes them: one assignment on a line, with these indents.
rotated_lines() { # folder of a release
  local file name
  for file in "$1/env"/*.env; do
    [ -e "$file" ] || continue
    name=${file##*/}
    awk -F = -v service="${name%.env}" 'part == 1 { rotated[$0]; next } $1 in rotated { printf "env\t%s\t%s\t%s\n", service, $1, $0 }' part=1 "$run/rotated" part=2 "$file"
  done
  [ ! -e "$1/base.json" ] || awk -v what=tell "$base_values" part=0 "$run/rotated" part=2 "$1/base.json"
  for file in "$1/secrets"/*; do
    case $file in *.config | */'*') continue ;; esac
    printf 'secret\tsecret\t%s\t%s\n' "${file##*/}" "$(sha256sum <"$file")"
  done
}

# To tell: part 0 has names of keys, part 2 is the model. To exchange: part 1 is the model that has the values.
# shellcheck disable=SC2016
base_values='
function named(line) { sub(/^ *"/, "", line); return substr(line, 1, index(line, "\":") - 1) }
part == 0 { rotated[$0]; next }
/^  "/ { section = named($0) }
/^    "/ { service = named($0) }
/^      "/ { field = named($0) }
{ assignment = $0; sub(/,$/, "", assignment) }
section == "services" && field == "environment" && /^        "/ && named($0) in rotated {
  key = named($0)
  if (part == 1) live[service, key] = assignment
  else if (what == "tell") printf "base\t%s\t%s\t%s\n", service, key, assignment
  else if ((service, key) in live) { print live[service, key] (/,$/ ? "," : ""); next }
}
what == "tell" && section == "secrets" && /^      "file":/ { printf "secret\tsecret\t%s\t%s\n", service, assignment }
what == "exchange" && part == 2'

# When a release was made. Its id has the runner's time, and rotations have the host's: the folder of its env files does too, and the earlier one
# counts, because values that are equal are no matter.
made_at() { # id
  { date -u -r "$app_dir/releases/$1/env" +%Y%m%dT%H%M%SZ 2>/dev/null; printf '%s\n' "${1%%-*}"; } | LC_ALL=C sort | head -n 1
}

# What the way back does with each, lines: carried<TAB>key; back<TAB>service:key where the old value would come back; lacks<TAB>service:key where it would
# because the live service has no such key, which the environment of now leaves out.
judge_rotated() { # id
  [ -s "$app_dir/env-keys.tsv" ] || return 0
  awk -F "$tab" -v made="$(made_at "$1")" '$4 != "-" && $4 > made { print $2 }' "$app_dir/env-keys.tsv" >"$run/rotated"
  [ -s "$run/rotated" ] || return 0
  rotated_lines "$app_dir/current" >"$run/rotated.live"
  rotated_lines "$app_dir/releases/$1" >"$run/rotated.then"
  (cd "$app_dir/current/env" 2>/dev/null && ls) | sed -n 's/[.]env$//p' >"$run/rotated.services"
  awk -F "$tab" '
    part == 1 { lives[$0]; next }
    { text = $0; for (i = 1; i < 4; i++) text = substr(text, index(text, FS) + 1) }
    part == 2 { live[$1, $2, $3] = text; serves[$1, $3, text]; next }
    ($1, $3, text) in serves && ($1 == "secret" || !(($1, $2, $3) in live) || live[$1, $2, $3] == text) { next }
    $1 == "secret" || !(($1, $2, $3) in live) { print ($1 == "env" && $2 in lives ? "lacks" : "back") FS $2 ":" $3; next }
    { print "carried" FS $3 }' part=1 "$run/rotated.services" part=2 "$run/rotated.live" part=3 "$run/rotated.then" | LC_ALL=C sort -u
  rm -f "$run/rotated.live" "$run/rotated.then"
}

# Names of keys that were rotated after the release was made and have another value in the live one: no way back brings the old value.
rotated_since() { # id
  judge_rotated "$1" | sed -n "s/^carried$tab//p"
}

# Services and keys, as service:key, whose old value would come back all the same.
returning_since() { # id, restore or current
  judge_rotated "$1" | sed -n -e "s/^back$tab//p" -e "$([ "$2" = current ] || printf 's/^lacks\t//p')"
}

# The lines of a release's env file, of the rotated keys those that are live. Without RELEASE_ID.
with_live_rotated() { # id, file
  rotated_since "$1" >"$run/rotated.now"
  awk -F = 'part == 1 { rotated[$0]; next } part == 2 { if ($1 in rotated) live[$1] = $0; next } $1 in live { print live[$1]; next } $1 != "RELEASE_ID"' \
    part=1 "$run/rotated.now" part=2 "$app_dir/current/env/${2##*/}" part=3 "$2"
}

# The same for what is not switched, in all models that have it. A base with other values is another one.
exchange_in_base() { # id, id of the copy
  local new=$app_dir/releases/$2 model
  rotated_since "$1" >"$run/rotated.now"
  [ -s "$run/rotated.now" ] || return 0
  for model in base by-hand plain; do
    if [ ! -e "$new/$model.json" ] || [ ! -e "$app_dir/current/$model.json" ]; then continue; fi
    awk -v what=exchange "$base_values" part=0 "$run/rotated.now" part=1 "$app_dir/current/$model.json" part=2 "$new/$model.json" | write_file "$new/$model.json"
  done
  cmp -s "$new/base.json" "$app_dir/releases/$1/base.json" || sed -i "s/^base_fingerprint=.*/&-as-$2/" "$new/settings"
}

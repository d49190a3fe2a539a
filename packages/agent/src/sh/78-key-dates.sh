# shellcheck shell=dash
# When a key of an env file changed last, and which were rotated: names and dates, no value. Lines of env-keys.tsv:
# path<TAB>name<TAB>changed<TAB>rotated or -<TAB>days after which it is to be rotated, or -. Dates are written as a release id begins.

# The runner uploads env/dates: name<TAB>set, keep or drop<TAB>yes or no: rotated<TAB>days or -. A key that nobody dated is as old as its file at least,
# so this comes before the new file. What was rotated once stays that, also when the key goes and comes again.
note_key_dates() {
  local file=$app_dir/env-keys.tsv seen now
  [ -s "$run/env/dates" ] || return 0
  [ -e "$file" ] || : >"$file" || return 1
  now=$(date -u +%Y%m%dT%H%M%SZ)
  seen=$(date -u -r "$env_file" +%Y%m%dT%H%M%SZ 2>/dev/null) || seen=$now
  key_path=$env_file awk -F "$tab" -v now="$now" -v seen="$seen" '
    FILENAME == ARGV[1] { what[$1] = $2; mark[$1] = $3; days[$1] = $4; next }
    $1 != ENVIRON["key_path"] { print; next }
    { changed[$2] = $3; rotated[$2] = $4; limit[$2] = $5 }
    END {
      for (name in what) {
        if (what[name] == "drop") { limit[name] = "-"; if (rotated[name] == "" || rotated[name] == "-") delete changed[name]; continue }
        if (what[name] == "set") changed[name] = now
        else if (changed[name] == "") changed[name] = seen
        # One that stays was rotated by what wrote it, unless that is on file.
        if (mark[name] == "yes" && (what[name] == "set" || rotated[name] == "" || rotated[name] == "-" || rotated[name] < changed[name])) rotated[name] = now
        limit[name] = days[name]
      }
      for (name in changed)
        printf "%s\t%s\t%s\t%s\t%s\n", ENVIRON["key_path"], name, changed[name], rotated[name] == "" ? "-" : rotated[name], limit[name] == "" ? "-" : limit[name]
    }' "$run/env/dates" "$file" >"$run/env/dated" && LC_ALL=C sort "$run/env/dated" >"$run/env/sorted" && write_file "$file" <"$run/env/sorted"
}

# The dates of before, until it is decided whether the new file stays. An empty one: there were none.
keep_key_dates() {
  if [ -e "$app_dir/env-keys.tsv" ]; then cat "$app_dir/env-keys.tsv"; fi | write_file "$app_dir/env-keys.before"
}

key_dates_back() {
  [ ! -e "$app_dir/env-keys.before" ] || mv -f "$app_dir/env-keys.before" "$app_dir/env-keys.tsv"
}

# What doctor says of keys that are too old. It is a warning: nothing is broken. A line that is damaged, or of a file that is gone, says nothing.
say_old_keys() {
  local today path name changed rotated days age
  [ -s "$app_dir/env-keys.tsv" ] || return 0
  today=$(date -u +%s)
  awk -F "$tab" 'NF == 5 && $1 != "" && $2 != "" && $3 ~ /^[0-9]+T[0-9]+Z$/ && $4 != "" && $5 ~ /^[0-9]+$/' "$app_dir/env-keys.tsv" >"$run/dated"
  while IFS="$tab" read -r path name changed rotated days; do
    changed=$(date -u -d "$(printf '%s' "$changed" | sed 's/^\(....\)\(..\)\(..\).*/\1-\2-\3/')" +%s 2>/dev/null)
    if [ -z "$changed" ] || [ ! -e "$path" ]; then continue; fi
    age=$(((today - changed) / 86400))
    [ "$age" -lt "$days" ] || printf 'OLD     %s in %s has not changed for %s days, and is to be rotated after %s\n' "$name" "${path#"$app_dir"/}" "$age" "$days"
  done <"$run/dated"
}

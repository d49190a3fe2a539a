# shellcheck shell=dash
# What a person's own `docker compose` or `docker` has done to the live release, for status and doctor.

# Said where people look first, with the one command that mends it.
status_of_trouble() {
  local missing='' doubled=''
  each_service 'keep|recreate|start' note_missing
  if has_switch; then
    slot_is_whole || missing="$missing, $project-$slot"
    [ -n "$(running_of "$project-edge" edge)" ] || missing="$missing, $project-edge"
    each_service switch note_doubled
  fi
  [ -z "$missing" ] || printf 'missing   %s: does not run. %s/bin/release doctor starts it\n' "${missing#, }" "$app_dir"
  [ -z "$doubled" ] || printf 'twice     %s: started beside the live release. %s/bin/release doctor removes it\n' "${doubled#, }" "$app_dir"
}

note_missing() { is_running "$1" || missing="$missing, $1"; } # fields
note_doubled() { runs_once "$1" || doubled="$doubled, $1"; } # fields

# In the project itself a switched service has no container: it would share its name with the edge, and answer some of the requests.
runs_once() { [ -z "$(containers_of "$project" "$1")" ]; }
nothing_runs_twice() { each_service switch runs_once; }

remove_doubles() { each_service switch remove_double; }

remove_double() { # fields
  local ids
  ids=$(containers_of "$project" "$1")
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  [ -z "$ids" ] || docker stop $ids >/dev/null 2>&1
  printf '%s' "$ids" | remove_containers
}

# A container that somebody made anew has the policy of its file, and that may be none.
policies_stand() {
  local ids
  wanted_policies
  ids=$(cut -d' ' -f2 "$run/policies")
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  [ -z "$ids" ] || docker inspect -f '{{with .HostConfig.RestartPolicy}}{{or .Name "no"}}{{if .MaximumRetryCount}}:{{.MaximumRetryCount}}{{end}}{{end}} {{.Id}}' $ids 2>/dev/null | sort | cmp -s - "$run/policies"
}

restore_policies() {
  wanted_policies
  set_policies
}

wanted_policies() { # in $run/policies, sorted
  { ! has_switch || each_service switch tell_policy; base_policies; } | sort >"$run/policies"
}

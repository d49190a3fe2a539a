# shellcheck shell=dash
# How visitors and callers are answered, as the edge counts it: until the switch by the release before, from then on by the new one. So
# two counts tell the releases apart, without a word about slots.

answered=0 errors=0 p95=''
before_answered=0 before_errors=0 before_p95=''
enough=50 # answers; fewer say nothing about a share, and neither do fewer than ten errors

# For awk in the edge: all answers since Caddy began to count, those with 5xx, and how many came within so many milliseconds.
# Those of srv0 are the agent's own: Caddy numbers listeners by their address, and the one for verification sorts first.
# shellcheck disable=SC2016 # for awk
sum_answers='
  index($0, "caddy_http_request_duration_seconds_") == 1 && /handler="subroute"/ && !/server="srv0"/ {
    if (/_count/) { all += $NF; if (/code="5/) bad += $NF }
    if (match($0, /le="[0-9.]+"/)) within[substr($0, RSTART + 4, RLENGTH - 5) * 1000] += $NF
  }
  END { printf "%d %d", all, bad; for (ms in within) printf " %d:%d", ms, within[ms]; printf "\n" }'

# Asked only where somebody served before: then there is something to compare, and somewhere to go back to. Visitors of the maintenance
# page get 503, and say nothing of a release.
is_watched() { [ ! -e "$app_dir/switch/maintenance.html" ] && [ -n "$previous" ] && [ -n "$edge" ] && [ "$(setting verify_for)" -gt 0 ] && [ -n "$(setting max_error_increase)" ]; }

count_answers() { # name
  is_watched || return 0
  open_edge_shell
  ask_edge "$run/answers" answers && sed -n '/^[0-9][0-9]* [0-9]/p' "$run/answers" >"$run/answers.$1"
}

# What came between two counts: sets answered, errors and, with enough of them, p95 (milliseconds within which 95 of 100 came).
# All are 0 where one count is missing, or where Caddy began anew between them.
answers_between() { # name or "start", name
  local had_all=0 had_bad=0 had='' all bad has pair within best=''
  answered=0 errors=0 p95=''
  [ "$1" = start ] || read -r had_all had_bad had 2>/dev/null <"$run/answers.$1" || return 0
  read -r all bad has 2>/dev/null <"$run/answers.$2" || return 0
  if [ "$all" -lt "$had_all" ] || [ "$bad" -lt "$had_bad" ]; then return 0; fi
  answered=$((all - had_all)) errors=$((bad - had_bad))
  [ "$answered" -ge "$enough" ] || return 0
  for pair in $has; do
    within=" $had ${pair%%:*}:0 " # that which was there before, else none
    within=${within#* "${pair%%:*}":}
    within=$((${pair##*:} - ${within%% *}))
    [ $((within * 100)) -lt $((answered * 95)) ] || [ "${pair%%:*}" -ge "${best:-100000}" ] || best=${pair%%:*}
  done
  p95=${best:-10000}
}

# What the release before was like: in the time right before the switch, or all the while that the edge remembers, whichever is worse. A release
# is not to blame for what was wrong already.
answers_before() { # sets before_answered, before_errors, before_p95
  answers_between start began
  before_answered=$answered before_errors=$errors before_p95=$p95
  answers_between began switched
  [ "$answered" -ge "$enough" ] || return 0
  if [ "$before_answered" -lt "$enough" ] || [ $((errors * before_answered)) -ge $((before_errors * answered)) ]; then before_answered=$answered before_errors=$errors; fi
  before_p95=$p95
}

# Fails when many more answers than before are errors of the server.
answers_are_well() {
  local most
  is_watched || return 0
  count_answers now
  answers_before
  answers_between switched now
  most=$(setting max_error_increase)
  if [ "$answered" -lt "$enough" ] || [ "$errors" -lt 10 ] || [ "$before_answered" -lt "$enough" ]; then return 0; fi
  [ $((errors * 1000 / answered)) -gt $((before_errors * 1000 / before_answered + most * 10)) ] || return 0
  failure DA-VERIFY-ERRORS "$(percent "$errors" "$answered") of $answered answers of the new release were 5xx; before the switch it was $(percent "$before_errors" "$before_answered") of $before_answered. More than $most points above is taken back (\`max-error-increase\`)"
  return 1
}

tell_answers() {
  if ! is_watched || [ "$answered" = 0 ]; then return 0; fi
  event "answers all=$answered bad=$errors p95=$p95 before-all=$before_answered before-bad=$before_errors before-p95=$before_p95"
  progress "$answered answers since the switch, $errors with 5xx (before: $before_answered, $before_errors)${p95:+; 95 of 100 within $p95 ms (before: ${before_p95:-?} ms)}"
}

percent() { printf '%s.%s %%' $(($1 * 100 / $2)) $(($1 * 1000 / $2 % 10)); } # part, whole

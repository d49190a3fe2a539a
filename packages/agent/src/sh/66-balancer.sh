# shellcheck shell=dash
# This host as one behind a balancer that its runner can take it out of. Services that requests need are made anew only while nobody is
# sent here, on one host after the other; the runner knows the balancer and the other hosts, and says whose turn it is. The health path
# fails by a file beside the flag, which has that path as its name: no reload, and a host answers its visitors to the end.

in_turn=''   # turn: the runner says when services are made anew
has_turns='' # turns: this session's runner also goes on with what a dead one left

# Of the services that this release makes anew, those that requests may need; empty when that is done.
services_in_turn() { base_is_applied || setting in_turn; }

# Before anything is made anew. A runner that is gone leaves it to the next run: alone this host would be away while others are too.
await_turn() {
  [ -n "$in_turn" ] || return 0
  [ -z "$retiring" ] || { await_child "$retiring"; retiring=''; rm -f "$run/$list"; }
  event "waits services=$(services_in_turn)"
  hear_turn base && return 0
  step_back
  die DA-BALANCER-UNFINISHED "$release is final here, but $(setting in_turn) is as before: the run ended before this host had its turn. The next deploy with \`take-out-of\` goes on there"
}

# Afterwards, until the balancer has the host again. It answers the health check also when its runner is gone; but what did not start keeps
# it out.
await_return() {
  [ -n "$in_turn" ] || return 0
  event "based status=$base_ok"
  hear_turn over || [ "$base_ok" = no ] || step_back
}

hear_turn() { # word that ends it; fails when the runner is gone
  local verb first second
  while :; do
    IFS=' ' read -r verb first second <&4 || continue
    case $verb in
      "$1") return 0 ;;
      stopped | quit | leave) return 1 ;;
      *) obey_balancer "$verb" "$first" "$second" || die DA-AGENT-PROTOCOL "the agent does not know the command $verb here" ;;
    esac
  done
}

obey_balancer() { # command, words
  case $1 in
    health) tell_health "$2" "$3" ;;
    aside)
      # shellcheck disable=SC2086 # a number, a port and a path
      step_aside "$2" $3
      ;;
    drain) ! has_switch || drain_slot "$slot" >/dev/null; event drained-aside ;;
    back) step_back; event back ;;
    returned) rm -f "$app_dir/taken-out"; event returned ;;
    *) return 1 ;;
  esac
}

# Written down first: the droplet may be out of the balancer from here on, whatever becomes of us.
step_aside() { # balancer, droplet, port, path
  printf 'balancer=%s\ndroplet=%s\nsince=%s\n' "$1" "$2" "$(timestamp)" | write_file "$app_dir/taken-out"
  (umask 022 && mkdir -p "$(dirname "$app_dir/switch/.out$4.out")" && : >"$app_dir/switch/.out$4.out")
  begin_closing
  tell_health "$3" "$4"
}

step_back() {
  [ -e "$app_dir/switch/.out" ] || return 0
  rm -rf "$app_dir/switch/.out"
  rm -f "$app_dir/switch/closing"
}

# The health path as the balancer asks it: at the port on the host, for nobody else. `none`: no port of the edge.
# shellcheck disable=SC2016 # for Docker
tell_health() { # port, path
  local status='' port
  [ -n "$phase" ] || use_release "$(current_release)" # of a host that changes nothing
  find_edge
  port=$([ -z "$edge" ] || inspect '{{range $port, $bindings := .NetworkSettings.Ports}}{{range $bindings}}{{.HostPort}} {{$port}}{{println}}{{end}}{{end}}' "$edge" | sed -n "s,^$1 \([0-9]*\)/tcp$,\1,p" | head -n 1)
  if [ -n "$port" ]; then
    probe=$run/probe
    open_edge_shell
    ask 127.0.0.1 "$port" "$2" localhost http
    status=$(sed -n 's/^.*HTTP\/[0-9.]* \([0-9][0-9][0-9]\).*/\1/p' "$probe" | head -n 1)
  fi
  event "health status=${status:-none}"
}

# What a dead run left for the runner of this one, which settles it by `finish`. The release is final in any case: a session that is
# ended before that, such as one that lets go while its runner waits for another host, has nothing of its own to undo.
leave_unfinished() {
  [ -n "$has_turns" ] && [ -n "$(services_in_turn)" ] || return 1
  write_journal committed
  record_release
  phase=''
}

finish_unfinished() {
  read_journal
  find_edge
  in_turn=turn
  finish_release
  in_turn=''
  event "finished status=$base_ok"
  # Of a runner that went away meanwhile only what waited for its turn has heard.
  stoppable=yes
  [ ! -e "$run/stop" ] || stopped
}

taken_out() { value_of "$app_dir/taken-out" "$1"; } # balancer, droplet or since

how_to_put_back() {
  printf '%s' "The next deploy with \`take-out-of\` puts it back. By hand: doctl compute load-balancer add-droplets $(taken_out balancer) --droplet-ids $(taken_out droplet) && rm $app_dir/taken-out"
}

# Only the balancer's own list tells whether it is behind it, and that is not to be known here.
say_taken_out() {
  [ -e "$app_dir/taken-out" ] || return 0
  printf 'UNSURE  this host was taken out of the balancer %s at %s, and no run has put it back since. %s\n' "$(taken_out balancer)" "$(taken_out since)" "$(how_to_put_back)"
  sick=1
}

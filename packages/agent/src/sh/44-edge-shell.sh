# shellcheck shell=dash
# A shell inside the edge, open for the whole run. What is asked of the edge, or through it, goes there as a line and comes back as
# lines: a process in a container costs fifty times as much as the question, and on a small host that time is missing elsewhere.

edge_shell=0     # number of the one in use; each has its own pipes, and a file as long as it lives
edge_shell_of='' # the container that it is in

# What it does there; wget's own -T crashes in Debian's busybox. Fields: kind, address, port, path, Host and scheme, separated by tabs, none of them empty.
# Of tcp the path is the seconds that it may take: the address of a container that has ended answers nothing at all.
# shellcheck disable=SC2016 # for the shell in the edge
in_edge='while IFS="$1" read -r kind address port path host scheme; do
  case $kind in
    http) timeout 5 wget -S -O /dev/null --header "Host: $host" --header "X-Forwarded-Proto: $scheme" "http://$address:$port$path" ;;
    tcp) nc -w "$path" "$address" "$port" -e true ;; # -z is not in every busybox
    requests) timeout 3 wget -q -O - http://127.0.0.1:2019/reverse_proxy/upstreams ;;
    answers) timeout 3 wget -q -O - http://127.0.0.1:2019/metrics | awk "$2" ;;
  esac </dev/null 2>&1
  printf "\n@ %s\n" "$?"
done'

# Only on the main line: a process beside it would keep the pipes to itself.
open_edge_shell() {
  local pipes
  [ "$edge_shell_of" != "$edge" ] || [ ! -e "$run/edge-shell.$edge_shell" ] || return 0
  edge_shell=$((edge_shell + 1))
  edge_shell_of=$edge
  pipes=$run/edge-pipe.$edge_shell
  mkfifo "$pipes.in" "$pipes.out"
  exec 7<>"$pipes.in" 8<>"$pipes.out"
  : >"$run/edge-shell.$edge_shell"
  (
    command docker exec -i "$edge" sh -c "$in_edge" sh "$tab" "$sum_answers"
    rm -f "$run/edge-shell.$edge_shell"
    printf '\n@ gone\n'
  ) <"$pipes.in" >"$pipes.out" 2>/dev/null 9>&- 8>&- 7>&- 4>&- &
}

# One question; the answer is in a file. Returns how it ended there, and 1 when the shell is gone or the run is to stop.
ask_edge() { # file, kind, [address, port, path, Host, scheme]
  local file=$1 line
  : >"$file"
  [ -e "$run/edge-shell.$edge_shell" ] || return 1
  printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$2" "${3:--}" "${4:--}" "${5:--}" "${6:--}" "${7:--}" >&7
  while :; do
    # A signal ends a read, and the answer comes all the same; nobody waits for it when the run is to stop.
    IFS= read -r line <&8 || { stop_requested || continue; edge_shell_of=''; return 1; }
    case $line in
      '@ gone') return 1 ;;
      '@ '*) return "${line#@ }" ;;
      *) printf '%s\n' "$line" >>"$file" ;;
    esac
  done
}

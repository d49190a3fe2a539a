# shellcheck shell=dash
# A shell inside the edge, open for the whole run. What is asked of the edge, or through it, goes there as a line and comes back as
# lines: a process in a container costs fifty times as much as the question, and on a small host that time is missing elsewhere.

edge_shell_of='' # the container that it is in

# What it does there. Fields: kind, address, port, path, Host and scheme, separated by tabs, none of them empty.
# shellcheck disable=SC2016 # for the shell in the edge
in_edge='while IFS="$1" read -r kind address port path host scheme; do
  case $kind in
    http) timeout 5 wget -S -O /dev/null --header "Host: $host" --header "X-Forwarded-Proto: $scheme" "http://$address:$port$path" ;;
    tcp) timeout 3 nc -w 2 "$address" "$port" -e true ;; # -z is not in every busybox
    requests) timeout 3 wget -q -O - http://127.0.0.1:2019/reverse_proxy/upstreams ;;
  esac </dev/null 2>&1
  printf "\n@ %s\n" "$?"
done'

# Only on the main line: a process beside it would keep the pipes to itself.
open_edge_shell() {
  [ "$edge_shell_of" != "$edge" ] || [ ! -e "$run/edge-shell" ] || return 0
  rm -f "$run/edge-in" "$run/edge-out"
  mkfifo "$run/edge-in" "$run/edge-out"
  exec 7<>"$run/edge-in" 8<>"$run/edge-out"
  edge_shell_of=$edge
  : >"$run/edge-shell"
  (
    command docker exec -i "$edge" sh -c "$in_edge" sh "$tab"
    rm -f "$run/edge-shell"
    printf '\n@ gone\n'
  ) <"$run/edge-in" >"$run/edge-out" 2>/dev/null 9>&- 8>&- 7>&- 4>&- &
}

# One question; the answer is in a file. Returns how it ended there, and 1 when the shell is gone.
ask_edge() { # file, kind, [address, port, path, Host, scheme]
  local file=$1 line
  : >"$file"
  [ -e "$run/edge-shell" ] || return 1
  printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$2" "${3:--}" "${4:--}" "${5:--}" "${6:--}" "${7:--}" >&7
  while :; do
    IFS= read -r line <&8 || continue # a signal ends a read; the answer comes all the same
    case $line in
      '@ gone') return 1 ;;
      '@ '*) return "${line#@ }" ;;
      *) printf '%s\n' "$line" >>"$file" ;;
    esac
  done
}

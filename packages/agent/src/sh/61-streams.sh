# shellcheck shell=dash
# WebSockets when the edge loads a configuration anew: Caddy closes those that it passes on, and from 2.7 on it can be told to wait. They
# then end with their slot, as at any other switch, and are counted until then.

asking='' # process

# A container of the image is asked, which takes a second: beside other work, where it can begin before the edge is made.
begin_asking() {
  (keep_streams "$(setting edge_image)") 9>&- 8>&- 7>&- 4>&- &
  asking=$!
}

streams_are_settled() {
  [ -n "$asking" ] || begin_asking
  await_child "$asking"
  asking=''
}

# What the edge's configuration imports where there is such a file.
keep_streams() { # image
  local option=$app_dir/edge/config/stream-options
  if docker run --rm --pull never --network none "$1" sh -c "$(takes_option)" >/dev/null 2>&1; then
    printf 'stream_close_delay 24h\n' | write_file "$option"
  else
    rm -f "$option"
  fi
}

takes_option() { # for a shell in the container
  cat <<'EOT'
printf ':80 {\n\treverse_proxy a:1 {\n\t\tstream_close_delay 1s\n\t}\n}\n' >/tmp/streams && caddy adapt --config /tmp/streams --adapter caddyfile
EOT
}

# shellcheck shell=dash
# Resolves the user's Compose files here, with the host's Compose: only it knows what its own version makes of them.
# The runner uploaded to $run: `source/` (its workspace, as far as Compose needs it), `resolve/options` (lines option=value),
# and `resolve/runner.env` and `resolve/keys.env` for interpolation.

resolving='' # process

start_resolving() {
  local option value folder=.
  # The host's .env fills in what the runner's does not have; what steers Compose itself comes from the runner only.
  sed '/^[[:space:]]*\(export[[:space:]][[:space:]]*\)\{0,1\}COMPOSE_/d' "$app_dir/.env" >"$run/resolve/host.env" 2>/dev/null || :
  # The values of env-keys win, and are there when the others are filled in.
  set -- --env-file "$run/resolve/keys.env" --env-file "$run/resolve/host.env" --env-file "$run/resolve/runner.env" --env-file "$run/resolve/keys.env"
  while IFS='=' read -r option value; do
    case $option in
      project) set -- "$@" -p "$value" ;;
      directory) folder=$value; set -- "$@" --project-directory "$run/source/$value" ;;
      file) set -- "$@" -f "$run/source/$value" ;;
      profile) set -- "$@" --profile "$value" ;;
    esac
  done <"$run/resolve/options"
  (
    cd "$run/source/$folder" 2>/dev/null || : # for ${PWD}
    # Not by the function: its GOGC would be a variable for the user's file.
    command docker compose "$@" config --format json </dev/null >"$run/model.json" 2>"$run/model.error"
    printf '%s' "$?" >"$run/model.status"
  ) 9>&- 8>&- 7>&- 4>&- &
  resolving=$!
}

resolve() {
  [ -n "$resolving" ] || start_resolving
  await_child "$resolving"
  if [ "$(cat "$run/model.status")" = 0 ]; then
    event model
    raw <"$run/model.json"
    event end
    event warnings
    raw <"$run/model.error"
    event end
  else
    failure DA-COMPOSE-INVALID "Compose on the host refuses the Compose file: $(sed -e '/level=warning/d' -e "s,$run/source/,,g" "$run/model.error" | tr '\n' ' ')"
    raw <"$run/model.error"
    return 1
  fi
}

# For a runner that cannot reach the registry: pulls, and says which digest the host got.
resolve_digest() { # image
  pull_images "$1" || return $?
  event "digest image=$1 digest=$(docker image inspect -f '{{range .RepoDigests}}{{println .}}{{end}}' "$1" | sed -n 's/.*@\(sha256:[0-9a-f]*\)$/\1/p' | head -n 1)"
}

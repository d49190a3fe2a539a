# shellcheck shell=dash
# A slot: the switched services of one release, side by side with those of another.

slot_is_kept='' # yes: this run has set the restart policies of the slot that is to be live

slot_release() { # slot: the release whose containers it holds, running or not
  list_containers | sed -n "s/^[^|]*|$project-$1|.*|\([^|]*\)\$/\1/p" | sort -u | head -n 1
}

slot_is_running() { all_run "$project-$1"; } # slot

# One service of it may be gone, and the others run.
slot_is_whole() { each_service switch slot_service_runs; }
slot_service_runs() { all_run "$project-$slot" "$1-$slot"; }
slot_has_service() { [ -n "$(containers_of "$project-$slot" "$1-$slot")" ]; }

remove_slot() { containers_of "$project-$1" | remove_containers; } # slot

# The idle slot loses the containers of another release, while other work goes on.
clear_slot() {
  clearing=''
  slot_holds_release && return 0
  (beside clearing remove_slot "$slot") 9>&- 8>&- 7>&- 4>&- &
  clearing=$!
}

# Brings the release up in its slot, by the shortest way that there is: warm, stopped, or from the images.
start_slot() {
  local missing=''
  [ -z "$clearing" ] || { await_child "$clearing"; forget_project "$project-$slot"; }
  if slot_holds_release && slot_is_whole; then
    progress "$release is still running in $slot"
    return 0
  fi
  if ! slot_holds_release || networks_changed; then
    remove_slot "$slot"
    missing=yes
  fi
  if [ -n "$missing" ] || ! each_service switch slot_has_service; then
    progress "creating the containers of $slot"
    compose "-$slot" "slot-$slot.json" up --no-start --pull never --no-build || slot_failed $? || return $?
  fi
  starts=''
  rm -f "$run/start.failed"
  each_service switch start_slot_service && await_starts
}

slot_holds_release() { [ "$(slot_release "$slot")" = "$release" ]; }

# A stopped container remembers the id of each network; when one was made anew the container cannot start any more.
networks_changed() {
  local network aliases id container
  container=$(containers_of "$project-$slot" | head -n 1)
  while IFS="$tab" read -r network aliases; do
    id=$(inspect "{{with index .NetworkSettings.Networks \"$network\"}}{{.NetworkID}}{{end}}" "$container")
    [ -z "$id" ] || [ "$id" = "$(docker network inspect -f '{{.Id}}' "$network" 2>/dev/null)" ] || return 0
  done <"$release_dir/networks.tsv"
  return 1
}

slot_failed() { # status
  [ "$1" != 130 ] || return 130
  failure DA-SLOT-CREATE "Compose could not create the containers of $slot"
  raw <"$run/out"
  return 1
}

# All services start at once, but for those that have to wait until another is healthy.
start_slot_service() { # fields
  local ids
  case ${11} in
    *:healthy*) await_starts && await_dependencies "$project-$slot" "$(printf '%s' "${11}" | sed "s/:/-$slot:/g")" || return $? ;;
  esac
  ids=$(containers_of "$project-$slot" "$1-$slot")
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  (docker start $ids >"$run/start.$1" 2>&1 || cp "$run/start.$1" "$run/start.failed") 9>&- 8>&- 7>&- 4>&- &
  starts="$starts $!"
}

await_starts() {
  local pid
  for pid in $starts; do await_child "$pid"; done
  starts=''
  [ -e "$run/start.failed" ] || return 0
  cp "$run/start.failed" "$run/out"
  slot_failed 1
}

await_slot() {
  : >"$run/waiting"
  each_service switch expect_healthy
  count_answers began # while the new release boots, when the time costs nobody anything
  progress "waiting for $slot to become healthy"
  await_health "$(setting health_timeout)"
}

expect_healthy() { # fields
  local id
  for id in $(containers_of "$project-$slot" "$1-$slot"); do printf '%s %s %s %s %s\n' "$id" "$1" "$6" "$7" "$8" >>"$run/waiting"; done
}

keep_slot_over_reboots() { # of the live release; candidates and old slots must not come back by themselves
  each_service switch tell_policy >"$run/policies"
  ! set_policies || slot_is_kept=yes
}

tell_policy() { # fields
  local id
  for id in $(containers_of "$project-$slot" "$1-$slot"); do printf '%s %s\n' "$5" "$id"; done
}

rest_slot() { # slot: not started again by a reboot, still running
  # shellcheck disable=SC2046 # ids are hexadecimal, one word each
  set_restart no $(containers_of "$project-$1")
}

stop_slot() { # slot
  rest_slot "$1"
  stop_containers_of_slot "$1"
}

stop_containers_of_slot() { # slot
  local ids
  ids=$(running_of "$project-$1")
  # shellcheck disable=SC2086 # ids are hexadecimal, one word each
  [ -z "$ids" ] || docker stop $ids >/dev/null 2>&1
}

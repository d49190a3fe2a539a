# shellcheck shell=dash
# Backups by a timer of systemd on this host, with no runner and no GitHub. What it is to do stands in $app_dir/schedule/: `settings` (lines key=value), `volumes`
# (as for `backup create`), and `heartbeat`, an address that is a secret.

units=/etc/systemd/system
unit_name() { printf 'deploy-actions-backup-%s' "$app"; }

no_schedule() { failure DA-BACKUP-SCHEDULE "$1"; return 1; } # why

# Everything that would fail at night is refused now.
schedule_backups() { # service, calendar, keep (7,4,12), hours until it is overdue, file with volumes, file with the address or nothing
  local server='' word
  case $app_dir in *[!A-Za-z0-9/._-]*) no_schedule "systemd is given only folders of letters, digits, \"/\", \".\", \"_\" and \"-\", not $app_dir"; return 1 ;; esac
  case $2 in '' | *[!A-Za-z0-9*:,./~\ -]*) no_schedule "\"$2\" is no time as systemd writes it, such as *-*-* 03:17:00"; return 1 ;; esac
  case $4 in '' | *[!0-9]*) no_schedule "\"$4\" is no number of hours"; return 1 ;; esac
  for word in systemctl systemd-analyze; do command -v "$word" >/dev/null || { no_schedule "$word is not on this host: let cron call $app_dir/bin/release backup create"; return 1; }; done
  [ -w "$units" ] || { no_schedule "$(id -un) cannot write in $units: log in as root, or set \`sudo: true\`"; return 1; }
  ! units_call_another "$(unit_name)" || { no_schedule "$units/$(unit_name).service is that of another folder with an app of this name ($(sed -n 's/^ExecStart=\(.*\)\/bin\/release .*/\1/p' "$units/$(unit_name).service")): unschedule it there first"; return 1; }
  systemd-analyze calendar "$2" >"$run/out" 2>&1 || { no_schedule "systemd does not know the time \"$2\": $(grep . "$run/out" | tail -n 1)"; return 1; }
  has_address "$6" || return 1
  [ "$1" = - ] || find_server "$1" || return 1
  find_backups || return 1
  [ ! -s "$5" ] || check_volumes "$5" "$server" "$1" || return 1
  keep_schedule "$@" && install_units "$2" && return 0
  # A systemd that does not take a timer has none to let go of.
  systemctl disable --now "$(unit_name).timer" >/dev/null 2>&1
  remove_units "$(unit_name)"
  rm -rf "$app_dir/schedule"
  return 1
}

has_address() { # file or nothing
  [ -s "$1" ] || return 0
  { grep -qx 'https://[A-Za-z0-9._~:/?#@!$&()*+,;=%-]*' "$1" && [ "$(grep -c '' "$1")" = 1 ]; } || { no_schedule 'the heartbeat is no https address on one line'; return 1; }
  [ -n "$(heartbeat_program)" ] || progress 'warning: neither curl nor GNU wget is on this host, so nobody can tell the heartbeat: apt-get install curl'
}

keep_schedule() { # as schedule_backups
  local folder=$app_dir/schedule
  { mkdir -p "$folder" && chmod 700 "$folder" && printf 'service=%s\nkeep=%s\noverdue=%s\nsince=%s\nvariable=%s\nimage=%s\n' "$1" "$3" "$4" "$(date -u +%Y%m%dT%H%M%SZ)" "$url_variable" "$url_image" | write_file "$folder/settings" &&
    write_file "$folder/volumes" <"$5" && rm -f "$folder/heartbeat" && { [ ! -s "$6" ] || write_file "$folder/heartbeat" <"$6"; }; } && return 0
  failure DA-BACKUP-WRITE "$(id -un) cannot write in $app_dir"
  return 1
}

# Whoever reads them learns nothing: no value that is a secret stands in a unit.
install_units() { # calendar
  local name
  name=$(unit_name)
  { service_unit | write_file "$units/$name.service" && timer_unit "$1" | write_file "$units/$name.timer" && chmod 644 "$units/$name.service" "$units/$name.timer"; } ||
    { failure DA-BACKUP-WRITE "$(id -un) cannot write in $units"; return 1; }
  { systemctl daemon-reload && systemctl enable --now "$name.timer"; } >"$run/out" 2>&1 || { no_schedule "systemd does not take the timer: $(tail -n 1 "$run/out")"; return 1; }
  progress "$name.timer makes a backup at $1 (next: $(systemd-analyze calendar "$1" 2>/dev/null | sed -n 's/^ *Next elapse: *//p' | head -n 1)). \`journalctl -u $name\` shows what came of it, \`systemctl start $name\` makes one now"
}

service_unit() {
  cat <<EOF
[Unit]
Description=Backup of $app (deploy-actions)
Wants=network-online.target
After=docker.service network-online.target

[Service]
Type=oneshot
ExecStart=$app_dir/bin/release backup scheduled
ExecStopPost=$app_dir/bin/release unpause-left
KillMode=mixed
TimeoutStartSec=12h
Nice=10
EOF
}

timer_unit() { # calendar
  cat <<EOF
[Unit]
Description=Backup of $app (deploy-actions)

[Timer]
OnCalendar=$1
Persistent=true

[Install]
WantedBy=timers.target
EOF
}

# Units are named by the app alone: those that call another folder are somebody else's.
units_call_another() { # name
  [ -e "$units/$1.service" ] && ! grep -qF "ExecStart=$app_dir/" "$units/$1.service"
}

has_units() { [ -e "$units/$1.timer" ] || [ -e "$units/$1.service" ]; } # name

unschedule_backups() {
  local name
  name=$(unit_name)
  if has_units "$name" && ! units_call_another "$name"; then
    [ -w "$units" ] || { no_schedule "$(id -un) cannot write in $units, and $name.timer goes on: log in as root, or set \`sudo: true\`"; return 1; }
    [ ! -e "$units/$name.timer" ] || systemctl disable --now "$name.timer" >"$run/out" 2>&1 || { no_schedule "systemd does not let go of $name.timer, which goes on: $(tail -n 1 "$run/out")"; return 1; }
    remove_units "$name" || { no_schedule "$units/$name.timer and .service could not be removed"; return 1; }
  fi
  rm -rf "$app_dir/schedule"
}

remove_units() { # name
  rm -f "$units/$1.timer" "$units/$1.service"
  ! has_units "$1" || return 1
  systemctl daemon-reload >/dev/null 2>&1 || :
}

# What the unit calls. The lock is given back before anybody else is told of it.
scheduled_backup() { # what is at an address, or nothing yet
  local service=${1:-} server
  [ -n "$service" ] || service=$(schedule service) || { no_schedule "no backup is scheduled in $app_dir"; return 1; }
  # When the host is on again, a night is made up for while PostgreSQL may still be coming up. One that never does, the backup tells.
  server=$(running_of "$project" "$service" | head -n 1)
  [ -z "$server" ] || await_server "$server" "$docker_patience" || :
  make_backup "$service" 'by the timer' '' "$app_dir/schedule/volumes" || return $?
  progress "$backup_id"
  # shellcheck disable=SC2046 # numbers
  prune_backups "$service" $(schedule keep | tr ',' ' ') || return 1
  let_writers_go_on || return 1 # also what a backup before has left
  leave_client
  ! is_backup_id "$backup_id" || [ ! -s "$app_dir/schedule/heartbeat" ] || { drop_lock; tell_heartbeat; }
}

schedule() { value_of "$app_dir/schedule/settings" "$1"; } # key

heartbeat_program() {
  if command -v curl >/dev/null; then printf curl; elif wget --version 2>/dev/null | grep -q '^GNU Wget'; then printf wget; fi
}

# The address comes by standard input or a file: everybody can read the arguments of a program.
tell_heartbeat() {
  case $(heartbeat_program) in
    curl) printf 'url = "%s"\n' "$(cat "$app_dir/schedule/heartbeat")" | curl -q --config - --fail --silent --globoff --proto =https --max-time 20 --retry 2 --output /dev/null ;;
    wget) wget --no-config --quiet --https-only --timeout=20 --tries=3 --input-file="$app_dir/schedule/heartbeat" --output-document=/dev/null ;;
    *) false ;;
  esac >/dev/null 2>&1 || progress 'warning: the backup is made, and its heartbeat could not be told'
}

# Hours since the last backup that has what the timer makes, when these are more than there should be.
overdue_hours() {
  local limit id last='' now at backups=$app_dir/backups
  limit=$(schedule overdue) || return 1
  for id in $(backup_ids "$(schedule service)"); do
    { [ -s "$app_dir/schedule/volumes" ] && [ -z "$(volumes_in "$id")" ]; } || last=$id
  done
  now=$(date -u +%s)
  at=$(date -u -d "$(printf '%s' "${last:-$(schedule since)}" | sed 's/^\(....\)\(..\)\(..\)T\(..\)\(..\)\(..\)Z$/\1-\2-\3 \4:\5:\6/')" +%s 2>/dev/null) || return 1
  [ $(((now - at) / 3600)) -ge "$limit" ] && printf '%s' "$(((now - at) / 3600))"
}

timer_waits() { systemctl is-active --quiet "$(unit_name).timer"; }

check_schedule() { # for doctor
  local hours
  [ -e "$app_dir/schedule/settings" ] || return 0
  check 'the timer of backups waits' timer_waits
  if hours=$(overdue_hours); then
    printf 'WRONG   the last backup is %s hours old, and %s are allowed: journalctl -u %s\n' "$hours" "$(schedule overdue)" "$(unit_name)"
    sick=1
  fi
}

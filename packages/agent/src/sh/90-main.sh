# shellcheck shell=dash

usage() {
  cat <<'EOF'
usage: release COMMAND
  status                        what is live, and what runs
  list                          kept releases, and how fast the way back to each is
  log                           everything that happened, one JSON line each
  logs [SERVICE] [OPTIONS]      logs of the live release (options of docker logs)
  rollback [--to previous|-N|ID] [--env restore|current] [--force]
  abort                         drop the candidate that a deploy has prepared
  doctor                        settle what a dead run left, check and mend
  maintenance on|off            503 and a page for visitors [--page FILE] [--allow RANGE]
  backup create|list|verify|restore|drill|prune   of the PostgreSQL database and volumes, with no runner
  backup schedule|unschedule    the same every night, by a timer of systemd
  edge upgrade                  exchange the edge's Caddy for a newer one, without a gap [--recreate]
  uninstall                     give the project back as plain Compose
EOF
}

main() {
  local verb=${1:-}
  [ $# -eq 0 ] || shift
  case $verb in
    session) session "$@"; exit ;;
    session-on) session_on "$@"; exit ;;
    '' | help | -h | --help) usage; exit ;;
  esac
  app_dir=$(cd "$(dirname "$0")/.." && pwd -P)
  case $verb in
    status) open_run; status_command ;;
    list) open_run; list_command ;;
    log) log_command ;;
    logs) open_run; logs_command "$@" ;;
    rollback) rollback_command "$@" ;;
    abort) abort_command ;;
    doctor) doctor_command ;;
    expire) expire_command "$@" ;;
    expire-candidate) expire_candidate_command "$@" ;;
    maintenance) maintenance_command "$@" ;;
    edge) edge_command "$@" ;;
    backup) backup_command "$@" ;;
    container-guard) container_guard_command "$@" ;;
    unpause-guard) unpause_guard_command "$@" ;;
    unpause-left) unpause_left_command ;;
    uninstall) uninstall_command ;;
    *) usage >&2; exit 2 ;;
  esac
}

main "$@"

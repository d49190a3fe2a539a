#!/bin/sh
# /usr/local/sbin/deploy-actions-agent: starts the host agent of deploy-actions as root, for a user whom sudo lets call this.
#   session SHA256 BYTES MODE DIRECTORY SECONDS WHO   a run; the agent comes on standard input where DIRECTORY has another version
set -u
verb=${1:-}
[ $# -eq 0 ] || shift
case $verb:$# in
  session:[6-9]) ;;
  *) echo 'deploy-actions-agent: only for the runs of deploy-actions' >&2; exit 2 ;;
esac

refuse() { echo "! DA-HOST-TEMP root cannot write in /tmp. See \`df -h /tmp; ls -ld /tmp\` on the host"; rm -f "${agent:-}"; exit 1; }
sha256=$1 bytes=$2 installed=$4/bin/release
shift 2
find /tmp -maxdepth 1 -type f -name 'deploy-actions-agent.*' -user 0 -mmin +1440 -exec rm -f {} + 2>/dev/null
if [ "$(sha256sum "$installed" 2>/dev/null)" = "$sha256  $installed" ]; then exec /bin/sh "$installed" session "$@"; fi
umask 077
echo '= need-agent'
agent=$(mktemp /tmp/deploy-actions-agent.XXXXXXXX) || refuse
head -c "$bytes" >"$agent" || refuse
[ "$(sha256sum <"$agent")" = "$sha256  -" ] || refuse
DEPLOY_ACTIONS_AGENT="$agent" exec /bin/sh "$agent" session "$@"

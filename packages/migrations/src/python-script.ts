import { quote } from '@deploy-actions/hosts'
import type { Script } from './bench.ts'
import type { ToolOptions } from './tool.ts'

/** What Alembic and Django share: telling, the limits of a connection, and one lock for all who migrate this database. */
const PRELUDE = String.raw`
import json, os, sys, time, traceback

job = json.loads(os.environ["DEPLOY_ACTIONS_JOB"])
# The same number wherever it is asked for: whoever migrates this database by us waits for it.
LOCK = 7083414611305542999
lock_connection = None

def say(*words):
    sys.stdout.write("\n@deploy-actions" + "".join("\t" + " ".join(str(word).split()) for word in words) + "\n")
    sys.stdout.flush()

def texts(kind, name, body):
    say(kind, name)
    for line in body.splitlines():
        sys.stdout.write("|" + line + "\n")

# What was told before anything is applied is no answer any more: whoever is killed from here on has told nothing.
def start():
    say("started")
    say("begin")

def ask(connection, sql):
    cursor = connection.cursor()
    cursor.execute(sql)
    rows = cursor.fetchall() if cursor.description else []
    cursor.close()
    return rows

def name_it(connection):
    ask(connection, "set application_name = '%s'" % job["applicationName"])
    # A server of 14 or newer notices by itself when we are gone, also in the middle of a statement.
    ask(connection, "select set_config('client_connection_check_interval', '1000', false) where current_setting('server_version_num')::int >= 140000")

def limit(connection):
    name_it(connection)
    ask(connection, "set lock_timeout = %d" % job["lockTimeoutMs"])
    ask(connection, "set statement_timeout = %d" % job["statementTimeoutMs"])

# On a connection of its own, so that it holds whatever the tool does with its own ones. Without limits: who waits here waits for its turn.
def take_lock(connection):
    global lock_connection
    lock_connection = connection
    name_it(connection)
    waiting = False
    # Asked again and again: a statement that waits has a snapshot, and CREATE INDEX CONCURRENTLY of the other run would wait for that.
    while not ask(connection, "select pg_try_advisory_lock(%d)" % LOCK)[0][0]:
        connection.commit()
        if not waiting:
            print("another run migrates this database; waiting for it", flush=True)
        waiting = True
        time.sleep(0.5)

def tell_holders():
    if lock_connection is None:
        return
    for row in ask(lock_connection, "select pid, coalesce(usename, ''), coalesce(application_name, ''), state, round(extract(epoch from now() - xact_start)), left(regexp_replace(query, '\s+', ' ', 'g'), 100) from pg_stat_activity where xact_start is not null and datname = current_database() and pid <> pg_backend_pid() and application_name <> '%s' order by xact_start limit 3" % job["applicationName"]):
        say("holder", "pid %s, user %s, %s: %s for %s s: %s" % (row[0], row[1], row[2] or "no name", row[3], row[4], row[5]))

def failed():
    traceback.print_exc(limit=-3)
    try:
        if "lock timeout" in traceback.format_exc():
            tell_holders()
    except Exception:
        pass
`

/**
 * A script that runs Python code in the interpreter that the tool itself would have.
 * @param code goes on from the prelude; its words are in `job["words"]`
 * @param words how the tool is called: the interpreter is found from what stands before the word that `isTool` knows
 */
export function pythonScript(
  step: Script['name'],
  options: ToolOptions,
  { code, command, isTool, program }: { code: string; command: string; isTool: string; program: string },
): Script {
  const { lockTimeoutMs, statementTimeoutMs, applicationName, to } = options
  const job = { step, to: to ?? null, lockTimeoutMs, statementTimeoutMs, applicationName }
  return {
    name: step,
    text: `set -u
set -- ${command}
before='' tool=''
while [ $# -gt 0 ]; do
  case $1 in ${isTool}) tool=$1; shift; break ;; esac
  before="$before $1"; shift
done
[ -n "$tool" ] || { echo "the command names no ${program}" >&2; exit 3; }
case $before in
  *' -m') python=\${before% -m} ;;
  *python | *python[0-9]* | *pypy*) python=$before ;;
  '') python=$(sed -n '1s/^#! *//p' "$(command -v "$tool" 2>/dev/null)" /dev/null 2>/dev/null | head -n 1); case $python in *python* | *pypy*) ;; *) python=$(command -v python3 || command -v python) ;; esac ;;
  *) python="$before python" ;;
esac
[ -n "$python" ] || { echo "there is no python here" >&2; exit 3; }
export DEPLOY_ACTIONS_JOB=${quote(JSON.stringify(job))}
# shellcheck disable=SC2086 # words
exec $python -c ${quote(PRELUDE + code)} "$tool" "$@"
`,
  }
}

import type { Script } from './bench.ts'
import { pythonScript } from './python-script.ts'
import type { Tool, ToolOptions } from './tool.ts'

/** By Alembic's own parts, in its own interpreter: so the limits and the lock hold for any driver and any env.py. */
const CODE = `
import io
sys.path.insert(0, os.getcwd())
from alembic import command
from alembic.config import CommandLine
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import Pool

is_postgres = False

class Line(CommandLine):
    def run_cmd(self, config, options):
        self.config = config

line = Line(prog="alembic")
line.main(sys.argv[2:] + ["current"])
config = line.config
script = ScriptDirectory.from_config(config)

@event.listens_for(Engine, "do_connect")
def before_connect(dialect, record, args, params):
    global is_postgres
    is_postgres = dialect.name == "postgresql"
    if is_postgres and lock_connection is None and job["step"] != "status":
        connection = dialect.connect(*args, **params)
        take_lock(connection)
        connection.commit()

@event.listens_for(Pool, "connect")
def on_connect(connection, record):
    if is_postgres:
        limit(connection)
        connection.commit()

def heads():
    found = []
    def look(revision, context):
        found.extend(revision if isinstance(revision, (tuple, list)) else [revision] if revision else [])
        return []
    with EnvironmentContext(config, script, fn=look, dont_mutate=True):
        script.run_env()
    return tuple(found)

def between(upper, lower):
    return list(script.iterate_revisions(upper or "base", lower or "base", implicit_base=True))

def sql_of(revision):
    before, config.output_buffer = config.output_buffer, io.StringIO()
    shown = sys.stdout
    try:
        down = revision.down_revision
        if isinstance(down, (tuple, list)):
            return None
        command.upgrade(config, "%s:%s" % (down or "base", revision.revision), sql=True)
        return config.output_buffer.getvalue()
    except BaseException as error:
        print("no SQL for %s beforehand: %s" % (revision.revision, str(error).splitlines()[0] if str(error) else type(error).__name__))
        return None
    finally:
        config.output_buffer = before
        sys.stdout = shown

def tell(full):
    say("begin")
    current = heads()
    say("current", ",".join(current))
    try:
        if job["step"] == "down":
            pending = between(current, job["to"])
        else:
            pending = between(job["to"] or "heads", current)[::-1]
    except Exception as error:
        if "locate revision" in str(error) or "No such revision" in str(error):
            known = {one.revision for one in script.walk_revisions()}
            for one in current:
                if one not in known:
                    say("unknown", one)
            if job["to"] and not any(job["to"] in name for name in known | {"base", "head", "heads"}):
                say("dirty", "there is no revision %s in the image" % job["to"])
            say("told")
            return None
        raise
    for one in pending:
        say("pending", one.revision, os.path.relpath(one.path))
        if full:
            with open(one.path, encoding="utf8") as file:
                texts("source", one.revision, file.read())
            sql = sql_of(one)
            if sql is not None:
                texts("sql", one.revision, sql)
    say("told")
    return [one.revision for one in pending]

status = 0
before = tell(job["step"] == "status")
if before is None:
    status = 4
elif job["step"] != "status" and before:
    start()
    try:
        if job["step"] == "down":
            command.downgrade(config, job["to"])
        else:
            command.upgrade(config, job["to"] or "heads")
    except BaseException:
        failed()
        status = 1
    after = tell(False)
    for one in before:
        if after is not None and one not in after:
            say("applied", one)
sys.stdout.flush()
os._exit(status)
`

const script = (step: Script['name'], options: ToolOptions): Script =>
  pythonScript(step, options, { code: CODE, command: options.command ?? 'alembic', isTool: 'alembic | */alembic', program: 'alembic' })

export const alembic: Tool = {
  name: 'alembic',
  status: (options) => script('status', options),
  apply: (options) => script('apply', options),
  down: (options) => script('down', options),
  tellsApplied: true,
  stopsAt: true,
  mend: 'Alembic keeps no failed state. `alembic current` shows where the database is; after mending by hand, `alembic stamp REVISION` says so.',
}

import type { Script } from './bench.ts'
import { pythonScript } from './python-script.ts'
import type { Tool, ToolOptions } from './tool.ts'

/** By Django's own parts. manage.py is run, because it is what names the settings; its last word is ours. */
const CODE = String.raw`
import inspect, runpy

def work(argv=None):
    for word in sys.argv[1:]:
        if word.startswith("--settings="):
            os.environ["DJANGO_SETTINGS_MODULE"] = word.split("=", 1)[1]
    import django
    django.setup()
    from django.core.management import call_command
    from django.db import DEFAULT_DB_ALIAS, connections
    from django.db.backends.signals import connection_created
    from django.db.migrations.exceptions import InconsistentMigrationHistory
    from django.db.migrations.executor import MigrationExecutor
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.recorder import MigrationRecorder

    connection = connections[DEFAULT_DB_ALIAS]
    locking = []

    def on_connect(sender, connection, **more):
        if connection.vendor != "postgresql":
            return
        if connection in locking:
            return
        if not locking and job["step"] != "status":
            other = connection.copy()
            locking.append(other)
            other.ensure_connection()
            take_lock(other)
        limit(connection)

    connection_created.connect(on_connect)

    def wanted(loader):
        if not job["to"]:
            return loader.graph.leaf_nodes()
        app, _, name = job["to"].partition(".")
        if name in ("", "zero"):
            return [(app, None)]
        return [(app, loader.get_migration_by_prefix(app, name).name)]

    def sql_of(migration):
        try:
            loader = MigrationLoader(connection, replace_migrations=False)
            if hasattr(loader, "collect_sql"):
                return "\n".join(loader.collect_sql([(migration, False)]))
            return "\n".join(MigrationExecutor(connection).collect_sql([(migration, False)]))
        except BaseException as error:
            print("no SQL for %s beforehand: %s" % (migration, type(error).__name__))
            return None

    def tell(full):
        say("begin")
        executor = MigrationExecutor(connection)
        loader = executor.loader
        recorder = MigrationRecorder(connection)
        last = recorder.migration_qs.order_by("-id").first() if recorder.has_table() else None
        say("current", "%s.%s" % (last.app, last.name) if last else "")
        try:
            loader.check_consistent_history(connection)
        except InconsistentMigrationHistory as error:
            say("dirty", str(error))
        conflicts = loader.detect_conflicts()
        if conflicts:
            say("dirty", "several last migrations in " + ", ".join("%s (%s)" % (app, ", ".join(names)) for app, names in sorted(conflicts.items())) + ": makemigrations --merge")
        replaced = {name for migration in loader.disk_migrations.values() for name in migration.replaces}
        for app, name in sorted(set(recorder.applied_migrations()) - set(loader.disk_migrations) - replaced):
            if app in loader.migrated_apps:
                say("unknown", "%s.%s" % (app, name))
        try:
            plan = executor.migration_plan(wanted(loader))
        except Exception as error:
            say("dirty", "%s: %s" % (type(error).__name__, error))
            plan = []
        names = []
        for migration, backwards in plan:
            if backwards != (job["step"] == "down"):
                if backwards:
                    say("dirty", "%s is older than what the database has: operation down goes back" % job["to"])
                continue
            name = "%s.%s" % (migration.app_label, migration.name)
            names.append(name)
            file = inspect.getsourcefile(type(migration)) or ""
            say("pending", name, os.path.relpath(file) if file else "")
            if full:
                if file:
                    with open(file, encoding="utf8") as opened:
                        texts("source", name, opened.read())
                sql = sql_of(migration)
                if sql is not None:
                    texts("sql", name, sql)
        say("told")
        return names

    status = 0
    before = tell(job["step"] == "status")
    if job["step"] != "status" and before:
        start()
        words = job["to"].split(".", 1) if job["to"] else []
        try:
            call_command("migrate", *words, interactive=False, verbosity=1)
        except BaseException:
            failed()
            status = 1
            connection.close()
        after = tell(False)
        for one in before:
            if one not in after:
                say("applied", one)
    sys.stdout.flush()
    os._exit(status)

tool, sys.argv = sys.argv[1], sys.argv[1:]
sys.path.insert(0, os.path.dirname(os.path.abspath(tool)) if tool.endswith(".py") else os.getcwd())
if tool.endswith(".py"):
    import django.core.management
    django.core.management.execute_from_command_line = work
    runpy.run_path(tool, run_name="__main__")
else:
    work()
`

const script = (step: Script['name'], options: ToolOptions): Script =>
  pythonScript(step, options, {
    code: CODE,
    command: options.command ?? 'python3 manage.py',
    isTool: '*manage.py | django-admin | */django-admin | django',
    program: 'manage.py or django-admin',
  })

export const django: Tool = {
  name: 'django',
  status: (options) => script('status', options),
  apply: (options) => script('apply', options),
  down: (options) => script('down', options),
  tellsApplied: true,
  stopsAt: true,
  mend: 'Django keeps no failed state. `python manage.py showmigrations` shows where the database is; after mending by hand, `migrate --fake APP NAME` says so.',
}

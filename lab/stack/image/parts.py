"""What the services of the real stack share: PostgreSQL, Redis, the object store, and how they answer."""
import contextlib
import hashlib
import os
import threading
import time
import urllib.request

import psycopg2
import psycopg2.pool
import redis

TABLE = """create table if not exists notes (
    id bigserial primary key,
    sha256 text not null,
    bytes integer not null,
    made_at timestamptz not null default now(),
    worked_at timestamptz
)"""

VERSION = os.environ.get("VERSION", "dev")
cache = redis.Redis.from_url(os.environ.get("REDIS_URL", "redis://redis:6379/0"), socket_timeout=3)
store = os.environ.get("STORE_URL")
pool = None
CONNECTIONS = 8
# The pool itself refuses who comes when all are taken; here they wait, as in every framework's own pool.
free = threading.BoundedSemaphore(CONNECTIONS)


def connect():
    """Waits for the database, as it has to on a first start: Compose starts both at once."""
    global pool
    until = time.monotonic() + 60
    while pool is None:
        try:
            # What the database loses in a power cut is not what is measured, and one disk is everybody's here.
            quick = "-c synchronous_commit=off"
            # The pool closes what is above its first number, and a new connection costs more than all the rest.
            pool = psycopg2.pool.ThreadedConnectionPool(CONNECTIONS, CONNECTIONS, os.environ["DATABASE_URL"], connect_timeout=3, options=quick)
        except psycopg2.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


@contextlib.contextmanager
def cursor():
    """One transaction. A connection that died with its database is thrown away, and the next one is new."""
    if pool is None:
        connect()
    with free:
        connection = pool.getconn()
        try:
            with connection, connection.cursor() as opened:
                yield opened
        finally:
            pool.putconn(connection, close=connection.closed != 0)


def create_table():
    with cursor() as database:
        # Two that start at once would both find no table.
        database.execute("select pg_advisory_xact_lock(1)")
        database.execute(TABLE)


def add_note(body):
    """A row, a count, a job, and an object where there is a store for it. Returns what the load asks for."""
    sha256 = hashlib.sha256(body).hexdigest()
    with cursor() as database:
        database.execute("insert into notes (sha256, bytes) values (%s, %s) returning id", (sha256, len(body)))
        number = database.fetchone()[0]
    visits = cache.incr("visits")
    cache.rpush("jobs", number)
    if store:
        request = urllib.request.Request(f"{store}/notes/{sha256}", data=body, method="PUT")
        urllib.request.urlopen(request, timeout=5).read()
    return {"bytes": len(body), "sha256": sha256, "note": number, "visits": visits}


def count_notes():
    """From the planner's own figures nothing would be known at once; the newest number is exact enough and quick."""
    with cursor() as database:
        database.execute("select coalesce(max(id), 0) from notes")
        return database.fetchone()[0]


def about(**more):
    """Every answer says which version gave it, in the words of the lab's load."""
    return {"version": VERSION, "api": {"version": VERSION}, **more}


def version():
    return {"version": VERSION, "release": os.environ.get("RELEASE_ID", ""), "sha": os.environ.get("GIT_SHA", "")}


def check(ask):
    try:
        ask()
        return True
    except Exception:
        return False


def ask_database():
    with cursor() as database:
        database.execute("select 1")


def deep_health():
    """Each part by name. Returns whether all is well, and the JSON that says so."""
    parts = {"database": check(ask_database), "redis": check(cache.ping)}
    if store:
        parts["store"] = check(lambda: urllib.request.urlopen(f"{store}/health", timeout=3).read())
    well = all(parts.values())
    return well, about(status="healthy" if well else "unhealthy", **parts)

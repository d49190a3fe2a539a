"""Notes in PostgreSQL. The schema is made by migrations alone, and the database may come later than this process."""
import os
import threading
import time

import psycopg2.pool
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

import notes

VERSION = os.environ.get("VERSION", "dev")
CONNECTIONS = 8
app = FastAPI()
pool = None
opening = threading.Lock()
free = threading.BoundedSemaphore(CONNECTIONS)


def connections():
    global pool
    with opening:
        if pool is None:
            pool = psycopg2.pool.ThreadedConnectionPool(CONNECTIONS, CONNECTIONS, os.environ["DATABASE_URL"], connect_timeout=3)
        return pool


def ask(sql, *values):
    with free:
        connection = connections().getconn()
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql, values)
                return cursor.fetchall()
        finally:
            connections().putconn(connection, close=connection.closed != 0)


@app.get("/")
def home():
    [[newest]] = ask("select coalesce(max(id), 0) from notes")
    return {"version": VERSION, "newest": newest}


@app.get("/slow")
def slow(ms: int = 1500):
    time.sleep(ms / 1000)
    return {"version": VERSION}


@app.post("/echo")
async def echo(request: Request):
    note = notes.note_of(await request.body())
    [[number]] = await run_in_threadpool(
        ask, "insert into notes (sha256, bytes) values (%s, %s) returning id", note["sha256"], note["bytes"]
    )
    return {"version": VERSION, "note": number, **note}


@app.get("/notes")
def newest_notes():
    rows = ask("select id, sha256, bytes from notes order by id desc limit %s", notes.page_size(os.environ))
    return {"version": VERSION, "notes": [{"id": id, "sha256": sha256, "bytes": size} for id, sha256, size in rows]}


@app.get("/api/v1/utils/health-check/")
def alive():
    """Only whether this process answers: a database that is down is not mended by another copy of us."""
    return {"version": VERSION, "status": "ok"}


@app.get("/health")
def health(response: Response):
    try:
        ask("select id from notes limit 1")
        return {"version": VERSION, "status": "ok", "database": "ok"}
    except Exception as error:
        response.status_code = 503
        return {"version": VERSION, "status": "down", "database": type(error).__name__}

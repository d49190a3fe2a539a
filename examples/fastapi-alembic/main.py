"""Notes in PostgreSQL. `uvicorn main:app`. The schema is made by migrations alone: the app only waits until it is there."""
import hashlib
import os
import threading
import time

import psycopg2.pool
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

VERSION = os.environ.get("VERSION", "dev")
app = FastAPI()
pool = psycopg2.pool.ThreadedConnectionPool(8, 8, os.environ["DATABASE_URL"])
free = threading.BoundedSemaphore(8)


def ask(sql, *values):
    with free:
        connection = pool.getconn()
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql, values)
                return cursor.fetchone()
        finally:
            pool.putconn(connection, close=connection.closed != 0)


def about(**more):
    return {"version": VERSION, "api": {"version": VERSION}, **more}


@app.get("/")
def home():
    return about(notes=ask("select count(*) from notes")[0])


@app.get("/slow")
def slow(ms: int = 1500):
    time.sleep(ms / 1000)
    return about()


@app.post("/echo")
async def echo(request: Request):
    body = await request.body()
    sha256 = hashlib.sha256(body).hexdigest()
    note = await run_in_threadpool(ask, "insert into notes (sha256, bytes) values (%s, %s) returning id", sha256, len(body))
    return about(bytes=len(body), sha256=sha256, note=note[0])


@app.get("/health")
def health(response: Response):
    try:
        ask("select count(*) from notes where id < 0")
        return about(status="healthy")
    except Exception as error:
        response.status_code = 503
        return about(status=type(error).__name__)

"""Keeps pictures: rows in PostgreSQL, bytes in the object store, counts in Redis. `uvicorn app.main:app`"""
import hashlib
import os
import time

import redis
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool

from app import store
from app.database import ask
from app.thumbnails import thumbnail_size

VERSION = os.environ.get("VERSION", "dev")
cache = redis.Redis.from_url(os.environ.get("REDIS_URL", "redis://redis:6379/0"), socket_timeout=3)
app = FastAPI()


def about(**more):
    return {"version": VERSION, "api": {"version": VERSION}, **more}


def is_well(check):
    try:
        check()
        return "ok"
    except Exception as error:
        return type(error).__name__


@app.get("/health")
def health():
    """Only whether this process answers: a database that is down is not mended by another copy of us."""
    return about(status="ok")


@app.get("/health/parts")
def parts(response: Response):
    found = {
        "database": is_well(lambda: ask("select id from pictures limit 1")),
        "redis": is_well(cache.ping),
        "store": is_well(lambda: store.put("health", b"ok")),
    }
    response.status_code = 200 if set(found.values()) == {"ok"} else 503
    return about(status="ok" if response.status_code == 200 else "down", **found)


@app.get("/")
def home():
    [[newest]] = ask("select coalesce(max(id), 0) from pictures")
    return about(newest=newest, seen=int(cache.get("seen") or 0))


@app.get("/slow")
def slow(ms: int = 1500):
    time.sleep(ms / 1000)
    return about()


@app.post("/echo")
async def echo(request: Request):
    body = await request.body()
    return about(sha256=hashlib.sha256(body).hexdigest(), bytes=len(body))


@app.post("/api/v1/images", status_code=201)
async def add(request: Request):
    body = await request.body()
    return await run_in_threadpool(keep, body)


def keep(body):
    sha256 = hashlib.sha256(body).hexdigest()
    store.put(sha256, body)
    [[number]] = ask("insert into pictures (sha256, bytes) values (%s, %s) returning id", sha256, len(body))
    return {"id": number, "sha256": sha256, "thumbnail": thumbnail_size(os.environ)}


@app.get("/api/v1/images/{number}")
def show(number: int):
    rows = ask("select sha256 from pictures where id = %s", number)
    if not rows:
        raise HTTPException(404)
    cache.incr("seen")
    return Response(store.get(rows[0][0]), media_type="application/octet-stream")


@app.delete("/api/v1/images/{number}", status_code=204)
def remove(number: int):
    ask("delete from pictures where id = %s", number)
    return Response(status_code=204)

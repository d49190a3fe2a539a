"""Events with photos, and an export of an event. `uvicorn app.main:app`"""
import hashlib
import os
import time

from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool

from app.database import ask
from app.exports import export_of
from app.tokens import is_password, token_of, user_of

VERSION = os.environ.get("VERSION", "dev")
SECRET = os.environ.get("SECRET_KEY", "only where nobody logs in")
app = FastAPI()


def about(**more):
    return {"version": VERSION, "api": {"version": VERSION}, **more}


def logged_in(authorization: str = Header("")):
    if user_of(authorization[len("Bearer ") :], SECRET) is None:
        raise HTTPException(401)


@app.get("/healthz")
def healthz():
    return about(status="ok")


@app.get("/health")
def health(response: Response):
    try:
        ask("select id from events limit 1")
        return about(status="ok", database="ok")
    except Exception as error:
        response.status_code = 503
        return about(status="down", database=type(error).__name__)


@app.get("/")
def home():
    [[newest]] = ask("select coalesce(max(id), 0) from events")
    return about(newest=newest)


@app.get("/slow")
def slow(ms: int = 1500):
    time.sleep(ms / 1000)
    return about()


@app.post("/echo")
async def echo(request: Request):
    body = await request.body()
    return about(sha256=hashlib.sha256(body).hexdigest(), bytes=len(body))


@app.post("/login")
async def login(request: Request):
    given = await request.json()
    if not is_password(str(given.get("password", "")), os.environ.get("SMOKE_PASSWORD", "")):
        raise HTTPException(401)
    return {"token": token_of(str(given.get("user", "")), SECRET)}


@app.post("/api/events", status_code=201, dependencies=[Depends(logged_in)])
async def create_event(request: Request):
    title = str((await request.json())["title"])
    [[number]] = await run_in_threadpool(ask, "insert into events (title) values (%s) returning id", title)
    return {"id": number, "title": title}


@app.post("/api/events/{event}/photos", status_code=201, dependencies=[Depends(logged_in)])
async def add_photo(event: int, request: Request):
    body = await request.body()
    sha256 = hashlib.sha256(body).hexdigest()
    insert = "insert into photos (event, sha256, bytes) values (%s, %s, %s) returning id"
    [[number]] = await run_in_threadpool(ask, insert, event, sha256, len(body))
    return {"id": number, "bytes": len(body)}


@app.get("/api/events/{event}/export", dependencies=[Depends(logged_in)])
def export(event: int):
    rows = ask("select id, sha256, bytes from photos where event = %s order by id", event)
    return export_of(event, rows, os.environ)


@app.delete("/api/events/{event}", status_code=204, dependencies=[Depends(logged_in)])
def remove_event(event: int):
    ask("delete from events where id = %s", event)
    return Response(status_code=204)

"""The FastAPI service: writes and reads rows, counts, and queues jobs for worker.py."""
import time

import parts
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

app = FastAPI()
app.add_event_handler("startup", parts.create_table)


@app.get("/")
def home():
    return parts.about(notes=parts.count_notes(), visits=int(parts.cache.get("visits") or 0))


@app.get("/slow")
def slow(ms: int = 1500):
    time.sleep(ms / 1000)
    return parts.about(notes=parts.count_notes())


@app.post("/echo")
async def echo(request: Request):
    return parts.about(**await run_in_threadpool(parts.add_note, await request.body()))


@app.get("/version")
def version():
    return parts.version()


@app.get("/health")
@app.get("/api/v1/utils/health-check/")
def health():
    """Only whether this process answers: a database that is down is not mended by another copy of us."""
    return parts.about(status="healthy")


@app.get("/health/deep")
def deep():
    well, told = parts.deep_health()
    return JSONResponse(told, 200 if well else 503)


@app.get("/headers")
def headers(request: Request):
    return dict(request.headers)

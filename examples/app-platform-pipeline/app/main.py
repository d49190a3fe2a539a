"""The web service. `uvicorn app.main:app`"""
import os

from fastapi import FastAPI

from app.leads import total

app = FastAPI()


@app.get("/health")
def health():
    return {"status": "ok", "version": os.environ.get("VERSION", "dev")}


@app.get("/total")
def leads(prices: str = ""):
    return {"total": total(prices)}

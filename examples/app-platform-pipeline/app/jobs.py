"""The worker. `celery --app app.jobs worker`"""
import os

from celery import Celery

from app.leads import total

app = Celery("jobs", broker=os.environ.get("REDIS_URL", "redis://redis:6379/0"))


@app.task
def sum_up(prices):
    return total(prices)

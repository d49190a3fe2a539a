import os
import time

import redis
from django.conf import settings
from django.db import connection
from django.http import JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from properties.models import Note
from properties.notes import note_of

VERSION = os.environ.get("VERSION", "dev")
cache = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=3)


def about(**more):
    return {"version": VERSION, "api": {"version": VERSION}, **more}


def home(_request):
    newest = Note.objects.order_by("-id").values_list("id", flat=True).first()
    return JsonResponse(about(newest=newest or 0))


def slow(request):
    time.sleep(int(request.GET.get("ms", 1500)) / 1000)
    return JsonResponse(about())


@csrf_exempt
def echo(request):
    note = Note.objects.create(**note_of(request.body))
    return JsonResponse(about(note=note.id, sha256=note.sha256, bytes=note.bytes))


def notes(_request):
    newest = Note.objects.order_by("-id")[:20]
    return JsonResponse(about(notes=[{"id": note.id, "sha256": note.sha256} for note in newest]))


def well(ask):
    try:
        ask()
        return True
    except Exception:
        return False


def ask_database():
    with connection.cursor() as cursor:
        cursor.execute("select 1")


def health(_request):
    parts = {"database": well(ask_database), "redis": well(cache.ping)}
    healthy = all(parts.values())
    return JsonResponse(about(status="healthy" if healthy else "unhealthy", **parts), status=200 if healthy else 503)


urlpatterns = [
    path("alive", lambda _request: JsonResponse(about())),
    path("health/", health),
    path("api/", home),
    path("api/slow", slow),
    path("api/echo", echo),
    path("api/notes", notes),
]

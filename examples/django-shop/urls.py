import hashlib
import os
import time

from django.http import JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from notes.models import Note

VERSION = os.environ.get("VERSION", "dev")


def about(**more):
    return {"version": VERSION, "api": {"version": VERSION}, **more}


def slow(request):
    time.sleep(int(request.GET.get("ms", 1500)) / 1000)
    return JsonResponse(about())


@csrf_exempt
def echo(request):
    sha256 = hashlib.sha256(request.body).hexdigest()
    note = Note.objects.create(sha256=sha256, bytes=len(request.body))
    return JsonResponse(about(bytes=note.bytes, sha256=sha256, note=note.id))


def health(_request):
    return JsonResponse(about(notes=Note.objects.filter(id__lt=0).count()))


urlpatterns = [
    path("", lambda _request: JsonResponse(about(notes=Note.objects.count()))),
    path("slow", slow),
    path("echo", echo),
    path("health", health),
]

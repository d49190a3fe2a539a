"""The Django service, in one file: the same notes, counts and jobs as backend.py. `gunicorn atlas:application`."""
import os
import time

import django
import parts
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

settings.configure(
    DEBUG=False,
    SECRET_KEY=os.environ["SECRET_KEY"],
    ALLOWED_HOSTS=os.environ.get("ALLOWED_HOSTS", "*").split(","),
    ROOT_URLCONF=__name__,
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
)
django.setup()
parts.create_table()


def home(_request):
    return JsonResponse(parts.about(notes=parts.count_notes(), visits=int(parts.cache.get("visits") or 0)))


def slow(request):
    time.sleep(int(request.GET.get("ms", 1500)) / 1000)
    return JsonResponse(parts.about(notes=parts.count_notes()))


@csrf_exempt
def echo(request):
    return JsonResponse(parts.about(**parts.add_note(request.body)))


def version(_request):
    return JsonResponse(parts.version())


def health(_request):
    well, told = parts.deep_health()
    return JsonResponse(told, status=200 if well else 503)


def headers(request):
    return JsonResponse({**request.headers, "django_says_https": request.is_secure()})


urlpatterns = [
    path("", home),
    path("slow", slow),
    path("echo", echo),
    path("version", version),
    path("health/", health),
    path("headers", headers),
]
application = get_wsgi_application()

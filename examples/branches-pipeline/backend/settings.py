import os
from urllib.parse import unquote, urlsplit

url = urlsplit(os.environ.get("DATABASE_URL", "postgresql://nobody@localhost/none"))
DEBUG = os.environ.get("DEBUG", "False") == "True"
SECRET_KEY = os.environ.get("SECRET_KEY", "only where nothing is signed")
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "*").split(",")
REDIS_URL = os.environ.get("REDIS_URL", "redis://redis:6379/0")
ROOT_URLCONF = "urls"
INSTALLED_APPS = ["properties"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": url.hostname,
        "PORT": url.port or 5432,
        "USER": url.username,
        "PASSWORD": unquote(url.password or ""),
        "NAME": url.path[1:],
        "CONN_MAX_AGE": 60,
        "OPTIONS": {"connect_timeout": 3},
    }
}

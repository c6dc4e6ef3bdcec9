"""Django's admin as `startproject` has it: python django_app.py PORT FOLDER. Its superuser is root with the password root."""

import sys

import django
from django.conf import settings
from django.core.management import call_command

PORT, FOLDER = sys.argv[1:]
APPS = ["admin", "auth", "contenttypes", "sessions", "messages", "staticfiles"]

settings.configure(
    DEBUG=True,
    SECRET_KEY="of a test " * 5,
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[f"django.contrib.{app}" for app in APPS],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{FOLDER}/db.sqlite3"}},
    STATIC_URL="static/",
)
django.setup()

from django.contrib import admin  # noqa: E402  Django's models come with its settings.
from django.contrib.auth.models import User  # noqa: E402
from django.urls import path  # noqa: E402

urlpatterns = [path("admin/", admin.site.urls)]

call_command("migrate", verbosity=0)
User.objects.create_superuser("root", "root@acme.test", "root")
call_command("runserver", f"127.0.0.1:{PORT}", use_reloader=False)

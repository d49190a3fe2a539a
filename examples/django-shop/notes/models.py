from django.db import models


class Note(models.Model):
    """What every release needs. Columns that came later have a default in the database, so that the release before can go on."""

    sha256 = models.TextField()
    bytes = models.IntegerField()

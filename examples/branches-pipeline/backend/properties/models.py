from django.db import models


class Note(models.Model):
    sha256 = models.TextField()
    bytes = models.IntegerField()

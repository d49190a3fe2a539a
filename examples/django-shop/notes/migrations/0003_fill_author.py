from django.db import migrations


def fill(apps, schema_editor):
    schema_editor.execute("update notes_note set author = source where source is not null")


class Migration(migrations.Migration):
    dependencies = [("notes", "0002_author")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]

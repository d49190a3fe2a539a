from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("notes", "0003_fill_author")]
    operations = [
        migrations.RunSQL("alter table notes_note drop column source", "alter table notes_note add source text"),
    ]

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("notes", "0001_initial")]
    operations = [
        migrations.RunSQL("alter table notes_note add author text default 'nobody'", "alter table notes_note drop author"),
    ]

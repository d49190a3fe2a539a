from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel(
            "Note",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("sha256", models.TextField()),
                ("bytes", models.IntegerField()),
            ],
        ),
    ]

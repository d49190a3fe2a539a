"""Does the jobs that the web service queues: marks the note as worked on. Ends after the job in hand."""
import signal
import sys

import parts

asked_to_end = False


def end(*_):
    global asked_to_end
    asked_to_end = True


signal.signal(signal.SIGTERM, end)
parts.create_table()
print("worker", parts.VERSION, "waits for jobs")
while not asked_to_end:
    try:
        job = parts.cache.blpop("jobs", timeout=1)
    except Exception as error:
        print("the queue does not answer:", error, file=sys.stderr)
        continue
    if job is not None:
        with parts.cursor() as database:
            database.execute("update notes set worked_at = now() where id = %s", (int(job[1]),))

"""What needs neither the web nor the database."""
import hashlib


def note_of(body):
    return {"sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body)}

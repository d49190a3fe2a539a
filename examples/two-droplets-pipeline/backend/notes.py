"""What needs neither the web nor the database."""
import hashlib


def note_of(body):
    return {"sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body)}


def page_size(env):
    """A value that is none becomes the usual one: a list is no reason to fail."""
    text = env.get("PAGE_SIZE", "")
    return int(text) if text.isdigit() and 0 < int(text) <= 100 else 20

"""How large a small picture is. Needs none of the services."""


def thumbnail_size(env):
    """A value that is none becomes the usual one."""
    text = env.get("THUMBNAIL_SIZE", "")
    return int(text) if text.isdigit() else 256

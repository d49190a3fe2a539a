"""What visitors see."""
import html


def with_versions(version, told):
    """The answer of the backend, with the versions of both."""
    return {**told, "version": version, "api": {"version": told.get("version", "none")}}


def page(version, told):
    return f"<!doctype html><title>Vulcan</title><p>{html.escape(str(told.get('newest', 'no')))} notes so far.<p>Version {html.escape(version)}"

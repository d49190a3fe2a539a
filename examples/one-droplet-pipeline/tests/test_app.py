import time
import unittest

from app.main import home, keep, parts, remove, show
from app.thumbnails import thumbnail_size
from fastapi import HTTPException, Response


def wait_for_services():
    """Compose waits for the database and Redis; the store comes when it comes."""
    for _ in range(50):
        response = Response()
        found = parts(response)
        if response.status_code == 200:
            return
        time.sleep(0.2)
    raise AssertionError(found)


class Pictures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        wait_for_services()

    def test_a_picture_comes_back_as_it_was_and_is_counted(self):
        seen = home()["seen"]
        kept = keep(b"a picture of a beach")
        self.assertEqual(show(kept["id"]).body, b"a picture of a beach")
        self.assertEqual(home()["seen"], seen + 1)
        remove(kept["id"])
        with self.assertRaises(HTTPException):
            show(kept["id"])


class Thumbnails(unittest.TestCase):
    def test_a_small_picture_is_as_large_as_the_environment_says(self):
        self.assertEqual(thumbnail_size({}), 256)
        self.assertEqual(thumbnail_size({"THUMBNAIL_SIZE": "64"}), 64)

import unittest

from fastapi.testclient import TestClient

from app.jobs import sum_up
from app.main import app


class App(unittest.TestCase):
    def test_the_web_service_sums_up(self):
        self.assertEqual(TestClient(app).get("/total", params={"prices": "1,2"}).json(), {"total": 3})

    def test_it_says_that_it_is_well(self):
        self.assertEqual(TestClient(app).get("/health").json()["status"], "ok")

    def test_the_worker_sums_up(self):
        self.assertEqual(sum_up("1,2"), 3)

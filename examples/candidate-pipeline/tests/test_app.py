import unittest

from app.exports import export_of
from app.tokens import is_password, token_of, user_of


class Tokens(unittest.TestCase):
    def test_a_token_tells_its_user_and_another_secret_tells_nobody(self):
        self.assertEqual(user_of(token_of("ann", "s"), "s"), "ann")
        self.assertIsNone(user_of(token_of("ann", "s"), "t"))
        self.assertIsNone(user_of("", "s"))

    def test_no_password_is_never_right(self):
        self.assertFalse(is_password("", ""))
        self.assertTrue(is_password("p", "p"))


class Exports(unittest.TestCase):
    def test_an_export_has_as_many_rows_as_the_environment_says(self):
        rows = [(1, "a", 2), (2, "b", 3)]
        self.assertEqual(len(export_of(7, rows, {})["photos"]), 2)
        self.assertEqual(len(export_of(7, rows, {"EXPORT_ROWS": "1"})["photos"]), 1)

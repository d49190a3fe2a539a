import unittest

from page import page, with_versions


class Page(unittest.TestCase):
    def test_an_answer_has_both_versions(self):
        self.assertEqual(with_versions("b", {"version": "a", "n": 1}), {"version": "b", "api": {"version": "a"}, "n": 1})

    def test_what_the_backend_says_is_text_and_no_markup(self):
        self.assertIn("&lt;b&gt;", page("1", {"newest": "<b>"}))

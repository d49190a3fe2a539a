import unittest

from properties.notes import note_of


class Notes(unittest.TestCase):
    def test_a_note_is_the_hash_and_the_length_of_a_body(self):
        self.assertEqual(note_of(b"")["bytes"], 0)
        self.assertTrue(note_of(b"")["sha256"].startswith("e3b0c442"))

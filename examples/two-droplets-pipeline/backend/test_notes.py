import unittest

import notes


class Notes(unittest.TestCase):
    def test_a_note_is_the_hash_and_the_length_of_a_body(self):
        self.assertEqual(notes.note_of(b"")["bytes"], 0)
        self.assertTrue(notes.note_of(b"")["sha256"].startswith("e3b0c442"))

    def test_a_page_has_twenty_notes_or_as_many_as_the_environment_says(self):
        self.assertEqual(notes.page_size({}), 20)
        self.assertEqual(notes.page_size({"PAGE_SIZE": "50"}), 50)

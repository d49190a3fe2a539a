import unittest

from app.leads import total


class Total(unittest.TestCase):
    def test_prices_are_summed_up(self):
        self.assertEqual(total("10, 2.5"), 12.5)

    def test_what_is_no_price_does_not_count(self):
        self.assertEqual(total("ten,1"), 1)

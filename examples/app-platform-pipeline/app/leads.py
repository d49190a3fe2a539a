"""What needs neither the web nor the database."""


def total(prices):
    """Of prices such as `10,2.5`; what is no price does not count."""
    numbers = [part.strip() for part in prices.split(",")]
    return sum(float(number) for number in numbers if number.replace(".", "", 1).isdigit())

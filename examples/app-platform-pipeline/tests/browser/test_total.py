from playwright.sync_api import expect


def test_a_visitor_sees_the_total(page):
    page.goto("/total?prices=10,2.5")
    expect(page.locator("body")).to_contain_text("12.5")

"""The findings as a mail's body: a draft that any program opens, values as text, the same each time."""

from email import message_from_bytes
from email.policy import default

from helpers.build.key_figures import Tile
from helpers.build.mail import Part, as_mail, as_markdown, write_mail
from helpers.build.summary import Card

TITLE = "Sales fell 7.8 % – <b>A “small” shop</b>"
PARTS = [
    Part(
        "How much",
        ["<b class='amount'>Loyal</b> customers spend £492k of £1.29m, 38\N{NO-BREAK SPACE}%."],
    ),
    Part("What to do", ["Write to Zoë &amp; &lt;script&gt;alert(1)&lt;/script&gt; *now*.", "Call <em>all</em>."]),
]
BASE = "Based on 37,077 lines."
BUILT = "2026-11-26T11:28:28+00:00"


def opened(**changes):
    given = {
        "title": TITLE,
        "about": "They were &pound;3.",
        "base": BASE,
        "parts": PARTS,
        "built_at": BUILT,
    } | changes
    return message_from_bytes(as_mail(**given).as_bytes(), policy=default)


def test_a_mail_has_its_findings_as_text_and_as_html():
    mail = opened()
    assert mail["Subject"] == TITLE
    assert mail["X-Unsent"] == "1" and mail["To"] is None
    assert mail["Date"].datetime.isoformat() == BUILT
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    text = mail.get_body(["plain"]).get_content().replace("\r\n", "\n")
    assert "They were £3.\n\nHow much\n- Loyal customers spend £492k of £1.29m, 38 %.\n" in text
    assert "- Write to Zoë & <script>alert(1)</script> *now*.\n- Call all.\n" in text
    assert text.endswith(f"{BASE}\n")
    html = mail.get_body(["html"]).get_content()
    assert "<b class='amount'>Loyal</b> customers" in html
    assert "Zoë &amp; &lt;script&gt;alert(1)" in html and "<script" not in html
    assert "&lt;b&gt;A “small” shop" in html and BASE in html


def test_a_subject_is_one_line_whatever_the_title():
    assert opened(title="A shop\nBcc: all@example.com")["Bcc"] is None
    assert opened(title="A shop\nBcc: all@example.com")["Subject"] == "A shop Bcc: all@example.com"


def test_markdown_keeps_what_is_marked_and_shows_the_rest_as_it_is():
    assert as_markdown(TITLE, "", BASE, PARTS) == (
        "# Sales fell 7.8 % – \\<b\\>A “small” shop\\</b\\>\n\n"
        "## How much\n\n- **Loyal** customers spend £492k of £1.29m, 38 %.\n\n"
        "## What to do\n\n- Write to Zoë & \\<script\\>alert(1)\\</script\\> \\*now\\*.\n- Call *all*.\n\n"
        "*Based on 37,077 lines.*\n"
    )


FRONT = {
    "title": "A shop",
    "finding": {"title": "Sales of <b>tea</b> &amp; jam fell", "about": "£3 against £4."},
    "base": "",
    "tiles": [Tile("Net sales", "£646k", None, "▼ 7.8 %", "bad", "2024: £700k"), Tile("Orders", "1,234", None)],
    "do": [Card("Write to Zoë.", "#said-1")],
    "doubt": [],
    "chapters": [
        {"title": "Cleaning", "headline": "<strong>9</strong> lines"},
        {"title": "RFM", "headline": None},
    ],
}


def test_a_mail_says_what_the_front_page_says_the_same_each_time(tmp_path):
    written = []
    for _ in range(2):
        write_mail(tmp_path, FRONT, None)
        written.append([(tmp_path / name).read_bytes() for name in ("summary.md", "summary.eml")])
    assert written[0] == written[1]
    assert written[0][0].decode() == (
        "# A shop: Sales of tea & jam fell\n\n£3 against £4.\n\n"
        "## Key figures\n\n- Net sales: **£646k** (▼ 7.8 %; 2024: £700k)\n- Orders: **1,234**\n\n"
        "## What to do\n\n- Write to Zoë.\n\n"
        "## Chapter by chapter\n\n- **Cleaning**: **9** lines\n"
    )
    mail = message_from_bytes(written[0][1], policy=default)
    assert mail["Subject"] == "A shop: Sales of tea & jam fell"
    assert mail["Date"] is None and "Zoë" in mail.get_body(["plain"]).get_content()
    assert "not to rely on" not in mail.get_body(["plain"]).get_content()

"""What the figures rest on, in words."""

from helpers.ledger.base_line import base_line

LINES = {"kept": 37_077, "returned": 906, "rejected": 2_786, "set_aside": 1}
REVENUE = {"kept": 1_386_392.68, "returned": -96_399.19, "rejected": 50_908.23, "set_aside": 87_749.0}


def test_the_base_is_net_and_names_what_is_in_no_figure():
    assert base_line(LINES, REVENUE, "GBP") == (
        "Based on 37,077 lines (£1.39m) less 906 returns (£96.4k), net £1.29m. Left out: "
        "2,786 lines rejected by the cleaning rules (£50.9k) and 1 line set aside as errors (£87.7k)."
    )


def test_without_amounts_lines_are_counted_only():
    assert base_line(LINES | {"set_aside": 0}, dict.fromkeys(LINES), "") == (
        "Based on 37,077 lines less 906 returns. Left out: 2,786 lines rejected by the cleaning rules."
    )


def test_nothing_is_said_of_what_is_not_there():
    lines = {"kept": 10, "returned": 0, "rejected": 0, "set_aside": 0}
    assert base_line(lines, REVENUE, "GBP") == "Based on 10 lines (£1.39m)."

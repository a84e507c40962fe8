"""A ledger and a study file whose values try to be markup, formulas or templates."""

from typing import Any

from tests.notebooks.tiny import ledger, study

SCRIPT = "<script>alert(1)</script>"
COUNTRY = "<b>X</b>"
NAMES = {
    "20001A": SCRIPT,
    "20002A": "=cmd|' /C calc'!A0",
    "20003A": "+1",
    "20004A": "@x",
    "20005A": "{{7*7}}",
    "20006A": "$x^2$",
    "20007A": "-2+3",
    "20008A": "<img src=x onerror=alert(2)>",
    "20009A": "\"'><svg onload=alert(3)>",
    "20010A": "</script><script>alert(4)</script>",
    "20011A": "&lt;u&gt;",
    "20012A": "\t=1+1",
}
DATE = "<script>alert(5)</script>"
HEADER = "Note <img src=x onerror=alert(6)>"
TITLE = "A shop named <i>Tiny</i> & {{6*7}}"


def ledger_rows() -> list[dict[str, Any]]:
    """Return the tiny ledger with hostile products, countries, customers, a date and a header."""
    rows = ledger(names=NAMES, countries=(COUNTRY, "=1+1", "@home"))
    for row in rows:
        row[HEADER] = "=2+2" if row["Quantity"] > 3 else "<u>note</u>"
        if str(row["CustomerID"]).endswith("9"):
            row["CustomerID"] = "=CUSTOMER"
    brought_back = [row for row in rows if row["Quantity"] < 0]
    for row, code in zip(brought_back, list(NAMES)[:2] * len(brought_back), strict=False):
        row |= {"StockCode": code, "Description": NAMES[code]}
    rows[40]["InvoiceDate"] = DATE
    return rows


def hostile_study() -> dict[str, Any]:
    """Return a study whose own texts are hostile too."""
    rules = [{"drop_missing": ["customer_id"]}, {"exclude": {"country": ["<u>nowhere</u>", "=3+3"]}}]
    return study(
        title=TITLE,
        description=f"About {SCRIPT}",
        cleaning={"rules": [*rules, {"exclude": {"product_id": ["20003A"]}}, "split_returns"]},
        claims=[
            {"claim": SCRIPT, "finding": "cleaning.rows_kept", "at_least": 10, "source": COUNTRY},
            {"claim": "{{7*7}}", "measure": "max(country)", "on": "transactions", "equals": COUNTRY},
        ],
    )

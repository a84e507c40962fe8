"""What is known of a study that was built: its findings, what its chapters told, and where each thing is."""

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

from markupsafe import Markup

from helpers.base.text import day, money
from helpers.study.schema import Study

ENOUGH_DAYS = 84
"""Days that two periods have at least for their change to be told on the first screen."""


class Known:
    """What is known of one study."""

    def __init__(
        self,
        study: Study,
        folder: Path,
        state: dict[str, Any],
        findings: dict[str, Any],
        claims: list[dict[str, str]],
    ) -> None:
        self.study, self.folder, self.state, self.claims = study, folder, state, claims
        self.currency = study.values.currency
        self.chapters = {chapter.name: chapter for chapter in study.chapters}
        self.found = defaultdict(dict, findings)
        self.changed = self.found["what_changed"]
        self.periods = self.changed.get("periods") or {}

    # ── where things are ──

    def address(self, name: str, place: int | None = None) -> str | None:
        """Return where a chapter says its headline `place`, or its page; None where there is none."""
        page = f"{self.chapters[name].stem}.html" if name in self.chapters else ""
        if not page or not (self.folder / page).exists():
            return None
        return page if place is None else f"{page}#said-{place}"

    def told(self, name: str, answers: str) -> list[dict[str, Any]]:
        """Return the headlines of a chapter that answer a question."""
        known = self.state.get("chapters", {}).get(name, {})
        return [told for told in known.get("story") or [] if told["answers"] == answers]

    def said(self, name: str, answers: str) -> dict[str, Any]:
        """Return the first headline of a chapter that answers a question, and where; nothing without one."""
        first = next(iter(self.told(name, answers)), None)
        return {"text": Markup(first["text"]), "href": self.address(name, first["place"])} if first else {}

    def _long_enough(self) -> bool:
        """Whether two periods are compared that are a year apart and have the days to say something."""
        if not self.periods or not self.changed.get("by_year"):
            return False
        first, last = (date.fromisoformat(self.periods["after"][end]) for end in ("first", "last"))
        return (last - first).days + 1 >= ENOUGH_DAYS

    def _names(self) -> tuple[str, str]:
        """Return what the later and the earlier period are called where there is little room."""
        after, before = (self.periods[when]["name"] for when in ("after", "before"))
        return (after, before) if after.isdigit() else ("now", "before")

    def _worth(self, value: float, worth: str) -> str:
        return money(value, self.currency) if worth == "net" else f"{value:,.0f} orders"

    def _ranked(self) -> list[tuple[str, dict[str, float]]]:
        """Return the RFM segments and their shares, those with most revenue (or customers) first."""
        shares = self.found["rfm"].get("segment_shares") or {}
        by = "revenue_share" if any("revenue_share" in of for of in shares.values()) else "customer_share"
        return sorted(
            ((name, of) for name, of in shares.items() if of["customer_share"]), key=lambda item: -item[1][by]
        )


def dates_of(found: dict[str, Any]) -> str:
    """Return the days that the data spans, by the findings of chapter 01: `2 Jan 2024 to 20 Jan 2026`."""
    ends = [found.get(name) for name in ("first_order", "last_order")]
    return " to ".join(day(date.fromisoformat(end[:10])) for end in ends) if all(ends) else ""


def month_of(text: str) -> str:
    """Return a month as a reader writes it: `2025-01` is Jan 2025."""
    return date.fromisoformat(f"{text}-01").strftime("%b %Y")

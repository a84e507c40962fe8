"""Claims that point nowhere would read "cannot be tested" for ever: every path must name something recorded."""

import pytest

from helpers.base.paths import PARAMS
from helpers.build.claims import look_up
from helpers.study.file import load_study


@pytest.mark.parametrize(
    "name",
    ["insiders", "online_retail", "purchasing_behaviors", "sample", "shopping_trends", "uk_rfm"],
)
def test_every_claim_points_to_what_a_chapter_records(built, name):
    study = load_study(PARAMS / f"{name}.yml").values
    findings = built(name)
    for claim in study.claims:
        if claim.finding:
            parent, _, last = claim.finding.rpartition(".")
            # recorded as None is a chapter's word that it cannot be measured; not recorded is a slip of the pen
            assert last.split("[")[0] in look_up(findings, parent), claim.finding

"""Numbers that a library would refuse in its own words are refused before anything runs, in ours."""

import pytest

from helpers.base.errors import StudyError


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("seed: -1\n", "seed is -1 (int), but should be greater than or equal to 0"),
        ("seed: 1099511627776\n", "seed is 1099511627776 (int), but should be less than or equal to 4294967295"),
        ("clustering: {seed: -1}\n", "clustering.seed is -1, but should be from 0 to 4294967295"),
        ("tree_embedding: {seeds: [1, 5000000000]}\n", "tree_embedding.seeds is 5000000000, but should be from 0"),
        ("cleaning: {top: 1000000000000}\n", "cleaning.top is 1000000000000, but should be from -1000000000"),
        ("eda: {profile_rows: 0}\n", "eda.profile_rows is 0, but should be from 1"),
        ("eda: {profile_rows: -5}\n", "eda.profile_rows is -5, but should be from 1"),
        ("rfm: {date_offset_days: -800000}\n", "rfm.date_offset_days is -800000, but should be from -100000"),
        ("rfm: {date_offset_days: 100000000000}\n", "rfm.date_offset_days is 100000000000"),
        ("rfm: {quantiles: 100000000000}\n", "rfm.quantiles is 100000000000, but should be from 2 to 100"),
        ("rfm: {quantiles: 1}\n", "rfm.quantiles is 1, but should be from 2 to 100"),
        ("purchase_prediction: {margin: 1e300}\n", "purchase_prediction.margin is 1e+300"),
    ],
)
def test_a_number_beyond_its_bounds_is_refused_with_them(study, extra, said):
    with pytest.raises(StudyError) as caught:
        study(extra)
    assert said in str(caught.value)


def test_bounds_themselves_are_allowed(study):
    read = study("seed: 4294967295\nrfm: {date_offset_days: -100000, quantiles: 2}\neda: {profile_rows: 1}\n")
    assert read.parameters("clustering")["seed"] == 4294967295
    assert read.parameters("rfm")["quantiles"] == 2

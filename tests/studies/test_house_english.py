"""The pages of the sample and of a real ledger in house English."""

import pytest

from tests.house_english import broken, figures, naked, naked_axes, pictures, plain, texts


@pytest.mark.parametrize("name", ["sample", "online_retail"])
def test_every_page_of_a_study_is_in_house_english(built, name):
    built(name)
    study = built.reports / name
    notebooks = sorted(study.glob("[01]*.ipynb"))
    assert len(notebooks) > 5
    found = [f"{path.stem}: {hit}" for path in notebooks for text in texts(path) for hit in broken(text)]
    found += [
        f"{path.stem}: {bare} {figure['layout']['meta']['alt'][:60]}"
        for path in notebooks
        for figure in figures(path)
        if (bare := naked_axes(figure))
    ]
    found += [f"{path.stem}: {about}" for path in notebooks for about in pictures(path) if naked(about)]
    found += broken(plain((study / "index.html").read_text(encoding="utf-8")))
    assert not found, "\n".join(found)

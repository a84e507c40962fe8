"""The pages of the sample in house English."""

from tests.house_english import broken, figures, naked, naked_axes, pictures, plain, texts


def test_the_sample_is_in_house_english(built):
    built("sample")
    study = built.reports / "sample"
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

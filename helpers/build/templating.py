"""The page templates and the one way to fill them in."""

from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from helpers.show import theme

TEMPLATES = Path(__file__).parent / "templates"


@cache
def environment(*more: Path) -> jinja2.Environment:
    """Return the environment of the page templates, and of more folders of them; it escapes what is not markup."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([*more, TEMPLATES]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        # read as they stand: Jinja would take the `{` + `#` of a style rule for a comment
        "css": Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),
        "js": Markup((TEMPLATES / "page.js").read_text(encoding="utf-8")),
        "light": Markup(theme.css_variables(theme.LIGHT)),
        "dark": Markup(theme.css_variables(theme.DARK)),
        "font": Markup(theme.FONT),
        "mono": Markup(theme.MONO),
        "plotly_js": "",
        "allowed": "",  # what a script of a served page bears
    }
    return environment


def render(template: str, **context: Any) -> str:
    """Return one of the page templates filled in; values are escaped unless they are `Markup`."""
    return environment().get_template(template).render(**context)

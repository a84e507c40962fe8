"""The app's templates, filled in: the look of the reports, and a script that a nonce allows."""

from pathlib import Path
from typing import Any

from markupsafe import Markup

from helpers.build.templating import environment

TEMPLATES = Path(__file__).parent / "templates"


def page(template: str, **values: Any) -> str:
    """Return one of the app's templates filled in; values are escaped."""
    own = {name: Markup((TEMPLATES / f"app.{name}").read_text(encoding="utf-8")) for name in ("css", "js")}
    return environment(TEMPLATES).get_template(template).render(app_css=own["css"], app_js=own["js"], **values)

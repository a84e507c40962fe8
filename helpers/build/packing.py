"""What is large in a page is packed in it, and unpacked by the browser when it is needed (`page.js`)."""

import base64
import json
import zlib
from functools import cache
from typing import Any

from markupsafe import Markup

PACKED = "text/plain"
"""The type of a script element whose text is packed: zlib in base64, which cannot end the element."""


def packed(text: str) -> Markup:
    """Return a text so that it takes the least room in a page: a third to a tenth."""
    return Markup(base64.b64encode(zlib.compress(text.encode(), 9)).decode("ascii"))


def script_json(value: Any) -> str:
    """Return JSON that can be in a script element as it is: without `<` nothing in it can end the element."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def unpacked(text: str) -> str:
    """Return what `packed` was given."""
    return zlib.decompress(base64.b64decode(text)).decode()


@cache
def plotly_js() -> Markup:
    """Return plotly.js as the plotly package carries it (4.8 MB), packed (2 MB)."""
    # imported here: a page without charts does not need plotly at all
    from plotly.offline import get_plotlyjs

    return packed(get_plotlyjs())

"""Pages with what is packed in them readable, for tests that search them."""

import re

from helpers.build.packing import PACKED, unpacked


def unpack_page(page: str) -> str:
    """Return a page with what is packed in it readable; a browser could not read that."""
    opened = re.compile(rf'(<script[^>]* type="{PACKED}"[^>]*>)([^<]*)')
    return opened.sub(lambda found: found[1] + unpacked(found[2]), page)

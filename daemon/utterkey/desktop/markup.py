"""Text for those who read it as markup: tooltips in panels, notifications. Pure.

The standard library's `html.escape` would do, but brings half a megabyte of entity names along.
"""


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

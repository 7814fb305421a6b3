"""Names that one text holds with commas between, as options take them."""


def names_in(text: str) -> list[str]:
    """Each name once, in order, without the spaces around it; a comma too many is none. A text of no name is itself."""
    return list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip())) or [text.strip()]

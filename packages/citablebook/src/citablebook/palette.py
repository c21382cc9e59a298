"""Colours, defined once: charts take the light values, pages get both as style rules.

The hues are those of Okabe and Ito's palette for colour-blind readers, darkened or
lightened until text in them reaches a contrast of 4.5 to 1 on its ground.
"""

#: Role: (on light ground, on dark ground).
COLOURS = {
    "ink": ("#1f2328", "#e8e6e1"),
    "quiet": ("#5c636b", "#a9aeb5"),
    "rule": ("#d5d9de", "#3a4048"),
    "ground": ("#ffffff", "#14171a"),
    "focus": ("#b3470a", "#f4945a"),
    "blue": ("#0b66a8", "#63b5ee"),
    "green": ("#0a7356", "#45c49b"),
    "purple": ("#8f4a7c", "#dd9dc7"),
    "pale": ("#e9edf1", "#262c33"),
    "tint": ("#fbe9df", "#3d2516"),
    "edition": ("#f7f0f5", "#2a2028"),
}

LIGHT = {role: pair[0] for role, pair in COLOURS.items()}


def style_rules() -> str:
    """Return the style sheet that carries the palette to pages and recolours charts on dark ground.

    Charts are drawn once, in the light values; on dark ground their colours are
    exchanged one by one, so that a chart needs no second drawing.
    """

    def variables(shade: int) -> str:
        return "".join(f"--book-{role}:{pair[shade]};" for role, pair in COLOURS.items())

    def exchange(scope: str) -> str:
        return "".join(
            f'{scope} .chart svg [{attribute}="{light}"]{{{attribute}:{dark}}}'
            for light, dark in COLOURS.values()
            for attribute in ("fill", "stroke")
        )

    dark, automatic = 'body[data-theme="dark"]', 'body:not([data-theme="light"])'
    return (
        f"body{{{variables(0)}}}"
        f"@media not print{{{dark}{{{variables(1)}}}{exchange(dark)}"
        "@media (prefers-color-scheme:dark)"
        f"{{{automatic}{{{variables(1)}}}{exchange(automatic)}}}}}\n"
    )

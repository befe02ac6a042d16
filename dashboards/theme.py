"""Colours, series styles and Plotly settings of the pages, once for CSS and charts.

Belongs here: what things look like, in light and dark. Does not belong here: which figures a chart shows.

Charts are drawn by the page's script, which is given both colours of each name.
Contrast was measured: text colours reach 4.5:1 and series colours 3:1 on both card colours.
"""

from dataclasses import dataclass
from typing import Final

FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

# name: (light, dark)
COLOURS: Final[dict[str, tuple[str, str]]] = {
    "page": ("#f6f6f2", "#12151a"),
    "card": ("#ffffff", "#1b2027"),
    "ink": ("#1c2027", "#e9ebef"),
    "muted": ("#565d68", "#a7afbc"),
    "line": ("#dcddd7", "#363d47"),
    "grid": ("#e9eae5", "#2a3039"),
    "banner": ("#fdeebc", "#453808"),
    "banner-ink": ("#4f3a00", "#ffe8a3"),
    "blue": ("#1a5fb0", "#7db5f7"),
    "orange": ("#b04d06", "#f2a45f"),
    "green": ("#16775a", "#5ccfa6"),
    "purple": ("#7444a3", "#c7a3ee"),
    "grey": ("#6d7480", "#98a1af"),
}


@dataclass(frozen=True)
class Style:
    """How one series looks: a colour of COLOURS, a marker symbol and a bar pattern, so that colour is never alone."""

    colour: str
    symbol: str = "circle"
    pattern: str = ""


PILOT: Final = "retail"
# In menu order; one the theme does not know looks like `other`.
OFFERS: Final[dict[str, tuple[str, Style]]] = {
    "all": ("All offer types", Style("ink", "circle")),
    "retail": ("Retail", Style("blue", "circle")),
    "station": ("Station", Style("orange", "square")),
    "grocery": ("Grocery", Style("green", "diamond")),
    "other": ("Other", Style("purple", "triangle-up")),
}


def css_variables() -> dict[str, str]:
    """Declarations of the CSS variables, keys `light` and `dark`."""
    return {
        mode: "".join(f"--{name}:{pair[at]};" for name, pair in COLOURS.items())
        for at, mode in enumerate(("light", "dark"))
    }


CONFIG: Final = {
    "displayModeBar": False,
    "displaylogo": False,
    "showSendToCloud": False,
    "plotlyServerURL": "",
}


# The one Plotly template; the script adds the colours of the moment. No zoom: a finger on a chart scrolls the page.
AXIS: Final = {"automargin": True, "fixedrange": True, "zeroline": False, "ticks": "", "tickfont": {"size": 11}}
TEMPLATE: Final = {
    "layout": {
        "font": {"family": FONT, "size": 12},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        "dragmode": False,
        "hovermode": "closest",
        "showlegend": False,
        "barcornerradius": 2,
        "xaxis": AXIS,
    }
}

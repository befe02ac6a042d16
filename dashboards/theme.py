"""Colours, series styles and Plotly settings of the pages, once for CSS and charts.

Belongs here: what things look like, in light and dark. Does not belong here: which figures a chart shows.

Charts are written with the light colours; the page's script swaps them for their dark twins (`chart_settings`).
Contrast was measured: text colours reach 4.5:1 and series colours 3:1 on both card colours.
"""

from dataclasses import dataclass
from typing import Any, Final

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

    @property
    def light(self) -> str:
        """The colour as charts are written."""
        return COLOURS[self.colour][0]

    @property
    def fill(self) -> str:
        """The same colour, see-through, for interval bands."""
        return see_through(self.light)


OFFER_STYLES: Final[dict[str, Style]] = {
    "all": Style("ink", "circle"),
    "retail": Style("blue", "circle"),
    "station": Style("orange", "square"),
    "grocery": Style("green", "diamond"),
    "other": Style("purple", "triangle-up"),
}


def offer_style(offer_type: str) -> Style:
    """The style of an offer type; one the theme does not know looks like `other`."""
    return OFFER_STYLES.get(offer_type, OFFER_STYLES["other"])


def see_through(colour: str, opacity: float = 0.13) -> str:
    """`#rrggbb` as `rgba(...)`."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def css_variables() -> dict[str, str]:
    """Declarations of the CSS variables, keys `light` and `dark`."""
    return {
        mode: "".join(f"--{name}:{pair[at]};" for name, pair in COLOURS.items())
        for at, mode in enumerate(("light", "dark"))
    }


def chart_settings() -> dict[str, Any]:
    """What the page's script needs to draw any chart: Plotly's config, the template, light -> dark colours."""
    swaps = dict(COLOURS.values())
    swaps |= {see_through(light): see_through(dark) for light, dark in COLOURS.values()}
    return {"config": CONFIG, "template": template(), "dark": swaps}


CONFIG: Final = {
    "displayModeBar": False,
    "displaylogo": False,
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "responsive": True,
}


def template() -> dict[str, Any]:
    """The one Plotly template: transparent ground, hairline grid, no zoom (a finger on a chart scrolls the page)."""
    ink, muted, card = (COLOURS[name][0] for name in ("ink", "muted", "card"))
    axis = {
        "automargin": True,
        "fixedrange": True,
        "gridcolor": COLOURS["grid"][0],
        "linecolor": COLOURS["line"][0],
        "zeroline": False,
        "ticks": "",
        "tickfont": {"color": muted, "size": 11},
        "title": {"font": {"color": muted, "size": 11}, "standoff": 6},
    }
    return {
        "layout": {
            "font": {"family": FONT, "size": 12, "color": ink},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
            "dragmode": False,
            "hovermode": "closest",
            "hoverlabel": {"bgcolor": card, "bordercolor": muted, "font": {"color": ink}, "align": "left"},
            "showlegend": False,
            "barcornerradius": 2,
            "xaxis": axis | {"showgrid": False},
            "yaxis": axis,
        }
    }

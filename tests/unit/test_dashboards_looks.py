"""Colours of the pages: what can be read, and told apart without them."""

from itertools import product

import pytest

from dashboards import theme


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio as WCAG 2.2 defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("mode", "ground"), [*product((0, 1), ("page", "card"))])
def test_text_has_a_contrast_of_4_5_and_marks_of_3(mode, ground):
    behind = theme.COLOURS[ground][mode]
    for name, least in {
        "ink": 4.5,
        "muted": 4.5,
        "blue": 4.5,
        "orange": 4.5,
        "green": 4.5,
        "purple": 3,
        "grey": 3,
    }.items():
        assert contrast(theme.COLOURS[name][mode], behind) >= least, name


def test_the_banner_can_be_read():
    assert all(
        contrast(ink, ground) >= 4.5
        for ink, ground in zip(theme.COLOURS["banner-ink"], theme.COLOURS["banner"], strict=True)
    )


def test_no_two_offer_types_share_a_symbol_or_a_colour_so_that_colour_is_never_alone():
    parts = [style for offer_type, (_, style) in theme.OFFERS.items() if offer_type != "all"]
    assert len({style.symbol for style in parts}) == len({style.colour for style in parts}) == len(parts)

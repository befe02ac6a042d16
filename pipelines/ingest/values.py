"""Text into the values that the contract's kinds of field have.

Belongs here: which spellings of a time, a number or an amount are one, and of which. Does not belong here: whether a
value is allowed (`validate.py`).
"""

from datetime import UTC, datetime, timedelta

import polars as pl

from pipelines.contract import MONEY_SCALE, Kind

NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
NO_NUMBER = r"^[+-]?(?i:nan|inf|infinity)$"
WHOLE = r"^[+-]?[0-9]+(\.0*)?$"
_TOO_PRECISE = r"\.[0-9]{" + str(MONEY_SCALE) + r"}[0-9]*[1-9]"
_MAX_MONEY = 10**7  # beyond what any line may hold, within what the type can
_MAX_WHOLE = 2**53

_DATE_AND_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9]$"
_ENDING = r"^(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$"
_LENGTH = 19
_ANY_DAY = "2000-01-01T00:00:00"
_INSTANT = pl.Datetime("us", "UTC")
_FIRST, _LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
_NONE = pl.Series([None], dtype=_INSTANT)


def values_of(texts: pl.Series, kind: Kind) -> pl.Series:
    """The values that texts name, of the kind's dtype; null where they name none.

    Numbers may have a sign, leading zeros, an exponent; a 0 has no sign. What is no finite double, or 0 only because
    it is too small for one, names none; so does an amount of 10^7 or more, or of more than four places other than 0.
    """
    read = _READERS.get(kind)
    if read is None:
        return texts
    if texts.null_count() < texts.len() // 2:
        return read(texts)
    values = pl.Series(texts.name, [None], dtype=kind.dtype).new_from_index(0, texts.len())
    is_text = texts.is_not_null()
    return values.scatter(is_text.arg_true(), read(texts.filter(is_text)))


def _booleans(texts: pl.Series) -> pl.Series:
    lower = texts.str.to_lowercase()
    is_true, is_false = lower.is_in(["true", "1"]), lower.is_in(["false", "0"])
    return is_true.zip_with(is_true | is_false, pl.Series([None], dtype=pl.Boolean))


def _integers(texts: pl.Series) -> pl.Series:
    whole = texts.str.replace(r"\.0*$", "").cast(pl.Int64, strict=False)
    doubles = _numbers(texts)  # 1e3 is 1000
    is_whole = texts.str.contains("[eE]") & (doubles == doubles.floor()) & (doubles.abs() < _MAX_WHOLE)
    numbers = whole.zip_with(~is_whole.fill_null(value=False), doubles.cast(pl.Int64, strict=False))
    is_allowed = (texts.str.contains(WHOLE) | is_whole) & (numbers.abs() < _MAX_WHOLE)
    return numbers.zip_with(is_allowed.fill_null(value=False), pl.Series([None], dtype=pl.Int64))


def _numbers(texts: pl.Series) -> pl.Series:
    # What Polars reads as a finite number is of the form NUMBER.
    numbers = texts.cast(pl.Float64, strict=False)
    is_zero = (numbers == 0).fill_null(value=False)
    if is_zero.any():  # -0 is 0, and 1e-400 is none
        zeros = pl.Series([0.0]).zip_with(~_is_tiny(texts.filter(is_zero)), pl.Series([None], dtype=pl.Float64))
        numbers = numbers.scatter(is_zero.arg_true(), zeros)
    is_finite = numbers.is_finite()
    return numbers if is_finite.all() else numbers.zip_with(is_finite, pl.Series([None], dtype=pl.Float64))


def _amounts(texts: pl.Series) -> pl.Series:
    numbers = texts.cast(pl.Float64, strict=False)
    is_small = (numbers.abs() < _MAX_MONEY).fill_null(value=False)
    if not is_small.all():  # a cast of what does not fit may raise
        numbers = numbers.zip_with(is_small, pl.Series([None], dtype=pl.Float64))
        texts = texts.zip_with(is_small, pl.Series([None], dtype=pl.String))
    has_exponent = texts.str.contains("[eE]")
    is_exact = (~texts.str.contains(_TOO_PRECISE)).zip_with(
        ~has_exponent, (numbers == numbers.round(MONEY_SCALE)) & ~(_is_tiny(texts) & (numbers == 0))
    )
    is_amount = texts.str.contains(NUMBER) & is_small & is_exact
    exponents = numbers.cast(Kind.MONEY.dtype, strict=False)
    amounts = texts.cast(Kind.MONEY.dtype, strict=False).zip_with(~has_exponent, exponents)
    return amounts.zip_with(is_amount.fill_null(value=False), pl.Series([None], dtype=Kind.MONEY.dtype))


def _is_tiny(texts: pl.Series) -> pl.Series:
    """Of texts that read as 0: whether they are written as something else."""
    return texts.str.contains(r"^[^eE]*[1-9]")


def _instants(texts: pl.Series) -> pl.Series:
    """RFC 3339 with offset, of the years 1 to 9999 UTC; what is finer than microseconds is cut off.

    A log holds very many dates and times, but few endings such as `.250-07:00`: dates and times are read in the form
    that Polars reads fastest, and each ending once.
    """
    starts, endings = texts.str.head(_LENGTH), _after_start(texts.str.slice(_LENGTH))
    found = _dates_and_times(starts) + endings
    if found.null_count() > texts.null_count():
        found = found.zip_with(found.is_not_null(), _written_otherwise(starts, endings))
    is_year = found.is_between(_FIRST, _LAST)
    return found if is_year.all() else found.zip_with(is_year, _NONE)


def _dates_and_times(texts: pl.Series) -> pl.Series:
    """What 2022-05-21T19:02:11 names in UTC; null for any other form."""
    read = texts.str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us", strict=False, cache=False)
    is_form = texts.str.contains(_DATE_AND_TIME)  # Polars is lenient where its fast way fails
    return read.dt.replace_time_zone("UTC").zip_with(is_form, _NONE)


def _written_otherwise(starts: pl.Series, endings: pl.Series) -> pl.Series:
    """With a small t or a blank between date and time, or in the leap second that ends a UTC day."""
    plain = starts.str.to_uppercase().str.replace(" ", "T", literal=True)
    is_leap = plain.str.ends_with(":60")
    found = _dates_and_times(plain.str.replace(":60$", ":59")) + endings
    is_last_second = (found.dt.hour() == 23) & (found.dt.minute() == 59) & (found.dt.second() == 59)
    after_it = (found + timedelta(seconds=1)).zip_with(is_last_second, _NONE)
    return after_it.zip_with(is_leap, found)


def _after_start(endings: pl.Series) -> pl.Series:
    """Fraction less offset, as what is to be added to the date and time of day."""
    each = endings.unique().drop_nulls()
    if each.len() > endings.len() // 2:
        return _read_endings(endings)
    return _read_endings(each).gather(endings.cast(pl.Enum(each)).to_physical())


def _read_endings(endings: pl.Series) -> pl.Series:
    whole = _ANY_DAY + endings.set(~endings.str.contains(_ENDING), None)
    read = whole.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False, cache=False)
    return read - datetime(2000, 1, 1, tzinfo=UTC)


_READERS = {
    Kind.TIMESTAMP: _instants,
    Kind.BOOLEAN: _booleans,
    Kind.INTEGER: _integers,
    Kind.NUMBER: _numbers,
    Kind.MONEY: _amounts,
}

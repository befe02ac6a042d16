import json
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contract import LOGS
from pipelines.masking import MAX_CHARACTERS, mask, preview, printable_line
from tests.unit.ingesting import PLACED, SENT

WORDS = sorted({word for log in LOGS.values() for word in (*log.events, *(field.name for field in log.fields))})
NOTE = re.compile(r"\[… [\d,]+ characters left out …\]")
SECRET = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
ALPHANUMERIC = st.text(string.ascii_letters + string.digits + "éßжЖ漢字٣４", min_size=3, max_size=40)


def alphanumeric(text: str) -> set[str]:
    return {char for char in text if char.isalnum()}


@given(secret=ALPHANUMERIC.filter(lambda secret: secret not in WORDS), other=SECRET)
def test_no_letter_and_no_digit_of_a_secret_is_shown(secret: str, other: str):
    for line in (
        json.dumps(PLACED | {"store_id": secret, other: secret}, ensure_ascii=False),
        f"o-1,placed,{secret},,{other}",
        f'{{"event_id": {secret}',
        f"{secret} {other}",
    ):
        masked = mask(line)
        start = line.index(secret)
        assert len(masked) == len(line)
        assert set(masked[start : start + len(secret)]) <= {"x", "9"}


@given(secret=SECRET, width=st.integers(2, 60), field=st.sampled_from([None, "site_id", "order_id"]))
def test_apart_from_contract_words_letters_are_x_and_digits_9_wherever_a_line_is_cut(secret, width, field):
    line = json.dumps(PLACED | {"reason": secret, secret: 1}, ensure_ascii=False)
    shown = NOTE.split(preview(line, field, width))
    whole = mask(line)
    assert all(piece in whole for piece in shown)
    assert alphanumeric("".join(re.split("|".join(sorted(WORDS, key=len, reverse=True)), whole))) <= {"x", "9"}


@given(text=SECRET, field=st.none() | st.sampled_from(WORDS))
def test_what_is_shown_is_one_printable_line(text: str, field: str | None):
    assert preview(text, field).isprintable()
    assert printable_line(text).isprintable()


@pytest.mark.parametrize("word", WORDS)
def test_contract_words_stay_as_key_value_and_cell(word: str):
    for line in (f'{{"{word}":1}}', f'"event_type": "{word}"', f"a,{word},b", f"{{'{word}': 1}}", f"{word};x", word):
        assert word in mask(line)


def test_contract_words_inside_other_text_do_not_stay():
    line = '{"note":"lost his job, was sent, got lost","position_of":"returned goods","xready":"ready2"}'
    masked = '{"xxxx":"xxxx xxx xxx, xxx xxxx, xxx xxxx","xxxxxxxx_xx":"xxxxxxxx xxxxx","xxxxxx":"xxxxx9"}'
    assert mask(line) == masked


def test_the_shape_of_a_line_stays():
    line = json.dumps(SENT | {"pay_usd": "63,00 €", "driver_phone": "+1 (702) 555-0123"}, ensure_ascii=False)
    masked = mask(line)
    assert '"event_type": "sent"' in masked and '"block_starts_at": "9999-99-99x99:99:99x"' in masked
    assert '"pay_usd": "99,99 x"' in masked and '"xxxxxx_xxxxx": "+9 (999) 999-9999"' in masked
    assert "D1" not in masked and "las_vegas" not in masked


def test_control_characters_and_terminal_escapes_show_as_signs():
    assert (
        mask("\x1b[31mred\x07\x00\r\n\tok\x7f\u202e\ufeff\u00a0\x9b")
        == "␛[99xxxx␇␀␍␊␉xx" + "\N{REPLACEMENT CHARACTER}" * 5
    )


def test_rich_markup_is_only_text():
    assert mask("[bold]Ann[/bold]") == "[xxxx]xxx[/xxxx]"


def test_a_long_line_is_cut_in_the_middle_and_says_by_how_much():
    line = '{"event_id":"' + "a" * 100_000 + '","site_id":"b"}'
    shown = preview(line)
    assert shown.startswith('{"event_id":"xxx') and shown.endswith('xxx","site_id":"x"}')
    assert f"[… {len(line) - MAX_CHARACTERS:,} characters left out …]" in shown
    assert len(NOTE.sub("", shown)) == MAX_CHARACTERS


@given(before=st.integers(0, 3000), after=st.integers(0, 3000))
def test_the_field_at_fault_is_shown_with_its_value_however_long_the_line(before: int, after: int):
    line = json.dumps({"a" * before: 1, "site_id": "some 12", "b": "c" * after})
    shown = preview(line, "site_id")
    assert '"site_id": "xxxx 99"' in shown
    left_out = sum(int(note[3:].split(" ")[0].replace(",", "")) for note in NOTE.findall(shown))
    assert left_out + len(NOTE.sub("", shown)) == len(line)


def test_a_word_is_not_taken_for_a_contract_word_because_the_line_is_cut_before_it():
    line = "we are lost " * 200
    for characters in range(20, 60):
        assert not alphanumeric(NOTE.sub("", preview(line, None, characters))) - {"x"}

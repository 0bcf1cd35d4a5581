import tomllib
from textwrap import dedent

from hypothesis import given
from hypothesis import strategies as st

from app.toml_lines import line_at, lines_of

TEXT = dedent('''\
    # a comment with [brackets] and key = value
    top = 1

    [server]            # line 4
    public_url = "http://a = b # no comment"
    cors_origins = [
      "https://one.example",   # a comment ]
      "two = 2",
    ]
    "quoted key" = """
    host = "inside a text"
    """
    [auth]
    mode = 'none'
    [storage.pool]
    size.least = 1
    [[accounts]]
    id = "a"
    areas = [{ latitude = 1.0, note = "}" }]
    [accounts.extra]
    deep = true
    [[accounts]]
    id = "b"
    [[accounts.rules]]
    name = "x"
    [[accounts.rules]]
    name = "y"
''')


def test_every_key_has_its_line() -> None:
    assert lines_of(TEXT) == {
        ("top",): 2,
        ("server",): 4,
        ("server", "public_url"): 5,
        ("server", "cors_origins"): 6,
        ("server", "quoted key"): 10,
        ("auth",): 13,
        ("auth", "mode"): 14,
        ("storage", "pool"): 15,
        ("storage", "pool", "size"): 16,
        ("storage", "pool", "size", "least"): 16,
        ("accounts", 0): 17,
        ("accounts", 0, "id"): 18,
        ("accounts", 0, "areas"): 19,
        ("accounts", 0, "extra"): 20,
        ("accounts", 0, "extra", "deep"): 21,
        ("accounts", 1): 22,
        ("accounts", 1, "id"): 23,
        ("accounts", 1, "rules", 0): 24,
        ("accounts", 1, "rules", 0, "name"): 25,
        ("accounts", 1, "rules", 1): 26,
        ("accounts", 1, "rules", 1, "name"): 27,
    }


def test_what_has_no_line_takes_that_of_what_is_around_it() -> None:
    lines = lines_of(TEXT)
    assert line_at(lines, ("accounts", 0, "areas", 0, "latitude")) == 19
    assert line_at(lines, ("accounts", 1, "vendor")) == 22
    assert line_at(lines, ("nowhere",)) is None


def test_a_text_that_ends_within_a_value_ends_the_search() -> None:
    assert lines_of('key = "value" # comment') == {("key",): 1}
    assert lines_of("") == {}


AWKWARD = (
    "1",
    '"[x] # = }"',
    "'it\\'",
    '"a \\" = \\\\"',
    "[1, # ]\n 2]",
    '[{ a = "]" }, { b = [] }]',
    '"""\nx = 1\n[y]\n""\n"""',
    "'''\n# z = 1\n'''",
    "2026-06-01 10:00:00",
)


@given(st.lists(st.tuples(st.sampled_from(AWKWARD), st.sampled_from(["", " # [c] = 'x", "\n\n#\n"])), max_size=8))
def test_no_value_hides_the_next_key(values: list[tuple[str, str]]) -> None:
    text, wanted = "", {}
    for number, (value, ending) in enumerate(values):
        wanted[(f"key{number}",)] = text.count("\n") + 1
        text += f"key{number} = {value}{ending}\n"
    assert set(tomllib.loads(text)) == {key for (key,) in wanted}
    assert lines_of(text) == wanted

"""Settings come from four places, each value knows which, and a wrong one is named with its line."""

import contextlib
import random
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from docmind.agents.configuration import api_keys, load
from docmind.agents.errors import Code, DocmindError
from docmind.agents.settings import Settings

FILE = """\
# a comment
profile = "balanced"
fallback = ["balanced", "quotes"]

[profiles.balanced]
kind = "ollama"
url = "http://127.0.0.1:11434/prefix"
timeouts = {connect = 3}

[profiles.balanced.options]
temperature = 0.1

[profiles."My fast-one"]
kind = "llamacpp"
path = "~/model.gguf"
context = 4096
timeouts.stall = 7
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(FILE)
    return path


def fault(text: str | bytes, tmp_path: Path, environ: Mapping[str, str] | None = None) -> str:
    """The message about a wrong configuration file, after the name of its folder."""
    path = tmp_path / "wrong.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DocmindError) as caught:
        load(path, environ or {}, {})
    assert caught.value.code == Code.CONFIG
    assert caught.value.exit_status == 2
    assert caught.value.hint
    return caught.value.message.removeprefix(f"{tmp_path}/")


def test_without_file_and_variables_everything_is_default() -> None:
    loaded = load(None, {}, {})
    assert loaded.settings == Settings()
    assert set(loaded.origins.values()) == {"default"}
    assert "library.max_file_mb" in loaded.origins
    assert not loaded.config.exists()


def test_the_file_is_read_and_each_value_knows_its_line(config: Path) -> None:
    loaded = load(config, {}, {})
    assert loaded.settings.profiles["balanced"].timeouts.connect == 3
    assert loaded.settings.profiles["balanced"].url == "http://127.0.0.1:11434/prefix"
    lines = FILE.splitlines()
    for key, value in {
        "profile": 'profile = "balanced"',
        "profiles.balanced.timeouts.connect": "timeouts = {connect = 3}",
        "profiles.balanced.options.temperature": "temperature = 0.1",
        'profiles."My fast-one".context': "context = 4096",
        'profiles."My fast-one".timeouts.stall': "timeouts.stall = 7",
    }.items():
        assert loaded.origins[key] == f"{config}:{lines.index(value) + 1}"
    assert loaded.origins["profiles.balanced.timeouts.stall"] == "default"


def test_flags_win_over_the_environment_over_the_file_over_defaults(config: Path) -> None:
    environ = {"DOCMIND_PROFILE": "quotes", "DOCMIND_THEME": "from-environment"}
    loaded = load(config, environ, {"theme": "from-flag", "fallback": None})
    assert (loaded.settings.theme, loaded.origins["theme"]) == ("from-flag", "--theme")
    assert (loaded.settings.profile, loaded.origins["profile"]) == ("quotes", "DOCMIND_PROFILE")
    assert loaded.settings.fallback == ["balanced", "quotes"]


def test_variables_reach_into_tables_and_match_profile_names_loosely(config: Path) -> None:
    environ = {
        "DOCMIND_LIBRARY__MAX_FILE_MB": "12.5",
        "DOCMIND_FALLBACK": '["quotes"]',
        "DOCMIND_PROFILES__MY_FAST_ONE__MODEL": "8",
        "DOCMIND_PROFILES__MY_FAST_ONE__ALLOW_REMOTE": "true",
        "DOCMIND_PROFILES__BALANCED__OPTIONS__TOP_K": "40",
        "DOCMIND_PROFILES__NEW": '{kind = "openai", url = "http://127.0.0.1:8000/v1"}',
        "DOCMIND_THEME": "",
        "UNRELATED": "x",
    }
    settings = load(config, environ, {}).settings
    assert settings.library.max_file_mb == 12.5
    assert settings.fallback == ["quotes"]
    assert settings.profiles["My fast-one"].model == "8"
    assert settings.profiles["My fast-one"].allow_remote
    assert settings.profiles["balanced"].options == {"temperature": 0.1, "top_k": 40}
    assert settings.profiles["new"].kind == "openai"
    assert settings.theme == Settings().theme


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("theme = fine", "text values stand in quotes"),
        ('theme = "a"\ntheme = "b"', "each key and each table may be there only once"),
        ("[library]\n[library]", "each key and each table may be there only once"),
    ],
)
def test_the_hint_fits_what_is_no_toml(text: str, rule: str, tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text(text)
    with pytest.raises(DocmindError) as caught:
        load(tmp_path / "wrong.toml", {}, {})
    assert caught.value.hint == f"Correct that line; {rule}."


def test_a_flag_names_its_wrong_value(config: Path) -> None:
    with pytest.raises(DocmindError, match=r'--profile: profile: expected one of .*balanced.*, found "nope"'):
        load(config, {}, {"profile": "nope"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('theme = "x"\n\nthme = "y"', 'wrong.toml:3: thme: unknown key; did you mean "theme"?'),
        ("theme = 3", "wrong.toml:1: theme: expected text in quotes, found 3"),
        ("theme = 'x'\nlibrry.chunk_chars = 1", 'wrong.toml:2: librry: unknown key; did you mean "library"?'),
        (
            '[profile.fast]\nkind = "quotes"',
            "wrong.toml:1: profile: expected text in quotes, found a table; did you mean [profiles.fast]?",
        ),
        ("theme = " + "[" * 5000, "wrong.toml:1: expected TOML: maximum recursion depth exceeded"),
        ("library.chunk_chars = " + "9" * 5000, "wrong.toml:1: expected TOML: Exceeds the limit"),
        ("theme = ", "wrong.toml:1: expected TOML: Invalid value."),
        ('# one\n[x\ny="', "wrong.toml:2: expected TOML: Expected ']' at the end of a table declaration."),
        (b'theme = "a"\nprofile = "\xff"', "wrong.toml:2: expected TOML: expected UTF-8 text, found another encoding."),
        ("profiles = 3", "wrong.toml:1: profiles: expected a table, found 3"),
        ("library = {x = 1}", "wrong.toml:1: library.x: unknown key; known: max_file_mb, file_timeout,"),
        ("[library]\nmax_file_mb = -1", "wrong.toml:2: library.max_file_mb: expected a number above 0, found -1"),
        ("[library]\nfile_timeout = inf", "library.file_timeout: expected a number above 0, found inf"),
        ("[engine]\nidle_minutes = inf", "engine.idle_minutes: expected a number of at least 0, found inf"),
        (f"[library]\nchunk_chars = {10**30}", "expected a whole number above 0, found 1000000"),
        ("[library]\nchunk_chars = true", "expected a whole number above 0, found true"),
        ("fallback = 'fast'", "wrong.toml:1: fallback: expected a list of text"),
        ("[profiles.x]", "wrong.toml:1: profiles.x.kind: expected one of"),
        ("[profiles.x]\nkind = 'vllm'", 'wrong.toml:2: profiles.x.kind: expected one of "hosted", '),
        ("[profiles.x]\nkind = 'llamacpp'", "wrong.toml:1: profiles.x.path: expected a GGUF file"),
        ("[profiles.x]\nkind = 'ollama'", "wrong.toml:1: profiles.x.url: expected a URL"),
        ("[profiles.x]\nkind = 'quotes'\ngpu_layers = -2", 'a whole number of at least -1 or "auto", found -2'),
        ("[profiles.x]\nkind = 'quotes'\ncontext = '8k'", 'context: expected a whole number above 0, found "8k"'),
        (
            "[profiles.quotes]\nkind = 'ollama'\nurl = 'http://h'",
            'wrong.toml:2: profiles.quotes.kind: expected "quotes"',
        ),
        (
            "profile = 'y'\n[profiles.x]\nkind = 'quotes'",
            "wrong.toml:1: profile: expected one of the profiles quotes, x",
        ),
        ("fallback = ['x', 'y']\n[profiles.x]\nkind = 'quotes'", "wrong.toml:1: fallback: expected one of"),
        ('[profiles."a\\u001bb"]\nkind = "quotes"', "expected a name of at most 40 visible characters"),
    ],
)
def test_a_wrong_file_key_type_or_value_is_named_with_its_line(text: str | bytes, message: str, tmp_path: Path) -> None:
    assert message in fault(text, tmp_path)


@pytest.mark.parametrize("url", ["ftp://host", "host:80", "http://", "http://a b", "http://host:99999", "http://[::1"])
def test_a_bad_url_is_refused(url: str, tmp_path: Path) -> None:
    message = fault(f'[profiles.x]\nkind = "openai"\nurl = "{url}"', tmp_path)
    assert message.startswith("wrong.toml:3: profiles.x.url: expected a URL")


@pytest.mark.parametrize(
    "line", ['api_key = "sk-secret-1"', 'url = "http://me:sk-secret-1@host"', 'api_key_env = "sk-secret-1"']
)
def test_a_secret_in_the_wrong_place_is_not_repeated(line: str, tmp_path: Path) -> None:
    message = fault(f'[profiles.x]\nkind = "quotes"\n{line}', tmp_path)
    assert message.startswith("wrong.toml:3: profiles.x.")
    assert "secret" not in message


def test_an_unknown_variable_is_named(tmp_path: Path) -> None:
    message = fault("", tmp_path, {"DOCMIND_PROFIL": "fast"})
    assert message == 'DOCMIND_PROFIL: profil: unknown key; did you mean "profile"?'


def test_hostile_text_in_a_file_does_not_reach_the_terminal(tmp_path: Path) -> None:
    message = fault('"a\\u001b[31m\\u202eb" = "\\u009b31m"', tmp_path)
    assert re.search(r'^wrong.toml:1: "ab": unknown key', message)


@pytest.mark.parametrize("text", ["\x1b[31m", "\udcff"])
def test_control_characters_and_broken_encodings_are_refused(text: str, config: Path) -> None:
    with pytest.raises(
        DocmindError, match=r"^DOCMIND_THEME: theme: expected text without control characters"
    ) as caught:
        load(config, {"DOCMIND_THEME": text}, {})
    assert caught.value.message.isprintable()


def test_a_damaged_file_is_an_error_or_a_setting_but_never_a_crash(config: Path) -> None:
    rng = random.Random(5)
    for _ in range(300):
        damaged = bytearray(FILE.encode())
        for _ in range(rng.randint(1, 5)):
            at = rng.randrange(len(damaged))
            damaged[at : at + rng.randint(0, 3)] = rng.choice(
                [b"", b"=", b"[", b'"', b"\xff", b"1e999", b"{", b"\n", b"nan"]
            )
        config.write_bytes(damaged)
        with contextlib.suppress(DocmindError):
            load(config, {}, {})


@pytest.mark.parametrize("by_variable", [True, False])
def test_a_named_file_must_exist(by_variable: bool, tmp_path: Path) -> None:
    missing = tmp_path / "missing.toml"
    environ = {"DOCMIND_CONFIG": str(missing)} if by_variable else {}
    with pytest.raises(DocmindError, match=r"missing\.toml: the configuration file cannot be read: No such file"):
        load(None if by_variable else missing, environ, {})


def test_the_default_file_is_read_when_it_exists() -> None:
    default = load(None, {}, {}).config
    default.parent.mkdir(parents=True)
    default.write_text('\ufefftheme = "mine"\r\n', encoding="utf-8")
    assert load(None, {}, {}).settings.theme == "mine"


def test_profile_names_are_not_checked_while_profiles_are_still_to_be_found() -> None:
    assert load(None, {}, {"profile": "ollama"}).settings.profile == "ollama"


def test_the_data_folder_is_named_by_flag_or_variable(tmp_path: Path) -> None:
    environ = {"DOCMIND_DATA_DIR": str(tmp_path / "variable")}
    assert load(None, environ, {}).data_dir == tmp_path / "variable"
    assert load(None, environ, {}, tmp_path / "flag").data_dir == tmp_path / "flag"


def test_keys_come_from_the_variables_that_the_profiles_name(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("".join(f'[profiles.{n}]\nkind = "quotes"\napi_key_env = "KEY_{n}"\n' for n in "abc"))
    settings = load(path, {}, {}).settings
    assert api_keys(settings, {"KEY_a": " secret\n", "KEY_b": ""}) == {"a": "secret"}

"""What becomes of some settings after they were read: places of files, API keys."""

import errno
import os
from pathlib import Path

import pytest

from docmind.agents.configuration import api_keys, load
from docmind.agents.errors import DocmindError
from docmind.agents.settings import Profile, Settings


@pytest.mark.parametrize(
    ("written", "meant"),
    [("models/x.gguf", "{config}/models/x.gguf"), ("/m/x.gguf", "/m/x.gguf"), ("~/x.gguf", "{home}/x.gguf")],
)
def test_a_gguf_file_is_looked_for_beside_the_settings(tmp_path: Path, written: str, meant: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[profiles.x]\nkind = "llamacpp"\npath = "{written}"\n')
    profile = load(file, {}, {}).settings.profiles["x"]
    assert profile.path == meant.format(config=tmp_path, home=os.environ["HOME"])


def test_a_gguf_file_from_a_variable_is_looked_for_in_the_current_folder(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[profiles.x]\nkind = "llamacpp"\npath = "other.gguf"\n')
    profile = load(file, {"DOCMIND_PROFILES__X__PATH": "x.gguf"}, {}).settings.profiles["x"]
    assert profile.path == str(Path("x.gguf").absolute())


def test_a_key_that_no_server_could_be_sent_is_refused_without_showing_it() -> None:
    settings = Settings(profiles={"x": Profile(kind="openai", url="http://127.0.0.1:1/v1", api_key_env="MY_KEY")})
    with pytest.raises(DocmindError, match="MY_KEY: expected an API key") as refused:
        api_keys(settings, {"MY_KEY": "schlüssel"})
    assert "schl" not in str(refused.value)


def test_further_models_have_the_key_of_their_profile_but_none_that_is_only_named_alike() -> None:
    keyed = Profile(kind="openai", url="http://127.0.0.1:1/v1", models=["m:1", "n"], api_key_env="KEY")
    other = Profile(kind="openai", url="http://127.0.0.1:2/v1")
    settings = Settings(profiles={"x": keyed, "x/n": other})
    assert api_keys(settings, {"KEY": "secret"}) == {"x": "secret", "x/m:1": "secret"}


def test_a_class_and_its_arguments_are_read_as_they_stand(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[profiles.x]\nkind = "hosted"\nclass = "a.b.C"\noptions = { model_kwargs = { n_threads = 1 } }\n')
    loaded = load(file, {}, {})
    profile = loaded.settings.profiles["x"]
    assert (profile.class_, profile.options) == ("a.b.C", {"model_kwargs": {"n_threads": 1}})
    assert loaded.origins["profiles.x.class"] == f"{file}:3"


@pytest.mark.parametrize(
    ("written", "found"), [("", "nothing"), ('class = "C"', '"C"'), ('class = "a.b-c.C"', '"a.b-c.C"')]
)
def test_a_hosted_profile_wants_the_dotted_name_of_a_class(tmp_path: Path, written: str, found: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[profiles.x]\nkind = "hosted"\n{written}\n')
    with pytest.raises(DocmindError, match=r"profiles\.x\.class: expected the dotted name of a class") as refused:
        load(file, {}, {})
    assert f"found {found}" in refused.value.message


def test_a_default_file_in_a_closed_folder_is_not_taken_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "exists", closed)  # root, who may run the tests, is refused nothing
    monkeypatch.setattr(Path, "read_bytes", closed)
    with pytest.raises(DocmindError, match="the configuration file cannot be read: Permission denied"):
        load(None, {}, {})

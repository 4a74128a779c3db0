"""Load the settings: defaults < configuration file < environment (DOCMIND_*) < flags, each value with its origin."""

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_origin

import msgspec

from .config_file import ConfigFile, Key, read_config
from .errors import Code, DocmindError
from .expectations import expected, found
from .folders import config_file, data_folder
from .profile_checks import check_profiles
from .settings import Settings, models_of
from .text import clean, one_line

PREFIX = "DOCMIND_"
NOT_SETTINGS = {"DOCMIND_CONFIG", "DOCMIND_DATA_DIR"}
"""Variables that say where things are."""

HINT = "Correct it there, or take it out: `docmind profiles --json` then lists every setting."


class Loaded(NamedTuple):
    """The settings in force and where they come from."""

    settings: Settings
    origins: dict[str, str]
    """Dotted key -> `default`, `FILE:LINE`, `DOCMIND_PROFILE` or `--profile`, for every setting."""
    config: Path
    """The configuration file; it may be missing when nobody named it."""
    data_dir: Path
    """Folder of indexes, chats and logs; may be missing."""


class _Layer(NamedTuple):
    table: dict[str, Any]
    origin: Callable[[Key], str]
    read: Callable[[Any, Any], Any] = lambda value, _: value
    """Raw value and expected type -> value."""


def load(
    config: Path | None, environ: Mapping[str, str], flags: Mapping[str, object], data_dir: Path | None = None
) -> Loaded:
    """The settings from all their sources.

    `config` and `data_dir` are what the flags name; `flags` maps dotted keys to values, None meaning not given.
    Raises DocmindError (CONFIG) naming file and line (or variable, or flag), key, what was expected and what was found.
    """
    path, file = _read_file(config, environ)
    merged = _Merged()
    merged.add(_Layer(file.table, file.where))
    for layer in (*_environment_layers(environ, list(file.table.get("profiles", ()))), *_flag_layers(flags)):
        merged.add(layer)
    check_profiles(merged.table, merged.fault)
    settings = _with_places(msgspec.convert(merged.table, Settings), path.parent, merged.origins)
    return Loaded(settings, _all_origins(settings, merged.origins), path, data_folder(data_dir, environ))


def _with_places(settings: Settings, folder: Path, origins: Mapping[Key, str]) -> Settings:
    """GGUF files by absolute paths: the engine runs in another folder. One from the file is relative to the file's."""
    placed = {}
    for name, profile in settings.profiles.items():
        base = Path() if origins.get(("profiles", name, "path"), "").startswith(PREFIX) else folder
        where = os.path.abspath(base / os.path.expanduser(profile.path)) if profile.path else ""
        placed[name] = msgspec.structs.replace(profile, path=where)
    return msgspec.structs.replace(settings, profiles=placed)


def api_keys(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """Profile name -> API key, for the profiles whose `api_key_env` names a variable that is set, and their models.

    Raises DocmindError (CONFIG) for one that no server could be sent.
    """
    keys: dict[str, str] = {}
    for name, profile in settings.profiles.items():
        key = environ.get(profile.api_key_env, "").strip()
        if not (key.isascii() and key.isprintable()):
            message = f"{one_line(profile.api_key_env)}: expected an API key, found characters that no key has."
            raise DocmindError(Code.CONFIG, message, "Set the variable again: only ASCII letters, digits and signs.")
        keys |= dict.fromkeys((each for each, _ in models_of(name, profile)), key)
    return {name: key for name, key in keys.items() if key}


def dotted(key: Key) -> str:
    """The key as TOML writes it."""
    return ".".join(part if re.fullmatch(r"[\w-]+", part) else f'"{part}"' for part in key)


def _read_file(config: Path | None, environ: Mapping[str, str]) -> tuple[Path, ConfigFile]:
    named = config or (Path(environ["DOCMIND_CONFIG"]) if environ.get("DOCMIND_CONFIG") else None)
    path = (named or config_file()).expanduser().absolute()
    missing_is_fine = named is None and _is_missing(path)
    return path, ConfigFile(path, {}, {}) if missing_is_fine else read_config(path)


def _is_missing(path: Path) -> bool:
    """Not one in a folder that this user may not look into: what stands in it would count."""
    try:
        return not path.exists()
    except OSError:
        return False


def _environment_layers(environ: Mapping[str, str], profiles: list[str]) -> Iterator[_Layer]:
    """One layer a variable: DOCMIND_PROFILES__FAST__CONTEXT is the key profiles.fast.context."""
    by_alias = {_alias(name): name for name in profiles}
    for variable, text in sorted(environ.items()):
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS or not text:
            continue
        parts = variable.removeprefix(PREFIX).lower().split("__")
        if parts[0] == "profiles" and len(parts) > 1:
            parts[1] = by_alias.get(_alias(parts[1]), parts[1])
        yield _Layer(_nested(parts, text), _always(one_line(variable)), _from_text)


def _flag_layers(flags: Mapping[str, object]) -> Iterator[_Layer]:
    for name, value in flags.items():
        if value is not None:
            yield _Layer(_nested(name.split("."), value), _always("--" + name.replace("_", "-")))


def _always(origin: str) -> Callable[[Key], str]:
    return lambda _: origin


def _alias(profile: str) -> str:
    """How a profile's name looks in a variable's name, which knows neither case nor punctuation."""
    return re.sub(r"\W", "_", profile).lower()


def _nested(parts: list[str], value: object) -> dict[str, Any]:
    first, *rest = parts
    return {first: _nested(rest, value) if rest else value}


def _from_text(value: Any, kind: Any) -> Any:
    """The text of a variable as TOML where that fits the type, else as it is."""
    try:
        parsed = tomllib.loads(f"value = {value}")["value"] if isinstance(value, str) else value
        return parsed if isinstance(parsed, dict) else msgspec.convert(parsed, kind)
    except (ValueError, RecursionError):
        return value


class _Merged:
    """The layers laid on top of each other, every value checked against its type as it comes in."""

    def __init__(self) -> None:
        self.table: dict[str, Any] = {}
        self.origins: dict[Key, str] = {}

    def add(self, layer: _Layer) -> None:
        self._add(layer, layer.table, self.table, Settings, ())

    def fault(self, key: Key, problem: str) -> DocmindError:
        """The error about a key, with the origin of its value or of the nearest table around it."""
        nearest = next((key[:n] for n in range(len(key), 0, -1) if key[:n] in self.origins), ())
        return _fault(self.origins.get(nearest, "settings"), key, problem)

    def _add(self, layer: _Layer, source: dict[str, Any], target: dict[str, Any], kind: Any, parents: Key) -> None:
        for name, raw in source.items():
            key = (*parents, name)
            origin = layer.origin(key)
            member = _member(kind, key, origin)
            value = layer.read(raw, member)
            self.origins[key] = origin
            if key == ("profile",) and isinstance(value, dict):
                raise _fault(origin, key, f"expected {expected(str)}, found a table; did you mean [{_plural(value)}]?")
            if not _is_table(member):
                target[name] = _checked(value, member, key, origin)
            elif isinstance(value, dict):
                self._add(layer, value, target.setdefault(name, {}), member, key)
            else:
                raise _fault(origin, key, f"expected a table, found {found(value)}")


def _plural(tables: dict[str, Any]) -> str:
    """What `[profile.NAME]` should have been."""
    return dotted(("profiles", next(iter(tables), "NAME")))


def _is_table(kind: Any) -> bool:
    return get_origin(kind) is dict or (isinstance(kind, type) and issubclass(kind, msgspec.Struct))


def _member(table: Any, key: Key, origin: str) -> Any:
    """The type of the last part of `key` in a table type. Raises DocmindError when there is no such key."""
    if get_origin(table) is dict:
        return get_args(table)[1]
    fields = {field.encode_name: field.type for field in msgspec.structs.fields(table)}
    if key[-1] in fields:
        return fields[key[-1]]
    close = difflib.get_close_matches(key[-1], fields, 1)
    raise _fault(
        origin, key, f'unknown key; did you mean "{close[0]}"?' if close else f"unknown key; known: {', '.join(fields)}"
    )


def _checked(value: Any, kind: Any, key: Key, origin: str) -> Any:
    if isinstance(value, str) and clean(value) != value:
        raise _fault(origin, key, f"expected text without control characters, in UTF-8; found {found(value)}")
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        raise _fault(origin, key, f"expected {expected(kind)}, found {found(value)}") from None


def _fault(origin: str, key: Key, problem: str) -> DocmindError:
    return DocmindError(Code.CONFIG, f"{origin}: {one_line(dotted(key))}: {problem}", HINT)


def _all_origins(settings: Settings, given: dict[Key, str]) -> dict[str, str]:
    """The origin of every setting, those left at their defaults included."""

    def walk(kind: Any, value: Any, parents: Key) -> Iterator[tuple[str, str]]:
        for name, item in msgspec.to_builtins(value).items():
            key = (*parents, name)
            member = _member(kind, key, "")
            if _is_table(member):
                yield from walk(member, item, key)
            else:
                yield dotted(key), given.get(key, "default")

    return dict(walk(Settings, settings, ()))

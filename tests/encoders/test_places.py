from importlib import import_module
from pathlib import Path

import platformdirs
import pytest

from txst.encoders.downloads import cache_folder
from txst.palette.user_styles import data_folder

PLACES = {  # the class of platformdirs, the variables that the platform sets, and where data and downloads have always been
    "unix.Unix": ({}, ".local/share/txst/styles", ".cache/txst"),
    "macos.MacOS": ({}, "Library/Application Support/txst/styles", "Library/Caches/txst"),
    "windows.Windows": (
        {"APPDATA": "AppData/Roaming", "LOCALAPPDATA": "AppData/Local"},
        "AppData/Roaming/txst/styles",
        "AppData/Local/txst/Cache",
    ),
}


@pytest.mark.parametrize("platform", PLACES)
def test_data_and_downloads_lie_where_the_platform_keeps_such_things(tmp_path, monkeypatch, platform):
    variables, data, cache = PLACES[platform]
    for name in ("TXST_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, folder in ({"HOME": "", "USERPROFILE": ""} | variables).items():
        monkeypatch.setenv(name, str(tmp_path / folder))
    module, name = platform.split(".")
    library = import_module(f"platformdirs.{module}")
    if module == "windows":
        monkeypatch.setattr(library, "get_win_folder", library.get_win_folder_from_env_vars)
    monkeypatch.setattr(platformdirs, "PlatformDirs", getattr(library, name))
    assert [Path(str(p).replace("\\", "/")) for p in (data_folder(), cache_folder())] == [
        tmp_path / data,
        tmp_path / cache,
    ]
    monkeypatch.setenv("TXST_HOME", str(tmp_path / "mine"))
    assert (data_folder(), cache_folder()) == (tmp_path / "mine/styles", tmp_path / "mine")

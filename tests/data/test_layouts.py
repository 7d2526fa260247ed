import os

import pytest

from txst.data.layouts import find


def touch(root, *files):
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
    return root


def test_wikiart_paths_tell_artist_title_and_movement(tmp_path):
    root = touch(
        tmp_path, "Post_Impressionism/vincent-van-gogh_a-pair-of-shoes.jpg", "Unclassified/titian_1.jpg", "list.txt"
    )
    shoes, unclassified = find("wikiart", root)
    assert (shoes.artist, shoes.title, shoes.movement) == ("vincent-van-gogh", "a pair of shoes", "Post_Impressionism")
    assert unclassified.movement == ""


def test_photos_are_found_at_any_depth(tmp_path):
    assert len(find("coco", touch(tmp_path, "1.jpg", "a/b/2.JPEG", "c/3.png"))) == 3


@pytest.mark.parametrize("root", ["dtd", "dtd/images"])
def test_textures_are_known_by_their_word(tmp_path, root):
    touch(tmp_path, "dtd/images/banded/banded_0002.jpg", "dtd/labels/not_a_texture.png")
    banded, *others = find("dtd", tmp_path / root)
    assert (banded.artist, banded.movement, others) == ("", "banded", [])


def test_a_folder_that_may_not_be_read_is_not_passed_over(tmp_path, monkeypatch):
    touch(tmp_path, "open.jpg", "closed/x.jpg")
    scandir = os.scandir

    def guarded(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)  # root may read everything: chmod would not do
    with pytest.raises(PermissionError, match="closed"):
        find("coco", tmp_path)


def test_linked_folders_are_followed_and_loops_of_links_end(tmp_path):
    root = touch(tmp_path / "root", "b/1.jpg")
    touch(tmp_path / "elsewhere", "deep/2.jpg")
    (root / "Linked Artist").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (root / "b" / "up").symlink_to(root, target_is_directory=True)
    (root / "a").symlink_to(root / "b", target_is_directory=True)  # a second way to what is no link
    (tmp_path / "elsewhere" / "back").symlink_to(root, target_is_directory=True)
    found = [p.file.relative_to(root).as_posix() for p in find("coco", root)]
    assert found == ["Linked Artist/deep/2.jpg", "b/1.jpg"]


def test_own_folders_are_named_after_the_artist(tmp_path):
    (picture,) = find("folder", touch(tmp_path, "My Aunt/Sea at night.jpg"))
    assert (picture.artist, picture.title) == ("My Aunt", "Sea at night")


def test_a_table_wins_over_paths_where_it_says_something(tmp_path):
    touch(tmp_path, "pictures/M/some-one_x.jpg", "pictures/M/other_y.jpg")
    table = tmp_path / "table.csv"
    table.write_text(
        "file,artist,label,licence,source_repo\npictures/M/some-one_x.jpg,Someone,,cc0,museum\n", encoding="utf-8-sig"
    )
    other, some = find("wikiart", tmp_path / "pictures", table)
    assert (some.artist, some.movement, some.title, some.licence, some.source) == ("Someone", "M", "x", "cc0", "museum")
    assert (other.artist, other.licence) == ("other", "")


def test_a_table_chooses_among_own_folders_and_names_what_is_missing(tmp_path):
    table = touch(tmp_path, "a.jpg", "b.jpg") / "table.csv"
    table.write_text("file,artist\na.jpg,Anna\nlost.jpg,Otto\n")
    assert [(p.file.name, p.artist) for p in find("folder", tmp_path, table)] == [
        ("a.jpg", "Anna"),
        ("lost.jpg", "Otto"),
    ]


def test_a_table_without_files_is_refused(tmp_path):
    table = touch(tmp_path, "a.jpg") / "table.csv"
    table.write_text("name,artist\na,b\n")
    with pytest.raises(ValueError, match="column `file`"):
        find("folder", tmp_path, table)


def test_an_empty_or_missing_folder_is_named(tmp_path):
    for root in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ValueError, match=str(root)):
            find("coco", root)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_is_read_as_programs_for_tables_write_it(tmp_path, encoding, separator):
    touch(tmp_path, "scans/a.jpg")
    rows = [["File ", "Artist", "Title", "Licence"], ["scans\\a.jpg", "Cézanne", '"Bathers, ""large"""', ""]]
    text = "".join(separator.join(row) + "\r\n" for row in rows)
    (tmp_path / "table.csv").write_bytes(text.encode(encoding))
    (found,) = find("folder", tmp_path, tmp_path / "table.csv")
    assert (found.file, found.artist, found.title) == (tmp_path / "scans/a.jpg", "Cézanne", 'Bathers, "large"')
    assert found.licence == ""


def test_a_table_in_no_known_encoding_is_named_with_what_was_tried(tmp_path):
    touch(tmp_path, "a.jpg")
    (tmp_path / "table.csv").write_bytes(b"file,artist\na.jpg,\x81\x8d")
    with pytest.raises(ValueError, match=r"table\.csv is no text in utf-8-sig or cp1252: save it as CSV UTF-8"):
        find("folder", tmp_path, tmp_path / "table.csv")

from txst.files.marked import marked_part

BEGIN, END = "<!-- begin -->", "<!-- end -->"


def test_the_part_between_the_marks_is_replaced_and_all_else_stays(tmp_path):
    page = tmp_path / "PAGE.md"
    page.write_text(f"above é\n{BEGIN}\nold\n{END}\nbelow\n<!-- other -->\nkept\n{END}\n", encoding="utf-8")
    for text in ("new", "| newer |"):
        marked_part(page, BEGIN).write(text)
    expected = f"above é\n{BEGIN}\n\n| newer |\n{END}\nbelow\n<!-- other -->\nkept\n{END}\n"
    assert page.read_text(encoding="utf-8") == expected


def test_without_a_page_or_a_mark_there_is_no_part(tmp_path):
    page = tmp_path / "PAGE.md"
    assert marked_part(page, BEGIN) is None
    page.write_text(f"{END}\n{BEGIN}\n", encoding="utf-8")
    assert marked_part(page, BEGIN) is None

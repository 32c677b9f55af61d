"""The index finds tools by what they are called and what they say, in any language."""

from surefoot.tools.retrieval import ToolIndex, words


def test_names_are_split_at_underscores_and_at_capitals() -> None:
    assert words("read_file parseJSONText getHTTPUrl") == [
        "read",
        "file",
        "parse",
        "json",
        "text",
        "get",
        "http",
        "url",
    ]


def test_an_english_plural_is_its_singular() -> None:
    assert words("files of glass") == ["file", "of", "glass"]


def test_scripts_without_spaces_become_pairs_of_letters() -> None:
    assert words("删除文件 ok") == ["删除", "除文", "文件", "ok"]
    assert words("字") == ["字"]


def test_the_document_with_the_rarer_shared_word_comes_first() -> None:
    index = ToolIndex({"a": "send a message by post", "b": "send a message by telegraph", "c": "send money"})
    assert index.search("send by telegraph", 3) == ["b", "a", "c"]


def test_a_short_document_beats_a_long_one_with_the_same_word() -> None:
    index = ToolIndex({"long": "mail " + "filler words " * 30, "short": "mail now"})
    assert index.search("mail", 1) == ["short"]


def test_equal_documents_keep_the_order_of_the_index() -> None:
    names = [f"t{i}" for i in range(20)]
    assert ToolIndex(dict.fromkeys(names, "same text")).search("text", 20) == names


def test_every_language_finds_its_own() -> None:
    index = ToolIndex({"ar": "حذف ملف من المجلد", "zh": "读取文件内容", "de": "Prüfe die Größe", "en": "delete a file"})
    assert index.search("أريد حذف ملف", 1) == ["ar"]
    assert index.search("请读取这个文件", 1) == ["zh"]
    assert index.search("GRÖSSE", 1) == ["de"]


def test_nothing_in_common_finds_nothing() -> None:
    index = ToolIndex({"a": "read a file"})
    assert index.search("quantum", 5) == index.search("", 5) == index.search("file", 0) == []
    assert ToolIndex({}).search("x", 3) == []

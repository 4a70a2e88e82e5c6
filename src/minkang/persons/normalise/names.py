"""A name as written at a desk, taken apart: own name, reading, shape, and what was written in place of a name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from minkang.persons.normalise.characters import has_han, plain, reading, shape, simplified

_DOTS = re.compile(r"[·•‧∙⋅・･●.。﹒\u00b7\u2022]+")
_BRACKETS = re.compile(r"[(\[【〔（].*?[)\]】〕）]")
_TITLES = re.compile(r"(先生|女士|小姐|同志|老师|医生|大夫|师傅)$")
_CHILD = re.compile(
    r"^(?P<mother>.{2,}?)(?:之|的|-)?(?:(?P<twin>双胞胎|双|三胞胎|三)(?P<place>大|小|中|一|二|三|1|2|3|[AaBbCc甲乙丙])"
    r"|之?(?P<first>长|大|次|二|三)?(?P<kind>子|女|婴|宝宝|毛毛|男婴|女婴|大子|小子|大女|小女))$"
)
_MARKED = re.compile(
    r".{2,}(之子|之女|之婴|双大|双小|双中|之长子|之次子|之长女|之次女|之大子|之小子|之大女|之小女|男婴|女婴|婴儿?|宝宝|毛毛|双胞胎[大小一二12AB甲乙]|双[一二12AB甲乙]|三[大中小])$"
)
_ORDERS = {"大": "1", "一": "1", "1": "1", "a": "1", "甲": "1", "长": "1", "小": "2", "二": "2", "2": "2", "b": "2",
           "乙": "2", "次": "2", "中": "2", "三": "3", "3": "3", "c": "3", "丙": "3"}  # fmt: skip
_NOBODY = re.compile(
    r"^(不详|不祥|未知|无|无名|无名氏|无名尸|佚名|某某|某|某[男女]|未取名|未起名|未命名|新生儿|婴儿|患者|测试|空|暂无"
    r"|待定|待查|姓名|拒绝|匿名|unknown|none|null|n/?a|nil|test|xx+|[-_/?？*×x0]+)\d*$",
    re.IGNORECASE,
)
_MANY = 400_000


@dataclass(frozen=True, slots=True)
class Name:
    """A name in the forms that comparisons use. Every text is "" where there is nothing to say.

    Attributes:
        full: simplified, without titles, notes, spaces or dots; Latin in lower case.
        surname, given: of Chinese names of two to four characters; a minority or Latin name is `given` as a whole.
        sound: pinyin of all, the surname by its own reading; Latin letters for others.
        shape: `full` with look-alike characters as one.
        bag: the characters (the words of a Latin name) sorted, so that an exchanged order is seen.
        short: surname and last character, the same with and without the generation character.
        mother: where a child has no name yet, the mother's, taken from the note.
        child: "son", "daughter" or "child" from such a note.
        order: "1", "2", "3" among twins or children, from such a note.
        nobody: what stood there was a placeholder.
    """

    full: str = ""
    surname: str = ""
    given: str = ""
    sound: str = ""
    shape: str = ""
    bag: str = ""
    short: str = ""
    mother: str = ""
    child: str = ""
    order: str = ""
    nobody: bool = False


NOBODY = Name(nobody=True)
EMPTY = Name()


@cache
def _surnames() -> dict[str, str]:
    """Surnames with a reading of their own, and all of two characters."""
    text = (files("minkang.persons") / "data" / "surnames.tsv").read_text("utf-8")
    found: dict[str, str] = {}
    for line in text.splitlines():
        surname, _, sound = line.partition("\t")
        if sound:
            found[surname] = sound
    return found


@lru_cache(maxsize=_MANY)
def read_name(text: str | None) -> Name:
    """Read a name field.

    Returns:
        `EMPTY` for nothing, `NOBODY` for a placeholder (不详, 无名氏 …); a child's note (王芳之子, 王芳双大) gives
        `mother`, `child` and `order` and no name of its own.
    """
    written = simplified(plain(text))
    if not written:
        return EMPTY
    bare = _TITLES.sub("", _BRACKETS.sub("", written).strip()) or written
    if _NOBODY.match(bare.replace(" ", "")):
        return NOBODY
    if not has_han(bare):
        return _latin(bare)
    joined = bare.replace(" ", "")
    if _MARKED.fullmatch(joined):
        return _child(joined)
    dotted = [part for part in _DOTS.split(joined) if part]
    return _minority(dotted) if len(dotted) > 1 else _chinese("".join(dotted))


def _child(text: str) -> Name:
    """A child under its mother's name."""
    found = _CHILD.match(text)
    if found is None:
        return NOBODY
    kind = found["kind"] or ""
    child = "son" if "子" in kind or "男" in kind else "daughter" if "女" in kind else "child"
    mark = found["place"] or found["first"] or kind[:1]
    order = _ORDERS.get(mark.lower(), "") if found["twin"] or found["first"] or len(kind) == 2 else ""
    return Name(mother=found["mother"], child=child, order=order)


def split_chinese(full: str) -> tuple[str, str]:
    """Surname and given name; two characters of surname where the list has them and a given name is left."""
    size = 2 if len(full) > 2 and full[:2] in _surnames() else 1
    return full[:size], full[size:]


def surname_reading(surname: str) -> str:
    """The reading of a surname, which for 单, 仇, 解, 尉迟 … is not that of the character."""
    return _surnames().get(surname) or reading(surname)


def _chinese(full: str) -> Name:
    if len(full) > 4:
        return _minority([full])
    surname, given = split_chinese(full)
    sound = f"{surname_reading(surname)} {reading(given)}".strip()
    return Name(full, surname, given, sound, shape(full), "".join(sorted(full)), surname + full[-1:])


def _minority(parts: list[str]) -> Name:
    """A name of parts (买买提·艾力): dots of any kind and none are the same; people are called by the first."""
    full = "".join(parts)
    return Name(full, "", full, reading(full), shape(full), "".join(sorted(full)), parts[0])


def _latin(text: str) -> Name:
    """Letters: pinyin or a foreign name, whatever the order of its words, their case and commas."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    if not words:
        return NOBODY
    full = " ".join(words)
    return Name(full, "", full, full, full, " ".join(sorted(words)), words[-1])

"""An address as the code of its village, township or county, by the names of the region's divisions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from minkang.persons.normalise.characters import plain, simplified

_ENDINGS = re.compile(r"(村民委员会|居民委员会|社区居委会|村委会|居委会|村|社区|街道办事处|街道|办事处|镇|乡)$")
_CODE = re.compile(r"\d{6}(\d{3}(\d{3})?)?")


class Places:
    """Finds the division an address lies in.

    Args:
        divisions: code (6, 9 or 12 digits, GB/T 2260 and the statistical code) to name; may be empty.
    """

    def __init__(self, divisions: Mapping[str, str]) -> None:
        self._known = frozenset(divisions)
        self._counties = self._by_name(divisions, 6)
        self._towns = self._by_name(divisions, 9)
        self._villages = self._by_name(divisions, 12)
        self._read = lru_cache(maxsize=200_000)(self._find)

    def code(self, address: str | None, code: str | None = None) -> str:
        """The deepest code known: that given, else that found in the text; "" for none.

        The code given is taken as it is where it has 6, 9 or 12 digits (villages are abolished and merged, so a code
        that the region no longer has still says where somebody lives).
        """
        given = plain(code)
        if _CODE.fullmatch(given):
            return given.removesuffix("000") if len(given) == 12 else given
        return self._read(address)

    @staticmethod
    def _by_name(divisions: Mapping[str, str], size: int) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for code, name in divisions.items():
            if len(code) == size:
                stem = _ENDINGS.sub("", name)
                for form in {name, stem, f"{stem}村"} if "村" in name else {name, stem}:
                    if len(form) > 1:
                        found.setdefault(form, []).append(code)
        return found

    def _find(self, address: str | None) -> str:
        text = simplified(plain(address)).replace(" ", "")
        if not text or not self._known:
            return ""
        town, rest = self._longest(self._towns, text, "")
        village, _ = self._longest(self._villages, rest, town)
        if village or town:
            return village or town
        return self._longest(self._counties, text, "")[0]

    @staticmethod
    def _longest(names: Mapping[str, list[str]], text: str, within: str) -> tuple[str, str]:
        """The code whose name is the longest in the text, where only one lies `within`; and the text after it."""
        best, rest = "", text
        longest = 0
        for start in range(len(text)):
            for end in range(min(len(text), start + 12), start + 1, -1):
                fit = [code for code in names.get(text[start:end], ()) if code.startswith(within)]
                if len(fit) == 1 and end - start > longest:
                    best, rest, longest = fit[0], text[end:], end - start
        return best, rest

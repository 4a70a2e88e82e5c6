"""Whether two subjects name the same thing."""

from __future__ import annotations

import re


def alike(left: str, right: str) -> bool:
    """Whether two subjects name the same thing: one within the other, or most of their pairs of characters shared."""
    left, right = plain_subject(left), plain_subject(right)
    if not left or not right:
        return False
    if left == right:
        return True
    if left in right or right in left:
        return min(len(left), len(right)) >= 4
    pairs_left = {left[at : at + 2] for at in range(len(left) - 1)}
    pairs_right = {right[at : at + 2] for at in range(len(right) - 1)}
    return 2 * len(pairs_left & pairs_right) >= 1.5 * max(1, (len(pairs_left) + len(pairs_right)) / 2)


def plain_subject(subject: str) -> str:
    """A subject without brackets, verbs and filling words, for comparing."""
    subject = re.sub(r"[（(][^（）()]*[)）]", "", subject)
    return re.sub(
        r"[“”\"、，的和及与]|^(?:培训|引进|新增|建成|建设|建立|培育|改扩建|全县|全市|全区)|(?:覆盖率|占比|比例|数|水平|等级)$|县域|规范化?(?!管理)",
        "",
        subject,
    )

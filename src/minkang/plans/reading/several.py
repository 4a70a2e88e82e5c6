"""Rows that print two indicators in one: `高血压、糖尿病患者规范管理率 | 76.4、67.6 | ≥81、≥75`."""

from __future__ import annotations

import re

PARTS = re.compile(r"[、；;/]|(?<=[\d%‰])[,，](?!\d{3}(?!\d))|(?<=[\d%‰])和(?=[\d≥≤<>＞＜])")
NAMES = re.compile(r"[、]|和|及|与")
FIGURE = re.compile(r"\d")
METRIC = re.compile(r"(率|数|比例|比重|水平|寿命|费用|占比|人数|覆盖面|指数)$")
# Where the words common to all begin: 高血压、糖尿病|患者规范管理率.
TAIL = re.compile(
    r"(患者|病人|人群|人口|孕产妇|儿童|规范|管理|控制|治疗|筛查|检测|接种|死亡|发病|患病|报告|知晓|早诊|覆盖|检查|服务|签约|"
    r"达标|总数|(?:人|床位|机构|总)?数$|率$|比例$|占比$|比重$)"
)
HEAD = re.compile(r"^(每[百千万十]+(?:名)?(?:常住|服务)?(?:人口|居民|人)(?:拥有)?|全[市县区省](?:居民)?|城乡居民)")

Said = tuple[str, str, str]


def split_row(said: Said) -> list[Said]:
    """Name, baseline and target of each indicator of a row; a row that prints one figure is one indicator."""
    name, baseline, target = said
    baselines, targets = _figures(baseline), _figures(target)
    count = max(len(baselines), len(targets))
    names = _names(name)
    if count < 2 or len(names) != count or {len(baselines), len(targets)} - {0, 1, count}:
        return [said]
    whole = [
        figures if len(figures) == count else [text] * count
        for figures, text in ((baselines, baseline), (targets, target))
    ]
    return list(zip(names, *whole, strict=True))


def _figures(text: str) -> list[str]:
    parts = [part.strip() for part in PARTS.split(text)]
    return parts if all(FIGURE.search(part) for part in parts) else [text]


def _names(name: str) -> list[str]:
    """The names of all indicators of a cell, each with the words they have in common."""
    parts = NAMES.split(re.sub(r"\s+", "", name))
    last = parts[-1]
    head = found[0] if (found := HEAD.match(parts[0])) else ""
    tail = found[0] if (found := TAIL.search(last, 1)) else ""
    ending = last[last.index(tail, 1) :] if tail else ""
    names = [part if METRIC.search(part) else part + ending for part in parts[:-1]] + [last]
    return [names[0], *(one if HEAD.match(one) else head + one for one in names[1:])]

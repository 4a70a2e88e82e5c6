"""Rows of CSV to drafts of FHIR: split and converted in one process, beside Python's own csv.DictReader."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable

from benchmarks.rows import Row
from minkang.codes.translator import Translator
from minkang.exchange.message import Message
from minkang.exchange.tables.connector import table_connector

ROWS = 10_000
REPEATS = 3
FRONT = {
    "USERNAME": "汶上县人民医院",
    "BAH": "{n:010d}",
    "ZYCS": "1",
    "BRBH": "{n:010d}",
    "YLFKFS": "2",
    "BRXM": "王小明",
    "XB": "1",
    "CSRQ": "1949-12-{d}",
    "NL": "74",
    "MZ": "01",
    "SFZJHM": "11010519491231002X",
    "HYZK": "2",
    "XZZ": "南旺镇一村",
    "DH": "13800000000",
    "RYTJ": "2",
    "RYRQ": "2024-05-{d} 08:00:00",
    "RYKBDM": "03.04",
    "CYRQ": "2024-06-{d} 10:00:00",
    "CYKBDM": "03.04",
    "ZYTS": "31",
    "JBBM": "I10.x00x002",
    "MJZZD": "高血压病",
    "JBDM": "I10.x00x002",
    "CYSZYZD": "高血压病",
    "RYBQ": "1",
    "JBDM1": "E11.9",
    "CYSQTZD1": "2型糖尿病",
    "JBDM2": "I25.1",
    "CYSQTZD2": "冠心病",
    "ZYSSYCZBM": "47.01",
    "ZYSSYCZMC": "阑尾切除术",
    "SSJCZRQ": "2024-06-{d}",
    "LYFS": "1",
    "ZFY": "5000.00",
    "QZZFJE": "1500.00",
    "ZHYLFWL": "400.00",
    "HLF": "300.00",
    "ZDL": "900.00",
    "YXXZDF": "700.00",
    "ZLL": "500.00",
    "XYF": "2000.00",
    "KJYWFY": "300.00",
    "QTL": "200.00",
    "GXSJ": "2024-07-{d} 10:00:00",
    "SJZT": "0",
}
FOLLOWUP = {
    "随访编号": "{n}",
    "就诊编号": "{n}",
    "本人编号": "{n:010d}",
    "姓名": "王小明",
    "性别": "1",
    "出生日期": "1949-12-{d}",
    "证件号码": "11010519491231002X",
    "联系电话": "13800000000",
    "现住址": "南旺镇一村",
    "应访日期": "2024-05-{d}",
    "随访日期": "2024-05-{d} 09:00:00",
    "诊断编码": "I10",
    "诊断名称": "原发性高血压",
    "收缩压": "138",
    "舒张压": "86",
    "心率": "75",
    "体重": "62.5",
    "随访分类": "1",
    "药品编码1": "amlodipine",
    "药品名称1": "苯磺酸氨氯地平片",
    "机构编码": "M150A9GJX58083011A1001",
    "随访机构": "南旺镇卫生院",
    "随访医生": "李医生",
    "更新时间": "2024-05-{d} 10:30:00",
    "数据状态": "0",
}
DOSE = {
    "接种编号": "{n}",
    "本人编号": "{n:010d}",
    "姓名": "王小明",
    "性别": "1",
    "出生日期": "2020-01-{d}",
    "监护人": "李芳",
    "疫苗编码": "HepB",
    "疫苗名称": "重组乙型肝炎疫苗",
    "剂次": "1",
    "接种时间": "2024-05-{d} 09:00:00",
    "批号": "20240101",
    "接种途径": "肌内注射",
    "机构编码": "M150A9GJX58083011A1001",
    "接种机构": "南旺镇卫生院",
    "接种人": "李医生",
    "更新时间": "2024-05-{d} 10:30:00",
    "数据状态": "0",
}


def table(shape: dict[str, str]) -> bytes:
    """A CSV file of `ROWS` rows, no two alike, in GB18030."""
    lines = [",".join(shape)]
    lines += [",".join(cell.format(n=n, d=f"{n % 28 + 1:02d}") for cell in shape.values()) for n in range(ROWS)]
    return ("\r\n".join(lines) + "\r\n").encode("gb18030")


def best(work: Callable[[], int]) -> tuple[float, float, int]:
    """The least seconds by the clock and of processor of a work, and what it gave."""
    found = []
    for _ in range(REPEATS):
        began, used = time.perf_counter(), time.process_time()
        given = work()
        found.append((time.perf_counter() - began, time.process_time() - used, given))
    return min(one[0] for one in found), min(one[1] for one in found), found[0][2]


def measure() -> list[Row]:
    """One line a mapping, from bytes to drafts."""
    rows = []
    for name, shape in (("front-page", FRONT), ("hypertension-followup", FOLLOWUP), ("vaccination", DOSE)):
        data, tables = table(shape), table_connector(f"csv/{name}")
        translator = Translator(sender="h1")

        def ours() -> int:
            drafts = 0
            for one in tables.split(io.BytesIO(data), "f.csv", "h1"):  # noqa: B023 -- used within the turn
                assert isinstance(one, Message)
                drafts += len(tables.convert(one, translator).drafts)  # noqa: B023
            return drafts

        def peer() -> int:
            return sum(map(len, csv.DictReader(io.TextIOWrapper(io.BytesIO(data), "gb18030"))))  # noqa: B023

        clock, used, drafts = best(ours)
        plain, _, _ = best(peer)
        rows.append(
            Row(
                f"{ROWS:,} rows of {name} ({len(shape)} columns filled, {drafts / ROWS:.0f} resources a row) to drafts",
                f"{ROWS / clock:,.0f} rows/s by the clock, {ROWS / used:,.0f} a second of processor",
                f"{ROWS / plain:,.0f} rows/s csv.DictReader, which only cuts",
                "10,000 rows/s",
                f"one process, GB18030, best of {REPEATS}",
            )
        )
    return rows

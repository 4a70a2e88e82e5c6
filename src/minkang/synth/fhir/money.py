"""Insurance and what stays cost: Coverage for every person, Claim for every admission, its items adding up."""

from __future__ import annotations

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from minkang.synth.arrays import Columns
from minkang.synth.fhir.lines import dates, decimals, integers, join, pick_text
from minkang.synth.fhir.systems import INPATIENT_NUMBER
from minkang.synth.fhir.teller import Teller, concept, each, subject, together

KIND = "urn:minkang:code:insurance"
COVERS = (("99", "自费"), ("01", "城镇职工基本医疗保险"), ("02", "城乡居民基本医疗保险"))
ITEM = "urn:minkang:code:cost-item"
# Column of `admissions` to the item's name on the front page; `antibacterial` lies within `western`.
ITEMS = (
    ("service", "一般医疗服务费"), ("nursing", "护理费"), ("laboratory", "实验室诊断费"), ("imaging", "影像学诊断费"),
    ("treatment", "非手术治疗项目费"), ("operating", "手术费"), ("anaesthesia", "麻醉费"), ("western", "西药费"),
    ("chinese", "中药费"), ("material", "材料费"), ("other", "其他费"),
)  # fmt: skip
CLAIM = "http://terminology.hl7.org/CodeSystem/claim-type"
PRIORITY = "http://terminology.hl7.org/CodeSystem/processpriority"
INFO = "urn:minkang:code:claim-information"


def tell_money(teller: Teller, tables: dict[str, Columns]) -> None:
    """Coverage and claims."""
    each(tables, "persons", lambda one: _coverage(teller, one))
    each(tables, "admissions", lambda one: _claims(teller, one))


def _coverage(teller: Teller, one: Columns) -> None:
    """Who pays: the county's medical insurance, or the person."""
    size, kind = len(one["id"]), one["insurance"]
    payer = f"Organization/org-{teller.county.institutions[int(teller.county.of_kind('insurance')[0])].id}"
    at = np.full(size, int(teller.county.of_kind("insurance")[0]))
    own = join(size, "Patient/p", integers(one["id"]))
    codes, names = pick_text([code for code, _ in COVERS], kind), pick_text([zh for _, zh in COVERS], kind)
    teller.write("Coverage", size, *together(
        teller.head("Coverage", join(size, "i", integers(one["id"])), at), ',"status":"active","type":',
        concept(KIND, codes, names), ',"beneficiary":{"reference":"', own, '"},"payor":[{"reference":"',
        pc.if_else(pa.array(kind > 0), payer, own), '"}]}',
    ))  # fmt: skip


def _claims(teller: Teller, one: Columns) -> None:
    """An institutional claim with one line a cost item, and what the patient paid as information beside it."""
    size = len(one["id"])
    yuan = ',"currency":"CNY"}'
    items: list[object] = []
    for number, (name, zh) in enumerate(ITEMS, 1):
        items += [
            f'{"," if number > 1 else ""}{{"sequence":{number},"productOrService":{{"coding":[{{"system":"{ITEM}",'
            f'"code":"{name}","display":"{zh}"}}],"text":"{zh}"}},"net":{{"value":',
            decimals(one[name], 2), yuan + "}",
        ]  # fmt: skip
    teller.write("Claim", size, *together(
        teller.head("Claim", join(size, "k", integers(one["id"])), one["institution"]),
        f',"identifier":[{{"system":"{INPATIENT_NUMBER}","value":"', integers(one["encounter"]),
        f'"}}],"status":"active","type":{{"coding":[{{"system":"{CLAIM}","code":"institutional"}}]}},"use":"claim"',
        subject(one["person"], "patient"), ',"billablePeriod":{"start":"', dates(one["day"]), '","end":"',
        dates(one["to_day"]), '"},"created":"', dates(one["to_day"]), '","provider":{"reference":"',
        teller.provider(one["institution"]),
        f'"}},"priority":{{"coding":[{{"system":"{PRIORITY}","code":"normal"}}]}},"supportingInfo":[{{"sequence":1,'

        f'"category":{{"coding":[{{"system":"{INFO}","code":"own","display":"自付金额"}}]}},"valueQuantity":{{"value":',
        decimals(one["own"], 2), ',"unit":"元"}},'
        f'{{"sequence":2,"category":{{"coding":[{{"system":"{INFO}","code":"antibacterial","display":"其中抗菌药物费用"}}]}},'
        '"valueQuantity":{"value":', decimals(one["antibacterial"], 2),
        ',"unit":"元"}}],"insurance":[{"sequence":1,"focal":true,"coverage":{"reference":"Coverage/i',
        integers(one["person"]), '"}}],"item":[', *items, '],"total":{"value":', decimals(one["total"], 2), yuan, "}",
    ))  # fmt: skip

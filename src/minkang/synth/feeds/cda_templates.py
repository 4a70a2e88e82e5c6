"""Documents of WS/T 500 and WS/T 483 as a hospital's own export makes them: fixed text with holes.

Written for speed, and apart from `minkang.exchange.cda`, so that what is written here and what is read there check each
other. The shapes follow documents seen in public implementations: flat entries in laboratory reports, one organizer a
diagnosis, costs under the identifiers of the data set. Names hold nothing that XML escapes; a test parses everything.
"""

from __future__ import annotations

from typing import NamedTuple

from minkang.synth.feeds.identities import Identity
from minkang.synth.feeds.times import day8, stamp

DE = 'codeSystem="2.16.156.10011.2.2.1" codeSystemName="卫生信息数据元目录"'
SET = 'codeSystem="2.16.156.10011.2.2.4" codeSystemName="住院病案首页基本数据集"'
OBSERVATION = '<observation classCode="OBS" moodCode="EVN">'
CODES = {
    "C0002": ("22", "门(急)诊病历"), "C0004": ("24", "西药处方"), "C0007": ("27", "检验报告"),
    "C0020": ("40", "生命体征测量记录"), "C0032": ("52", "住院病案首页"), "C0033": ("53", "中医住院病案首页"),
    "C0053": ("73", "出院小结"), "HSDC00.05": ("20", "转诊(院)记录"),
}  # fmt: skip


class Head(NamedTuple):
    """What stands before the body.

    Attributes:
        code: of the type; `number`, `set`, `version`: of the document; `replaced`: number of the one it replaces or "".
        at: minutes since 1970 of the statement; `authored`: of what it tells.
        ids: further numbers of the patient role, as (OID tail, value).
        doctor: number and name; `institution`: code and name; `department`: may be empty.
        start, end: minutes of the stay, 0 for none; `way`: code of the way of admission, "" for none.
        withdrawn: the document takes itself back.
    """

    code: str
    number: str
    set: str
    version: int
    replaced: str
    at: int
    authored: int
    ids: tuple[tuple[str, str], ...]
    doctor: tuple[str, str]
    institution: tuple[str, str]
    department: str = ""
    start: int = 0
    end: int = 0
    way: str = ""
    withdrawn: bool = False


def document(head: Head, who: Identity, sections: list[str], encoding: str) -> bytes:
    """A whole document in an encoding that its declaration names."""
    tail, title = CODES[head.code]
    ids = "".join(f'<id root="2.16.156.10011.1.{root}" extension="{value}"/>' for root, value in head.ids)
    status = '<sdtc:statusCode xmlns:sdtc="urn:hl7-org:sdtc" code="nullified"/>' if head.withdrawn else ""
    parent = f'<id root="2.16.156.10011.1.1" extension="{head.replaced}"/>' if head.replaced else "<id/>"
    body = "".join(f"<component><section>{section}</section></component>" for section in sections)
    text = (
        f'<?xml version="1.0" encoding="{encoding.upper()}"?>\n'
        '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:mif="urn:hl7-org:v3/mif" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        '<realmCode code="CN"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_MT000040"/>'
        f'<templateId root="2.16.156.10011.2.1.1.{tail}"/><id root="2.16.156.10011.1.1" extension="{head.number}"/>'
        f'<code code="{head.code}" codeSystem="2.16.156.10011.2.4" codeSystemName="卫生信息共享文档规范编码体系"/>'
        f'<title>{title}</title>{status}<effectiveTime value="{stamp(head.at)}"/>'
        '<confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25" codeSystemName="Confidentiality"/>'
        f'<languageCode code="zh-CN"/><setId root="2.16.156.10011.1.1" extension="{head.set}"/>'
        f'<versionNumber value="{head.version}"/>'
        f'<recordTarget typeCode="RCT" contextControlCode="OP"><patientRole classCode="PAT">{ids}'
        f'<id root="2.16.156.10011.1.13" extension="{who.local}"/>{_person(who, head)}</patientRole></recordTarget>'
        f'{_people(head)}<relatedDocument typeCode="RPLC"><parentDocument>{parent}<setId/><versionNumber/>'
        f"</parentDocument></relatedDocument>{_stay(head)}"
        f"<component><structuredBody>{body}</structuredBody></component></ClinicalDocument>"
    )
    return text.encode(encoding)


def _person(who: Identity, head: Head) -> str:
    card = f'<id root="2.16.156.10011.1.3" extension="{who.card}"/>' if who.card else ""
    phone = f'<telecom value="{who.phone}"/>' if who.phone else ""
    sex, shown = ("1", "男性") if who.male else ("2", "女性")
    age = max((head.authored // 1440 - who.birth) // 365, 0)
    code, name = head.institution
    part = (
        f'<asOrganizationPartOf><wholeOrganization><id root="2.16.156.10011.1.5" extension="{code}"/>'
        f"<name>{name}</name>"
        "</wholeOrganization></asOrganizationPartOf>"
    )
    department = f'<id root="2.16.156.10011.1.26"/><name>{head.department}</name>' if head.department else ""
    return (
        f'<addr use="H"><houseNumber/><streetName>{who.address}</streetName><township/><county/><city/><state/></addr>'
        f'{phone}<patient classCode="PSN" determinerCode="INSTANCE">{card}<name>{who.name}</name>'
        f'<administrativeGenderCode code="{sex}" codeSystem="2.16.156.10011.2.3.3.4" displayName="{shown}"/>'
        f'<birthTime value="{day8(who.birth)}"/><age unit="岁" value="{age}"/></patient>'
        f"<providerOrganization>{department}{part}</providerOrganization>"
    )


def _people(head: Head) -> str:
    number, name = head.doctor
    code, institution = head.institution
    person = f"<assignedPerson><name>{name}</name></assignedPerson>"
    return (
        f'<author typeCode="AUT" contextControlCode="OP"><time value="{stamp(head.authored)}"/>'
        f'<assignedAuthor classCode="ASSIGNED">'
        f'<id root="2.16.156.10011.1.7" extension="{number}"/>{person}</assignedAuthor>'
        '</author><custodian typeCode="CST"><assignedCustodian classCode="ASSIGNED"><representedCustodianOrganization '
        f'classCode="ORG" determinerCode="INSTANCE"><id root="2.16.156.10011.1.5" extension="{code}"/>'
        f"<name>{institution}</name></representedCustodianOrganization></assignedCustodian></custodian>"
        f'<legalAuthenticator><time value="{stamp(head.at)}"/><signatureCode/><assignedEntity>'
        f'<id root="2.16.156.10011.1.4" extension="{number}"/><code displayName="责任医生"/>{person}'
        "</assignedEntity></legalAuthenticator>"
    )


def _stay(head: Head) -> str:
    if not head.start:
        return ""
    way = (
        f'<code code="{head.way}" codeSystem="2.16.156.10011.2.3.1.270" codeSystemName="入院途径代码表"/>'
        if head.way
        else ""
    )
    return (
        f'<componentOf typeCode="COMP"><encompassingEncounter classCode="ENC" moodCode="EVN">{way}<effectiveTime>'
        f'<low value="{stamp(head.start)}"/><high value="{stamp(head.end)}"/></effectiveTime></encompassingEncounter>'
        "</componentOf>"
    )


def section(loinc: str, name: str, *entries: str, text: str = "") -> str:
    """A section with its code; without a LOINC code its name stands alone."""
    code = f'code="{loinc}" codeSystem="2.16.840.1.113883.6.1" codeSystemName="LOINC" ' if loinc else ""
    shown = f"<text>{text}</text>" if text else "<text/>"
    return f'<code {code}displayName="{name}"/>{shown}{"".join(f"<entry>{one}</entry>" for one in entries)}'


def said(code: str, name: str, text: str) -> str:
    """An entry of text."""
    return (
        f'{OBSERVATION}<code code="{code}" {DE} displayName="{name}"/><value xsi:type="ST">{text}</value></observation>'
    )


def coded(code: str, name: str, value: str, shown: str, system: str) -> str:
    """An entry of a code."""
    return (
        f'{OBSERVATION}<code code="{code}" {DE} displayName="{name}"/>'
        f'<value xsi:type="CD" code="{value}" codeSystem="2.16.156.10011.{system}" displayName="{shown}"/>'
        f"</observation>"
    )


def measured(code: str, name: str, value: str, unit: str) -> str:
    """An entry of a quantity."""
    return (
        f'{OBSERVATION}<code code="{code}" {DE} displayName="{name}"/>'
        f'<value xsi:type="PQ" value="{value}" unit="{unit}"/></observation>'
    )


def pressure(high: float, low: float) -> str:
    """Blood pressure, both values in one organizer."""
    one = measured("DE04.10.174.00", "收缩压", f"{high:.0f}", "mmHg")
    other = measured("DE04.10.176.00", "舒张压", f"{low:.0f}", "mmHg")
    return (
        f'<organizer classCode="BATTERY" moodCode="EVN"><statusCode/><component>{one}</component>'
        f"<component>{other}</component></organizer>"
    )


def diagnosis(code: str, name: str, role: str = "") -> str:
    """Name and code of one diagnosis in one organizer, with its role as qualifier."""
    qualifier = f'<qualifier><name displayName="{role}"/></qualifier>' if role else ""
    return (
        '<organizer classCode="CLUSTER" moodCode="EVN"><statusCode/><component>'
        f'{OBSERVATION}<code code="DE05.01.025.00" {DE} displayName="诊断名称">{qualifier}</code>'
        f'<value xsi:type="ST">{name}</value></observation></component><component>'
        f'{OBSERVATION}<code code="DE05.01.024.00" {DE} displayName="诊断代码">{qualifier}</code>'
        f'<value xsi:type="CD" code="{code}" codeSystem="2.16.156.10011.2.3.3.11.3" codeSystemName="ICD-10"/>'
        "</observation></component></organizer>"
    )


def test(code: str, name: str, result: str, unit: str, at: int) -> list[str]:
    """Entries of one result of the laboratory, flat, as reports have them."""
    item = (
        f'{OBSERVATION}<code code="DE04.30.019.00" {DE} displayName="检验项目代码"/>'
        f'<effectiveTime value="{stamp(at)}"/><value xsi:type="CD" code="{code}" displayName="{name}"/></observation>'
    )
    if not unit:
        return [
            item,
            f'{OBSERVATION}<code code="DE04.30.017.00" {DE} displayName="检验结果代码"/>{result}</observation>',
        ]
    shown = said("DE04.30.016.00", "检查定量结果计量单位", unit)
    amount = (
        f'{OBSERVATION}<code code="DE04.30.015.00" {DE} displayName="检验定量结果"/>'
        f'<value xsi:type="REAL" value="{result}"/>'
        f'<entryRelationship typeCode="COMP">{shown}</entryRelationship></observation>'
    )
    return [item, amount]


def medicine(row: dict[str, str], dose: str, at: int) -> str:
    """One medicine of a prescription."""
    times = {"1": "每日一次", "2": "每日两次", "3": "每日三次"}[row["daily"]]
    days = measured("DE06.00.294.00", "处方有效天数", row["days"], "天")
    return (
        f'<substanceAdministration classCode="SBADM" moodCode="EVN"><text/><effectiveTime value="{stamp(at)}"/>'
        '<routeCode code="1" displayName="口服" codeSystem="2.16.156.10011.2.3.1.158"/>'
        f'<doseQuantity value="{dose}" unit="{row["unit"]}"/><rateQuantity value="0{row["daily"]}" unit="{times}"/>'
        f'<consumable><manufacturedProduct><manufacturedLabeledDrug><code code="{row["atc"]}"/><name>{row["zh"]}</name>'
        "</manufacturedLabeledDrug></manufacturedProduct></consumable>"
        f'<entryRelationship typeCode="COMP">{said("DE08.50.043.00", "药物规格", row["form"])}</entryRelationship>'
        f'<entryRelationship typeCode="COMP">{days}</entryRelationship></substanceAdministration>'
    )


def operation(code: str, name: str, level: str, at: int, doctor: tuple[str, str]) -> str:
    """One operation."""
    grade = coded("DE06.00.255.00", "手术级别", level, "", "2.3.1.258")
    return (
        f'<procedure classCode="PROC" moodCode="EVN"><code code="{code}" codeSystem="2.16.156.10011.2.3.3.12" '
        f'codeSystemName="手术(操作)代码表(ICD-9-CM)" displayName="{name}"/><statusCode/>'
        f'<effectiveTime value="{stamp(at)}"/>'
        f'<performer><assignedEntity><id root="2.16.156.10011.1.4" extension="{doctor[0]}"/><assignedPerson>'
        f"<name>{doctor[1]}"
        '</name></assignedPerson></assignedEntity></performer><entryRelationship typeCode="COMP">'
        f"{said('DE06.00.094.00', '手术操作名称', name)}</entryRelationship>"
        f'<entryRelationship typeCode="COMP">{grade}</entryRelationship>'
        "</procedure>"
    )


def money(tail: str, name: str, amount: float) -> str:
    """One line of costs."""
    return (
        f'{OBSERVATION}<code code="HDSD00.11.{tail}" {SET} displayName="{name}"/>'
        f'<value xsi:type="MO" value="{amount:.2f}" currency="元"/></observation>'
    )

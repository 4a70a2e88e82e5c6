"""The vaccination system of the county: one row a dose that was given (norms 2)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from minkang.synth.arrays import NEVER
from minkang.synth.catalogue import rows
from minkang.synth.county import County
from minkang.synth.feeds.identities import Identities
from minkang.synth.feeds.rows import institutions, lists, sex, some, staff_names, state
from minkang.synth.feeds.telling import Feed, Pack, Telling
from minkang.synth.feeds.times import clock, day10, minute_of
from minkang.synth.truth import Truth

DOSE = (
    "接种编号", "本人编号", "姓名", "性别", "出生日期", "证件号码", "监护人", "联系电话", "现住址编码", "疫苗编码",
    "疫苗名称", "剂次", "接种时间", "批号", "追溯码", "接种部位", "接种途径", "机构编码", "接种机构", "接种人",
    "更新时间", "数据状态",
)  # fmt: skip
FEEDS = (Feed("csv/vaccination", Pack.CSV, suffix=".csv", columns=DOSE),)
ORAL = {"bOPV"}
INTRADERMAL = {"BCG"}
OBSOLETE = {"DTaP": "DPT", "bOPV": "OPV", "MMR": "MR", "MPSV-A": "MenA", "JE-L": "JEV", "HepB": "HBV", "IPV": "IPV0"}


def tell(county: County, part: Truth, seen: Identities, rng: np.random.Generator) -> Iterator[Telling]:
    """All doses of one chunk."""
    system = seen.system("vaccination")
    one = some(part, "vaccinations", part.tables["vaccinations"]["day"] < NEVER)
    given = minute_of(one["day"], 480 + one["id"] % 170)
    who = seen.known(system, one["person"], one["day"])
    values = lists(one, "id", "vaccine", "institution", "staff", "lot")
    times = given.tolist()
    codes, names = institutions(county)
    staff, vaccines = staff_names(county), rows("vaccines")
    for send in seen.sendings("vaccinations", one["id"], given + 20, ("wrong_code", "obsolete_code")):
        identity, (id_, vaccine, institution, nurse, lot) = who[send.row], values[send.row]
        key = f"{county.region.code[:6]}{id_:012d}{send.mark}"
        row = vaccines[(vaccine + 1) % len(vaccines) if send.slip == "mistake" else vaccine]
        name = row["key"]
        code = {"wrong_code": "XXX", "obsolete_code": OBSOLETE.get(name, f"{name}-old")}.get(send.slip, name)
        cells = (
            key, identity.local, identity.name, sex(identity.male), day10(identity.birth), identity.card,
            identity.guardian, identity.phone, identity.place, code, row["zh"], row["dose"], clock(times[send.row]),
            lot,
            f"8{id_:019d}", "口" if name in ORAL else "左上臂", _way(name), codes[institution], names[institution],
            staff[nurse], clock(send.at), state(send),
        )  # fmt: skip
        yield Telling(seen.slug(system), "csv/vaccination", key, send.at, (("vaccinations", id_),), cells, send.state,
                      send.faults + identity.faults)  # fmt: skip


def _way(vaccine: str) -> str:
    return "口服" if vaccine in ORAL else "皮内注射" if vaccine in INTRADERMAL else "肌内注射"

"""When two names mean the same measure: a key without filling words, so that only true namesakes are compared."""

from __future__ import annotations

import re

BRACKETS = re.compile(r"[（(][^（）()]*[)）]")
SYNONYMS = (
    (r"期望寿命", "预期寿命"),
    (r"每?千(?:常住|服务)?(?:人口?|居民)", "每千人口"),
    (r"每?万名?(?:常住|服务)?(?:人口?|居民)", "每万人口"),
    (r"慢性病", "慢病"),
    (r"综合性医院", "综合医院"),
    (r"监测因素监测|因素监测", "因素监测"),
    (r"二级(?:及|或)?以上", "二级以上"),
    (r"医师总?数量?|医师总量", "医师数"),
    (r"护士总?数量?|护士总量", "护士数"),
    (r"家庭医生签约服务率", "家庭医生签约率"),
)
FILLERS = re.compile(
    r"患者|病人|规范化?|城乡社区|城乡|社区|居民|服务|拥有|常住|报告|适龄|总体|全程|人均|全县|全市|全区|全国|我[县市区]|工作场所|2型|Ⅱ型?|应当?|"
    r"数量占比|所占比例|占比|比例|比重|水平|的|、|和|及其?|与|“|”|\s|达到|左右|期末|城市|全人群|儿童(?=国家免疫|免疫规划)|国家(?=免疫规划)"
)


def key(name: str) -> str:
    """What remains of a name when filling words are left out; equal keys mean the same measure."""
    name = BRACKETS.sub("", name)
    for pattern, word in SYNONYMS:
        name = re.sub(pattern, word, name)
    return re.sub(r"数$", "", FILLERS.sub("", name))


def thing(subject: str) -> str:
    """What is counted: the key without what is done to it, for promises of so many things."""
    made = re.match(r"^打造成?为?(?P<what>.+?)的.+$", subject)
    subject = made["what"] if made else subject
    return re.sub(
        r"^(?:建成|建设|打造|培育|遴选)|县域|医疗(?=服务)|卫生(?=次中心|服务)|[“”]", "", BRACKETS.sub("", subject)
    )

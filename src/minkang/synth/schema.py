"""The tables of the truth: their columns and what each holds. Written once; generator, Parquet and feeds follow it.

Kinds of column: `id` (row number, unique in the county), `ref:<table>` (the id of a row there, -1 for none),
`day` (days since 1970-01-01; NEVER for none), `minute`, `int`, `float`, `bool`, `text`, and `row:<vocabulary>`
(row number in the vocabulary, -1 for none; Parquet gets the key). A household is named by the id of one person.
"""

from __future__ import annotations

TABLES: dict[str, dict[str, str]] = {
    "persons": {
        "id": "id", "household": "ref:persons", "name": "text", "male": "bool", "birth": "day", "death": "day",
        "card": "text", "card_from": "day", "place": "int", "resident_from": "day", "resident_to": "day",
        "mother": "ref:persons", "father": "ref:persons", "spouse": "ref:persons", "twin": "ref:persons",
        "married_in": "bool", "left_behind": "bool", "away": "bool", "phone": "text", "insurance": "int",
        "education": "int", "nation": "int", "smokes": "bool", "record": "text",
    },
    "registrations": {
        "id": "id", "person": "ref:persons", "institution": "int", "local": "text", "name": "text", "card": "text",
        "birth": "day", "day": "day", "reason": "text",
    },
    "moves": {
        "id": "id", "person": "ref:persons", "day": "day", "kind": "text", "place_from": "int", "place_to": "int",
    },
    "name_changes": {"id": "id", "person": "ref:persons", "day": "day", "before": "text", "after": "text"},
    "deaths": {
        "id": "id", "person": "ref:persons", "day": "day", "cause": "row:causes", "setting": "int",
        "institution": "int",
    },
    "conditions": {
        "id": "id", "person": "ref:persons", "programme": "text", "icd10": "text", "zh": "text", "onset": "day",
        "diagnosed": "day", "managed_from": "day", "managed_to": "day", "institution": "int", "staff": "int",
    },
    "encounters": {
        "id": "id", "person": "ref:persons", "day": "day", "minute": "minute", "to_day": "day", "kind": "text",
        "institution": "int", "staff": "int", "icd10": "text", "zh": "text",
    },
    "observations": {
        "id": "id", "person": "ref:persons", "encounter": "ref:encounters", "day": "day", "minute": "minute",
        "kind": "row:observations", "value": "float", "value2": "float", "staff": "int",
    },
    "prescriptions": {
        "id": "id", "person": "ref:persons", "encounter": "ref:encounters", "day": "day", "minute": "minute",
        "drug": "row:drugs", "icd10": "text", "staff": "int",
    },
    "admissions": {
        "id": "id", "person": "ref:persons", "encounter": "ref:encounters", "institution": "int", "staff": "int",
        "day": "day", "minute": "minute", "to_day": "day", "icd10": "text", "zh": "text", "other_icd10": "text",
        "operation": "row:operations", "operation_day": "day", "leave": "int", "entry": "int", "insurance": "int",
        "total": "float", "own": "float", "service": "float", "nursing": "float", "laboratory": "float",
        "imaging": "float", "treatment": "float", "operating": "float", "anaesthesia": "float", "western": "float",
        "antibacterial": "float", "chinese": "float", "material": "float", "other": "float", "department": "text",
    },
    "pregnancies": {
        "id": "id", "person": "ref:persons", "conceived": "day", "delivered": "day", "booked": "day", "visits": "int",
        "systematic": "bool", "screened": "bool", "caesarean": "bool", "risk": "int", "institution": "int",
        "children": "int", "outcome": "text", "postnatal": "day",
    },
    "births": {
        "id": "id", "person": "ref:persons", "mother": "ref:persons", "day": "day", "minute": "minute",
        "institution": "int", "weight": "float", "weeks": "int", "screening": "int", "registered": "day",
    },
    "vaccinations": {
        "id": "id", "person": "ref:persons", "vaccine": "row:vaccines", "due": "day", "day": "day",
        "institution": "int", "staff": "int", "lot": "text",
    },
    "notifications": {
        "id": "id", "person": "ref:persons", "encounter": "ref:encounters", "disease": "row:diseases", "onset": "day",
        "diagnosed": "day", "minute": "minute", "minutes_to_report": "int", "institution": "int", "staff": "int",
        "certainty": "int", "outbreak": "int",
    },
    "outbreaks": {
        "id": "id", "disease": "row:diseases", "place": "int", "setting": "text", "first": "day", "last": "day",
        "planned": "int", "cases": "int",
    },
    "followups": {
        "id": "id", "person": "ref:persons", "programme": "text", "step": "text", "due": "day", "day": "day",
        "status": "text", "encounter": "ref:encounters", "institution": "int", "staff": "int",
    },
    "contracts": {
        "id": "id", "person": "ref:persons", "day": "day", "to_day": "day", "institution": "int", "staff": "int",
        "priority": "bool",
    },
    "referrals": {
        "id": "id", "person": "ref:persons", "day": "day", "from_institution": "int", "to_institution": "int",
        "staff": "int", "direction": "text", "icd10": "text", "zh": "text", "admission": "ref:admissions",
        "arrived": "day",
    },
    "tumours": {
        "id": "id", "person": "ref:persons", "icd10": "text", "morphology": "row:morphology", "basis": "int",
        "stage": "text", "diagnosed": "day", "institution": "int", "staff": "int", "reported": "day", "death": "day",
    },
    "readings": {
        "id": "id", "person": "ref:persons", "institution": "int", "day": "day", "minute": "minute", "kind": "text",
        "value": "float", "value2": "float", "pulse": "float",
    },
}  # fmt: skip

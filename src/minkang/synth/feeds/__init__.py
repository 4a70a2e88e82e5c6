"""The truth as institutions really send it: messages with the faults of real life, packed into files.

How to write a feed. Make a module here, name it in `registry.MODULES`, and give it

    FEEDS = (Feed("csv/front-page", Pack.CSV, every="month", suffix=".csv", columns=COLUMNS, encoding="gb18030"),)

    def tell(county: County, part: Truth, seen: Identities, rng: np.random.Generator) -> Iterator[Telling]:
        stays = part.tables["admissions"]                       # columns, see synth/schema.py; days since 1970
        mine = np.flatnonzero(np.isin(stays["institution"], county.of_kind("general")))
        rows = {name: column[mine] for name, column in stays.items()}
        who = seen.known(rows["institution"], rows["person"], rows["day"])     # list[Identity], faults already in them
        at = minute_of(rows["to_day"] + 3, 600)                 # when the sender makes the statement
        for send in seen.sendings("admissions", rows["id"], at, slips=("wrong_code", "obsolete_code")):
            one, id_ = who[send.row], int(rows["id"][send.row])
            number = f"{id_}{send.mark}"                         # the event's own number at the sender
            row = (number, one.local, one.name, one.card, …)     # the truth's values, unless send.slip says otherwise
            yield Telling(seen.slug(int(rows["institution"][send.row])), "csv/front-page", number, send.at,
                          (("admissions", id_),), row, send.state, send.faults + one.faults)

The module's part: say every value as the truth has it, except

- the identity: only from `seen.known(...)`, never from `persons` (wrong names and numbers repeat at a sender);
- what `send.slip` asks for: "mistake" any value or diagnosis but the true one, "wrong_code" a code that is not in its
  list, "obsolete_code" one of an earlier edition, "wrong_unit" the value in another unit than the feed declares
  (mmol/L against mg/dL, g against kg). Pass to `sendings` only the slips that the format can make;
- `send.state`: "corrected" is told in the way of the format (HL7 ORU status C or ADT^A08, CDA relatedDocument RPLC with
  the same setId and a higher version, a table row with the same key and a later update time) with the right values;
  "withdrawn" likewise (HL7 A11 or ORC-1 CA, CDA nullification, a status column). `send.mark` and `send.turn` keep the
  numbers of the event and of its messages apart. The message must state its time (`send.at`).

Not the module's part: duplicates, late and out-of-order arrival, files in the other encoding, truncated files,
sorting, writing, and the record of all faults. One message may carry several rows of the truth: name them all in
`Telling.truth`. The truth is carried once: which feed carries which table at which institutions is in
docs/reference/feeds.md.

`rng` is a stream of the module's own for this chunk; draws from it must be made in the same order every time.
`seen.dice` gives draws that depend only on ids. Times as text: `feeds.times`. Vocabularies: `synth.catalogue`. Speed
matters: a chunk of 20,000 people has 390,000 encounters and 960,000 observations; sort with numpy, loop once, format
with f-strings.
"""

from minkang.synth.feeds.faults import DEFAULT, NONE, Dice, Faults, read_faults
from minkang.synth.feeds.identities import Identities, Identity
from minkang.synth.feeds.sendings import Sending
from minkang.synth.feeds.telling import Feed, Pack, Telling

__all__ = [
    "DEFAULT",
    "NONE",
    "Dice",
    "Faults",
    "Feed",
    "Identities",
    "Identity",
    "Pack",
    "Sending",
    "Telling",
    "read_faults",
]

"""The import in Python: XML in, checked by pydantic, stored with sqlite3.

    baseline.py FILE.xml DATABASE RULES.json

Models are generated from dictionary/: one per form, groups nested, with types, hard and soft ranges, code lists and
lengths. All cross-field rules, requirements, branching and derived values are compiled to Python by rules.py from
the trees that the bench program writes to RULES.json. Left out: unit traps, decimals, codes by date, messages, line
numbers, comparison with what is stored (likely duplicates, overlapping runs, transfers), and the plan.
What it stores is a row per form, record rows, and an audit row per record, chained by SHA-256, in one transaction
with the same durability.

Loading Python and building the models is not timed. Prints one line of JSON.
"""

import hashlib
import json
import sqlite3
import sys
import time
import tomllib
import uuid
from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Literal, Optional

from lxml import etree
from pydantic import BeforeValidator, ConfigDict, Field, ValidationError, create_model

from rules import compile_all

ROOT = Path(__file__).resolve().parents[2]
SPACE = "{urn:run-schema}"
SCOPES = ("patient", "hospitalization", "run")
BATCH = 4096


def as_datetime(text):
    if not isinstance(text, str):
        return text
    day = datetime(int(text[6:10]), int(text[0:2]), int(text[3:5]))
    return day if len(text) == 10 else day.replace(hour=int(text[11:13]), minute=int(text[14:16]))


def as_date(text):
    return date(int(text[6:10]), int(text[0:2]), int(text[3:5])) if isinstance(text, str) else text


# ---- The dictionary as models ----


class Form:
    """One form: its model, and what pydantic's field constraints do not say."""

    def __init__(self, key, scope):
        self.key, self.scope = key, scope
        self.model = None
        self.soft = {"neonate": [], "pediatric": [], "adult": []}


class Node:
    """What stands below an element."""

    __slots__ = ("children", "form", "key", "kind")

    def __init__(self):
        self.children, self.form, self.key, self.kind = {}, None, None, "structure"

    def at(self, path):
        node = self
        for name in path.split("/"):
            node = node.children.setdefault(SPACE + name, Node())
        return node


def limits(text):
    low, _, high = (text or "").partition("..")
    return (low.strip() or None, high.strip() or None)


def type_of(field, lists):
    kind = field["type"]
    if kind in ("code", "codes"):
        of = lists[field["list"]]
        if of.get("open") or of.get("external"):
            code = Annotated[str, Field(pattern=r"^[A-Z0-9.\-]{1,20}$")]
        else:
            codes = {code["code"] for code in of["codes"]} | {c["number"] for c in of["codes"] if c.get("number")}
            code = Literal[tuple(sorted(codes))]
        return code if kind == "code" else list[code]
    if kind in ("decimal", "integer"):
        low, high = limits(field.get("hard"))
        make = int if kind == "integer" else Decimal
        return Annotated[make, Field(ge=low and make(low), le=high and make(high))]
    if kind == "text":
        return Annotated[str, Field(max_length=field.get("max_chars", 1000))]
    return {
        "boolean": bool,
        "date": Annotated[date, BeforeValidator(as_date)],
        "datetime": Annotated[datetime, BeforeValidator(as_datetime)],
    }[kind]


def load_form(path, lists, roots, meta):
    spec = tomllib.loads(path.read_text())
    head, fields = spec["form"], spec["field"]
    if head["scope"] not in SCOPES or head["key"] in ("ext_daily", "ext_followup"):
        return None
    form = Form(head["key"], head["scope"])
    groups = {None: {}}
    where = {}
    for key, field in fields.items():
        if field["type"] == "record" or field.get("computed"):
            continue
        parent = field.get("in")
        block = parent if parent and fields[parent]["type"] == "block" else None
        table = where.get(block, None) if block else parent
        meta[key] = {
            "form": head["key"],
            "table": table,
            "type": field["type"],
            "list": field.get("list"),
            "ages": field.get("ages", head.get("ages")),
            "twin": field.get("unknown"),
            "block": block,
            "block_required": block is not None and fields[block].get("required") == "always",
            "derived": "derive" in field,
            "members": [n for n, other in fields.items() if other.get("in") == key and "derive" not in other],
        }
        if "derive" in field:
            continue
        if field["type"] in ("block", "group"):
            where[key] = table
            if field["type"] == "group":
                groups[key] = {}
                groups[table][key] = field
        else:
            groups[table][key] = field
        if xml := field.get("xml"):
            node = roots[form.scope].at(xml)
            if field["type"] != "block":
                node.form, node.key = form.key, key
                node.kind = {"group": "group", "codes": "codes"}.get(field["type"], "leaf")
    form.model = build(form, None, groups, lists)
    return form


def build(form, table, groups, lists):
    members = {}
    for key, field in groups[table].items():
        if field["type"] == "group":
            row = build(form, key, groups, lists)
            members[key] = (list[row], [])
            continue
        members[key] = (Optional[type_of(field, lists)], None)
        if table is None and field["type"] in ("decimal", "integer"):
            for age, ranges in form.soft.items():
                low, high = limits(field.get(f"soft_{age}", field.get("soft")))
                if low or high:
                    ranges.append((key, Decimal(low or "-1e9"), Decimal(high or "1e9")))
    config = ConfigDict(extra="ignore", str_strip_whitespace=True)
    return create_model(f"{form.key}.{table or 'form'}", __config__=config, **members)


def load():
    lists = {}
    for path in sorted((ROOT / "dictionary/lists").glob("*.toml")):
        lists |= tomllib.loads(path.read_text())["list"]
    roots = {scope: Node() for scope in SCOPES}
    forms, meta = {}, {}
    for path in sorted((ROOT / "dictionary/forms").glob("*.toml")):
        if form := load_form(path, lists, roots, meta):
            forms[form.key] = form
    return roots, forms, meta, lists


# ---- Reading ----


def read(element, node, forms, row=None):
    """Gathers the texts below an element by form and field; groups become lists of rows."""
    children = node.children
    for child in element:
        below = children.get(child.tag)
        if below is None:
            continue
        kind = below.kind
        if kind == "structure":
            read(child, below, forms, row)
            continue
        target = row if row is not None else forms.setdefault(below.form, {})
        if kind == "group":
            inner = {}
            read(child, below, forms, inner)
            target.setdefault(below.key, []).append(inner)
        elif child.text and (text := child.text.strip()):
            if kind == "codes":
                target.setdefault(below.key, []).append(text)
            else:
                target[below.key] = text


# ---- Checking and storing ----


class Record:
    """A run with its stay and patient, for the rules."""

    def __init__(self, models):
        self.models, self.values = models, SimpleNamespace()
        self.today, self.now = NOW.date(), NOW
        for key, name in ATTRIBUTES:
            setattr(self, name, models.get(key) or EMPTY[key])

    def filled(self, form):
        return form in self.models


def models_of(texts):
    """Models of one record's forms; raises ValidationError."""
    return {key: FORMS[key].model.model_validate(values) for key, values in texts.items()}


def findings_of(record):
    found = []
    JUDGE(record, found)
    age = record.values.dv_age_group or "adult"
    for key, model in record.models.items():
        for name, low, high in FORMS[key].soft[age]:
            value = getattr(model, name)
            if value is not None and not low <= value <= high:
                found.append(("V202", False))
    return found


class Store:
    """Rows gathered and written in batches, in one transaction."""

    SQL = {
        "patient": "insert into patient values (?,?,?,?,?)",
        "stay": "insert into hospitalization values (?,?,?)",
        "run": "insert into run values (?,?,?,?,?,?,?,?,?,?)",
        "form": "insert into form_value values (?,?,?,1,?,?,?)",
        "audit": "insert into audit values (?,?,?,?,?,?,?)",
    }

    def __init__(self, path):
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.executescript(
            """pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -16384;
            pragma wal_autocheckpoint = 16000;
            create table patient (center text, patient_id blob, unique_id text, birth_date text, sex text,
                primary key (center, patient_id)) strict, without rowid;
            create unique index patient_key on patient (center, unique_id);
            create table hospitalization (center text, hospitalization_id blob, patient_id blob,
                primary key (center, hospitalization_id)) strict, without rowid;
            create table run (center text, run_id blob, hospitalization_id blob, run_no integer, state text,
                support_type text, age_group text, started_at text, hours real, soft integer,
                primary key (center, run_id)) strict, without rowid;
            create table form_value (center text, record_id blob, form text, version integer, body text,
                saved_at integer, saved_by text, primary key (center, record_id, form)) strict, without rowid;
            create table audit (center text, seq integer, at integer, actor text, record_id blob, body text,
                hash blob, primary key (center, seq)) strict, without rowid;"""
        )
        self.rows = {table: [] for table in self.SQL}
        self.heads = {}
        self.at = time.time_ns() // 1000

    def record(self, center, table, row, identity, models):
        bodies = {key: model.model_dump_json(exclude_none=True) for key, model in models.items()}
        self.rows[table].append(row)
        for key, body in bodies.items():
            self.rows["form"].append((center, identity, key, body, self.at, "bench"))
        body = json.dumps(bodies)
        seq, last = self.heads.get(center, (0, b""))
        digest = hashlib.sha256(last + body.encode()).digest()
        self.heads[center] = (seq + 1, digest)
        self.rows["audit"].append((center, seq + 1, self.at, "bench", identity, body, digest))
        if len(self.rows["form"]) >= BATCH:
            self.flush()

    def flush(self):
        for table, rows in self.rows.items():
            self.db.executemany(self.SQL[table], rows)
            rows.clear()


def take(element, store, codes):
    """Checks one patient and stores it, or refuses it; returns the number of runs stored."""
    texts = {}
    read(element, ROOTS["patient"], texts)
    todo, checked = [], []
    try:
        patient_models = models_of(texts)
        patient = patient_models["patient"]
        for stay_element in element.find(SPACE + "HospitalizationList"):
            texts = {}
            read(stay_element, ROOTS["hospitalization"], texts)
            stay_models = models_of(texts)
            runs = []
            for run_element in stay_element.find(SPACE + "RunList"):
                texts = {}
                read(run_element, ROOTS["run"], texts)
                models = models_of(texts)
                record = Record(patient_models | stay_models | models)
                found = findings_of(record)
                checked.extend(found)
                codes.update(code for code, _ in found)
                runs.append((record, models, sum(not hard for _, hard in found)))
            todo.append((stay_models, runs))
    except ValidationError as error:
        print(patient_key(element), error, file=sys.stderr)
        return 0
    if any(hard for _, hard in checked):
        print(patient_key(element), checked, file=sys.stderr)
        return 0
    center, count = patient.patient_center_no, 0
    identity = uuid.uuid4().bytes
    row = (center, identity, patient.patient_unique_id, patient.birth_date.isoformat(), patient.sex)
    store.record(center, "patient", row, identity, patient_models)
    for stay_models, runs in todo:
        stay_id = uuid.uuid4().bytes
        store.record(center, "stay", (center, stay_id, identity), stay_id, stay_models)
        for record, models, soft in runs:
            run_id = uuid.uuid4().bytes
            info = record.run
            derived = record.values
            row = (center, run_id, stay_id, info.run_no, "submitted", info.support_type, derived.dv_age_group)
            row += (derived.ecls_start_datetime.isoformat(), float(derived.dv_hours_ecls), soft)
            store.record(center, "run", row, run_id, models)
            count += 1
    return count


def patient_key(element):
    return element.findtext(SPACE + "UniqueId")


def main(path, database):
    store = Store(database)
    cpu, wall = time.process_time(), time.perf_counter()
    store.db.execute("begin immediate")
    stored, codes = 0, Counter()
    for _, element in etree.iterparse(path, tag=SPACE + "PatientXML", remove_comments=True, resolve_entities=False):
        stored += take(element, store, codes)
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]
    store.flush()
    store.db.execute("commit")
    took = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
    print(json.dumps({"stored": stored, "findings": codes, **COUNTS, **took}))


if __name__ == "__main__":
    NOW = datetime(2026, 11, 22, 12, 0)
    ROOTS, FORMS, META, LISTS = load()
    NAMES = {"patient": "patient", "hospitalization": "stay"}
    ATTRIBUTES = [(key, NAMES.get(key, key)) for key in FORMS]
    EMPTY = {key: FORMS[key].model() for key in FORMS}
    JUDGE, COUNTS = compile_all(json.loads(Path(sys.argv[3]).read_text()), META, LISTS, list(FORMS))
    main(*sys.argv[1:3])

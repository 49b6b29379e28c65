"""Compiles the dictionary's expressions to Python: one function that judges a run.

Every condition becomes plain comparisons that are true, or false, only when nothing they need is missing, as a
programmer would write them with the necessary checks for None. What is read twice is not kept: the source is as
direct as generated code can be.
"""

from datetime import date, datetime
from decimal import Decimal
from math import log10 as log_of_float

FLIP = {"<": "ge", "<=": "gt", ">": "le", ">=": "lt", "=": "ne", "!=": "eq"}
NAME = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "=": "eq", "!=": "ne"}


# ---- What the compiled source calls; all give None or False when something is missing ----


def lt(a, b):
    return a is not None and b is not None and a < b


def le(a, b):
    return a is not None and b is not None and a <= b


def gt(a, b):
    return a is not None and b is not None and a > b


def ge(a, b):
    return a is not None and b is not None and a >= b


def eq(a, b):
    return a is not None and b is not None and a == b


def ne(a, b):
    return a is not None and b is not None and a != b


def plus(a, b):
    return None if a is None or b is None else a + b


def minus(a, b):
    return None if a is None or b is None else a - b


def times(a, b):
    return None if a is None or b is None else a * b


def by(a, b):
    return None if a is None or not b else Decimal(a) / b


def absolute(a):
    return None if a is None else abs(a)


def log10(a):
    return Decimal(repr(log_of_float(a))) if a is not None and a > 0 else None


def rounded(a, places):
    return None if a is None else round(a, places)


def least(*of):
    return None if None in of else min(of)


def most(*of):
    return None if None in of else max(of)


def minutes(a, b):
    return None if a is None or b is None else int((b - a).total_seconds()) // 60


def hours(a, b):
    return None if a is None or b is None else Decimal(minutes(a, b)) / 60


def day(a):
    return a.date() if isinstance(a, datetime) else a


def days(a, b):
    return None if a is None or b is None else (day(b) - day(a)).days


def years(a, b):
    if a is None or b is None:
        return None
    a, b = day(a), day(b)
    return b.year - a.year - ((b.month, b.day) < (a.month, a.day))


def decimal_years(a, b):
    return None if a is None or b is None else Decimal(days(a, b)) / Decimal("365.25")


def size(a):
    return None if a is None else len(a)


def first(*of):
    return next((value for value in of if value is not None), None)


def some(of):
    return [value for value in of if value is not None]


def picked(pairs, last):
    known = [pair for pair in pairs if pair[0] is not None]
    if not known:
        return None
    return (max if last else min)(known, key=lambda pair: pair[0])[1]


def overlaps(spans):
    known = sorted((a, b or datetime.max) for a, b in spans if a)
    return sum(second[0] < first[1] for first, second in zip(known, known[1:]))


def covered(spans):
    total, end = 0, None
    for a, b in sorted((a, b) for a, b in spans if a and b):
        if end is None or a > end:
            total, end = total + minutes(a, b), b
        elif b > end:
            total, end = total + minutes(end, b), b
    return Decimal(total) / 60


def path(pairs):
    codes = [code for _, code in sorted(pair for pair in pairs if None not in pair)]
    return ">".join(c for i, c in enumerate(codes) if i == 0 or codes[i - 1] != c) or None


# ---- The compiler ----


class Compiler:
    """`meta` tells of each field its form, its group, its type and its list."""

    def __init__(self, meta, lists, run_forms):
        self.meta, self.run_forms = meta, run_forms
        self.constants = {}
        self.group_of = {key: {c["code"]: c.get("group") for c in spec["codes"]} for key, spec in lists.items()}
        self.kind_of = {key: {c["code"]: c.get("kind") for c in spec["codes"]} for key, spec in lists.items()}

    def constant(self, value):
        for name, known in self.constants.items():
            if type(known) is type(value) and known == value:
                return name
        name = f"K{len(self.constants)}"
        self.constants[name] = value
        return name

    # where things are

    def holder(self, key):
        """The source that holds a field: a row, a form, or the derived values; None when nothing does."""
        meta = self.meta.get(key)
        if meta is None:
            return None
        if meta["derived"]:
            return "d"
        if meta["table"]:
            return meta["table"]
        form = meta["form"]
        return {"patient": "r.patient", "hospitalization": "r.stay"}.get(form, f"r.{form}")

    def loops(self, group, bound):
        """`for` clauses that walk the rows of a group, from the innermost row that is bound already."""
        names, at = [], group
        while at and at not in bound:
            names.append(at)
            at = self.meta[at]["table"]
        out = []
        for name in reversed(names):
            out.append((name, f"{self.holder(name)}.{name}"))
        return out

    def walk(self, group, bound):
        clauses = " ".join(f"for {name} in {rows}" for name, rows in self.loops(group, bound))
        return clauses, bound | {name for name, _ in self.loops(group, bound)}

    # types, as far as they matter

    def moment(self, tree):
        if "moment" in tree:
            return "literal"
        if "field" in tree:
            return self.meta.get(tree["field"], {}).get("type")
        if tree.get("op") in ("date", "today"):
            return "date"
        if tree.get("op") in ("min_of", "max_of", "coalesce", "first_by", "last_by"):
            return self.moment(tree["of"][0 if tree["op"] == "coalesce" else -1])
        return "datetime" if tree.get("op") == "now" else None

    def literal(self, tree, other):
        text = tree["moment"]
        if self.moment(other) == "date":
            return self.constant(date.fromisoformat(text[:10]))
        return self.constant(datetime.fromisoformat(text))

    # three ways to ask for the same expression

    def value(self, t, bound):
        if isinstance(t, str):
            return repr(t)
        if "number" in t:
            number = Decimal(t["number"])
            return str(int(number)) if number == int(number) else self.constant(number)
        if "text" in t:
            return repr(t["text"])
        if "bool" in t:
            return repr(t["bool"])
        if "moment" in t:
            return self.literal(t, {})
        if "missing" in t or "form" in t:
            return "None"
        if "field" in t:
            holder = self.holder(t["field"])
            return f"{holder}.{t['field']}" if holder else "None"
        op, of = t["op"], t["of"]
        if op in ("and", "or", "not", "in", "between", "present", "has", "has_any", "has_group", "any", "all", "starts_with", "group_has") or op in NAME:
            return f"(True if {self.true(t, bound)} else False if {self.false(t, bound)} else None)"
        return getattr(self, f"v_{op}")(t, of, bound)

    def values(self, of, bound):
        return ", ".join(self.value(part, bound) for part in of)

    def true(self, t, bound):
        return self.truth(t, bound, True)

    def false(self, t, bound):
        return self.truth(t, bound, False)

    def truth(self, t, bound, wanted):
        if "bool" in t:
            return repr(t["bool"] is wanted)
        if "missing" in t:
            return "False"
        if "field" in t:
            return f"{self.value(t, bound)} is {wanted}"
        op, of = t["op"], t["of"]
        if op in ("and", "or"):
            joint = " and " if (op == "and") is wanted else " or "
            return "(" + joint.join(self.truth(part, bound, wanted) for part in of) + ")"
        if op == "not":
            return self.truth(of[0], bound, not wanted)
        if op in NAME:
            return self.compare(op, of, bound, wanted)
        if make := getattr(self, f"t_{op}", None):
            return make(t, of, bound, wanted)
        return f"{self.value(t, bound)} is {wanted}"

    def compare(self, op, of, bound, wanted):
        sides = []
        for part, other in ((of[0], of[1]), (of[1], of[0])):
            sides.append(self.literal(part, other) if "moment" in part else self.value(part, bound))
        if wanted and op == "=" and "text" in of[1]:
            return f"{sides[0]} == {sides[1]}"
        name = NAME[op] if wanted else FLIP[op]
        return f"{name}({sides[0]}, {sides[1]})"

    def t_in(self, t, of, bound, wanted):
        value = self.value(of[0], bound)
        codes = self.constant(frozenset(part.get("text", part.get("number")) for part in of[1]))
        return f"{value} in {codes}" if wanted else f"({value} is not None and {value} not in {codes})"

    def t_between(self, t, of, bound, wanted):
        value, low, high = (self.value(part, bound) for part in of)
        inside = f"{low} <= {value} <= {high}"
        return f"({value} is not None and {inside if wanted else f'not {inside}'})"

    def t_present(self, t, of, bound, wanted):
        no = "" if wanted else "not "
        if "form" in of[0]:
            return f"{no}r.filled({of[0]['form']!r})"
        key = of[0]["field"]
        meta = self.meta.get(key)
        if meta is None:
            return repr(not wanted)
        if meta["type"] == "block":
            holder = f"r.{meta['form']}" if not meta["table"] else meta["table"]
            return f"{no}any(getattr({holder}, n) not in (None, []) for n in {self.constant(tuple(meta['members']))})"
        if meta["type"] == "group":
            return f"{no}{self.holder(key)}.{key}"
        return f"{self.value(of[0], bound)} is {'not ' if wanted else ''}None"

    def t_has(self, t, of, bound, wanted):
        value, code = self.value(of[0], bound), self.value(of[1], bound)
        return f"({value} is not None and {code} {'' if wanted else 'not '}in {value})"

    def t_has_any(self, t, of, bound, wanted):
        value = self.value(of[0], bound)
        codes = self.constant(frozenset(part["text"] for part in of[1]))
        return f"({value} is not None and {'not ' if wanted else ''}{codes}.isdisjoint({value}))"

    def t_has_group(self, t, of, bound, wanted):
        value, word = self.value(of[0], bound), of[1]["text"]
        groups = self.group_of[self.meta[of[0]["field"]]["list"]]
        codes = self.constant(frozenset(c for c, g in groups.items() if word in (g or "").split("|")))
        return f"({value} is not None and {'not ' if wanted else ''}{codes}.isdisjoint({value}))"

    def t_group_has(self, t, of, bound, wanted):
        value, word = self.value(of[0], bound), of[1]["text"]
        groups = self.group_of[self.meta[of[0]["field"]]["list"]]
        codes = self.constant(frozenset(c for c, g in groups.items() if word in (g or "").split("|")))
        return f"({value} is not None and {value} {'' if wanted else 'not '}in {codes})"

    def t_starts_with(self, t, of, bound, wanted):
        value = self.value(of[0], bound)
        return f"({value} is not None and {'' if wanted else 'not '}{value}.startswith({of[1]['text']!r}))"

    def t_any(self, t, of, bound, wanted):
        if self.meta.get(of[0]["field"]) is None:
            return repr(not wanted)
        clauses, inner = self.walk(of[0]["field"], bound)
        return f"{'any' if wanted else 'all'}({self.truth(of[1], inner, wanted)} {clauses})"

    def t_all(self, t, of, bound, wanted):
        if self.meta.get(of[0]["field"]) is None:
            return repr(wanted)
        clauses, inner = self.walk(of[0]["field"], bound)
        return f"{'all' if wanted else 'any'}({self.truth(of[1], inner, wanted)} {clauses})"

    def t_if(self, t, of, bound, wanted):
        condition, yes, no = of
        return (
            f"({self.truth(yes, bound, wanted)} if {self.true(condition, bound)} else "
            f"{self.truth(no, bound, wanted)} if {self.false(condition, bound)} else False)"
        )

    def t_coalesce(self, t, of, bound, wanted):
        if len(of) == 2 and "bool" in of[1]:
            if of[1]["bool"] is wanted:
                return f"not {self.truth(of[0], bound, not wanted)}"
            return self.truth(of[0], bound, wanted)
        return f"{self.v_coalesce(t, of, bound)} is {wanted}"

    # values

    def v_if(self, t, of, bound):
        condition, yes, no = of
        return (
            f"({self.value(yes, bound)} if {self.true(condition, bound)} else "
            f"{self.value(no, bound)} if {self.false(condition, bound)} else None)"
        )

    def v_coalesce(self, t, of, bound):
        return f"first({self.values(of, bound)})"

    def v_sum(self, t, of, bound):
        if "signs" not in t:
            clauses, inner = self.walk(of[0]["field"], bound)
            return f"sum(some({self.value(of[1], inner)} {clauses}))"
        return self.chain(t, of, bound, {"+": "plus", "-": "minus"})

    def v_product(self, t, of, bound):
        return self.chain(t, of, bound, {"*": "times", "/": "by"})

    def chain(self, t, of, bound, names):
        source = self.value(of[0], bound)
        for sign, part in zip(t["signs"], of[1:]):
            source = f"{names[sign]}({source}, {self.value(part, bound)})"
        return source

    def v_negative(self, t, of, bound):
        return f"times(-1, {self.value(of[0], bound)})"

    def v_count(self, t, of, bound):
        if self.meta.get(of[0]["field"]) is None:
            return "0"
        clauses, inner = self.walk(of[0]["field"], bound)
        condition = f" if {self.true(of[1], inner)}" if len(of) > 1 else ""
        return f"sum(1 {clauses}{condition})"

    def rows_of(self, of, bound, parts):
        if self.meta.get(of[0]["field"]) is None:
            return "()"
        clauses, inner = self.walk(of[0]["field"], bound)
        values = [self.value(part, inner) for part in parts]
        return f"[{values[0] if len(values) == 1 else '(' + ', '.join(values) + ')'} {clauses}]"

    def v_min_of(self, t, of, bound):
        return f"min(some({self.rows_of(of, bound, of[1:])}), default=None)"

    def v_max_of(self, t, of, bound):
        return f"max(some({self.rows_of(of, bound, of[1:])}), default=None)"

    def v_distinct(self, t, of, bound):
        return f"len(set(some({self.rows_of(of, bound, of[1:])})))"

    def v_first_by(self, t, of, bound):
        return f"picked({self.rows_of(of, bound, of[1:])}, False)"

    def v_last_by(self, t, of, bound):
        return f"picked({self.rows_of(of, bound, of[1:])}, True)"

    def v_overlapping(self, t, of, bound):
        return f"overlaps({self.rows_of(of, bound, of[1:])})"

    def v_covered_hours(self, t, of, bound):
        return f"covered({self.rows_of(of, bound, of[1:])})"

    def v_path(self, t, of, bound):
        return f"path({self.rows_of(of, bound, of[1:])})"

    def v_group(self, t, of, bound):
        return self.looked_up(self.group_of, of, bound)

    def v_kind(self, t, of, bound):
        return self.looked_up(self.kind_of, of, bound)

    def looked_up(self, tables, of, bound):
        meta = self.meta.get(of[0]["field"])
        return f"{self.constant(tables[meta['list']])}.get({self.value(of[0], bound)})" if meta else "None"

    def v_today(self, t, of, bound):
        return "r.today"

    def v_now(self, t, of, bound):
        return "r.now"

    def __getattr__(self, name):
        functions = {
            "abs": "absolute", "round": "rounded", "min": "least", "max": "most", "log10": "log10", "hours": "hours",
            "minutes": "minutes", "days": "days", "years": "years", "decimal_years": "decimal_years", "date": "day",
            "length": "size", "size": "size",
        }
        if name.startswith("v_") and name[2:] in functions:
            return lambda t, of, bound: f"{functions[name[2:]]}({self.values(of, bound)})"
        raise AttributeError(name)


def compile_all(dump, meta, lists, run_forms):
    """Returns a function that gives all findings of a run, and how many rules and requirements it holds."""
    make = Compiler(meta, lists, run_forms)
    body = {}
    counts = {"rules": 0, "fields": 0}
    fields = {field["key"]: field for field in dump["fields"]}
    lines = ["def judge(r, out):", "    d = r.values"]
    for key in dump["derived"]:
        if key in meta:
            lines.append(f"    d.{key} = {make.value(fields[key]['derive'], set())}")
    lines.append("    age = d.dv_age_group")

    def put(group, text, code, hard):
        body.setdefault(group, []).append(f"if {text}: out.append(({code!r}, {hard}))")

    def chain_of(group):
        names = set()
        while group:
            names.add(group)
            group = meta[group]["table"]
        return names

    for rule in dump["rules"]:
        if rule["on"] is None or rule["on"] in meta:
            put(rule["on"], make.true(rule["tree"], chain_of(rule["on"])), rule["code"], rule["hard"])
            counts["rules"] += 1
    for key, field in fields.items():
        about = meta.get(key)
        if about is None or about["derived"]:
            continue
        asks = requirement(make, key, field, about, meta, chain_of(about["table"]))
        for text, code, hard in asks:
            put(about["table"], text, code, hard)
            counts["fields"] += 1
    emit(lines, body, make, meta)
    space = dict(globals()) | make.constants
    exec("\n".join(lines), space)  # noqa: S102
    return space["judge"], counts


def requirement(make, key, field, about, meta, bound):
    """What must be answered when, and what is not asked."""
    here = make.value({"field": key}, bound)
    applies = field["applies"]
    asked = f" and not {make.false(applies, bound)}" if applies else ""
    aged = f" and age in {make.constant(frozenset(about['ages']))}" if about["ages"] else ""
    if about["type"] == "group":
        if field["min_rows"]:
            when = f" and {make.true(field['min_when'], bound)}" if field["min_when"] else ""
            yield f"len({here}) < {field['min_rows']}{asked}{aged}{when}", "V305", True
        return
    if about["type"] == "block":
        return
    if field["required"]:
        needed = "" if field["required"] == {"bool": True} else f" and {make.true(field['required'], bound)}"
        if about["block"] and not needed and not about["block_required"]:
            needed = f" and {make.true({'op': 'present', 'of': [{'field': about['block']}]}, bound)}"
        if about["twin"]:
            needed += f" and {make.value({'field': about['twin']}, bound)} is not True"
        yield f"{here} is None{aged}{needed}{asked}", "V301", True
    if about["twin"]:
        twin = make.value({"field": about["twin"]}, bound)
        yield f"{twin} is True and {here} is not None", "V302", True
    if applies:
        yield f"{here} is not None and {here} is not False and {make.false(applies, bound)}", "V303", False
    if aged:
        yield f"{here} is not None and {here} is not False and age not in {make.constant(frozenset(about['ages']))}", "V304", False


def emit(lines, body, make, meta):
    """Top-level conditions by form, skipped where an addendum is empty; then the rows of each group."""
    for group, conditions in body.items():
        depth = "    "
        if group:
            for name, rows in make.loops(group, set()):
                lines.append(f"{depth}for {name} in {rows}:")
                depth += "    "
        lines.extend(depth + condition for condition in conditions)

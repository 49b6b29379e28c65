"""Other engines, one process each, driven over standard input: `peers.py ENGINE FOLDER THREADS`.

The folder holds run.parquet, complication.parquet and panels.json. After loading, a line "ready VERSION" is
printed. Then each line `ask SCENARIO` is answered by "CPU_SECONDS WALL_SECONDS", and `show SCENARIO FILE` writes all
answers to the file. SCENARIO is `all` or `some`.

Every engine gets its best: codes as one-byte integers, the year as a column of its own, no nulls for ClickHouse. The
answers stay in the engine's own result format; turning them into Python objects is not timed.
"""

import json
import os
import sys
import time

ENGINE, FOLDER, THREADS = sys.argv[1], sys.argv[2], int(sys.argv[3])
SKETCH = json.load(open(f"{FOLDER}/panels.json"))
CODED = set(SKETCH["coded"])
PARTS = {"code", "system", "day"}
# codes may be missing, too: a value that no code has
NULLABLE = {"discharge": 255, "alive": 2, "weight": -1, "lactate": -1}
SOME = {"start": 12418, "age_group": (1, 2), "chapter": 4}


def split(by):
    return by.split(":") if ":" in by else ["column", by]


class Sql:
    """SQL text; the dialects differ in little."""

    quartiles = "quantile_disc({c}, [0.25, 0.5, 0.75])"
    count = "count(*)"

    def where(self, scenario):
        if scenario == "all":
            return ""
        return " where start_day >= 12418 and age_group in (1, 2) and not (chapter = 4)"

    def dimension(self, by):
        parts = split(by)
        if parts[0] == "year":
            return "year"
        if parts[0] == "bins":
            name, width, count = parts[1], int(parts[2]), int(parts[3])
            return self.bins(name, width, count)
        return parts[1]

    def bins(self, name, width, count):
        return (f"case when {name} >= 0 and {name} < {width * count} "
                f"then cast(floor({name} / {width}) as integer) end")

    def true(self, name):
        return [f"count(case when {name} then 1 end)", f"count({name})"]

    def total(self, name):
        return [f"sum({name})", f"count({name})"]

    def measure(self, measure):
        if measure == "count":
            return [self.count]
        what, name = measure.split(":")
        if what == "true":
            return self.true(name)
        if what == "sum":
            return self.total(name)
        if what == "distinct":
            return [f"count(distinct {name})"]
        return [self.quartiles.format(c=name)]

    def panel(self, panel, scenario):
        dims = [self.dimension(by) for by in panel["by"]]
        figures = [it for m in panel["measures"] for it in self.measure(m)]
        source = "runs"
        if panel["table"] == 1:
            source = "parts join runs on runs.id = parts.root"
            if panel["once"]:
                figures = ["count(distinct root)"]
        columns = ", ".join(f"{text} as k{at}" for at, text in enumerate(dims + figures))
        sql = f"select {columns} from {source}{self.where(scenario)}"
        if dims:
            sql += " group by " + ", ".join(str(at + 1) for at in range(len(dims)))
        return sql


def rows_of(panel, rows, decode=lambda name, value: value):
    """Keys and figures in the form that the measuring program writes."""
    width = len(panel["by"])
    names = [split(by)[1] for by in panel["by"]]
    found = []
    for row in rows:
        key = [None if it is None else int(decode(name, it)) if decode(name, it) is not None else None
               for name, it in zip(names, row[:width])]
        found.append([key, list(row[width:])])
    return found


class DuckDb(Sql):
    def __init__(self, path=":memory:"):
        import duckdb

        self.version = f"DuckDB {duckdb.__version__}"
        self.base = duckdb.connect(path)
        self.base.execute(f"set threads = {THREADS}")
        def cast(name):
            if name in CODED:
                return f"cast({name} as utinyint) as {name}"
            if name == "start":
                return "start as start_date, cast(start - date '1970-01-01' as integer) as start_day, cast(year(start) as smallint) as year"
            if name == "run_order" or name == "day":
                return f"cast({name} as integer) as {name}"
            return name
        def table(target, file, extra):
            names = [it[0] for it in self.base.execute(f"describe select * from '{file}'").fetchall()]
            columns = ", ".join(cast(it) for it in names if not it.startswith("_"))
            self.base.execute(f"create or replace table {target} as select {extra}, {columns} from '{file}'")
        table("runs", f"{FOLDER}/run.parquet", "cast(_row as integer) as id")
        table("parts", f"{FOLDER}/complication.parquet", "cast(_root as integer) as root")
        self.base.execute("checkpoint")
        if path != ":memory:":
            self.base.close()
            self.base = duckdb.connect(path)
            self.base.execute(f"set threads = {THREADS}")

    def ask(self, scenario):
        return [self.base.execute(self.panel(it, scenario)).fetchnumpy() for it in SKETCH["panels"]]

    def show(self, scenario):
        return [rows_of(it, self.base.execute(self.panel(it, scenario)).fetchall())
                for it in SKETCH["panels"]]


class Polars:
    def __init__(self):
        import polars as pl

        self.pl = pl
        self.version = f"polars {pl.__version__}"
        codes = [pl.col(it).cast(pl.UInt8) for it in sorted(CODED)]
        runs = pl.read_parquet(f"{FOLDER}/run.parquet")
        runs = runs.with_columns([it for it in codes if it.meta.output_name() in runs.columns])
        self.runs = runs.with_columns(
            pl.col("start").dt.year().cast(pl.Int16).alias("year"),
            pl.col("start").cast(pl.Int32).alias("start_day"),
            pl.col("_row").cast(pl.Int32),
        ).rechunk()
        parts = pl.read_parquet(f"{FOLDER}/complication.parquet")
        parts = parts.with_columns([it for it in codes if it.meta.output_name() in parts.columns])
        self.parts = parts.with_columns(pl.col("_root").cast(pl.Int32)).rechunk()

    def dimension(self, by, at):
        pl = self.pl
        parts = split(by)
        if parts[0] == "year":
            return pl.col("year").alias(f"k{at}")
        if parts[0] == "bins":
            name, width, count = pl.col(parts[1]), int(parts[2]), int(parts[3])
            bins = pl.when((name >= 0) & (name < width * count)).then((name / width).floor().cast(pl.Int16))
            return bins.alias(f"k{at}")
        return pl.col(parts[1]).alias(f"k{at}")

    def measure(self, measure):
        pl = self.pl
        if measure == "count":
            return [pl.len()]
        what, name = measure.split(":")
        column = pl.col(name)
        if what == "true":
            return [column.sum(), column.count()]
        if what == "sum":
            return [column.sum(), column.count()]
        if what == "distinct":
            return [column.n_unique()]
        return [column.quantile(p, interpolation="equiprobable") for p in (0.25, 0.5, 0.75)]

    def frames(self, scenario):
        pl = self.pl
        runs = self.runs.lazy()
        if scenario == "some":
            runs = runs.filter(
                (pl.col("start_day") >= 12418) & pl.col("age_group").is_in([1, 2]) & ~(pl.col("chapter") == 4)
            )
        frames = []
        for panel in SKETCH["panels"]:
            source = runs
            if panel["table"] == 1:
                source = self.parts.lazy().join(runs, left_on="_root", right_on="_row")
            figures = [it for m in panel["measures"] for it in self.measure(m)]
            if panel["once"]:
                figures = [pl.col("_root").n_unique()]
            figures = [it.alias(f"f{at}") for at, it in enumerate(figures)]
            dims = [self.dimension(by, at) for at, by in enumerate(panel["by"])]
            frames.append(source.group_by(dims).agg(figures) if dims else source.select(figures))
        return frames

    def ask(self, scenario):
        return self.pl.collect_all(self.frames(scenario))

    def show(self, scenario):
        found = []
        for panel, frame in zip(SKETCH["panels"], self.ask(scenario)):
            rows = frame.rows()
            if any("quartiles" in it for it in panel["measures"]):
                width = len(panel["by"])
                rows = [row[:width] + (list(row[width:]),) for row in rows]
            found.append(rows_of(panel, rows))
        return found


class Chdb(Sql):
    quartiles = "quantilesExact(0.25, 0.5, 0.75)({c})"
    count = "count()"

    def __init__(self):
        import tempfile

        import chdb
        from chdb import session

        self.version = f"chdb {chdb.__version__}"
        self.folder = tempfile.TemporaryDirectory()
        self.base = session.Session(self.folder.name)
        def cast(name):
            null = NULLABLE.get(name)
            if name in ("alive", "transfer"):
                return f"ifNull(toUInt8({name}), {null or 0}) as {name}"
            if name in CODED:
                return f"ifNull(toUInt8({name}), {null or 0}) as {name}"
            if name == "start":
                return "assumeNotNull(toInt32(toDate32(start))) as start_day, assumeNotNull(toUInt16(toYear(start))) as year"
            if name in ("center", "patient", "run_order", "day"):
                return f"assumeNotNull(toInt32({name})) as {name}"
            return f"ifNull({name}, {null or 0}) as {name}"
        for target, file, extra in (("runs", "run", "toInt32(_row) as id"), ("parts", "complication", "toInt32(_root) as root")):
            described = self.base.query(f"describe file('{FOLDER}/{file}.parquet')", "TabSeparated").bytes().decode()
            names = [line.split("\t")[0] for line in described.splitlines()]
            columns = ", ".join(cast(it) for it in names if not it.startswith("_"))
            self.base.query(f"create table {target} engine = MergeTree order by tuple() as select {extra}, {columns} from file('{FOLDER}/{file}.parquet')")
            self.base.query(f"optimize table {target} final")

    def true(self, name):
        return [f"countIf({name} = 1)", f"countIf({name} < 2)"]

    def total(self, name):
        return [f"sum({name})", "count()"]

    def bins(self, name, width, count):
        # -1 stands for missing
        return f"if({name} >= 0 and {name} < {width * count}, toInt16(floor({name} / {width})), -1)"

    def measure(self, measure):
        what, _, name = measure.partition(":")
        if what == "distinct":
            return [f"uniqExact({name})"]
        return super().measure(measure)

    def panel(self, panel, scenario):
        sql = super().panel(panel, scenario).replace("count(distinct root)", "uniqExact(root)")
        return sql + f" settings max_threads = {THREADS}"

    def ask(self, scenario):
        return [self.base.query(self.panel(it, scenario), "Native").bytes() for it in SKETCH["panels"]]

    def show(self, scenario):
        def decode(name, value):
            return None if value in (NULLABLE.get(name), -1) else value
        found = []
        for panel in SKETCH["panels"]:
            text = self.base.query(self.panel(panel, scenario), "JSONCompactEachRow").bytes().decode()
            rows = [json.loads(line) for line in text.splitlines()]
            width = len(panel["by"])
            rows = [row[:width] + [it if isinstance(it, list) else float(it) for it in row[width:]] for row in rows]
            found.append(rows_of(panel, rows, decode))
        return found


class Sqlite(Sql):
    """No quantiles: it counts each value, as we do, and the caller would take them from there."""

    def __init__(self):
        import sqlite3

        import pyarrow.parquet as pq

        self.version = f"SQLite {sqlite3.sqlite_version}"
        self.base = sqlite3.connect(":memory:", check_same_thread=False)
        self.base.execute("pragma cache_size = -4000000")
        load(self, pq, lambda sql: self.base.execute(sql), self.insert)
        self.base.execute("create index parts_root on parts (root)")
        self.base.execute("analyze")
        self.base.commit()

    def insert(self, target, columns, rows):
        marks = ", ".join("?" * len(columns))
        self.base.executemany(f"insert into {target} values ({marks})", rows)

    def true(self, name):
        return [f"coalesce(sum({name}), 0)", f"count({name})"]

    def bins(self, name, width, count):
        return (f"case when {name} >= 0 and {name} < {width * count} "
                f"then cast({name} / {width} as integer) end")

    def panel(self, panel, scenario):
        for measure in panel["measures"]:
            if measure.startswith("quartiles:"):
                panel = dict(panel, by=panel["by"] + ["column:" + measure.split(":")[1]], measures=["count"])
        return super().panel(panel, scenario)

    def ask(self, scenario):
        return [self.base.execute(self.panel(it, scenario)).fetchall() for it in SKETCH["panels"]]

    def show(self, scenario):
        found = []
        for panel, rows in zip(SKETCH["panels"], self.ask(scenario)):
            if any("quartiles" in it for it in panel["measures"]):
                groups = {}
                for *key, value, count in rows:
                    groups.setdefault(tuple(key), []).append((value, count))
                rows = [key + (quartiles(values),) for key, values in groups.items()]
            found.append(rows_of(panel, rows))
        return found


def quartiles(values):
    values = sorted(it for it in values if it[0] is not None)
    total = sum(count for _, count in values)
    found = []
    for part in (1, 2, 3):
        place, seen = -(-total * part // 4) - 1, 0
        for value, count in values:
            seen += count
            if seen > place:
                found.append(value)
                break
    return found


def load(self, pq, execute, insert):
    import pyarrow as pa
    import pyarrow.compute as pc

    for target, file in (("runs", "run"), ("parts", "complication")):
        table = pq.read_table(f"{FOLDER}/{file}.parquet")
        arrays, names, types = [], [], []
        for name in table.column_names:
            column = table[name]
            kind = "real"
            if name == "_row" and file == "run":
                name, kind = "id", "integer primary key"
            elif name == "_root":
                name, kind = "root", "integer"
            elif name.startswith("_"):
                continue
            elif name == "start":
                arrays.append(pc.year(column))
                names.append("year")
                types.append("smallint")
                name, kind, column = "start_day", "integer", column.cast(pa.int32())
            elif name in CODED:
                kind, column = "smallint", column.cast(pa.int16())
            elif name in ("alive", "transfer"):
                kind, column = "smallint", column.cast(pa.int8())
            elif name in ("center", "patient", "run_order", "day"):
                kind, column = "integer", column.cast(pa.int32())
            arrays.append(column)
            names.append(name)
            types.append(kind if kind != "real" else "double precision")
        execute(f"create table {target} ({', '.join(f'{a} {b}' for a, b in zip(names, types))})")
        for batch in pa.table(arrays, names=names).to_batches(65536):
            insert(target, names, list(zip(*(it.to_pylist() for it in batch.columns))))


class Postgres(Sqlite):
    """Its own server in a temporary folder, without durability, 4 GB of shared buffers."""

    quartiles = "percentile_disc(array[0.25, 0.5, 0.75]) within group (order by {c})"

    def __init__(self):
        import atexit
        import subprocess
        import tempfile

        import psycopg
        import pyarrow.parquet as pq

        programs = "/usr/lib/postgresql/15/bin"
        home = tempfile.mkdtemp(prefix="bench-columns-pg-")
        run = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
        if run:
            subprocess.run(["chown", "postgres:postgres", home], check=True)
        quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": "/"}
        subprocess.run([*run, f"{programs}/initdb", "-D", f"{home}/data", "-U", "postgres", "-A", "trust", "--no-sync"], **quiet)
        settings = (f"-c shared_buffers=4GB -c work_mem=256MB -c fsync=off -c listen_addresses= -c unix_socket_directories={home} "
                    f"-c max_parallel_workers_per_gather={THREADS - 1} -c parallel_setup_cost=100 -c max_wal_size=8GB")
        subprocess.run([*run, f"{programs}/pg_ctl", "-D", f"{home}/data", "-l", f"{home}/log", "-w", "-s", "-o", settings, "start"], **quiet)
        def stop():
            subprocess.run([*run, f"{programs}/pg_ctl", "-D", f"{home}/data", "-m", "immediate", "-s", "stop"], cwd="/")
            subprocess.run(["rm", "-rf", home])
        atexit.register(stop)
        self.base = psycopg.connect(host=home, user="postgres", dbname="postgres", autocommit=True)
        version = self.base.execute("show server_version").fetchone()[0]
        self.version = f"PostgreSQL {version.split()[0]}"
        load(self, pq, self.base.execute, self.insert)
        self.base.execute("create index on parts (root)")
        self.base.execute("vacuum analyze")

    def insert(self, target, columns, rows):
        with self.base.cursor().copy(f"copy {target} from stdin") as copy:
            for row in rows:
                copy.write_row(row)

    def bins(self, name, width, count):
        return Sql.bins(self, name, width, count)

    def panel(self, panel, scenario):
        return Sql.panel(self, panel, scenario)

    def show(self, scenario):
        return [rows_of(panel, [[*row[:len(panel["by"])], *(it if isinstance(it, list) else float(it) for it in row[len(panel["by"]):])]
                                for row in rows])
                for panel, rows in zip(SKETCH["panels"], self.ask(scenario))]


ENGINES = {
    "duckdb": DuckDb,
    "duckdb-file": lambda: DuckDb(f"{FOLDER}/duck-{THREADS}.db"),
    "polars": Polars,
    "chdb": Chdb,
    "sqlite": Sqlite,
    "postgres": Postgres,
}


def main():
    # the real output is for the protocol; engines may write to the other
    engine = ENGINES[ENGINE]()
    print("ready", engine.version, flush=True)
    for line in sys.stdin:
        words = line.split()
        if words[0] == "end":
            break
        if words[0] == "ask":
            cpu, wall = time.process_time(), time.perf_counter()
            engine.ask(words[1])
            print(time.process_time() - cpu, time.perf_counter() - wall, flush=True)
        else:
            with open(words[2], "w") as file:
                json.dump(engine.show(words[1]), file, default=float)
            print("shown", flush=True)


main()

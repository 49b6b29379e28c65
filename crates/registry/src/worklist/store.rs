//! Statements of the worklist. Each reads its page along an index of the center; see migration 0005.

/// A run of a list as it is shown.
macro_rules! row {
    () => {
        "select r.run_id, r.patient_id, r.hospitalization_id, p.unique_id, r.run_no, r.state, r.support_type,
            r.age_group, r.started_at, r.stopped_at, r.hard_findings, r.soft_findings, r.locks_at,
            (select count(*) from data_query q
                where q.center_id = r.center_id and q.run_id = r.run_id and q.state = 'open') as queries
        from "
    };
}

macro_rules! with_patient {
    () => {
        " join patient p on p.center_id = r.center_id and p.patient_id = r.patient_id "
    };
}

macro_rules! filters {
    () => {
        " and ($4 = '' or r.support_type = $4) and ($5 = '' or r.age_group = $5) "
    };
}

/// Below the key, newest start first; the first part is what the index is entered with.
macro_rules! below {
    () => {
        " and coalesce(r.started_at, '') <= $2 and (coalesce(r.started_at, '') < $2 or r.run_id < $3) "
    };
}

macro_rules! newest_first {
    () => {
        " order by coalesce(r.started_at, '') desc, r.run_id desc limit $6"
    };
}

macro_rules! on_ecls {
    () => {
        "(r.started_at is not null and r.stopped_at is null)"
    };
}

macro_rules! waiting {
    () => {
        "(r.stopped_at is not null and r.survived_hospital is null)"
    };
}

macro_rules! incomplete {
    () => {
        concat!("(r.hard_findings > 0 and not ", on_ecls!(), " and not ", waiting!(), ")")
    };
}

// SQLite keeps no statistics here and would read the center's runs by their key: it is told which index to take

macro_rules! open_runs {
    ($from:literal) => {
        concat!(
            row!(),
            $from,
            with_patient!(),
            "where r.center_id = $1 and r.state in ('draft', 'unlocked')",
            below!(),
            filters!(),
            "and ($7 = 'open' or ($7 = 'on_ecls' and ",
            on_ecls!(),
            ") or ($7 = 'waiting' and ",
            waiting!(),
            ") or ($7 = 'incomplete' and ",
            incomplete!(),
            ") or ($7 = 'ready' and r.hard_findings = 0)
                or ($7 = 'findings' and r.soft_findings > 0)
                or ($7 = 'late' and r.stopped_at is not null and r.stopped_at <= $8))",
            newest_first!()
        )
    };
}

macro_rules! open_counts {
    ($from:literal) => {
        concat!(
            "select count(*) as open, count(*) filter (where ",
            on_ecls!(),
            ") as on_ecls, count(*) filter (where ",
            waiting!(),
            ") as waiting, count(*) filter (where ",
            incomplete!(),
            ") as incomplete, count(*) filter (where r.hard_findings = 0) as ready,
                count(*) filter (where r.soft_findings > 0) as findings,
                count(*) filter (where r.stopped_at is not null and r.stopped_at <= $2) as late
            from ",
            $from,
            " where r.center_id = $1 and r.state in ('draft', 'unlocked')"
        )
    };
}

macro_rules! on_ecls_counts {
    ($from:literal) => {
        concat!(
            "select r.age_group, count(*) as runs from ",
            $from,
            " where r.center_id = $1 and r.state in ('draft', 'unlocked') and r.age_group is not null and ",
            on_ecls!(),
            " group by r.age_group order by r.age_group"
        )
    };
}

macro_rules! locked_runs {
    ($from:literal) => {
        concat!(
            row!(),
            $from,
            with_patient!(),
            "where r.center_id = $1 and r.state in ('submitted', 'locked')
                and (r.state = 'locked' or r.locks_at <= $7)",
            below!(),
            filters!(),
            newest_first!()
        )
    };
}

macro_rules! locked_count {
    ($from:literal) => {
        concat!(
            "select count(*) as runs from (select r.run_id from ",
            $from,
            "
            where r.center_id = $1 and r.state in ('submitted', 'locked')
                and (r.state = 'locked' or r.locks_at <= $2) limit $3) s"
        )
    };
}

macro_rules! queried_runs {
    ($from:literal) => {
        concat!(
            row!(),
            "(select distinct run_id from ",
            $from,
            " where state = 'open' and center_id = $1) d
            join run r on r.center_id = $1 and r.run_id = d.run_id",
            with_patient!(),
            "where r.center_id = $1",
            below!(),
            filters!(),
            newest_first!()
        )
    };
}

macro_rules! queried_count {
    ($from:literal) => {
        concat!(
            "select count(distinct run_id) as runs from ",
            $from,
            " where state = 'open' and center_id = $1"
        )
    };
}

db::statements! {
    /// All statements of the worklist.
    pub WORKLIST_STATEMENTS;

    pub(super) OPEN_RUNS = open_runs!("run r"), sqlite = open_runs!("run r indexed by run_open");
    pub(super) OPEN_COUNTS = open_counts!("run r"), sqlite = open_counts!("run r indexed by run_open");
    pub(super) ON_ECLS_COUNTS = on_ecls_counts!("run r"), sqlite = on_ecls_counts!("run r indexed by run_open");
    pub(super) QUERIED_RUNS = queried_runs!("data_query"),
        sqlite = queried_runs!("data_query indexed by data_query_pending");
    pub(super) QUERIED_COUNT = queried_count!("data_query"),
        sqlite = queried_count!("data_query indexed by data_query_pending");
    /// By the day of the lock, soonest first.
    pub(super) SUBMITTED_RUNS = concat!(row!(), "run r", with_patient!(),
        "where r.center_id = $1 and r.locks_at >= $2 and r.locks_at < $7
            and (r.locks_at > $2 or r.run_id > $3) and r.state = 'submitted'", filters!(),
        "order by r.locks_at, r.run_id limit $6");
    pub(super) SUBMITTED_COUNTS = "select count(*) as submitted, count(*) filter (where locks_at < $3) as due from run
        where center_id = $1 and locks_at > $2 and state = 'submitted'";
    pub(super) LOCKED_RUNS = locked_runs!("run r"), sqlite = locked_runs!("run r indexed by run_signed");
    /// At most so many are counted: more need no exact number, and a large center need not be read through.
    pub(super) LOCKED_COUNT = locked_count!("run r"), sqlite = locked_count!("run r indexed by run_signed");
    pub(super) FOUND_RUNS = concat!(row!(), "patient p join run r on r.center_id = p.center_id
            and r.patient_id = p.patient_id
        where p.center_id = $1 and p.unique_id >= $2 and p.unique_id < $3", filters!(),
        "order by p.unique_id, r.run_no limit $6");

    pub(super) FORMS_OF_RECORDS = "select record_id, form, body from form_value
        where center_id = $1 and record_id in ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
            $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)";
}

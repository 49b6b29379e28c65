//! All statements of the jobs.

db::statements! {
    /// All statements of the jobs.
    pub STATEMENTS;

    pub(crate) KNOW = "insert into job (name, due_at, failures) values ($1, $2, 0) on conflict (name) do nothing";
    pub(crate) CLAIM = "update job set lease_by = $3, lease_until = $4, started_at = $2
        where name = $1 and due_at <= $2 and (lease_until is null or lease_until <= $2)";
    pub(crate) DONE = "update job set due_at = $3, ended_at = $4, done = $5, failures = 0, error = null,
            lease_by = null, lease_until = null
        where name = $1 and lease_by = $2";
    pub(crate) FAILURES = "select failures from job where name = $1";
    pub(crate) FAILED = "update job set due_at = $3, failures = $4, error = $5, lease_by = null, lease_until = null
        where name = $1 and lease_by = $2";
    pub(crate) JOBS = "select name, due_at, lease_until, started_at, ended_at, done, failures, error from job order by name",
        scan_ok = "a dozen rows";
}

-- One row per recurring job: when it is due, and which program is at it. See docs/adr/0018-recurring-jobs.md.
create table job (
    name text not null primary key,
    due_at integer not null,
    lease_by text,
    lease_until integer,
    started_at integer,
    ended_at integer,
    done text,
    failures integer not null,
    error text
) strict, without rowid;

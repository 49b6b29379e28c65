-- One row per recurring job: when it is due, and which program is at it. See docs/adr/0018-recurring-jobs.md.
create table job (
    name text not null primary key,
    due_at timestamptz not null,
    lease_by text,
    lease_until timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    done text,
    failures bigint not null,
    error text
);

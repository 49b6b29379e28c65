-- The registry's ground: centers, patients, hospitalizations, runs, their form values and the audit.
-- Every key starts with the owning center. Tables are clustered by key (without rowid): a record's
-- forms lie together, and there is no second tree to keep.

create table center (
    center_id blob not null primary key,
    number text not null unique,
    name text not null,
    country text not null,
    chapter text not null,
    -- made up, to try the program out; public figures say so
    invented integer not null,
    created_at integer not null
) strict, without rowid;

create table patient (
    center_id blob not null,
    patient_id blob not null,
    unique_id text not null,
    -- copies of two form values, for finding the same person twice
    birth_date text,
    sex text,
    created_at integer not null,
    primary key (center_id, patient_id)
) strict, without rowid;
create unique index patient_unique_id on patient (center_id, unique_id);
create index patient_likeness on patient (center_id, birth_date, sex, unique_id);

create table hospitalization (
    center_id blob not null,
    hospitalization_id blob not null,
    patient_id blob not null,
    created_at integer not null,
    primary key (center_id, hospitalization_id)
) strict, without rowid;
create index hospitalization_patient on hospitalization (center_id, patient_id);

create table run (
    center_id blob not null,
    run_id blob not null,
    patient_id blob not null,
    hospitalization_id blob not null,
    run_no integer not null,
    state text not null,
    revision integer not null,
    submitted_at integer,
    submitted_by text,
    locks_at integer,
    -- copies of derived values that drive lists and counts; `verify` recomputes them
    support_type text,
    age_group text,
    started_at text,
    stopped_at text,
    survived_ecls integer,
    survived_hospital integer,
    hard_findings integer not null,
    soft_findings integer not null,
    created_at integer not null,
    primary key (center_id, run_id)
) strict, without rowid;
create unique index run_patient on run (center_id, patient_id, run_no);
create index run_figures on run
    (state, age_group, support_type, survived_ecls, survived_hospital, started_at);
create index run_locks on run (locks_at) where locks_at is not null;

create table form_value (
    center_id blob not null,
    record_id blob not null,
    form text not null,
    version integer not null,
    dictionary text not null,
    body text not null,
    saved_at integer not null,
    saved_by text not null,
    primary key (center_id, record_id, form)
) strict, without rowid;

create table audit (
    center_id blob not null,
    seq integer not null,
    at integer not null,
    actor text not null,
    channel text not null,
    action text not null,
    record_kind text not null,
    record_id blob not null,
    import_id blob,
    reason text,
    body text not null,
    hash blob not null,
    primary key (center_id, seq)
) strict, without rowid;
create index audit_record on audit (center_id, record_id, seq);
create trigger audit_is_not_changed before update on audit
begin select raise(abort, 'audit rows are append-only'); end;
create trigger audit_is_not_deleted before delete on audit
begin select raise(abort, 'audit rows are append-only'); end;

create table audit_head (
    center_id blob not null primary key,
    seq integer not null,
    hash blob not null
) strict, without rowid;

create table outbox (
    center_id blob not null,
    event_id blob not null,
    at integer not null,
    kind text not null,
    record_id blob not null,
    primary key (center_id, event_id)
) strict, without rowid;

create table import (
    import_id blob not null primary key,
    file_name text not null,
    sha256 text not null,
    bytes integer not null,
    plan text not null,
    actor text not null,
    applied_at integer not null,
    summary text not null,
    undone_at integer,
    undone_by text
) strict, without rowid;

-- an import's audit rows stand together in each center's chain
create table import_center (
    import_id blob not null,
    center_id blob not null,
    first_seq integer not null,
    last_seq integer not null,
    primary key (import_id, center_id)
) strict, without rowid;

create table transfer (
    link_id blob not null primary key,
    from_center_id blob not null,
    from_run_id blob not null,
    to_center_id blob not null,
    to_run_id blob,
    state text not null,
    basis text not null,
    score real not null,
    confirmed_from_at integer,
    confirmed_from_by text,
    confirmed_to_at integer,
    confirmed_to_by text,
    revision integer not null,
    created_at integer not null
) strict, without rowid;
create index transfer_from on transfer (from_center_id, from_run_id);
create index transfer_to on transfer (to_center_id, to_run_id);

-- The registry's ground: centers, patients, hospitalizations, runs, their form values and the audit.
-- Every key starts with the owning center. All integers are 64 bit; instants are timestamptz.

create table center (
    center_id uuid not null primary key,
    number text collate "C" not null unique,
    name text collate "C" not null,
    country text collate "C" not null,
    chapter text collate "C" not null,
    -- made up, to try the program out; public figures say so
    invented boolean not null,
    created_at timestamptz not null
);

create table patient (
    center_id uuid not null,
    patient_id uuid not null,
    unique_id text collate "C" not null,
    -- copies of two form values, for finding the same person twice
    birth_date text collate "C",
    sex text collate "C",
    created_at timestamptz not null,
    primary key (center_id, patient_id)
);
create unique index patient_unique_id on patient (center_id, unique_id);
create index patient_likeness on patient (center_id, birth_date, sex, unique_id);

create table hospitalization (
    center_id uuid not null,
    hospitalization_id uuid not null,
    patient_id uuid not null,
    created_at timestamptz not null,
    primary key (center_id, hospitalization_id)
);
create index hospitalization_patient on hospitalization (center_id, patient_id);

create table run (
    center_id uuid not null,
    run_id uuid not null,
    patient_id uuid not null,
    hospitalization_id uuid not null,
    run_no bigint not null,
    state text collate "C" not null,
    revision bigint not null,
    submitted_at timestamptz,
    submitted_by text collate "C",
    locks_at timestamptz,
    -- copies of derived values that drive lists and counts; `verify` recomputes them
    support_type text collate "C",
    age_group text collate "C",
    started_at text collate "C",
    stopped_at text collate "C",
    survived_ecls boolean,
    survived_hospital boolean,
    hard_findings bigint not null,
    soft_findings bigint not null,
    created_at timestamptz not null,
    primary key (center_id, run_id)
);
create unique index run_patient on run (center_id, patient_id, run_no);
create index run_figures on run
    (state, age_group, support_type, survived_ecls, survived_hospital, started_at);
create index run_locks on run (locks_at) where locks_at is not null;

create table form_value (
    center_id uuid not null,
    record_id uuid not null,
    form text collate "C" not null,
    version bigint not null,
    dictionary text collate "C" not null,
    body text collate "C" not null,
    saved_at timestamptz not null,
    saved_by text collate "C" not null,
    primary key (center_id, record_id, form)
);

create table audit (
    center_id uuid not null,
    seq bigint not null,
    at timestamptz not null,
    actor text collate "C" not null,
    channel text collate "C" not null,
    action text collate "C" not null,
    record_kind text collate "C" not null,
    record_id uuid not null,
    import_id uuid,
    reason text collate "C",
    body text collate "C" not null,
    hash bytea not null,
    primary key (center_id, seq)
);
create index audit_record on audit (center_id, record_id, seq);

create table audit_head (
    center_id uuid not null primary key,
    seq bigint not null,
    hash bytea not null
);

create table outbox (
    center_id uuid not null,
    event_id uuid not null,
    at timestamptz not null,
    kind text collate "C" not null,
    record_id uuid not null,
    primary key (center_id, event_id)
);

create table import (
    import_id uuid not null primary key,
    file_name text collate "C" not null,
    sha256 text collate "C" not null,
    bytes bigint not null,
    plan text collate "C" not null,
    actor text collate "C" not null,
    applied_at timestamptz not null,
    summary text collate "C" not null,
    undone_at timestamptz,
    undone_by text collate "C"
);

-- an import's audit rows stand together in each center's chain
create table import_center (
    import_id uuid not null,
    center_id uuid not null,
    first_seq bigint not null,
    last_seq bigint not null,
    primary key (import_id, center_id)
);

create table transfer (
    link_id uuid not null primary key,
    from_center_id uuid not null,
    from_run_id uuid not null,
    to_center_id uuid not null,
    to_run_id uuid,
    state text collate "C" not null,
    basis text collate "C" not null,
    score double precision not null,
    confirmed_from_at timestamptz,
    confirmed_from_by text collate "C",
    confirmed_to_at timestamptz,
    confirmed_to_by text collate "C",
    revision bigint not null,
    created_at timestamptz not null
);
create index transfer_from on transfer (from_center_id, from_run_id);
create index transfer_to on transfer (to_center_id, to_run_id);

create function audit_is_append_only() returns trigger language plpgsql as
$$ begin raise exception 'audit rows are append-only'; end $$;
create trigger audit_is_not_changed before update or delete or truncate on audit
    for each statement execute function audit_is_append_only();

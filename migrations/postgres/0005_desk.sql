-- The desk: worklists by index, soft findings that were confirmed, queries, requests to re-open or withdraw.

-- A worklist reads its page from one of these and nothing else; every run stands in at most one of the first two.
create index run_open on run (center_id, coalesce(started_at, ''), run_id) where state in ('draft', 'unlocked');
create index run_signed on run (center_id, coalesce(started_at, ''), run_id) where state in ('submitted', 'locked');
-- by center first: the hourly lock asks center by center, and a worklist asks one
drop index run_locks;
create index run_locks on run (center_id, locks_at, run_id) where locks_at is not null;

-- "This is right": counts only while the finding says the same as it did then.
create table confirmed_finding (
    center_id uuid not null,
    record_id uuid not null,
    code text collate "C" not null,
    place text collate "C" not null,
    said text collate "C" not null,
    reason text collate "C",
    confirmed_at timestamptz not null,
    confirmed_by text collate "C" not null,
    primary key (center_id, record_id, code, place)
);

create table data_query (
    center_id uuid not null,
    query_id uuid not null,
    run_id uuid not null,
    record_kind text collate "C" not null,
    record_id uuid not null,
    form text collate "C" not null,
    -- field with its row numbers; empty for the whole form
    field text collate "C" not null,
    -- code of the rule that raised it
    code text collate "C",
    state text collate "C" not null,
    steps bigint not null,
    raised_at timestamptz not null,
    changed_at timestamptz not null,
    primary key (center_id, query_id)
);
create index data_query_run on data_query (center_id, run_id);
create index data_query_pending on data_query (state, center_id, query_id);

create table data_query_step (
    center_id uuid not null,
    query_id uuid not null,
    step bigint not null,
    at timestamptz not null,
    actor text collate "C" not null,
    action text collate "C" not null,
    words text collate "C" not null,
    primary key (center_id, query_id, step)
);

create table run_request (
    center_id uuid not null,
    request_id uuid not null,
    run_id uuid not null,
    kind text collate "C" not null,
    state text collate "C" not null,
    reason text collate "C" not null,
    asked_at timestamptz not null,
    asked_by text collate "C" not null,
    answer text collate "C",
    decided_at timestamptz,
    decided_by text collate "C",
    primary key (center_id, request_id)
);
create unique index run_request_pending on run_request (center_id, run_id) where state = 'open';
create index run_request_run on run_request (center_id, run_id);
create index run_request_open on run_request (state, request_id) where state = 'open';

create index import_center_by_center on import_center (center_id, import_id);

-- The desk: worklists by index, soft findings that were confirmed, queries, requests to re-open or withdraw.

-- A worklist reads its page from one of these and nothing else; every run stands in at most one of the first two.
create index run_open on run (center_id, coalesce(started_at, ''), run_id) where state in ('draft', 'unlocked');
create index run_signed on run (center_id, coalesce(started_at, ''), run_id) where state in ('submitted', 'locked');
-- by center first: the hourly lock asks center by center, and a worklist asks one
drop index run_locks;
create index run_locks on run (center_id, locks_at, run_id) where locks_at is not null;

-- "This is right": counts only while the finding says the same as it did then.
create table confirmed_finding (
    center_id blob not null,
    record_id blob not null,
    code text not null,
    place text not null,
    said text not null,
    reason text,
    confirmed_at integer not null,
    confirmed_by text not null,
    primary key (center_id, record_id, code, place)
) strict, without rowid;

create table data_query (
    center_id blob not null,
    query_id blob not null,
    run_id blob not null,
    record_kind text not null,
    record_id blob not null,
    form text not null,
    -- field with its row numbers; empty for the whole form
    field text not null,
    -- code of the rule that raised it
    code text,
    state text not null,
    steps integer not null,
    raised_at integer not null,
    changed_at integer not null,
    primary key (center_id, query_id)
) strict, without rowid;
create index data_query_run on data_query (center_id, run_id);
create index data_query_pending on data_query (state, center_id, query_id);

create table data_query_step (
    center_id blob not null,
    query_id blob not null,
    step integer not null,
    at integer not null,
    actor text not null,
    action text not null,
    words text not null,
    primary key (center_id, query_id, step)
) strict, without rowid;

create table run_request (
    center_id blob not null,
    request_id blob not null,
    run_id blob not null,
    kind text not null,
    state text not null,
    reason text not null,
    asked_at integer not null,
    asked_by text not null,
    answer text,
    decided_at integer,
    decided_by text,
    primary key (center_id, request_id)
) strict, without rowid;
create unique index run_request_pending on run_request (center_id, run_id) where state = 'open';
create index run_request_run on run_request (center_id, run_id);
create index run_request_open on run_request (state, request_id) where state = 'open';

create index import_center_by_center on import_center (center_id, import_id);

-- For which due moment a center was reminded, and how far that went.
create table capacity_reminder (
    center_id uuid not null primary key,
    due_at timestamptz not null,
    stage bigint not null,
    written_at timestamptz not null
);
-- When somebody was reminded last: nobody hears of it all the time.
create table capacity_reminded (
    person_id uuid not null primary key,
    written_at timestamptz not null
);
-- Links that confirm a center's last report once. Only the hash of a link is kept.
create table capacity_tap (
    token_hash bytea not null primary key,
    center_id uuid not null,
    person_id uuid not null,
    -- the confirmation has this id, however often it is sent
    report_id uuid not null,
    ends_at timestamptz not null,
    used_at timestamptz
);
create index capacity_tap_age on capacity_tap (ends_at);

-- For which due moment a center was reminded, and how far that went.
create table capacity_reminder (
    center_id blob not null primary key,
    due_at integer not null,
    stage integer not null,
    written_at integer not null
) strict, without rowid;
-- When somebody was reminded last: nobody hears of it all the time.
create table capacity_reminded (
    person_id blob not null primary key,
    written_at integer not null
) strict, without rowid;
-- Links that confirm a center's last report once. Only the hash of a link is kept.
create table capacity_tap (
    token_hash blob not null primary key,
    center_id blob not null,
    person_id blob not null,
    -- the confirmation has this id, however often it is sent
    report_id blob not null,
    ends_at integer not null,
    used_at integer
) strict, without rowid;
create index capacity_tap_age on capacity_tap (ends_at);

-- Programs that report for a center: what they say is kept, and shown from their release on.
create table capacity_client (
    center_id blob not null,
    person_id blob not null,
    name text not null,
    -- first report, or the last withdrawal of the release: from then on it is compared with what people say
    since_at integer not null,
    released_at integer,
    decided_by text not null,
    reason text not null,
    primary key (center_id, person_id)
) strict, without rowid;

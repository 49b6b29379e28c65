-- Programs that report for a center: what they say is kept, and shown from their release on.
create table capacity_client (
    center_id uuid not null,
    person_id uuid not null,
    name text collate "C" not null,
    -- first report, or the last withdrawal of the release: from then on it is compared with what people say
    since_at timestamptz not null,
    released_at timestamptz,
    decided_by text collate "C" not null,
    reason text collate "C" not null,
    primary key (center_id, person_id)
);

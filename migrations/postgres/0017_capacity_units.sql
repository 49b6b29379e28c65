-- Parts of a center that report for themselves: their names, which stay with what they have said.
create table capacity_unit (
    center_id uuid not null,
    unit_key text collate "C" not null,
    name text collate "C" not null,
    primary key (center_id, unit_key)
);

-- For which age group a unit spoke, and from when until when; null while it does.
create table capacity_unit_span (
    center_id uuid not null,
    unit_key text collate "C" not null,
    age_group text collate "C" not null,
    from_at timestamptz not null,
    until_at timestamptz,
    primary key (center_id, unit_key, age_group, from_at)
);

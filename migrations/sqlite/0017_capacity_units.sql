-- Parts of a center that report for themselves: their names, which stay with what they have said.
create table capacity_unit (
    center_id blob not null,
    unit_key text not null,
    name text not null,
    primary key (center_id, unit_key)
) strict, without rowid;

-- For which age group a unit spoke, and from when until when; null while it does.
create table capacity_unit_span (
    center_id blob not null,
    unit_key text not null,
    age_group text not null,
    from_at integer not null,
    until_at integer,
    primary key (center_id, unit_key, age_group, from_at)
) strict, without rowid;

-- Browsers that people have reported capacity with: the people of the center are told of a new one.
create table capacity_device (
    person_id blob not null,
    -- of a cookie that the browser keeps
    token_hash blob not null,
    name text not null,
    since_at integer not null,
    used_at integer not null,
    primary key (person_id, token_hash)
) strict, without rowid;

-- Browsers that people have reported capacity with: the people of the center are told of a new one.
create table capacity_device (
    person_id uuid not null,
    -- of a cookie that the browser keeps
    token_hash bytea not null,
    name text collate "C" not null,
    since_at timestamptz not null,
    used_at timestamptz not null,
    primary key (person_id, token_hash)
);

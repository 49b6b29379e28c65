-- What centers and coordinators tell each other about supply and equipment, until an end that is always stated.
create table capacity_notice (
    notice_id uuid not null primary key,
    -- 'network', 'country' or 'chapter'
    scope text collate "C" not null,
    scope_key text collate "C" not null,
    -- whose it is; null when it is the region's own
    center_id uuid,
    kind text collate "C" not null,
    about text collate "C" not null,
    words text collate "C" not null,
    from_at timestamptz not null,
    until_at timestamptz not null,
    set_by text collate "C" not null
);

-- What centers and coordinators tell each other about supply and equipment, until an end that is always stated.
create table capacity_notice (
    notice_id blob not null primary key,
    -- 'network', 'country' or 'chapter'
    scope text not null,
    scope_key text not null,
    -- whose it is; null when it is the region's own
    center_id blob,
    kind text not null,
    about text not null,
    words text not null,
    from_at integer not null,
    until_at integer not null,
    set_by text not null
) strict, without rowid;

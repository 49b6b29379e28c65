-- Requests for a place, without anything of a patient: what became of each, and whether another center was found.
create table capacity_enquiry (
    center_id blob not null,
    enquiry_id blob not null,
    -- rounded to the hour
    hour_at integer not null,
    from_country text not null,
    from_subdivision text not null,
    age_group text not null,
    mode text not null,
    outcome text not null,
    -- codes with blanks between
    limits text not null,
    onward text not null,
    recorded_at integer not null,
    recorded_by text not null,
    primary key (center_id, hour_at, enquiry_id)
) strict, without rowid;
create unique index capacity_enquiry_id on capacity_enquiry (enquiry_id);
create index capacity_enquiry_time on capacity_enquiry (hour_at);

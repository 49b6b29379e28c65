-- Requests for a place, without anything of a patient: what became of each, and whether another center was found.
create table capacity_enquiry (
    center_id uuid not null,
    enquiry_id uuid not null,
    -- rounded to the hour
    hour_at timestamptz not null,
    from_country text collate "C" not null,
    from_subdivision text collate "C" not null,
    age_group text collate "C" not null,
    mode text collate "C" not null,
    outcome text collate "C" not null,
    -- codes with blanks between
    limits text collate "C" not null,
    onward text collate "C" not null,
    recorded_at timestamptz not null,
    recorded_by text collate "C" not null,
    primary key (center_id, hour_at, enquiry_id)
);
create unique index capacity_enquiry_id on capacity_enquiry (enquiry_id);
create index capacity_enquiry_time on capacity_enquiry (hour_at);

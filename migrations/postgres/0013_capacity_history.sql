-- Reports are looked for by when they arrived when the days that they change are worked out again.
create index capacity_report_recorded on capacity_report (recorded_at);

-- What the centers of an area showed on a day (UTC), worked out from reports.
create table capacity_area_day (
    scope text collate "C" not null,
    area text collate "C" not null,
    day text collate "C" not null,
    -- figures by age group, or by age group and mode, as JSON
    body text collate "C" not null,
    primary key (scope, area, day)
);
create index capacity_area_day_day on capacity_area_day (day);

-- Up to which day that has been done.
create table capacity_rolled (
    id bigint primary key check (id = 1),
    day text collate "C" not null,
    rolled_at timestamptz not null
);

-- Daily series of other registers, taken in from their open data.
create table capacity_register (
    register text collate "C" not null primary key,
    imported_at timestamptz not null,
    imported_by text collate "C" not null,
    -- what it is, whose, under which license, as JSON
    body text collate "C" not null
);
create table capacity_register_day (
    register text collate "C" not null,
    region text collate "C" not null,
    population text collate "C" not null,
    day text collate "C" not null,
    -- numbers by name as JSON; what is missing was not given
    body text collate "C" not null,
    primary key (register, region, population, day)
);

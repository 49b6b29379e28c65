-- Reports are looked for by when they arrived when the days that they change are worked out again.
create index capacity_report_recorded on capacity_report (recorded_at);

-- What the centers of an area showed on a day (UTC), worked out from reports.
create table capacity_area_day (
    scope text not null,
    area text not null,
    day text not null,
    -- figures by age group, or by age group and mode, as JSON
    body text not null,
    primary key (scope, area, day)
) strict, without rowid;
create index capacity_area_day_day on capacity_area_day (day);

-- Up to which day that has been done.
create table capacity_rolled (
    id integer primary key check (id = 1),
    day text not null,
    rolled_at integer not null
) strict;

-- Daily series of other registers, taken in from their open data.
create table capacity_register (
    register text not null primary key,
    imported_at integer not null,
    imported_by text not null,
    -- what it is, whose, under which license, as JSON
    body text not null
) strict, without rowid;
create table capacity_register_day (
    register text not null,
    region text not null,
    population text not null,
    day text not null,
    -- numbers by name as JSON; what is missing was not given
    body text not null,
    primary key (register, region, population, day)
) strict, without rowid;

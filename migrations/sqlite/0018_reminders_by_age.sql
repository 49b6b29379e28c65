-- A line that has expired must not keep those beside it from being reminded of: each is followed for itself.
create table capacity_reminder_next (
    center_id blob not null,
    -- what is reminded of is not known any more
    expired integer not null,
    due_at integer not null,
    stage integer not null,
    written_at integer not null,
    primary key (center_id, expired)
) strict, without rowid;
insert into capacity_reminder_next (center_id, expired, due_at, stage, written_at)
    select center_id, stage >= 4, due_at, stage, written_at from capacity_reminder;
drop table capacity_reminder;
alter table capacity_reminder_next rename to capacity_reminder;
-- Which unit a link confirms; empty for the center with all its units.
alter table capacity_tap add column unit_key text not null default '';

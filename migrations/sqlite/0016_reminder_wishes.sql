-- When and how somebody wants to be reminded of reports.
create table capacity_reminder_wish (
    person_id blob not null primary key,
    -- JSON: duty, quiet hours, snooze, absence and who stands in
    body text not null,
    changed_at integer not null
) strict, without rowid;
-- Reminders that wait for the end of quiet hours or of a snooze.
create table capacity_reminder_held (
    person_id blob not null,
    center_id blob not null,
    until_at integer not null,
    primary key (person_id, center_id)
) strict, without rowid;
create index capacity_reminder_held_until on capacity_reminder_held (until_at);

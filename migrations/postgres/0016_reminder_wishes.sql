-- When and how somebody wants to be reminded of reports.
create table capacity_reminder_wish (
    person_id uuid not null primary key,
    -- JSON: duty, quiet hours, snooze, absence and who stands in
    body text collate "C" not null,
    changed_at timestamptz not null
);
-- Reminders that wait for the end of quiet hours or of a snooze.
create table capacity_reminder_held (
    person_id uuid not null,
    center_id uuid not null,
    until_at timestamptz not null,
    primary key (person_id, center_id)
);
create index capacity_reminder_held_until on capacity_reminder_held (until_at);

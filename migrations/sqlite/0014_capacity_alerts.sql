-- What somebody wants to be told of, by mail or webhook.
create table capacity_subscription (
    subscription_id blob not null primary key,
    person_id blob not null,
    created_at integer not null,
    -- JSON: where, for whom, what, by which way
    body text not null,
    -- JSON: what was told last, and what is held back until it has lasted
    state text not null,
    -- it does not work any more, with the reason
    stopped_at integer,
    stopped_why text not null
) strict, without rowid;
create index capacity_subscription_person on capacity_subscription (person_id);
-- What was written to subscriptions, until it is taken and a month longer.
create table capacity_alert (
    alert_id blob not null primary key,
    subscription_id blob not null,
    person_id blob not null,
    written_at integer not null,
    body text not null,
    way text not null,
    -- when it is sent or tried next; null once that is over
    next_at integer,
    tries integer not null,
    sent_at integer,
    trouble text not null
) strict, without rowid;
create index capacity_alert_due on capacity_alert (way, next_at);
create index capacity_alert_subscription on capacity_alert (subscription_id, written_at);
-- What each center showed when it was looked at last.
create table capacity_shown (
    center_id blob not null primary key,
    -- JSON: standing by age group and mode
    body text not null
) strict, without rowid;
-- Lights that have changed, for a week.
create table capacity_change (
    change_id blob not null primary key,
    changed_at integer not null,
    center_id blob not null,
    age_group text not null,
    mode text not null,
    was text not null,
    standing text not null,
    valid_at integer
) strict, without rowid;
create index capacity_change_time on capacity_change (changed_at, change_id);

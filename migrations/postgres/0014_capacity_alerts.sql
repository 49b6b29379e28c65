-- What somebody wants to be told of, by mail or webhook.
create table capacity_subscription (
    subscription_id uuid not null primary key,
    person_id uuid not null,
    created_at timestamptz not null,
    -- JSON: where, for whom, what, by which way
    body text collate "C" not null,
    -- JSON: what was told last, and what is held back until it has lasted
    state text collate "C" not null,
    -- it does not work any more, with the reason
    stopped_at timestamptz,
    stopped_why text collate "C" not null
);
create index capacity_subscription_person on capacity_subscription (person_id);
-- What was written to subscriptions, until it is taken and a month longer.
create table capacity_alert (
    alert_id uuid not null primary key,
    subscription_id uuid not null,
    person_id uuid not null,
    written_at timestamptz not null,
    body text collate "C" not null,
    way text collate "C" not null,
    -- when it is sent or tried next; null once that is over
    next_at timestamptz,
    tries bigint not null,
    sent_at timestamptz,
    trouble text collate "C" not null
);
create index capacity_alert_due on capacity_alert (way, next_at);
create index capacity_alert_subscription on capacity_alert (subscription_id, written_at);
-- What each center showed when it was looked at last.
create table capacity_shown (
    center_id uuid not null primary key,
    -- JSON: standing by age group and mode
    body text collate "C" not null
);
-- Lights that have changed, for a week.
create table capacity_change (
    change_id uuid not null primary key,
    changed_at timestamptz not null,
    center_id uuid not null,
    age_group text collate "C" not null,
    mode text collate "C" not null,
    was text collate "C" not null,
    standing text collate "C" not null,
    valid_at timestamptz
);
create index capacity_change_time on capacity_change (changed_at, change_id);

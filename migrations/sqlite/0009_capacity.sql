-- Who asks to manage a center; the role follows when staff or the chapter says yes.
create table center_claim (
    claim_id blob not null primary key,
    center_id blob not null,
    person_id blob not null,
    message text not null,
    state text not null,
    asked_at integer not null,
    decided_at integer,
    decided_by text,
    reason text
) strict, without rowid;
create unique index center_claim_waiting on center_claim (center_id, person_id) where state = 'waiting';
create index center_claim_person on center_claim (person_id, asked_at);
create index center_claim_queue on center_claim (asked_at) where state = 'waiting';

-- What centers say they can take. Append-only: a correction is a row that names the one it replaces.
create table capacity_report (
    center_id blob not null,
    report_id blob not null,
    kind text not null,
    valid_at integer not null,
    -- rises within a center, whatever the clock does
    recorded_at integer not null,
    reported_by text not null,
    supersedes blob,
    -- the whole report as JSON
    body text not null,
    primary key (center_id, recorded_at, report_id)
) strict, without rowid;
-- the sender makes the id: the same id twice is the same report, and never that of another center
create unique index capacity_report_id on capacity_report (report_id);
create trigger capacity_report_is_not_changed before update on capacity_report
begin select raise(abort, 'capacity reports are append-only'); end;
create trigger capacity_report_is_not_deleted before delete on capacity_report
begin select raise(abort, 'capacity reports are append-only'); end;

-- a time in which a center does not work, said by the center; the directory's own suspensions stand in its profile
create table capacity_suspension (
    center_id blob not null,
    from_at integer not null,
    until_at integer not null,
    reason text not null,
    set_by text not null,
    primary key (center_id, from_at)
) strict, without rowid;

create table capacity_network (
    network text not null primary key,
    name text not null,
    -- ISO 3166-1 codes with blanks between
    countries text not null,
    hotline text not null,
    hotline_public integer not null
) strict, without rowid;
create table capacity_member (
    network text not null,
    center_id blob not null,
    primary key (network, center_id)
) strict, without rowid;

-- a stricter cadence of a network, country, chapter or center, for a time
create table capacity_period (
    period_id blob not null primary key,
    scope text not null,
    scope_key text not null,
    cadence text not null,
    from_at integer not null,
    until_at integer not null,
    reason text not null,
    set_by text not null
) strict, without rowid;

-- Who asks to manage a center; the role follows when staff or the chapter says yes.
create table center_claim (
    claim_id uuid not null primary key,
    center_id uuid not null,
    person_id uuid not null,
    message text collate "C" not null,
    state text collate "C" not null,
    asked_at timestamptz not null,
    decided_at timestamptz,
    decided_by text collate "C",
    reason text collate "C"
);
create unique index center_claim_waiting on center_claim (center_id, person_id) where state = 'waiting';
create index center_claim_person on center_claim (person_id, asked_at);
create index center_claim_queue on center_claim (asked_at) where state = 'waiting';

-- What centers say they can take. Append-only: a correction is a row that names the one it replaces.
create table capacity_report (
    center_id uuid not null,
    report_id uuid not null,
    kind text collate "C" not null,
    valid_at timestamptz not null,
    -- rises within a center, whatever the clock does
    recorded_at timestamptz not null,
    reported_by text collate "C" not null,
    supersedes uuid,
    -- the whole report as JSON
    body text collate "C" not null,
    primary key (center_id, recorded_at, report_id)
);
-- the sender makes the id: the same id twice is the same report, and never that of another center
create unique index capacity_report_id on capacity_report (report_id);
create function capacity_report_is_final() returns trigger language plpgsql as
$$ begin raise exception 'capacity reports are append-only'; end $$;
create trigger capacity_report_is_not_changed before update or delete on capacity_report
for each row execute function capacity_report_is_final();

-- a time in which a center does not work, said by the center; the directory's own suspensions stand in its profile
create table capacity_suspension (
    center_id uuid not null,
    from_at timestamptz not null,
    until_at timestamptz not null,
    reason text collate "C" not null,
    set_by text collate "C" not null,
    primary key (center_id, from_at)
);

create table capacity_network (
    network text collate "C" not null primary key,
    name text collate "C" not null,
    -- ISO 3166-1 codes with blanks between
    countries text collate "C" not null,
    hotline text collate "C" not null,
    hotline_public boolean not null
);
create table capacity_member (
    network text collate "C" not null,
    center_id uuid not null,
    primary key (network, center_id)
);

-- a stricter cadence of a network, country, chapter or center, for a time
create table capacity_period (
    period_id uuid not null primary key,
    scope text collate "C" not null,
    scope_key text collate "C" not null,
    cadence text collate "C" not null,
    from_at timestamptz not null,
    until_at timestamptz not null,
    reason text collate "C" not null,
    set_by text collate "C" not null
);

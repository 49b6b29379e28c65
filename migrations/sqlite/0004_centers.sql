-- The directory of centers and chapters. Table `center` stays what records need; the profile lies beside it, and the
-- directory writes both in one transaction.

create table center_profile (
    center_id blob not null primary key,
    -- rises with every change, so that the second of two savers is told
    revision integer not null,
    state text not null,
    state_since integer not null,
    state_reason text,
    -- day on which a suspension is looked at again
    state_until text,
    attested_at integer,
    attested_by text,
    updated_at integer not null,
    updated_by text not null,
    -- JSON; name, country and chapter are copied to `center`
    body text not null
) strict, without rowid;

-- one number of another system names one center
create table center_identifier (
    system text not null,
    value text not null,
    center_id blob not null,
    primary key (system, value)
) strict, without rowid;
create index center_identifier_center on center_identifier (center_id);

create table center_change (
    center_id blob not null,
    change_id blob not null,
    part text not null,
    state text not null,
    old_value text not null,
    new_value text not null,
    proposed_at integer not null,
    proposed_by text not null,
    proposer blob,
    decided_at integer,
    decided_by text,
    reason text,
    primary key (center_id, change_id)
) strict, without rowid;
create unique index center_change_waiting on center_change (center_id, part) where state = 'waiting';
create index center_change_queue on center_change (proposed_at) where state = 'waiting';

create table chapter (
    code text not null primary key,
    name text not null,
    -- year, where it is known
    founded integer
) strict, without rowid;

-- a country belongs to a chapter from a day to the day before another
create table chapter_country (
    country text not null,
    valid_from text not null,
    valid_to text,
    chapter text not null,
    primary key (country, valid_from)
) strict, without rowid;

-- secret names of centers, new for each benchmarking cycle
create table report_cycle (
    cycle text not null primary key,
    opened_at integer not null,
    opened_by text not null
) strict, without rowid;
create table report_code (
    cycle text not null,
    center_id blob not null,
    code text not null,
    primary key (cycle, center_id)
) strict, without rowid;
create unique index report_code_code on report_code (cycle, code);

-- rises when anything public of the directory changes: whoever keeps it in memory reads it anew then
create table directory_stamp (
    id integer not null primary key,
    stamp integer not null
) strict, without rowid;
insert into directory_stamp (id, stamp) values (1, 1);

insert into chapter (code, name, founded) values
    ('asia_pacific', 'Asia-Pacific', 2012),
    ('europe', 'Europe', 2011),
    ('latin_america', 'Latin America', 2012),
    ('north_america', 'North America', null),
    ('swaac', 'South and West Asia and Africa', 2013);

-- from the registry's first year on; where no source says otherwise, by region
insert into chapter_country (country, valid_from, chapter) values
    ('AS', '1989-01-01', 'asia_pacific'), ('AU', '1989-01-01', 'asia_pacific'), ('BN', '1989-01-01', 'asia_pacific'),
    ('CC', '1989-01-01', 'asia_pacific'), ('CK', '1989-01-01', 'asia_pacific'), ('CN', '1989-01-01', 'asia_pacific'),
    ('CX', '1989-01-01', 'asia_pacific'), ('FJ', '1989-01-01', 'asia_pacific'), ('FM', '1989-01-01', 'asia_pacific'),
    ('GU', '1989-01-01', 'asia_pacific'), ('HK', '1989-01-01', 'asia_pacific'), ('ID', '1989-01-01', 'asia_pacific'),
    ('JP', '1989-01-01', 'asia_pacific'), ('KH', '1989-01-01', 'asia_pacific'), ('KI', '1989-01-01', 'asia_pacific'),
    ('KP', '1989-01-01', 'asia_pacific'), ('KR', '1989-01-01', 'asia_pacific'), ('LA', '1989-01-01', 'asia_pacific'),
    ('MH', '1989-01-01', 'asia_pacific'), ('MM', '1989-01-01', 'asia_pacific'), ('MN', '1989-01-01', 'asia_pacific'),
    ('MO', '1989-01-01', 'asia_pacific'), ('MP', '1989-01-01', 'asia_pacific'), ('MY', '1989-01-01', 'asia_pacific'),
    ('NC', '1989-01-01', 'asia_pacific'), ('NF', '1989-01-01', 'asia_pacific'), ('NR', '1989-01-01', 'asia_pacific'),
    ('NU', '1989-01-01', 'asia_pacific'), ('NZ', '1989-01-01', 'asia_pacific'), ('PF', '1989-01-01', 'asia_pacific'),
    ('PG', '1989-01-01', 'asia_pacific'), ('PH', '1989-01-01', 'asia_pacific'), ('PN', '1989-01-01', 'asia_pacific'),
    ('PW', '1989-01-01', 'asia_pacific'), ('SB', '1989-01-01', 'asia_pacific'), ('SG', '1989-01-01', 'asia_pacific'),
    ('TH', '1989-01-01', 'asia_pacific'), ('TK', '1989-01-01', 'asia_pacific'), ('TL', '1989-01-01', 'asia_pacific'),
    ('TO', '1989-01-01', 'asia_pacific'), ('TV', '1989-01-01', 'asia_pacific'), ('TW', '1989-01-01', 'asia_pacific'),
    ('UM', '1989-01-01', 'asia_pacific'), ('VN', '1989-01-01', 'asia_pacific'), ('VU', '1989-01-01', 'asia_pacific'),
    ('WF', '1989-01-01', 'asia_pacific'), ('WS', '1989-01-01', 'asia_pacific'),
    ('AD', '1989-01-01', 'europe'), ('AL', '1989-01-01', 'europe'), ('AM', '1989-01-01', 'europe'),
    ('AT', '1989-01-01', 'europe'), ('AX', '1989-01-01', 'europe'), ('AZ', '1989-01-01', 'europe'),
    ('BA', '1989-01-01', 'europe'), ('BE', '1989-01-01', 'europe'), ('BG', '1989-01-01', 'europe'),
    ('BY', '1989-01-01', 'europe'), ('CH', '1989-01-01', 'europe'), ('CY', '1989-01-01', 'europe'),
    ('CZ', '1989-01-01', 'europe'), ('DE', '1989-01-01', 'europe'), ('DK', '1989-01-01', 'europe'),
    ('EE', '1989-01-01', 'europe'), ('ES', '1989-01-01', 'europe'), ('FI', '1989-01-01', 'europe'),
    ('FO', '1989-01-01', 'europe'), ('FR', '1989-01-01', 'europe'), ('GB', '1989-01-01', 'europe'),
    ('GE', '1989-01-01', 'europe'), ('GG', '1989-01-01', 'europe'), ('GI', '1989-01-01', 'europe'),
    ('GR', '1989-01-01', 'europe'), ('HR', '1989-01-01', 'europe'), ('HU', '1989-01-01', 'europe'),
    ('IE', '1989-01-01', 'europe'), ('IM', '1989-01-01', 'europe'), ('IS', '1989-01-01', 'europe'),
    ('IT', '1989-01-01', 'europe'), ('JE', '1989-01-01', 'europe'), ('LI', '1989-01-01', 'europe'),
    ('LT', '1989-01-01', 'europe'), ('LU', '1989-01-01', 'europe'), ('LV', '1989-01-01', 'europe'),
    ('MC', '1989-01-01', 'europe'), ('MD', '1989-01-01', 'europe'), ('ME', '1989-01-01', 'europe'),
    ('MK', '1989-01-01', 'europe'), ('MT', '1989-01-01', 'europe'), ('NL', '1989-01-01', 'europe'),
    ('NO', '1989-01-01', 'europe'), ('PL', '1989-01-01', 'europe'), ('PT', '1989-01-01', 'europe'),
    ('RO', '1989-01-01', 'europe'), ('RS', '1989-01-01', 'europe'), ('RU', '1989-01-01', 'europe'),
    ('SE', '1989-01-01', 'europe'), ('SI', '1989-01-01', 'europe'), ('SJ', '1989-01-01', 'europe'),
    ('SK', '1989-01-01', 'europe'), ('SM', '1989-01-01', 'europe'), ('UA', '1989-01-01', 'europe'),
    ('VA', '1989-01-01', 'europe'), ('XK', '1989-01-01', 'europe'),
    ('AG', '1989-01-01', 'latin_america'), ('AI', '1989-01-01', 'latin_america'), ('AR', '1989-01-01', 'latin_america'),
    ('AW', '1989-01-01', 'latin_america'), ('BB', '1989-01-01', 'latin_america'), ('BL', '1989-01-01', 'latin_america'),
    ('BO', '1989-01-01', 'latin_america'), ('BQ', '1989-01-01', 'latin_america'), ('BR', '1989-01-01', 'latin_america'),
    ('BS', '1989-01-01', 'latin_america'), ('BZ', '1989-01-01', 'latin_america'), ('CL', '1989-01-01', 'latin_america'),
    ('CO', '1989-01-01', 'latin_america'), ('CR', '1989-01-01', 'latin_america'), ('CU', '1989-01-01', 'latin_america'),
    ('CW', '1989-01-01', 'latin_america'), ('DM', '1989-01-01', 'latin_america'), ('DO', '1989-01-01', 'latin_america'),
    ('EC', '1989-01-01', 'latin_america'), ('FK', '1989-01-01', 'latin_america'), ('GD', '1989-01-01', 'latin_america'),
    ('GF', '1989-01-01', 'latin_america'), ('GP', '1989-01-01', 'latin_america'), ('GT', '1989-01-01', 'latin_america'),
    ('GY', '1989-01-01', 'latin_america'), ('HN', '1989-01-01', 'latin_america'), ('HT', '1989-01-01', 'latin_america'),
    ('JM', '1989-01-01', 'latin_america'), ('KN', '1989-01-01', 'latin_america'), ('KY', '1989-01-01', 'latin_america'),
    ('LC', '1989-01-01', 'latin_america'), ('MF', '1989-01-01', 'latin_america'), ('MQ', '1989-01-01', 'latin_america'),
    ('MS', '1989-01-01', 'latin_america'), ('MX', '1989-01-01', 'latin_america'), ('NI', '1989-01-01', 'latin_america'),
    ('PA', '1989-01-01', 'latin_america'), ('PE', '1989-01-01', 'latin_america'), ('PY', '1989-01-01', 'latin_america'),
    ('SR', '1989-01-01', 'latin_america'), ('SV', '1989-01-01', 'latin_america'), ('SX', '1989-01-01', 'latin_america'),
    ('TC', '1989-01-01', 'latin_america'), ('TT', '1989-01-01', 'latin_america'), ('UY', '1989-01-01', 'latin_america'),
    ('VC', '1989-01-01', 'latin_america'), ('VE', '1989-01-01', 'latin_america'), ('VG', '1989-01-01', 'latin_america'),
    ('BM', '1989-01-01', 'north_america'), ('CA', '1989-01-01', 'north_america'), ('GL', '1989-01-01', 'north_america'),
    ('PM', '1989-01-01', 'north_america'), ('PR', '1989-01-01', 'north_america'), ('US', '1989-01-01', 'north_america'),
    ('VI', '1989-01-01', 'north_america'),
    ('AE', '1989-01-01', 'swaac'), ('AF', '1989-01-01', 'swaac'), ('AO', '1989-01-01', 'swaac'),
    ('BD', '1989-01-01', 'swaac'), ('BF', '1989-01-01', 'swaac'), ('BH', '1989-01-01', 'swaac'),
    ('BI', '1989-01-01', 'swaac'), ('BJ', '1989-01-01', 'swaac'), ('BT', '1989-01-01', 'swaac'),
    ('BW', '1989-01-01', 'swaac'), ('CD', '1989-01-01', 'swaac'), ('CF', '1989-01-01', 'swaac'),
    ('CG', '1989-01-01', 'swaac'), ('CI', '1989-01-01', 'swaac'), ('CM', '1989-01-01', 'swaac'),
    ('CV', '1989-01-01', 'swaac'), ('DJ', '1989-01-01', 'swaac'), ('DZ', '1989-01-01', 'swaac'),
    ('EG', '1989-01-01', 'swaac'), ('EH', '1989-01-01', 'swaac'), ('ER', '1989-01-01', 'swaac'),
    ('ET', '1989-01-01', 'swaac'), ('GA', '1989-01-01', 'swaac'), ('GH', '1989-01-01', 'swaac'),
    ('GM', '1989-01-01', 'swaac'), ('GN', '1989-01-01', 'swaac'), ('GQ', '1989-01-01', 'swaac'),
    ('GW', '1989-01-01', 'swaac'), ('IL', '1989-01-01', 'swaac'), ('IN', '1989-01-01', 'swaac'),
    ('IQ', '1989-01-01', 'swaac'), ('IR', '1989-01-01', 'swaac'), ('JO', '1989-01-01', 'swaac'),
    ('KE', '1989-01-01', 'swaac'), ('KG', '1989-01-01', 'swaac'), ('KM', '1989-01-01', 'swaac'),
    ('KW', '1989-01-01', 'swaac'), ('KZ', '1989-01-01', 'swaac'), ('LB', '1989-01-01', 'swaac'),
    ('LK', '1989-01-01', 'swaac'), ('LR', '1989-01-01', 'swaac'), ('LS', '1989-01-01', 'swaac'),
    ('LY', '1989-01-01', 'swaac'), ('MA', '1989-01-01', 'swaac'), ('MG', '1989-01-01', 'swaac'),
    ('ML', '1989-01-01', 'swaac'), ('MR', '1989-01-01', 'swaac'), ('MU', '1989-01-01', 'swaac'),
    ('MV', '1989-01-01', 'swaac'), ('MW', '1989-01-01', 'swaac'), ('MZ', '1989-01-01', 'swaac'),
    ('NA', '1989-01-01', 'swaac'), ('NE', '1989-01-01', 'swaac'), ('NG', '1989-01-01', 'swaac'),
    ('NP', '1989-01-01', 'swaac'), ('OM', '1989-01-01', 'swaac'), ('PK', '1989-01-01', 'swaac'),
    ('PS', '1989-01-01', 'swaac'), ('QA', '1989-01-01', 'swaac'), ('RE', '1989-01-01', 'swaac'),
    ('RW', '1989-01-01', 'swaac'), ('SA', '1989-01-01', 'swaac'), ('SC', '1989-01-01', 'swaac'),
    ('SD', '1989-01-01', 'swaac'), ('SH', '1989-01-01', 'swaac'), ('SL', '1989-01-01', 'swaac'),
    ('SN', '1989-01-01', 'swaac'), ('SO', '1989-01-01', 'swaac'), ('SS', '1989-01-01', 'swaac'),
    ('ST', '1989-01-01', 'swaac'), ('SY', '1989-01-01', 'swaac'), ('SZ', '1989-01-01', 'swaac'),
    ('TD', '1989-01-01', 'swaac'), ('TG', '1989-01-01', 'swaac'), ('TJ', '1989-01-01', 'swaac'),
    ('TM', '1989-01-01', 'swaac'), ('TN', '1989-01-01', 'swaac'), ('TR', '1989-01-01', 'swaac'),
    ('TZ', '1989-01-01', 'swaac'), ('UG', '1989-01-01', 'swaac'), ('UZ', '1989-01-01', 'swaac'),
    ('YE', '1989-01-01', 'swaac'), ('YT', '1989-01-01', 'swaac'), ('ZA', '1989-01-01', 'swaac'),
    ('ZM', '1989-01-01', 'swaac'), ('ZW', '1989-01-01', 'swaac');

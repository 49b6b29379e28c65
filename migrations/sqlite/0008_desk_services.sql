-- Queries that rules raise, the notices that people want, and uploads that outlive the program.

-- what the rule said when it asked; empty when a person asked
alter table data_query add column said text;
-- 'mended', 'confirmed', 'withdrawn': closed by itself; 'reopened': a person asked again and will close it
alter table data_query add column ended text;
create index data_query_record on data_query (center_id, record_id) where code is not null;
-- a rule asks once about a place until the query is closed
create unique index data_query_once on data_query (center_id, record_id, code, field)
    where said is not null and state <> 'closed';

-- How often somebody wants the digest; without a row it comes weekly. The digest that was written last.
create table notice (
    person_id blob not null primary key,
    cadence text not null,
    written_for text not null,
    changed_at integer not null
) strict, without rowid;

create table upload_job (
    center_id blob not null,
    upload_id blob not null,
    file_name text not null,
    bytes integer not null,
    sha256 text not null,
    drafts_only integer not null,
    actor text not null,
    stage text not null,
    created_at integer not null,
    changed_at integer not null,
    plan text,
    summary text,
    import_id blob,
    failure text,
    primary key (center_id, upload_id)
) strict, without rowid;
create unique index upload_job_id on upload_job (upload_id);
create index upload_job_age on upload_job (changed_at);

-- Queries that rules raise, the notices that people want, and uploads that outlive the program.

-- what the rule said when it asked; empty when a person asked
alter table data_query add column said text collate "C";
-- 'mended', 'confirmed', 'withdrawn': closed by itself; 'reopened': a person asked again and will close it
alter table data_query add column ended text collate "C";
create index data_query_record on data_query (center_id, record_id) where code is not null;
-- a rule asks once about a place until the query is closed
create unique index data_query_once on data_query (center_id, record_id, code, field)
    where said is not null and state <> 'closed';

-- How often somebody wants the digest; without a row it comes weekly. The digest that was written last.
create table notice (
    person_id uuid not null primary key,
    cadence text collate "C" not null,
    written_for text collate "C" not null,
    changed_at timestamptz not null
);

create table upload_job (
    center_id uuid not null,
    upload_id uuid not null,
    file_name text collate "C" not null,
    bytes bigint not null,
    sha256 text collate "C" not null,
    drafts_only boolean not null,
    actor text collate "C" not null,
    stage text collate "C" not null,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    plan text collate "C",
    summary text collate "C",
    import_id uuid,
    failure text collate "C",
    primary key (center_id, upload_id)
);
create unique index upload_job_id on upload_job (upload_id);
create index upload_job_age on upload_job (changed_at);

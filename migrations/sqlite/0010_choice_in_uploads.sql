-- Keys of patients that are left out of an upload, as a JSON list.
alter table upload_job add column left_out text not null default '[]';

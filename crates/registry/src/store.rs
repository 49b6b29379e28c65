//! All statements of the registry.

db::statements! {
    /// All statements of the registry.
    pub STATEMENTS;

    pub(crate) ADD_CENTER = "insert into center (center_id, number, name, country, chapter, invented, created_at)
        values ($1, $2, $3, $4, $5, $6, $7) on conflict (number) do nothing";
    pub(crate) CENTER_BY_NUMBER = "select center_id, number, name, country, chapter, invented from center where number = $1";
    pub(crate) CENTER_BY_ID = "select center_id, number, name, country, chapter, invented from center where center_id = $1";
    pub(crate) CENTERS = "select center_id, number, name, country, chapter, invented from center order by number",
        scan_ok = "the list of all centers, a few hundred rows";

    pub(crate) ADD_PATIENTS => patient(center_id, patient_id, unique_id, birth_date, sex, created_at);
    pub(crate) SET_PATIENT = "update patient set birth_date = $3, sex = $4 where center_id = $1 and patient_id = $2";
    pub(crate) REMOVE_PATIENT = "delete from patient where center_id = $1 and patient_id = $2";
    pub(crate) PATIENT_BY_KEY = "select patient_id from patient where center_id = $1 and unique_id = $2";
    pub(crate) PATIENT_BY_ID = "select patient_id, unique_id from patient where center_id = $1 and patient_id = $2";
    pub(crate) PATIENT_PAGE = "select patient_id, unique_id from patient
        where center_id = $1 and unique_id > $2 order by unique_id limit $3";
    pub(crate) LIKELY_SAME = "select unique_id from patient
        where center_id = $1 and birth_date = $2 and sex = $3 and unique_id <> $4 order by unique_id limit 100";
    pub(crate) LIKELY_DUPLICATES = "select a.unique_id, b.unique_id from patient a
        join patient b on b.center_id = a.center_id and b.birth_date = a.birth_date and b.sex = a.sex
            and b.unique_id > a.unique_id
        where a.center_id = $1 and a.birth_date is not null order by a.unique_id, b.unique_id limit $2";

    pub(crate) ADD_HOSPITALIZATIONS => hospitalization(center_id, hospitalization_id, patient_id, created_at);
    pub(crate) REMOVE_HOSPITALIZATION =
        "delete from hospitalization where center_id = $1 and hospitalization_id = $2";
    pub(crate) HOSPITALIZATIONS_OF = "select hospitalization_id from hospitalization
        where center_id = $1 and patient_id = $2 order by hospitalization_id";
    pub(crate) HOSPITALIZATION_BY_ID = "select patient_id from hospitalization
        where center_id = $1 and hospitalization_id = $2";

    pub(crate) ADD_RUNS => run(center_id, run_id, patient_id, hospitalization_id, run_no, state, revision,
        submitted_at, submitted_by, locks_at, support_type, age_group, started_at, stopped_at,
        survived_ecls, survived_hospital, hard_findings, soft_findings, created_at);
    pub(crate) SET_RUN = "update run set run_no = $3, state = $4, revision = $5, submitted_at = $6, submitted_by = $7,
            locks_at = $8, support_type = $9, age_group = $10, started_at = $11, stopped_at = $12,
            survived_ecls = $13, survived_hospital = $14, hard_findings = $15, soft_findings = $16
        where center_id = $1 and run_id = $2 and revision = $5 - 1";
    pub(crate) REMOVE_RUN = "delete from run where center_id = $1 and run_id = $2";
    pub(crate) RUNS_OF = "select run_id, hospitalization_id, run_no, state, revision, submitted_at, submitted_by, locks_at
        from run where center_id = $1 and patient_id = $2 order by run_no";
    pub(crate) RUN_PATIENT = "select patient_id from run where center_id = $1 and run_id = $2";
    /// Center by center: the index begins with the center, for its worklist.
    pub(crate) RUNS_TO_LOCK = "select r.center_id, r.run_id from center c
        join run r on r.center_id = c.center_id and r.locks_at <= $1 and r.state = 'submitted'
        order by r.locks_at limit $2";

    pub(crate) ADD_FORMS => form_value(center_id, record_id, form, version, dictionary, body, saved_at, saved_by);
    pub(crate) SET_FORM = "update form_value set version = $4, dictionary = $5, body = $6, saved_at = $7, saved_by = $8
        where center_id = $1 and record_id = $2 and form = $3 and version = $4 - 1";
    pub(crate) REMOVE_FORM = "delete from form_value where center_id = $1 and record_id = $2 and form = $3 and version = $4";
    pub(crate) FORMS_OF = "select form, version, body from form_value where center_id = $1 and record_id = $2
        order by form";

    pub(crate) ADD_AUDIT => audit(center_id, seq, at, actor, channel, action, record_kind, record_id, import_id,
        reason, body, hash);
    pub(crate) AUDIT_HEAD = "select seq, hash from audit_head where center_id = $1";
    pub(crate) TAKE_HEAD = "insert into audit_head (center_id, seq, hash) values ($1, $2, $3)
        on conflict (center_id) do update set seq = audit_head.seq";
    pub(crate) SET_HEAD = "update audit_head set seq = $2, hash = $3 where center_id = $1";
    pub(crate) AUDIT_CHAIN = "select seq, at, actor, channel, action, record_kind, record_id, import_id, reason, body, hash
        from audit where center_id = $1 order by seq";
    pub(crate) AUDIT_OF_RECORD = "select seq, at, actor, channel, action, record_kind, reason, body from audit
        where center_id = $1 and record_id = $2 order by seq";
    pub(crate) AUDIT_OF_IMPORT = "select a.center_id, a.seq, a.record_kind, a.record_id from import_center i
        join audit a on a.center_id = i.center_id and a.seq between i.first_seq and i.last_seq
        where i.import_id = $1 order by a.center_id, a.seq";
    pub(crate) AUDIT_BODY = "select body from audit where center_id = $1 and seq = $2";
    pub(crate) AUDIT_CENTERS = "select center_id from audit_head union select center_id from center order by center_id",
        scan_ok = "one row per center";
    pub(crate) LATER_AUDIT = "select count(*) as later from audit
        where center_id = $1 and record_id = $2 and seq > $3 and action not in ('lock', 'unlock', 'link', 'rule-query')";

    pub(crate) ADD_IMPORT = "insert into import (import_id, file_name, sha256, bytes, plan, actor, applied_at, summary)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    pub(crate) ADD_IMPORT_CENTERS => import_center(import_id, center_id, first_seq, last_seq);
    pub(crate) IMPORTS = "select import_id, file_name, sha256, bytes, plan, actor, applied_at, summary, undone_at, undone_by
        from import where import_id < $1 order by import_id desc limit $2";
    pub(crate) IMPORT_BY_ID = "select import_id, file_name, sha256, bytes, plan, actor, applied_at, summary, undone_at,
            undone_by
        from import where import_id = $1";
    pub(crate) IMPORTS_OF_CENTER = "select i.import_id, i.file_name, i.sha256, i.bytes, i.plan, i.actor, i.applied_at,
            i.summary, i.undone_at, i.undone_by
        from import_center c join import i on i.import_id = c.import_id
        where c.center_id = $1 and not exists (select 1 from import_center o
            where o.import_id = c.import_id and o.center_id <> $1)
        order by c.import_id desc limit $2";
    pub(crate) CENTERS_OF_IMPORT = "select center_id from import_center where import_id = $1";
    pub(crate) SET_UNDONE = "update import set undone_at = $2, undone_by = $3 where import_id = $1 and undone_at is null";

    pub(crate) COUNT_STATES = "select state, count(*) as runs from run group by state",
        scan_ok = "reads the covering index run_figures once; the column store takes over in its own crate";
    pub(crate) COUNT_YEAR = "select state, count(*) as runs from run where started_at >= $1 and started_at < $2 group by state",
        scan_ok = "reads the covering index run_figures once";
    pub(crate) COUNT_CENTERS = "select count(distinct center_id) as centers from run
        where state in ('submitted', 'locked', 'unlocked')";

    pub(crate) COUNT_INVENTED = "select count(*) as runs from run r join center c on c.center_id = r.center_id
        where c.invented and r.state in ('submitted', 'locked', 'unlocked')";

    pub(crate) ADD_TRANSFER = "insert into transfer (link_id, from_center_id, from_run_id, to_center_id, to_run_id, state,
            basis, score, revision, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9)";
    pub(crate) TRANSFERS_FROM = "select link_id, from_center_id, from_run_id, to_center_id, to_run_id, state, basis, score,
            confirmed_from_at is not null as sender, confirmed_to_at is not null as receiver,
            revision
        from transfer where from_center_id = $1 order by link_id";
    pub(crate) TRANSFERS_TO = "select link_id, from_center_id, from_run_id, to_center_id, to_run_id, state, basis, score,
            confirmed_from_at is not null as sender, confirmed_to_at is not null as receiver,
            revision
        from transfer where to_center_id = $1 order by link_id";
    pub(crate) TRANSFER_BY_ID = "select link_id, from_center_id, from_run_id, to_center_id, to_run_id, state, basis, score,
            confirmed_from_at is not null as sender, confirmed_to_at is not null as receiver,
            revision
        from transfer where link_id = $1";
    pub(crate) TRANSFERS_OF_RUN = "select link_id, from_center_id, from_run_id, to_center_id, to_run_id, state,
            basis, score, confirmed_from_at is not null as sender, confirmed_to_at is not null as receiver,
            revision
        from transfer where from_center_id = $1 and from_run_id = $2 order by link_id";
    pub(crate) FIND_TRANSFER = "update transfer set to_center_id = $2, to_run_id = $3, state = $4, basis = $5,
            score = $6, revision = $7
        where link_id = $1 and revision = $7 - 1";
    pub(crate) LINKS_OF_RUN = "select count(*) as links from transfer
        where state <> 'rejected'
            and ((from_center_id = $1 and from_run_id = $2) or (to_center_id = $1 and to_run_id = $2))";
    pub(crate) TRANSFER_OF_RUN = "select to_center_id, to_run_id from transfer
        where from_center_id = $1 and from_run_id = $2 and state = 'confirmed'";
    pub(crate) TRANSFERS_TO_RUN = "select from_center_id, from_run_id from transfer
        where to_center_id = $1 and to_run_id = $2 and state = 'confirmed' order by from_run_id";
    pub(crate) SET_TRANSFER_STATE = "update transfer set state = $2, to_run_id = $3, revision = $4
        where link_id = $1 and revision = $4 - 1";
    pub(crate) CONFIRM_FROM = "update transfer set confirmed_from_at = $2, confirmed_from_by = $3 where link_id = $1";
    pub(crate) CONFIRM_TO = "update transfer set confirmed_to_at = $2, confirmed_to_by = $3 where link_id = $1";
    pub(crate) TRANSFER_CANDIDATES = "select r.run_id, p.patient_id, r.started_at from patient p
        join run r on r.center_id = p.center_id and r.patient_id = p.patient_id
        where p.center_id = $1 and p.birth_date = $2 and p.sex = $3 and r.state <> 'withdrawn'
            and not exists (select 1 from transfer t
                where t.to_center_id = r.center_id and t.to_run_id = r.run_id and t.state <> 'rejected')
        order by r.run_id";
}

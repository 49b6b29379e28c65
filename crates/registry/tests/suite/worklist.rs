//! Worklists: counts are rows, pages follow one another, and a large center reads its page.

use base::{Actor, CenterId, RunId};
use db::Statement;
use registry::worklist::{WORKLIST_STATEMENTS, WorkFilter, WorkKey, WorkList, WorkPage};
use registry::{NewQuery, RecordKind, RegistryError};
use testkit::records::{TestRegistry, operator};

const DAY: i64 = 86_400_000_000;

fn page(
    t: &TestRegistry,
    list: WorkList,
    filter: &WorkFilter,
    after: Option<&WorkKey>,
) -> WorkPage {
    let number = t.centers[0].number.as_str();
    t.registry.worklist(&operator(), number, (list, filter), after, 7).unwrap()
}

/// Every run of a list, page after page.
fn all(t: &TestRegistry, list: WorkList, filter: &WorkFilter) -> Vec<RunId> {
    let (mut runs, mut after) = (Vec::new(), None);
    loop {
        let page = page(t, list, filter, after.as_ref());
        runs.extend(page.rows.iter().map(|row| row.run));
        let Some(next) = page.next else { return runs };
        // as it comes back from an address
        after = Some(next.to_string().parse().unwrap());
    }
}

/// Runs in every state: drafts that go on, have ended, lack answers; signed a short and a long time ago.
fn filled(t: &TestRegistry) -> CenterId {
    let center = t.centers[0].clone();
    let mut patients = t.patients(5, 160, false);
    for patient in &mut patients {
        patient.center_number = Some(center.number.clone());
    }
    t.apply(&patients[..60], None).unwrap();
    t.clock.advance_micros(20 * DAY);
    t.apply(&patients[60..110], None).unwrap();
    t.clock.advance_micros(8 * DAY);
    for patient in &mut patients[110..] {
        for run in patient.stays.iter_mut().flat_map(|stay| &mut stay.runs) {
            run.submit = None;
            run.completed_by = None;
            let key = |form| t.registry.dictionary().form(form).key.as_str();
            run.forms.retain(|(form, _)| !["submission", "diagnosis"].contains(&key(*form)));
        }
    }
    t.apply(&patients[110..], None).unwrap();
    center.id
}

#[test]
fn every_count_is_the_number_of_rows_of_its_list() {
    TestRegistry::each(|t| {
        let center = filled(t);
        let opened = t.registry.open_run(&operator(), center, "WORKLIST-0001", None).unwrap();
        let new = NewQuery {
            run: opened.run,
            record: (RecordKind::Run, opened.run.into()),
            form: "run",
            field: "run_weight_kg",
            code: None,
            words: "Is this in kilograms?",
        };
        for _ in 0..2 {
            t.registry.raise_query(&operator(), center, &new).unwrap();
        }
        let none = WorkFilter::default();

        let first = page(t, WorkList::Open, &none, None);

        for list in WorkList::ALL {
            let runs = all(t, *list, &none);
            let mut distinct = runs.clone();
            distinct.sort_unstable();
            distinct.dedup();
            assert_eq!(runs.len(), distinct.len(), "{list:?} shows a run twice");
            assert_eq!(i64::try_from(runs.len()).unwrap(), first.count(*list).runs, "{list:?}");
        }
        let runs = |list| first.count(list).runs;
        for list in [WorkList::Open, WorkList::Incomplete, WorkList::Submitted, WorkList::DueSoon] {
            assert!(runs(list) > 7, "{list:?} has {} and one page", runs(list));
        }
        assert_eq!(runs(WorkList::Queries), 1);
        assert!(runs(WorkList::DueSoon) < runs(WorkList::Submitted));
        t.clock.advance_micros(5 * DAY);
        assert!(page(t, WorkList::Locked, &none, None).count(WorkList::Locked).runs > 7);
        assert_eq!(
            i64::try_from(all(t, WorkList::Locked, &none).len()).unwrap(),
            page(t, WorkList::Locked, &none, None).count(WorkList::Locked).runs
        );
    });
}

#[test]
fn filters_narrow_a_list_and_a_key_finds_a_run_in_any_state() {
    TestRegistry::each(|t| {
        filled(t);
        let open = all(t, WorkList::Open, &WorkFilter::default());
        let of = |code: &str| WorkFilter { support_type: code.to_owned(), ..WorkFilter::default() };

        let parts: usize =
            ["1", "2", "3"].map(|code| all(t, WorkList::Open, &of(code)).len()).iter().sum();

        let without = page(t, WorkList::Open, &WorkFilter::default(), None);
        assert!(parts <= open.len() && parts + 20 > open.len() && parts > 0);
        let key = without.rows[0].unique_id.clone();
        let filter = WorkFilter { key: key[..9].to_owned(), ..WorkFilter::default() };
        let found = page(t, WorkList::Locked, &filter, None);
        assert!(found.rows.iter().any(|row| row.unique_id == key));
        assert!(found.rows.iter().all(|row| row.unique_id.starts_with(&key[..9])));
    });
}

#[test]
fn another_centers_worklist_is_not_found() {
    TestRegistry::each(|t| {
        filled(t);
        let other = Actor::of_center("Eve", t.centers[1].id);
        let (number, none) = (t.centers[0].number.as_str(), WorkFilter::default());

        let refused = t.registry.worklist(&other, number, (WorkList::Open, &none), None, 7);
        let unknown = t.registry.worklist(&other, "99999", (WorkList::Open, &none), None, 7);

        assert!(matches!(refused, Err(RegistryError::Refused(refusal)) if refusal.hides()));
        assert!(matches!(unknown, Err(RegistryError::NotFound("center"))));
        let rows = page(t, WorkList::Open, &none, None).rows;
        assert!(t.registry.form_states(&other, t.centers[0].id, &rows).is_err());
    });
}

#[test]
fn a_center_with_twenty_thousand_runs_takes_as_many_statements_as_an_empty_one() {
    TestRegistry::each(|t| {
        let none = WorkFilter::default();
        let taken = |t: &TestRegistry, list| {
            let before = t.registry.db().statements();
            let page = page(t, list, &none, None);
            let rows = page.rows;
            t.registry.form_states(&operator(), page.center.id, &rows).unwrap();
            (t.registry.db().statements() - before, rows.len())
        };
        let (empty, _) = taken(t, WorkList::Locked);
        t.many_runs(t.centers[0].id);

        for list in [WorkList::Locked, WorkList::Open, WorkList::Submitted, WorkList::Late] {
            let (statements, rows) = taken(t, list);
            assert_eq!(rows, 7);
            // the center, the counts, the page; the forms of its rows
            assert!(statements <= empty + 1 && statements <= 7, "{list:?}: {statements}, {empty}");
        }
        let locked = page(t, WorkList::Locked, &none, None).count(WorkList::Locked);
        assert!(locked.more && locked.runs == 1000);
        assert_eq!(all(t, WorkList::Open, &none).len(), 300);
    });
}

#[test]
fn the_page_of_a_large_center_is_read_along_an_index_without_sorting() {
    let t = TestRegistry::over(testkit::database::TestDatabase::sqlite());
    t.many_runs(t.centers[0].id);
    let plan = |name: &str| {
        let statement = WORKLIST_STATEMENTS.iter().find(|known| known.name() == name).unwrap();
        let text = format!("explain query plan {}", statement.sqlite());
        let parameters = (1..=9).rev().find(|n| text.contains(&format!("?{n}"))).unwrap();
        let explain = Statement::dynamic("EXPLAIN", text);
        let values: Vec<db::Value<'_>> = vec![db::Value::Null; parameters];
        let rows: Vec<(i64, i64, i64, String)> =
            t.registry.db().read(|tx| tx.all(&explain, values.clone())).unwrap();
        rows.into_iter().map(|row| row.3).collect::<Vec<_>>().join("\n")
    };

    for (name, index) in [
        ("OPEN_RUNS", "run_open (center_id=? AND <expr><?)"),
        ("OPEN_COUNTS", "run_open (center_id=?)"),
        ("LOCKED_RUNS", "run_signed (center_id=? AND <expr><?)"),
        ("LOCKED_COUNT", "run_signed (center_id=?)"),
        ("SUBMITTED_RUNS", "run_locks (center_id=? AND locks_at>? AND locks_at<?)"),
        ("SUBMITTED_COUNTS", "run_locks (center_id=? AND locks_at>?)"),
        ("FOUND_RUNS", "patient_unique_id (center_id=? AND unique_id>? AND unique_id<?)"),
        ("QUERIED_COUNT", "data_query_pending (state=? AND center_id=?)"),
    ] {
        let plan = plan(name);
        assert!(plan.contains(index), "{name}: {plan}");
        let sorts = plan.contains("TEMP B-TREE FOR ORDER BY");
        assert!(!sorts, "{name} sorts: {plan}");
    }
}

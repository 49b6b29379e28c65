//! The forms of the desk over HTTP, on both engines.

#![expect(clippy::expect_used, reason = "helpers of tests end the test")]

mod browser;
mod every;
mod rivals;

use axum::http::StatusCode;
use base::{RecordId, Role, RunId};
use browser::{Browser, Pairs, set};
use dictionary::{Dictionary, Field, FormId, Kind, Row, TableId, Value};
use registry::{Center, RecordInSight, RecordKind};
use testkit::records::{TestRegistry, operator};

/// A registry with invented patients of one center, and its data manager.
struct Scene<'t> {
    t: &'t TestRegistry,
    center: Center,
    browser: Browser,
    /// Runs with all that bears on them.
    runs: Vec<RecordInSight>,
}

impl<'t> Scene<'t> {
    fn new(t: &'t TestRegistry, seed: u64, patients: usize, complete: bool) -> Self {
        let number = "9002";
        let center = t.center(number).clone();
        let mine =
            |p: &registry::incoming::IncomingPatient| p.center_number.as_deref() == Some(number);
        let drawn = t.patients(seed, patients * 16 + 40, complete);
        let patients: Vec<_> = drawn.into_iter().filter(mine).take(patients).collect();
        t.apply(&patients, None).expect("applied");
        let read = |run: RunId| {
            let record = (RecordKind::Run, RecordId::from(run));
            t.registry.read_record(&operator(), number, record, None).expect("a run")
        };
        let runs = patients.iter().flat_map(|patient| {
            t.registry.runs(&operator(), center.id, &patient.unique_id).expect("its runs")
        });
        let runs: Vec<RecordInSight> = runs.map(|run| read(run.id)).collect();
        assert!(!runs.is_empty());
        let browser = Browser::new(&t.registry, center.id, Role::DataManager, 7);
        Self { t, center, browser, runs }
    }

    fn path(&self, run: &RecordInSight, form: &str) -> String {
        let spec = self.t.registry.dictionary().form_named(form).expect("a form");
        let kind = desk::forms::kind_of(spec.scope).expect("a record's form");
        let record = run.owner(kind).expect("its record");
        let path = desk::forms::address(&self.center.number, kind, record, form);
        match run.run {
            Some(run) if kind != RecordKind::Run => format!("{path}?run={run}"),
            _ => path,
        }
    }

    fn stored(&self, run: &RecordInSight, form: &str) -> Option<(i64, Row)> {
        let record = (RecordKind::Run, run.record);
        let sight = self
            .t
            .registry
            .read_record(&operator(), &self.center.number, record, None)
            .expect("a run");
        let form = self.form(form);
        sight.form(form).map(|stored| (stored.version, stored.row.clone()))
    }

    fn form(&self, form: &str) -> FormId {
        self.t.registry.dictionary().form_named(form).expect("a form").id
    }

    /// The text of a top-level value.
    fn text(&self, run: &RecordInSight, key: &str) -> String {
        let d = self.t.registry.dictionary();
        let field = d.field_named(key).expect("a field");
        let form = d.form(field.form);
        let row = self.stored(run, &form.key).map(|(_, row)| row).unwrap_or_default();
        let value = row.value(field.column.expect("a column"));
        match value {
            Value::Unread(text) => format!("unread: {text}"),
            value => d.text(field, value),
        }
    }

    fn typed_forms(&self) -> Vec<String> {
        let d = self.t.registry.dictionary();
        let typed = d.forms().iter().filter(|form| desk::forms::is_typed(d, form));
        typed.map(|form| form.key.clone()).collect()
    }
}

#[test]
fn a_form_page_takes_few_statements_in_a_center_of_any_size() {
    TestRegistry::each(|t| {
        let scene = Scene::new(t, 12, 40, false);
        let run = &scene.runs[0];
        for form in scene.typed_forms() {
            let path = scene.path(run, &form);
            let before = t.registry.db().statements();

            let page = scene.browser.get(&path);

            assert_eq!(page.status, StatusCode::OK);
            let taken = t.registry.db().statements() - before;
            assert!(taken <= 5, "{form}: {taken} statements");
        }
    });
}

#[test]
fn a_value_in_another_unit_is_kept_in_the_fields_own() {
    TestRegistry::each(|t| {
        let scene = Scene::new(t, 15, 1, true);
        let run = &scene.runs[0];
        let path = scene.path(run, "pre_ecls_assessment");
        let mut pairs = scene.browser.get(&path).inputs();
        set(&mut pairs, "pre_pco2_mmhg", "6.7");
        set(&mut pairs, "pre_pco2_mmhg~unit", "kPa");
        set(&mut pairs, "pre_ph", "7,3");

        let (status, live) = scene.browser.post_live(&format!("{path}/preview"), &pairs);
        assert_eq!(status, StatusCode::OK);
        assert_eq!(live["parts"]["c-pre_pco2_mmhg"], "= 50.3 mmHg");
        scene.browser.post(&path, &pairs);

        // 6.7 kPa is 50.254… mmHg, which is kept with one decimal
        assert_eq!(scene.text(run, "pre_pco2_mmhg"), "50.3");
        assert_eq!(scene.text(run, "pre_ph"), "unread: 7,3");
        let page = scene.browser.get(&path);
        assert!(page.body.contains("value=\"7,3\"") && page.body.contains("use a point"));
        assert!(page.body.contains("aria-invalid=\"true\""));
    });
}

#[test]
fn row_buttons_work_without_script_and_keep_everything_that_was_typed() {
    TestRegistry::each(|t| {
        let scene = Scene::new(t, 16, 1, true);
        let run = &scene.runs[0];
        let path = scene.path(run, "mode");
        let before = scene.stored(run, "mode").expect("modes");
        let press = |pairs: &Pairs, button: &str| {
            let mut pairs = pairs.clone();
            set(&mut pairs, "do", button);
            let page = scene.browser.post(&path, &pairs);
            assert_eq!(page.status, StatusCode::OK, "{}", page.body);
            page
        };
        let mut pairs = scene.browser.get(&path).inputs();
        let periods = "concurrent_mode.0.mode_period";
        set(&mut pairs, &format!("{periods}.0.mode_start"), "not a time yet");
        let count =
            pairs.iter().find(|(name, _)| name == &format!("{periods}~rows")).expect("rows");
        let count: usize = count.1.parse().expect("a number");

        let page = press(&pairs, &format!("add:{periods}"));
        let mut pairs = page.inputs();
        let value = |pairs: &Pairs, name: &str| {
            pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        };
        assert_eq!(value(&pairs, &format!("{periods}~rows")), Some((count + 1).to_string()));
        assert_eq!(
            value(&pairs, &format!("{periods}.0.mode_start")).as_deref(),
            Some("not a time yet")
        );
        assert!(page.body.contains("Not saved yet"));

        set(&mut pairs, &format!("{periods}.{count}.mode_start"), "1.2.2026 8:05");
        let pairs = press(&pairs, &format!("copy:{periods}:{count}")).inputs();
        let pairs = press(&pairs, &format!("remove:{periods}:{count}")).inputs();
        assert_eq!(scene.stored(run, "mode"), Some(before), "nothing was saved so far");
        scene.browser.post(&path, &pairs);

        let (_, row) = scene.stored(run, "mode").expect("modes");
        let rows = &row.children[0][0].children[0];
        assert_eq!(
            rows.len(),
            count + 1,
            "one was added, copied, and the first of the two taken out"
        );
        let d = t.registry.dictionary();
        let field = d.field_named("mode_start").expect("a field");
        let start = |at: usize| rows[at].value(field.column.expect("a column"));
        assert_eq!(d.text(field, start(count)), "2026-02-01T08:05");
        assert_eq!(*start(0), Value::Unread("not a time yet".into()));
    });
}

#[test]
fn a_soft_finding_is_confirmed_with_its_reason_until_the_value_changes() {
    TestRegistry::each(|t| {
        let scene = Scene::new(t, 17, 1, true);
        let run = &scene.runs[0];
        let path = scene.path(run, "pre_ecls_assessment");
        let save = |change: &dyn Fn(&mut Pairs)| {
            let mut pairs = scene.browser.get(&path).inputs();
            change(&mut pairs);
            assert_eq!(scene.browser.post(&path, &pairs).status, StatusCode::SEE_OTHER);
            scene.browser.get(&path).body
        };
        let tick = "right:V202:pre_ph";

        let page = save(&|pairs| set(pairs, "pre_ph", "6.70"));
        assert!(page.contains(tick), "the finding asks");
        // a tick that was set for another value confirms nothing
        let page = save(&|pairs| {
            set(pairs, "pre_ph", "6.71");
            set(pairs, tick, "1");
        });
        assert!(page.contains(tick));
        let page = save(&|pairs| {
            set(pairs, tick, "1");
            set(pairs, "reason:V202:pre_ph", "two samples");
        });
        assert!(!page.contains(tick) && page.contains("two samples"), "it is confirmed");
        assert!(page.contains("Person 7"));
        let page = save(&|pairs| set(pairs, "pre_ph", "6.72"));
        assert!(page.contains(tick), "another value asks again");
        let verified = t.registry.verify(&mut |_| {}).expect("verified");
        assert!(verified.faults.is_empty(), "{:?}", verified.faults);
    });
}

#[test]
fn another_centers_record_is_not_found_and_a_reader_cannot_save() {
    TestRegistry::each(|t| {
        let scene = Scene::new(t, 18, 1, true);
        let run = &scene.runs[0];
        let foreign = Browser::new(&t.registry, t.center("9003").id, Role::DataManager, 9);
        for form in scene.typed_forms() {
            let path = scene.path(run, &form);
            let pairs = scene.browser.get(&path).inputs();
            // at its own center, and under the number of the other one's
            for path in [path.clone(), path.replacen("9002", "9003", 1)] {
                assert_eq!(foreign.get(&path).status, StatusCode::NOT_FOUND, "{path}");
                assert_eq!(foreign.post(&path, &pairs).status, StatusCode::NOT_FOUND, "{path}");
                let preview = path.split('?').next().expect("a path").to_owned() + "/preview";
                assert_eq!(foreign.post(&preview, &pairs).status, StatusCode::NOT_FOUND, "{path}");
                let nothing = Pairs::new();
                assert_eq!(foreign.post(&path, &nothing).status, StatusCode::NOT_FOUND, "{path}");
            }
        }
        let path = scene.path(run, "mode");
        for bad in
            ["/desk/9002/runs/x/mode", "/desk/9002/patients/x/mode", "/desk/none/runs/x/mode"]
        {
            assert_eq!(scene.browser.get(bad).status, StatusCode::NOT_FOUND, "{bad}");
        }
        let wrong_form = path.replace("/mode", "/patient");
        assert_eq!(scene.browser.get(&wrong_form).status, StatusCode::NOT_FOUND);
        assert_eq!(
            scene.browser.get(&path.replace("/mode", "/derived")).status,
            StatusCode::NOT_FOUND
        );
    });
}

#[test]
fn a_form_that_did_not_arrive_whole_is_refused() {
    TestRegistry::each(|t| {
        let scene = Scene::new(t, 19, 1, true);
        let path = scene.path(&scene.runs[0], "mode");
        let before = scene.stored(&scene.runs[0], "mode");
        let mut pairs = scene.browser.get(&path).inputs();
        pairs.retain(|(name, _)| name != "end");

        assert_eq!(scene.browser.post(&path, &pairs).status, StatusCode::BAD_REQUEST);
        pairs.push(("end".to_owned(), "1".to_owned()));
        pairs.retain(|(name, _)| name != "version");
        assert_eq!(scene.browser.post(&path, &pairs).status, StatusCode::BAD_REQUEST);

        assert_eq!(scene.stored(&scene.runs[0], "mode"), before);
    });
}

#[test]
fn a_draft_is_saved_by_the_script_and_a_rival_is_named() {
    TestRegistry::each(|t| {
        let scene = Scene::new(t, 20, 1, true);
        let run = &scene.runs[0];
        let path = scene.path(run, "pre_ecls_assessment");
        let mut pairs = scene.browser.get(&path).inputs();
        set(&mut pairs, "do", "draft");
        set(&mut pairs, "pre_ph", "7.11");

        let (status, live) = scene.browser.post_live(&path, &pairs);

        assert_eq!(status, StatusCode::OK);
        let (version, _) = scene.stored(run, "pre_ecls_assessment").expect("stored");
        assert_eq!(live["version"], version);
        assert!(live["at"].is_string() && live["parts"]["tally"].is_string());
        assert_eq!(scene.text(run, "pre_ph"), "7.11");
        // the page still holds the version from before
        set(&mut pairs, "pre_ph", "7.12");
        let (status, live) = scene.browser.post_live(&path, &pairs);
        assert_eq!(status, StatusCode::CONFLICT);
        assert_eq!((&live["conflict"], &live["by"]), (&true.into(), &"Person 7".into()));
        assert_eq!(scene.text(run, "pre_ph"), "7.11");
    });
}

#[test]
fn a_locked_run_is_shown_without_inputs_that_could_be_sent() {
    TestRegistry::each(|t| {
        let scene = Scene::new(t, 21, 1, true);
        let run = &scene.runs[0];
        let path = scene.path(run, "pre_ecls_assessment");
        let mut pairs = scene.browser.get(&path).inputs();
        t.clock.advance_micros(90 * 86_400 * 1_000_000);

        let page = scene.browser.get(&path);

        assert!(page.body.contains("The run is locked"));
        assert!(!page.body.contains("value=\"next\""));
        set(&mut pairs, "pre_ph", "7.00");
        let refused = scene.browser.post(&path, &pairs);
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(refused.body.contains("7.00"), "what was typed is still there");
        let (status, live) = scene.browser.post_live(&path, &pairs);
        assert_eq!(status, StatusCode::CONFLICT);
        assert!(live["closed"].as_str().is_some_and(|text| text.contains("locked")), "{live}");
        assert_ne!(scene.text(run, "pre_ph"), "7.00");
    });
}

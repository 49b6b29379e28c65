//! The forms of the desk over HTTP, on both engines.

#![expect(clippy::expect_used, reason = "helpers of tests end the test")]

mod browser;

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
fn every_form_is_drawn_and_sending_it_unchanged_changes_nothing() {
    TestRegistry::each(|t| {
        let scene = Scene::new(t, 11, 12, false);
        let d = t.registry.dictionary();
        let (mut filled, mut rows_seen) = (std::collections::BTreeSet::new(), 0);
        for run in &scene.runs {
            for form in scene.typed_forms() {
                let path = scene.path(run, &form);
                let page = scene.browser.get(&path);
                assert_eq!(page.status, StatusCode::OK, "{form}");
                let before = scene.stored(run, &form);

                let after = scene.browser.post(&path, &page.inputs());

                assert_eq!(after.status, StatusCode::SEE_OTHER, "{form}: {}", after.body);
                let Some((version, row)) = before else { continue };
                let spec = d.form_named(&form).expect("a form");
                let (now, kept) = scene.stored(run, &form).expect("still there");
                assert_eq!(d.body(spec.table, &kept), d.body(spec.table, &row), "{form}");
                assert_eq!(now, version, "{form}: nothing changed, so no version was made");
                rows_seen += row.children.iter().flatten().count();
                if !row.is_empty() {
                    filled.insert(form);
                }
            }
        }
        assert!(filled.len() >= 18, "only {filled:?} were filled in");
        assert!(rows_seen > 100, "{rows_seen}");
    });
}

/// A row with every typed field answered, and two rows in every group.
fn filled(d: &Dictionary, table: TableId, texts: &dyn Fn(&Field) -> Option<Value>) -> Row {
    let spec = d.table(table);
    let mut row = d.empty_row(table);
    for (id, value) in spec.columns.iter().zip(&mut row.values) {
        let field = d.field(*id);
        // a twin that says no is kept as no answer
        *value = if field.computed { Value::Missing } else { texts(field).unwrap_or_default() };
    }
    for (child, rows) in spec.children.iter().zip(&mut row.children) {
        *rows = vec![filled(d, *child, texts); 2];
    }
    row
}

fn plain(d: &Dictionary, field: &Field) -> Option<Value> {
    let long = "a \"quoted\" <b>&amp; \u{fc}' + = ~ line\nand\n\nanother\ttab";
    let text = match field.kind {
        Kind::Text if field.max_chars > 200 => long.to_owned(),
        Kind::Text => "\"<&amp;>\" '~=+%".chars().take(field.max_chars).collect(),
        Kind::Integer => "3".to_owned(),
        Kind::Decimal => "-1.50".to_owned(),
        Kind::Date => "2026-02-03".to_owned(),
        Kind::DateTime => "2026-02-03T04:05".to_owned(),
        Kind::Boolean => "yes".to_owned(),
        Kind::Code => d.list(field.list?).codes.last()?.code.clone(),
        Kind::Codes => {
            let codes = &d.list(field.list?).codes;
            format!("{},{}", codes.first()?.code, codes.last()?.code)
        }
        _ => return None,
    };
    Some(d.read(field, &text))
}

fn unreadable(d: &Dictionary, field: &Field) -> Option<Value> {
    match field.kind {
        Kind::Text => plain(d, field),
        Kind::DateTime => Some(d.read(field, "2026-02-03")),
        // an open list takes any text
        _ => Some(d.read(field, "?? <zzq> & \"5,3\"")),
    }
}

#[test]
fn every_form_with_every_field_answered_comes_back_as_it_was() {
    TestRegistry::each(|t| {
        let d = t.registry.dictionary();
        let scene = Scene::new(t, 11, 1, false);
        let run = &scene.runs[0];
        for form in scene.typed_forms() {
            let spec = d.form_named(&form).expect("a form");
            let kind = desk::forms::kind_of(spec.scope).expect("a kind");
            let record = (kind, run.owner(kind).expect("a record"));
            for answer in [plain, unreadable] {
                let row = filled(d, spec.table, &|field| answer(d, field));
                let version = scene.stored(run, &form).map_or(0, |(version, _)| version);
                let center = scene.center.id;
                let saved =
                    t.registry.save_form(&operator(), center, record, spec.id, version, &row);
                let version = saved.expect("saved").version;
                let path = scene.path(run, &form);

                let after = scene.browser.post(&path, &scene.browser.get(&path).inputs());

                assert_eq!(after.status, StatusCode::SEE_OTHER, "{form}: {}", after.body);
                let (now, kept) = scene.stored(run, &form).expect("stored");
                assert_eq!(d.body(spec.table, &kept), d.body(spec.table, &row), "{form}");
                assert_eq!(now, version, "{form}");
            }
        }
    });
}

#[test]
fn every_typed_field_of_the_dictionary_has_an_input_or_stands_in_a_group_that_can_get_rows() {
    TestRegistry::each(|t| {
        let scene = Scene::new(t, 11, 1, true);
        let (run, d) = (&scene.runs[0], t.registry.dictionary());
        for form in scene.typed_forms() {
            let path = scene.path(run, &form);
            let mut pairs = scene.browser.get(&path).inputs();
            // a row in every group, then in every group inside
            let mut html = String::new();
            for _ in 0..3 {
                let groups: Vec<String> = pairs
                    .iter()
                    .filter(|(name, rows)| name.ends_with("~rows") && rows == "0")
                    .map(|(name, _)| name.trim_end_matches("~rows").to_owned())
                    .collect();
                for group in groups {
                    set(&mut pairs, "do", &format!("add:{group}"));
                    let page = scene.browser.post(&path, &pairs);
                    assert_eq!(page.status, StatusCode::OK, "{form} {group}");
                    pairs = page.inputs();
                }
                set(&mut pairs, "do", "look");
                html = scene.browser.post(&path, &pairs).body;
            }
            let spec = d.form_named(&form).expect("a form");
            for field in spec.fields.iter().map(|id| d.field(*id)) {
                if field.kind.has_value() && field.twin_of.is_none() {
                    let top = format!("data-field=\"{}\"", field.key);
                    let inner = format!(".{}\"", field.key);
                    assert!(html.contains(&top) || html.contains(&inner), "{form}: {}", field.key);
                }
            }
        }
    });
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
fn the_second_of_two_people_sees_both_values_and_nothing_is_lost() {
    TestRegistry::each(|t| {
        let scene = Scene::new(t, 13, 1, true);
        let run = &scene.runs[0];
        let path = scene.path(run, "pre_ecls_assessment");
        let other = Browser::new(&t.registry, scene.center.id, Role::DataManager, 8);
        let (mut mine, mut theirs) = (scene.browser.get(&path).inputs(), other.get(&path).inputs());
        set(&mut mine, "pre_ph", "7.01");
        set(&mut mine, "pre_po2_mmhg", "41");
        set(&mut theirs, "pre_ph", "7.02");
        set(&mut theirs, "pre_pco2_mmhg", "71");
        assert_eq!(other.post(&path, &theirs).status, StatusCode::SEE_OTHER);

        let told = scene.browser.post(&path, &mine);

        assert_eq!(told.status, StatusCode::CONFLICT);
        assert!(told.body.contains("Person 8 saved"), "{}", told.body);
        assert!(told.body.contains("7.01") && told.body.contains("7.02"));
        assert_eq!(scene.text(run, "pre_ph"), "7.02", "nothing is overwritten");
        let mut choice = told.inputs();
        let chosen = |pairs: &Pairs, key: &str| {
            pairs.iter().find(|(name, _)| name == &format!("choose:{key}")).map(|(_, v)| v.clone())
        };
        assert_eq!(chosen(&choice, "pre_po2_mmhg").as_deref(), Some("mine"));
        assert_eq!(chosen(&choice, "pre_pco2_mmhg").as_deref(), Some("theirs"));
        assert_eq!(chosen(&choice, "pre_ph"), None, "what both changed is not chosen for them");

        // without the choice nothing is saved
        set(&mut choice, "do", "merge");
        assert_eq!(scene.browser.post(&path, &choice).status, StatusCode::CONFLICT);
        set(&mut choice, "choose:pre_ph", "mine");
        let saved = scene.browser.post(&path, &choice);

        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
        let kept = ["pre_ph", "pre_po2_mmhg", "pre_pco2_mmhg"].map(|key| scene.text(run, key));
        assert_eq!(kept, ["7.01", "41", "71"]);
    });
}

#[test]
fn a_choice_between_versions_that_were_saved_once_more_is_asked_again() {
    TestRegistry::each(|t| {
        let scene = Scene::new(t, 13, 1, true);
        let run = &scene.runs[0];
        let path = scene.path(run, "pre_ecls_assessment");
        let save = |value: &str| {
            let mut pairs = scene.browser.get(&path).inputs();
            set(&mut pairs, "pre_ph", value);
            assert_eq!(scene.browser.post(&path, &pairs).status, StatusCode::SEE_OTHER);
        };
        let mut mine = scene.browser.get(&path).inputs();
        set(&mut mine, "pre_ph", "7.01");
        save("7.02");
        let mut choice = scene.browser.post(&path, &mine).inputs();
        set(&mut choice, "do", "merge");
        set(&mut choice, "choose:pre_ph", "theirs");
        save("7.03");

        let again = scene.browser.post(&path, &choice);

        assert_eq!(again.status, StatusCode::CONFLICT);
        let offered =
            |value: &str| again.body.contains(&format!("<span class=\"choose-line\">{value}<"));
        assert!(offered("7.03") && offered("7.01") && !offered("7.02"), "{}", again.body);
        assert_eq!(scene.text(run, "pre_ph"), "7.03");
    });
}

#[test]
fn two_people_who_typed_the_same_are_not_asked_to_choose() {
    TestRegistry::each(|t| {
        let scene = Scene::new(t, 13, 1, true);
        let path = scene.path(&scene.runs[0], "pre_ecls_assessment");
        let mut pairs = scene.browser.get(&path).inputs();
        set(&mut pairs, "pre_ph", "7.05");

        assert_eq!(scene.browser.post(&path, &pairs).status, StatusCode::SEE_OTHER);
        assert_eq!(scene.browser.post(&path, &pairs).status, StatusCode::SEE_OTHER);

        assert_eq!(scene.text(&scene.runs[0], "pre_ph"), "7.05");
    });
}

#[test]
fn a_hundred_editors_at_once_lose_no_update() {
    TestRegistry::each(|t| {
        let scene = Scene::new(t, 14, 1, true);
        let run = &scene.runs[0];
        let (path, key) = (scene.path(run, "complication"), "complication.0.complication_note");
        let mut pairs = scene.browser.get(&path).inputs();
        set(&mut pairs, "complications_enabled", "yes");
        set(&mut pairs, "complication~rows", "1");
        set(&mut pairs, key, "all:");
        assert_eq!(scene.browser.post(&path, &pairs).status, StatusCode::SEE_OTHER);
        // each adds its number to what stands there, and begins again when somebody else was faster
        let edit = |person: u128| {
            let browser = Browser::new(&t.registry, scene.center.id, Role::DataManager, person);
            let mut rivals = 0_usize;
            loop {
                let mut pairs = browser.get(&path).inputs();
                let known = pairs.iter().find(|(name, _)| name == key).expect("the input");
                let next = format!("{} {person}", known.1);
                set(&mut pairs, key, &next);
                match browser.post(&path, &pairs).status {
                    StatusCode::SEE_OTHER => return rivals,
                    StatusCode::CONFLICT => rivals += 1,
                    other => panic!("{other}"),
                }
            }
        };

        let rivals: usize = std::thread::scope(|scope| {
            let hands: Vec<_> = (0..10)
                .map(|hand| {
                    let edit = &edit;
                    scope.spawn(move || {
                        (0..10).map(|turn| edit(100 + hand * 10 + turn)).sum::<usize>()
                    })
                })
                .collect();
            hands.into_iter().map(|hand| hand.join().expect("no panic")).sum()
        });

        let pairs = scene.browser.get(&path).inputs();
        let (_, all) = pairs.iter().find(|(name, _)| name == key).expect("the input");
        let told: std::collections::BTreeSet<&str> = all.split(' ').skip(1).collect();
        assert_eq!(told.len(), 100, "{all}");
        assert!(rivals > 0, "nobody met anybody, so nothing was tried");
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

//! Several people on one form.

use super::*;

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

//! Uploads and transfers on pages.

use std::io::Write as _;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use base::Role;
use desk::upload::Uploads;
use registry::upload::{Summary, UploadStage};
use testkit::records::{TestRegistry, operator};

use crate::client::{Client, Office, Page};

const FILE: &[u8] = include_bytes!("../../../../sample/center-9001.xml");

/// The page of a file once nothing works on it any more.
pub(crate) fn settled(client: &Client<'_>, address: &str) -> Page {
    let begun = Instant::now();
    loop {
        let page = client.get(address);
        if !page.says("<progress") && !page.says("Writing:") {
            return page;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "the work does not end");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_file_is_planned_applied_and_taken_back() {
    TestRegistry::each(|t| {
        let office = Office::new(t);
        let center = t.center("9001");
        let manager = office.somebody(Role::DataManager, center.id);
        let upload = "/desk/9001/upload";
        assert!(manager.get(upload).says("None yet."));

        let sent = manager.send_file(upload, "../our runs.xml", FILE, false);
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        let plan = settled(&manager, &sent.location);
        assert!(plan.says("Apply exactly this plan") && plan.says("our runs.xml"), "{}", plan.body);
        assert!(!manager.get("/desk/9001?list=submitted").says("/runs/"), "a plan wrote something");
        let report = manager.get(&format!("{}/report.csv", sent.location));
        assert!(report.body.starts_with("patient,record,what,outcome,line,field,code"));
        assert!(report.body.lines().count() > 10);
        let eve = office.somebody(Role::DataManager, t.center("9002").id);
        let foreign = sent.location.replace("9001", "9002");
        for path in [&sent.location, &foreign, &format!("{foreign}/report.csv")] {
            assert_eq!(eve.get(path).status, StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(eve.post(&format!("{foreign}/apply"), &[]).status, StatusCode::NOT_FOUND);

        manager.post(&format!("{}/apply", sent.location), &[]);
        let done = settled(&manager, &sent.location);

        assert!(done.says("Written."), "{}", done.body);
        let twice = manager.post(&format!("{}/apply", sent.location), &[]);
        assert_eq!(twice.status, StatusCode::CONFLICT);
        assert!(manager.get("/desk/9001?list=submitted").says("/runs/"));
        let undo = done.between("method=\"post\" action=\"", "\"").to_owned();
        assert!(undo.ends_with("/undo"));
        let theirs = eve.post(&undo.replace("9001", "9002"), &[]);
        assert_eq!(theirs.status, StatusCode::NOT_FOUND);
        assert_eq!(manager.post(&undo, &[]).status, StatusCode::SEE_OTHER);
        assert!(manager.get(upload).says("taken back"));
        assert!(!manager.get("/desk/9001?list=submitted").says("/runs/"));
        assert!(t.registry.verify(&mut |_| {}).unwrap().faults.is_empty());
    });
}

#[test]
fn patients_are_left_out_of_a_plan_by_choice_and_come_back_by_choice() {
    TestRegistry::each(|t| {
        let office = Office::new(t);
        let center = t.center("9001");
        let manager = office.somebody(Role::DataManager, center.id);
        let sent = manager.send_file("/desk/9001/upload", "runs.xml", FILE, false);
        let plan = settled(&manager, &sent.location);
        let cut = |rest: &'_ str| rest.split('"').next().unwrap().to_owned();
        let keys: Vec<String> =
            plan.body.split("name=\"take\" value=\"").skip(1).map(cut).collect();
        let (first, second) = (keys[0].as_str(), keys[1].as_str());
        assert!(keys.len() > 2 && !plan.says("left out"));
        let choose = |taken: &[&str]| {
            let mut fields: Vec<(&str, &str)> = [first, second].map(|key| ("shown", key)).into();
            fields.extend(taken.iter().map(|key| ("take", *key)));
            let made = manager.post(&format!("{}/choose", sent.location), &fields);
            assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
            settled(&manager, &sent.location)
        };

        let without = choose(&[second]);
        let back = choose(&[first, second]);
        let again = choose(&[second]);
        manager.post(&format!("{}/apply", sent.location), &[]);
        let done = settled(&manager, &sent.location);

        assert!(without.says("<b>1 left out.</b>") && again.says("<b>1 left out.</b>"));
        assert!(!back.says("left out"), "{}", back.body);
        assert!(done.says("Written."), "{}", done.body);
        let stored = |key: &str| t.registry.runs(&operator(), center.id, key).is_ok();
        assert!(!stored(first), "it was left out");
        assert!(keys.iter().skip(1).all(|key| stored(key)));
        let late = manager.post(&format!("{}/choose", sent.location), &[("shown", first)]);
        assert_eq!(late.status, StatusCode::CONFLICT);
    });
}

/// The sample's folder of CSV files as an archive, in a folder of its own as people pack it.
fn archive() -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sample/center-9002");
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("our runs/{}", entry.file_name().to_str().unwrap());
        out.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(&std::fs::read(entry.path()).unwrap()).unwrap();
    }
    out.finish().unwrap().into_inner()
}

#[test]
fn an_archive_is_applied_once_and_changes_nothing_the_second_time() {
    TestRegistry::each(|t| {
        let office = Office::new(t);
        let manager = office.somebody(Role::DataManager, t.center("9002").id);
        let (upload, file) = ("/desk/9002/upload", archive());
        let sent = manager.send_file(upload, "runs.zip", &file, false);
        let plan = settled(&manager, &sent.location);
        assert!(plan.says("Apply exactly this plan"), "{}", plan.body);
        manager.post(&format!("{}/apply", sent.location), &[]);
        assert!(settled(&manager, &sent.location).says("Written."));

        let again = manager.send_file(upload, "runs.zip", &file, false);
        let page = settled(&manager, &again.location);

        assert!(page.says("Nothing of this file is new"), "{}", page.body);
        let counts = |body: &str| {
            let unchanged = body.split("data-name=\"Unchanged\">").nth(1).unwrap();
            unchanged.split('<').next().unwrap().parse::<usize>().unwrap()
        };
        assert!(counts(&page.body) > 10);
        let broken = manager.send_file(upload, "runs.zip", &file[..file.len() - 20], false);
        let page = settled(&manager, &broken.location);
        assert!(page.says("Nothing was written") && page.says("the archive is damaged"));
        // the files of the one that waits and of the one that could not be read, and nothing unpacked
        for entry in std::fs::read_dir(office.uploads()).unwrap() {
            assert!(!entry.unwrap().path().join("file/unpacked").exists());
        }
    });
}

#[test]
fn a_file_that_cannot_be_read_is_told_with_its_line_and_forgotten() {
    TestRegistry::each(|t| {
        let office = Office::new(t);
        let manager = office.somebody(Role::DataManager, t.center("9001").id);
        let upload = "/desk/9001/upload";

        let sent =
            manager.send_file(upload, "bad.xml", b"<PatientList><Patient></PatientList>", true);
        let page = settled(&manager, &sent.location);

        assert!(page.says("Nothing was written") && page.says("Line 1"), "{}", page.body);
        assert!(!page.says("/uploads/"), "the page tells where files lie");
        manager.post(&format!("{}/discard", sent.location), &[]);
        assert_eq!(manager.get(&sent.location).status, StatusCode::NOT_FOUND);
        let none = manager.send_file(upload, "", b"", false);
        assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
        let large = manager.send_file(upload, "a.csv", &vec![b'a'; 3_000_001], false);
        assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
        let template = manager.get(&format!("{upload}/templates/wide.csv"));
        assert!(template.body.starts_with("center,patient,stay,run,"));
        let form = manager.get(&format!("{upload}/templates/run.csv"));
        assert!(form.body.contains("support_type"));
    });
}

#[test]
fn after_a_restart_the_page_says_what_became_of_a_file() {
    TestRegistry::each(|t| {
        let center = t.center("9001").id;
        let upload = "/desk/9001/upload";
        let office = Office::new(t);
        let manager = office.somebody(Role::DataManager, center);
        let sent = manager.send_file(upload, "runs.xml", FILE, false);
        settled(&manager, &sent.location);
        let id = sent.location.rsplit('/').next().unwrap().parse().unwrap();
        let kept = t.registry.upload(&operator(), center, id).unwrap();
        assert_eq!((kept.stage.as_str(), kept.drafts_only), ("planned", false));
        let summary = Summary { plan: kept.plan.unwrap(), ..Summary::default() };

        // killed while it was writing, before the transaction was saved
        t.registry.set_upload(center, id, UploadStage::Applying(&summary)).unwrap();
        let office = office.restarted(t);
        let manager = office.somebody(Role::DataManager, center);
        let page = manager.get(&sent.location);
        assert!(page.says("Nothing was applied") && page.says("while the file was being written"));
        assert!(manager.get(upload).says("stopped by a restart"));
        assert!(!manager.get("/desk/9001?list=submitted").says("/runs/"));
        let early = manager.post(&format!("{}/apply", sent.location), &[]);
        assert_eq!(early.status, StatusCode::CONFLICT);

        manager.post(&format!("{}/plan", sent.location), &[]);
        let plan = settled(&manager, &sent.location);
        assert!(plan.says("Apply exactly this plan"), "{}", plan.body);
        manager.post(&format!("{}/apply", sent.location), &[]);
        assert!(settled(&manager, &sent.location).says("Written."));

        // killed after the transaction was saved, before anybody was told
        t.registry.set_upload(center, id, UploadStage::Applying(&summary)).unwrap();
        let office = office.restarted(t);
        let manager = office.somebody(Role::DataManager, center);
        let page = manager.get(&sent.location);
        assert!(page.says("Written.") && !page.says("Nothing was applied"), "{}", page.body);
        let undo = page.between("method=\"post\" action=\"", "\"").to_owned();
        assert_eq!(manager.post(&undo, &[]).status, StatusCode::SEE_OTHER);

        t.clock.advance_micros(8 * 86_400_000_000);
        let folder = office.uploads();
        assert_eq!(Uploads::forget_old(&t.registry, &folder).unwrap(), 1);
        assert_eq!(manager.get(&sent.location).status, StatusCode::NOT_FOUND);
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0);
    });
}

#[test]
fn both_centers_confirm_a_transfer_and_neither_sees_the_other_record() {
    let t = TestRegistry::over(testkit::database::TestDatabase::sqlite());
    let office = Office::new(&t);
    let all = t.patients(50, 3000, true);
    t.apply(&all, None).unwrap();
    let mut links = 0;
    for patient in &all {
        let center = t.center(patient.center_number.as_deref().unwrap()).clone();
        let manager = office.somebody(Role::DataManager, center.id);
        for run in t.registry.runs(&operator(), center.id, &patient.unique_id).unwrap_or_default() {
            let done =
                manager.post(&format!("/desk/{}/runs/{}/transfer", center.number, run.id), &[]);
            links += usize::from(done.status == StatusCode::SEE_OTHER);
        }
        let page = manager.get(&format!("/desk/{}/transfers", center.number));
        if !page.says("Same patient") {
            continue;
        }
        let decide = page.between("method=\"post\" action=\"", "\"").to_owned();
        assert_eq!(manager.post(&decide, &[("decision", "confirm")]).status, StatusCode::SEE_OTHER);
        let id = decide.rsplit('/').next().unwrap();
        let partner = t.centers.iter().find(|other| {
            let client = office.somebody(Role::DataManager, other.id);
            let page = client.get(&format!("/desk/{}/transfers", other.number));
            other.id != center.id && page.says(id)
        });
        let partner = partner.unwrap();
        let theirs = office.somebody(Role::DataManager, partner.id);
        let address = format!("/desk/{}/transfers", partner.number);
        let page = theirs.get(&address);
        assert!(page.says("The other center has confirmed.") && !page.says(&patient.unique_id));
        theirs.post(&format!("{address}/{id}"), &[("decision", "confirm")]);
        assert!(theirs.get(&address).says("confirmed by both"));
        theirs.post(&format!("{address}/{id}"), &[("decision", "refuse")]);
        assert!(theirs.get(&address).says("refused"));
        assert!(t.registry.verify(&mut |_| {}).unwrap().faults.is_empty());
        return;
    }
    panic!("no transfer was proposed among {links} links");
}

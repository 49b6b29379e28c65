//! Shows the desk of an invented center to an invented data manager: `cargo run -p desk --example center_desk -- 8087`.
//!
//! A second argument chooses who looks: `manager` (default), `director`, `coordinator` or `steward`.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a preview that cannot be set up must stop"
)]

use std::sync::Arc;

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use base::{Actor, Grant, Ids, PersonId, Place, Role};
use desk::Desk;
use desk::upload::Uploads;
use exchange::CodeMap;
use registry::{NewQuery, RecordKind, RequestKind};
use site::home::HomeFigures;
use site::{Session, Shell, SiteState, Visitor};
use testkit::database::TestDatabase;
use testkit::records::{TestRegistry, operator};
use uuid::Uuid;

const DAY: i64 = 86_400_000_000;

/// Open, signed and locked runs, one query and one request.
fn filled(t: &TestRegistry) {
    let center = t.centers[0].clone();
    let mut patients = t.patients(5, 220, false);
    for patient in &mut patients {
        patient.center_number = Some(center.number.clone());
    }
    t.clock.advance_micros(-60 * DAY);
    t.apply(&patients[..60], None).expect("an upload");
    t.clock.advance_micros(40 * DAY);
    t.apply(&patients[60..110], None).expect("an upload");
    t.clock.advance_micros(20 * DAY);
    for patient in &mut patients[110..] {
        for run in patient.stays.iter_mut().flat_map(|stay| &mut stay.runs) {
            (run.submit, run.completed_by) = (None, None);
            let key = |form| t.registry.dictionary().form(form).key.as_str();
            run.forms.retain(|(form, _)| !["submission", "diagnosis"].contains(&key(*form)));
        }
    }
    t.apply(&patients[110..], None).expect("an upload");
    t.registry.lock_due().expect("locks");
    // a patient whose dates lie after the day of the upload was not taken
    let runs = |key: &str| t.registry.runs(&operator(), center.id, key).unwrap_or_default();
    for patient in patients.iter().take(12) {
        for run in runs(&patient.unique_id) {
            let new = NewQuery {
                run: run.id,
                record: (RecordKind::Run, run.id.into()),
                form: "run",
                field: "run_weight_kg",
                code: None,
                words: "The weight is half of that at admission. Is it right?",
            };
            t.registry.raise_query(&operator(), center.id, &new).expect("a query");
            let why = (RequestKind::Unlock, "The discharge date is wrong by a year.");
            drop(t.registry.request(&operator(), center.id, run.id, why));
        }
    }
}

fn visitor(who: &str, t: &TestRegistry) -> Visitor {
    let own = Place::Center(t.centers[0].id);
    let grant = match who {
        "director" => Grant { role: Role::ProgramDirector, place: own },
        "coordinator" => Grant { role: Role::Coordinator, place: own },
        "steward" => Grant { role: Role::DataQualitySteward, place: Place::Platform },
        _ => Grant { role: Role::DataManager, place: own },
    };
    let now = t.clock.now();
    let session = Session {
        key: "preview".to_owned(),
        name: "Ada Park".to_owned(),
        signed_in_at: now,
        second_factor: true,
        stepped_up_at: Some(now),
        idle_ends_at: now.plus_micros(DAY),
        ends_at: now.plus_micros(DAY),
    };
    let actor = Actor::person(PersonId(Uuid::from_u128(7)), "Ada Park", [grant]);
    Visitor { actor, session: Some(session) }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(8087);
    let who = arguments.next().unwrap_or_default();
    let t = TestRegistry::over(TestDatabase::sqlite());
    filled(&t);
    let visitor = visitor(&who, &t);
    let shell = Shell::new("preview", Vec::new()).with_accounts();
    let now = t.clock.now();
    let home = Arc::new(move || Ok(HomeFigures::empty(now, 2026)));
    let ids = Arc::new(Ids::system(t.clock.clone()));
    let folder = tempfile::tempdir().expect("a folder");
    let codes = CodeMap::known(t.registry.dictionary());
    let place = folder.path().join("uploads");
    let uploads =
        Uploads::open(&t.registry, place, codes, Arc::clone(&ids), 50_000_000).expect("a folder");
    let site = SiteState::new(ids, home, Arc::new(|| Ok(())), shell.clone())
        .with_pages(desk::routes(Desk::new(t.registry.clone(), shell).with_uploads(uploads)));
    let limits = site::Limits { upload_bytes: 60_000_000, ..site::Limits::default() };
    let app = site::app(site.with_limits(limits)).layer(from_fn(
        move |mut request: Request, next: Next| {
            request.extensions_mut().insert(visitor.clone());
            next.run(request)
        },
    ));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("a port");
        println!("http://127.0.0.1:{port}/desk");
        axum::serve(listener, app).await.expect("serving");
    });
}

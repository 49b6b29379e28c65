//! A center with a record of every kind.

use base::{Place, RunId};
use directory::people::NewGrant;
use directory::sign_in::NewToken;
use registry::{NewQuery, RecordKind, RequestKind};
use testkit::records::operator;

use super::*;

/// A patient who left on ECLS for another center, and the same person there.
fn transferred(t: &TestRegistry) -> (String, String, RunId) {
    let all = t.patients(50, 3000, true);
    let stay = |patient: &registry::incoming::IncomingPatient, key: &str| {
        patient.stays.first().map_or(String::new(), |stay| t.text(&stay.forms, key))
    };
    for sender in &all {
        let to = stay(sender, "hosp_receive_elso_center");
        if stay(sender, "hosp_discharged_alive") != "2" || to.is_empty() {
            continue;
        }
        let born = t.text(&sender.forms, "birth_date");
        let same = all.iter().find(|other| {
            other.center_number.as_deref() == Some(to.as_str())
                && t.text(&other.forms, "birth_date") == born
        });
        let Some(receiver) = same else { continue };
        t.apply(&[sender.clone(), receiver.clone()], None).unwrap();
        let number = sender.center_number.clone().unwrap();
        let center = t.center(&number).id;
        let runs = t.registry.runs(&operator(), center, &sender.unique_id).unwrap();
        return (number, sender.unique_id.clone(), runs.last().unwrap().id);
    }
    panic!("no transfer among the invented patients");
}

/// Fills a center with a record of every kind.
#[expect(clippy::too_many_lines, reason = "one step after another, each a line or two")]
pub(super) fn house(t: &TestRegistry, call: &Call<'_>) -> House {
    let (number, key, run) = transferred(t);
    let center = t.center(&number).id;
    let by = operator();
    let sight = t.registry.read_record(&by, &number, (RecordKind::Run, run.into()), None).unwrap();
    let manager = format!("data_manager@{number}");
    let api = format!("/api/v1/desk/{number}");
    let query = NewQuery {
        run,
        record: (RecordKind::Run, run.into()),
        form: "run",
        field: "run_weight_kg",
        code: None,
        words: ASKED,
    };
    let query = t.registry.raise_query(&by, center, &query).unwrap();
    let form = format!("{api}/runs/{run}/forms/complication");
    let read: Value = serde_json::from_str(&call.get(&form, &manager).body).unwrap();
    let sent = json!({ "version": read["version"],
        "values": { "complication": [{ "complication_note": NOTE }] } });
    let saved = call.json(&Method::POST, &form, &manager, &sent);
    assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
    let link = t.registry.propose_transfer(&by, center, run).unwrap().id;
    let request = t.registry.request(&by, center, run, (RequestKind::Withdraw, REASON)).unwrap();
    let upload = call.file(&format!("{api}/uploads"), &manager, FILE, "<none/>");
    let upload: Value = serde_json::from_str(&upload.body).unwrap();
    let export = call.form(&format!("/desk/{number}/export"), &manager, "format=csv&runs=all");
    let export = export.location.rsplit('/').next().unwrap().to_owned();
    assert!(export.parse::<Uuid>().is_ok(), "no export was made");
    call.fetched(&format!("/desk/{number}/export/{export}"), &manager);
    let import = t.registry.center_imports(&by, center, 1).unwrap();
    let members = &call.program.people;
    let grant = NewGrant::lasting(Role::DataManager, Place::Center(center));
    let member = members.invite(&by, MEMBER, "Olga Celot", &grant).unwrap();
    let own = Actor::person(
        member.person.id,
        "Olga Celot",
        [Grant { role: Role::DataManager, place: Place::Center(center) }],
    );
    let new = NewToken { label: "ibistoken", scopes: &[Action::ReadRecords], days: 2 };
    members.make_token(&own, &new).unwrap();
    let token = members.tokens(&own).unwrap()[0].id;
    let change = change(call, &number, center);
    let stay = sight.stay.unwrap();
    let ids = BTreeMap::from([
        ("run", run.to_string()),
        ("patients/id", sight.patient.to_string()),
        ("stays/id", stay.to_string()),
        ("runs/id", run.to_string()),
        ("queries/id", query.to_string()),
        ("requests/id", request.to_string()),
        ("transfers/id", link.to_string()),
        ("upload/id", upload["upload"].as_str().unwrap().to_owned()),
        ("export/id", export.clone()),
        (
            "imports/id",
            import.first().map_or_else(|| link.to_string(), |import| import.id.to_string()),
        ),
        ("query", query.to_string()),
        ("request", request.to_string()),
        ("transfer", link.to_string()),
        ("uploads/upload", upload["upload"].as_str().unwrap().to_owned()),
        ("import", import.first().map_or_else(|| link.to_string(), |import| import.id.to_string())),
        ("person", member.person.id.to_string()),
        ("grant", member.held.as_ref().unwrap().id.to_string()),
        ("token", token.to_string()),
        ("change", change.clone()),
    ]);
    let secrets = vec![
        ("patient", key),
        ("patient", sight.patient.to_string()),
        ("stay", stay.to_string()),
        ("run", run.to_string()),
        ("form, version, history", NOTE.to_owned()),
        ("query", ASKED.to_owned()),
        ("query", query.to_string()),
        ("request", REASON.to_owned()),
        ("upload", FILE.to_owned()),
        ("export", export),
        ("center change", NAME.to_owned()),
        ("member", MEMBER.to_owned()),
        ("token", "ibistoken".to_owned()),
    ];
    House { number, center, ids, secrets }
}

/// A change of the center's name that waits.
fn change(call: &Call<'_>, number: &str, center: CenterId) -> String {
    let directory = crate::pages::directory(&call.program.app);
    let coordinator = Grant { role: Role::Coordinator, place: Place::Center(center) };
    let actor = Actor::person(PersonId(Uuid::from_u128(77)), "Cora Lee", [coordinator]);
    let (mut profile, _) = directory.editable(&actor, number).unwrap();
    profile.details.name = NAME.to_owned();
    directory.save(&actor, profile.id, profile.revision, &profile.details).unwrap();
    let (_, waiting) = directory.editable(&actor, number).unwrap();
    waiting[0].id.to_string()
}

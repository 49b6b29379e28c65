//! What runs between a center and the registry: queries of rules, withdrawal.

use axum::http::StatusCode;
use base::Role;
use registry::RuleSweep;
use testkit::records::{TestRegistry, operator};

use crate::client::Office;

#[test]
fn a_query_of_a_rule_stands_beside_those_of_people_for_the_center_and_for_the_steward() {
    TestRegistry::each(|t| {
        let center = t.centers[0].clone();
        t.apply(&t.weighed_twice(1), None).unwrap();
        RuleSweep::new(t.registry.clone()).sweep().unwrap();
        let office = Office::new(t);
        let manager = office.somebody(Role::DataManager, center.id);
        let steward = office.somebody(Role::DataQualitySteward, center.id);
        let list = format!("/desk/{}/queries", center.number);

        let page = manager.get(&list);
        assert!(page.says("rule R2011") && page.says("Weight at ECLS start"), "{}", page.body);
        assert!(!page.says("Queries of all centers"));
        assert!(steward.get(&list).says("Queries of all centers"));
        assert_eq!(manager.get("/desk/queries").status, StatusCode::FORBIDDEN);
        let everywhere = steward.get("/desk/queries?state=open");
        assert!(everywhere.says("rule R2011") && everywhere.says(&format!("\"{list}\"")));
        assert!(steward.get("/desk/queries").says("No queries here."));

        let all = t.registry.queries(&operator(), center.id, "open", None, 50).unwrap();
        let query = all.iter().find(|query| query.code.as_deref() == Some("R2011")).unwrap();
        let address = format!("{list}/{}", query.id);
        assert!(manager.get(&address).says("Check unit and decimal point"));
        let words = [("words", "Edema on admission; both are right.")];
        let answered = manager.post(&format!("{address}/answer"), &words);
        assert_eq!(answered.status, StatusCode::SEE_OTHER);
        let waiting = steward.get("/desk/queries");
        assert!(waiting.says(&address) && !waiting.says("No queries here."));
        steward.post(&address, &[("step", "close")]);
        RuleSweep::new(t.registry.clone()).sweep().unwrap();
        assert!(!manager.get(&format!("{list}?state=open")).says("rule R2011"));
        let bad = steward.get("/desk/queries?state=closed&after=nonsense");
        assert_eq!(bad.status, StatusCode::OK);
    });
}

#[test]
fn a_run_that_was_entered_twice_is_withdrawn_when_the_registry_agrees() {
    TestRegistry::each(|t| {
        let center = t.centers[0].clone();
        let patient = t.weighed_twice(1).remove(0);
        t.apply(std::slice::from_ref(&patient), None).unwrap();
        let run = t.registry.runs(&operator(), center.id, &patient.unique_id).unwrap()[0].id;
        let office = Office::new(t);
        let manager = office.somebody(Role::DataManager, center.id);
        let steward = office.somebody(Role::DataQualitySteward, center.id);
        let address = format!("/desk/{}/runs/{run}", center.number);
        let ask = [("kind", "withdraw"), ("reason", "Entered twice.")];
        let nothing = [("kind", "withdraw"), ("reason", " ")];
        let bare = manager.post(&format!("{address}/request"), &nothing);
        assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY);

        manager.post(&format!("{address}/request"), &ask);
        let waiting = steward.get("/desk/requests");
        assert!(waiting.says("Withdraw the run") && waiting.says("Entered twice."));
        let decide = waiting.between("method=\"post\" action=\"", "\"").to_owned();
        let mute = steward.post(&decide, &[("decision", "refuse")]);
        assert_eq!(mute.status, StatusCode::UNPROCESSABLE_ENTITY);
        steward.post(&decide, &[("decision", "refuse"), ("answer", "Which is the other one?")]);
        assert!(manager.get(&address).says("Which is the other one?"));

        manager.post(&format!("{address}/request"), &ask);
        let waiting = steward.get("/desk/requests");
        let decide = waiting.between("method=\"post\" action=\"", "\"").to_owned();
        let granted = steward.post(&decide, &[("decision", "grant")]);
        assert_eq!(granted.status, StatusCode::SEE_OTHER, "{}", granted.body);

        assert!(manager.get(&address).says("Withdrawn"));
        let list = manager.get(&format!("/desk/{}?list=submitted", center.number));
        assert!(!list.says(&run.to_string()));
        assert_eq!(t.registry.figures().unwrap().submitted, 0);
        assert!(t.registry.verify(&mut |_| {}).unwrap().faults.is_empty());
    });
}

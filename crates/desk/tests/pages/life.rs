//! A run from the signature to its re-opening, queries and history.

use axum::http::StatusCode;
use base::{Role, RunId};
use registry::Center;
use testkit::records::{TestRegistry, operator};

use crate::client::Office;

const DAY: i64 = 86_400_000_000;

#[test]
fn a_run_is_signed_locked_asked_about_and_re_opened() {
    TestRegistry::each(|t| {
        let (Center { id: center, number, .. }, run) = t.ready_to_sign();
        let office = Office::new(t);
        let manager = office.somebody(Role::DataManager, center);
        let steward = office.somebody(Role::DataQualitySteward, center);
        let address = format!("/desk/{number}/runs/{run}");
        let submit = format!("{address}/submit");
        let later = office.somebody(Role::DataManager, center).later();
        assert_eq!(manager.get(&format!("{address}/receipt")).status, StatusCode::NOT_FOUND);
        let wanted = format!("/account/step-up?next={submit}");
        assert_eq!(later.get(&submit).location, wanted);
        assert_eq!(later.post(&submit, &[("name", "Ada Park")]).location, wanted);
        let page = manager.get(&submit);
        let seen = page.between("name=\"seen\" value=\"", "\"").replace("&#10;", "\n");

        let without = manager.post(&submit, &[("name", "Ada Park"), ("seen", &seen)]);
        assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(without.says("Say that the values below are right"));
        let unseen = manager.post(&submit, &[("name", "Ada Park"), ("right", "yes")]);
        assert!(unseen.says("must be looked at"));
        let nameless = [("name", " "), ("seen", seen.as_str()), ("right", "yes")];
        assert_eq!(manager.post(&submit, &nameless).status, StatusCode::UNPROCESSABLE_ENTITY);
        let signed = [("name", "Ada Byron"), ("seen", seen.as_str()), ("right", "yes")];
        let done = manager.post(&submit, &signed);

        assert_eq!(done.location, format!("{address}/receipt"), "{}", done.body);
        let receipt = manager.get(&done.location);
        let verified = t.registry.verify(&mut |_| {}).unwrap();
        assert!(verified.faults.is_empty(), "{:#?}", verified.faults);
        let head = verified.heads.iter().find(|(id, ..)| *id == center).unwrap();
        assert!(receipt.says(&head.2) && receipt.says("Ada Byron"));
        t.clock.advance_micros(40 * DAY);
        assert!(manager.get(&format!("/desk/{number}?list=locked")).says(&run.to_string()));
        assert_eq!(manager.get(&submit).status, StatusCode::CONFLICT);
        let ask = [("kind", "unlock"), ("reason", "The discharge date is wrong.")];
        assert_eq!(manager.post(&format!("{address}/request"), &ask).status, StatusCode::SEE_OTHER);
        assert_eq!(manager.get("/desk/requests").status, StatusCode::FORBIDDEN);
        let waiting = steward.get("/desk/requests");
        assert!(waiting.says("The discharge date is wrong."));
        let decide = waiting.between("method=\"post\" action=\"", "\"").to_owned();
        assert_eq!(manager.post(&decide, &[("decision", "grant")]).status, StatusCode::FORBIDDEN);
        assert_eq!(steward.post(&decide, &[("decision", "grant")]).status, StatusCode::SEE_OTHER);
        assert!(manager.get(&address).says("Re-opened"));
        let again = steward.post(&decide, &[("decision", "grant")]);
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    });
}

#[test]
fn what_is_missing_is_listed_with_the_way_to_each_answer() {
    TestRegistry::each(|t| {
        let office = Office::new(t);
        let (number, id) = (t.centers[0].number.as_str(), t.centers[0].id);
        let manager = office.somebody(Role::DataManager, id);
        let run =
            manager.post(&format!("/desk/{number}/start"), &crate::card("CASE-000011")).location;

        let page = manager.get(&format!("{run}/submit"));

        assert!(page.says("What is missing") && !page.says("name=\"seen\""));
        assert!(page.says(&format!("{run}/mode#f-concurrent_mode.0.mode_period.0.mode_end")));
        let refused = manager.post(&format!("{run}/submit"), &[("name", "Ada Park")]);
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    });
}

#[test]
fn a_query_goes_back_and_forth_and_stands_in_the_history() {
    TestRegistry::each(|t| {
        let (Center { id: center, number, .. }, run) = t.ready_to_sign();
        let office = Office::new(t);
        let manager = office.somebody(Role::DataManager, center);
        let steward = office.somebody(Role::DataQualitySteward, center);
        let address = format!("/desk/{number}/runs/{run}");
        let words = "Is <this> in kilograms?";
        let ask = [("form", "run"), ("field", "run_weight_kg"), ("words", words)];
        assert_eq!(manager.post(&format!("{address}/query"), &ask).status, StatusCode::FORBIDDEN);

        let query = steward.post(&format!("{address}/query"), &ask).location;

        assert!(manager.get(&address).says("The registry asks"));
        assert!(manager.get(&format!("/desk/{number}?list=queries")).says("1 query"));
        let list = manager.get(&format!("/desk/{number}/queries"));
        assert!(list.says(&query) && list.says("Weight at ECLS start"));
        assert!(manager.get(&query).says(&format!("{address}/run#f-run_weight_kg")));
        let close = manager.post(&query, &[("step", "close")]);
        assert_eq!(close.status, StatusCode::FORBIDDEN);
        let answer = manager.get(&query).between("formaction=\"", "\"").to_owned();
        assert_eq!(steward.post(&answer, &[("words", "Yes.")]).status, StatusCode::FORBIDDEN);
        assert_eq!(manager.post(&answer, &[]).status, StatusCode::UNPROCESSABLE_ENTITY);
        manager.post(&answer, &[("words", "Yes, it is.")]);
        assert!(steward.get(&query).says("Yes, it is."));
        steward.post(&query, &[("step", "close")]);
        assert!(!manager.get(&format!("/desk/{number}/queries")).says(&query));
        assert!(manager.get(&format!("/desk/{number}/queries?state=closed")).says(&query));
        let history = manager.get(&format!("{address}/history"));
        assert!(history.says("Is &#60;this&#62; in kilograms?") && history.says("Yes, it is."));
    });
}

#[test]
fn the_field_of_a_query_is_chosen_by_key_or_label_and_an_unknown_one_loses_nothing() {
    TestRegistry::each(|t| {
        let (Center { id: center, number, .. }, run) = t.ready_to_sign();
        let office = Office::new(t);
        let steward = office.somebody(Role::DataQualitySteward, center);
        let address = format!("/desk/{number}/runs/{run}");
        let ask = |form: &str, field: &str| {
            let fields = [("form", form), ("field", field), ("words", "Is this in kilograms?")];
            steward.post(&format!("{address}/query"), &fields)
        };
        let page = steward.get(&address);
        assert!(
            page.says("<option value=\"run_weight_kg\">ECLS run: Weight at ECLS start</option>")
        );

        let wrong = ask("run", "the weight");
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            wrong.says("No field is named `the weight`.") && wrong.says("value=\"the weight\"")
        );
        assert!(wrong.says(">Is this in kilograms?</textarea>"), "what was typed stays");
        assert!(wrong.says("<option value=\"run\" selected>"));

        for (form, field) in [("run", "weight at ecls start"), ("outcome", "run_weight_kg")] {
            let query = ask(form, field).location;
            assert!(steward.get(&query).says("Weight at ECLS start"), "{field} of {form}");
        }
    });
}

#[test]
fn two_versions_of_a_form_stand_beside_one_another() {
    TestRegistry::each(|t| {
        let office = Office::new(t);
        let center = &t.centers[0];
        let manager = office.somebody(Role::DataManager, center.id);
        let start = format!("/desk/{}/start", center.number);
        let address = manager.post(&start, &crate::card("CASE-000012")).location;
        let run: RunId = address.rsplit('/').next().unwrap().parse().unwrap();
        let dictionary = t.registry.dictionary();
        let form = dictionary.form_named("run").unwrap();
        let owner = (registry::RecordKind::Run, run.into());
        let record = t.registry.read_record(&operator(), &center.number, owner, None).unwrap();
        let mut row = record.form(form.id).unwrap().row.clone();
        let weight = dictionary.field_named("run_weight_kg").unwrap();
        row.values[usize::from(weight.column.unwrap())] = dictionary.read(weight, "85.0");
        t.registry.save_form(&operator(), center.id, owner, form.id, 1, &row).unwrap();

        let page = manager.get(&format!("{address}/history?form=run"));

        assert!(page.says("versions 1 and 2") && page.says(">82.5<") && page.says(">85.0<"));
        let back = manager.get(&format!("{address}/history?form=run&a=2&b=2"));
        assert!(back.says("hold the same values"));
        let none = manager.get(&format!("{address}/history?form=outcome"));
        assert_eq!(none.status, StatusCode::NOT_FOUND);
        let whole = manager.get(&format!("{address}/history"));
        assert!(whole.says("Veno-venous") && whole.says("Opened") && whole.says("operator"));
    });
}

//! Transfers on ECLS between two centers.

use base::{Actor, CenterId, RunId};
use registry::incoming::IncomingPatient;
use registry::{RegistryError, TransferSide, TransferState};
use testkit::records::{TestRegistry, operator};

/// A patient who left on ECLS, and the same person at the receiving center.
fn pair(t: &TestRegistry) -> (IncomingPatient, IncomingPatient) {
    let dictionary = t.registry.dictionary();
    let value = |p: &IncomingPatient, stay: bool, key: &str| {
        let field = dictionary.field_named(key).unwrap();
        let forms = if stay { &p.stays[0].forms } else { &p.forms };
        forms.iter().find(|(form, _)| *form == field.form).map_or(String::new(), |(_, row)| {
            dictionary.text(field, row.value(field.column.unwrap()))
        })
    };
    let all = t.patients(50, 3000, true);
    for sender in &all {
        let to = value(sender, true, "hosp_receive_elso_center");
        if value(sender, true, "hosp_discharged_alive") != "2" || to.is_empty() {
            continue;
        }
        let born = value(sender, false, "birth_date");
        let receiver = all.iter().find(|p| {
            p.center_number.as_deref() == Some(to.as_str()) && value(p, false, "birth_date") == born
        });
        if let Some(receiver) = receiver {
            return (sender.clone(), receiver.clone());
        }
    }
    panic!("no transfer on ECLS among the invented patients");
}

/// Both are entered: the two centers, and the run that the patient left on.
fn entered(t: &TestRegistry) -> (CenterId, CenterId, RunId) {
    let (sender, receiver) = pair(t);
    t.apply(&[sender.clone(), receiver.clone()], None).unwrap();
    let center = |patient: &IncomingPatient| t.center(patient.center_number.as_deref().unwrap()).id;
    let (from, to) = (center(&sender), center(&receiver));
    let runs = t.registry.runs(&operator(), from, &sender.unique_id).unwrap();
    (from, to, runs.last().unwrap().id)
}

#[test]
fn survival_joins_the_sender_when_both_sides_agree_and_leaves_when_one_takes_it_back() {
    TestRegistry::each(|t| {
        let (sender, receiver) = pair(t);
        let both = [sender.clone(), receiver.clone()];
        let applied = t.apply(&both, None).unwrap();
        assert_eq!(applied.summary.patients.new, 2, "{applied:#?}");
        let from = t.center(sender.center_number.as_deref().unwrap()).id;
        let to = t.center(receiver.center_number.as_deref().unwrap()).id;
        let runs = t.registry.runs(&operator(), from, &sender.unique_id).unwrap();
        let run = runs.last().unwrap().id;
        let known = |t: &TestRegistry| -> i64 {
            let text = "select count(*) as runs from run where survived_hospital is not null";
            let statement = db::Statement::dynamic("known", text.to_owned());
            t.database.read_one(|tx| tx.one(&statement, ())).unwrap()
        };
        let before = known(t);

        let link = t.registry.propose_transfer(&operator(), from, run).unwrap();
        assert_eq!(link.state, TransferState::Proposed, "{link:?}");
        let twice = t.registry.propose_transfer(&operator(), from, run);
        assert!(matches!(twice, Err(RegistryError::Invalid(_))));
        let (a, b) = (Actor::of_center("a", from), Actor::of_center("b", to));
        let wrong = t.registry.confirm_transfer(&a, link.id, TransferSide::Receiver);
        assert!(matches!(wrong, Err(RegistryError::NotFound(_))));
        let half = t.registry.confirm_transfer(&a, link.id, TransferSide::Sender).unwrap();
        assert_eq!((half.state, known(t)), (TransferState::Proposed, before));
        let whole = t.registry.confirm_transfer(&b, link.id, TransferSide::Receiver).unwrap();

        assert_eq!((whole.state, known(t)), (TransferState::Confirmed, before + 1));
        assert!(t.registry.verify(&mut |_| {}).unwrap().faults.is_empty());
        assert_eq!(t.registry.transfers(&b, to).unwrap().len(), 1);
        t.registry.reject_transfer(&b, link.id, TransferSide::Receiver).unwrap();
        assert_eq!(known(t), before);
        assert!(t.registry.verify(&mut |_| {}).unwrap().faults.is_empty());
    });
}

#[test]
fn a_run_that_did_not_leave_on_ecls_has_no_transfer() {
    TestRegistry::each(|t| {
        let patients = t.patients(51, 1, true);
        t.apply(&patients, None).unwrap();
        let center = t.center(patients[0].center_number.as_deref().unwrap()).id;
        let run = t.registry.runs(&operator(), center, &patients[0].unique_id).unwrap()[0].id;

        let refused = t.registry.propose_transfer(&operator(), center, run);

        assert!(matches!(refused, Err(RegistryError::Invalid(_))), "{refused:?}");
    });
}

#[test]
fn an_expected_link_finds_the_counterpart_that_is_entered_later() {
    TestRegistry::each(|t| {
        let (sender, receiver) = pair(t);
        t.apply(std::slice::from_ref(&sender), None).unwrap();
        let from = t.center(sender.center_number.as_deref().unwrap()).id;
        let run = t.registry.runs(&operator(), from, &sender.unique_id).unwrap().last().unwrap().id;

        let early = t.registry.propose_transfer(&operator(), from, run).unwrap();
        t.apply(std::slice::from_ref(&receiver), None).unwrap();
        let late = t.registry.propose_transfer(&operator(), from, run).unwrap();

        assert_eq!((early.state, early.to_run), (TransferState::Expected, None));
        assert_eq!((late.id, late.state), (early.id, TransferState::Proposed));
        assert!(late.to_run.is_some());
        assert_eq!(t.registry.transfers(&operator(), from).unwrap().len(), 1);
    });
}

/// Rows about links in a center's chain, with the side that each names.
fn told(t: &TestRegistry, center: CenterId) -> Vec<String> {
    let text = "select body from audit where center_id = $1 and action = 'link' order by seq";
    let statement = db::Statement::dynamic("told", text.to_owned());
    let bodies: Vec<String> = t.database.read(|tx| tx.all(&statement, (center,))).unwrap();
    let word = |body: &serde_json::Value, key: &str| body["link"][key].as_str().unwrap().to_owned();
    bodies
        .iter()
        .map(|body| serde_json::from_str(body).unwrap())
        .map(|body| format!("{} {}", word(&body, "side"), word(&body, "state")))
        .collect()
}

#[test]
fn what_becomes_of_a_link_stands_in_both_chains_with_the_side_that_said_so() {
    TestRegistry::each(|t| {
        let (from, to, run) = entered(t);

        let link = t.registry.propose_transfer(&operator(), from, run).unwrap();
        t.registry.confirm_transfer(&operator(), link.id, TransferSide::Receiver).unwrap();
        t.registry.reject_transfer(&operator(), link.id, TransferSide::Sender).unwrap();

        let all = ["sender proposed", "receiver proposed", "sender rejected"];
        assert_eq!(
            (told(t, from), told(t, to)),
            (all.map(String::from).into(), all.map(String::from).into())
        );
        assert!(t.registry.verify(&mut |_| {}).unwrap().faults.is_empty());
    });
}

#[test]
fn a_receiver_may_reject_a_link_for_which_it_has_no_run() {
    TestRegistry::each(|t| {
        let (sender, _) = pair(t);
        t.apply(std::slice::from_ref(&sender), None).unwrap();
        let from = t.center(sender.center_number.as_deref().unwrap()).id;
        let run = t.registry.runs(&operator(), from, &sender.unique_id).unwrap().last().unwrap().id;
        let link = t.registry.propose_transfer(&operator(), from, run).unwrap();
        let receiver = Actor::of_center("b", link.to_center);

        t.registry.reject_transfer(&receiver, link.id, TransferSide::Receiver).unwrap();

        assert_eq!(told(t, from), ["sender expected", "receiver rejected"]);
        assert_eq!(told(t, link.to_center), [""; 0]);
        assert!(t.registry.verify(&mut |_| {}).unwrap().faults.is_empty());
    });
}

#[test]
fn a_withdrawn_run_is_no_counterpart() {
    TestRegistry::each(|t| {
        let (sender, receiver) = pair(t);
        t.apply(&[sender.clone(), receiver.clone()], None).unwrap();
        let from = t.center(sender.center_number.as_deref().unwrap()).id;
        let to = t.center(receiver.center_number.as_deref().unwrap()).id;
        for run in t.registry.runs(&operator(), to, &receiver.unique_id).unwrap() {
            t.registry.withdraw(&operator(), to, run.id, "entered twice").unwrap();
        }
        let run = t.registry.runs(&operator(), from, &sender.unique_id).unwrap().last().unwrap().id;

        let link = t.registry.propose_transfer(&operator(), from, run).unwrap();

        assert_eq!((link.state, link.to_run), (TransferState::Expected, None));
    });
}

#[test]
fn a_link_that_was_changed_around_the_audit_is_named() {
    TestRegistry::each(|t| {
        let (from, _, run) = entered(t);
        t.registry.propose_transfer(&operator(), from, run).unwrap();
        let text = "update transfer set state = 'rejected'";

        let statement = db::Statement::dynamic("tamper", text.to_owned());
        t.database.write(|tx| tx.execute(&statement, ())).unwrap();

        let faults = t.registry.verify(&mut |_| {}).unwrap().faults;
        // once for each of the two runs
        assert_eq!(faults.len(), 2, "{faults:#?}");
        assert!(faults.iter().all(|fault| fault.problem.contains("links of the run differ")));
    });
}

#[test]
fn a_confirmation_that_nobody_gave_and_a_link_that_nobody_proposed_are_named() {
    TestRegistry::each(|t| {
        let (from, to, run) = entered(t);
        let link = t.registry.propose_transfer(&operator(), from, run).unwrap();
        t.registry.confirm_transfer(&operator(), link.id, TransferSide::Sender).unwrap();
        let faults = |text: &str| {
            let statement = db::Statement::dynamic("tamper", text.to_owned());
            t.database.write(|tx| tx.execute(&statement, ())).unwrap();
            t.registry.verify(&mut |_| {}).unwrap().faults
        };
        assert_eq!(faults("update transfer set basis = basis"), []);

        let confirmed = faults("update transfer set confirmed_to_at = created_at");
        let moved = faults("update transfer set confirmed_to_at = null, to_run_id = link_id");

        assert_eq!(confirmed.len(), 2, "{confirmed:#?}");
        assert!(confirmed.iter().all(|fault| fault.problem.contains("links of the run differ")));
        assert_eq!(moved.len(), 2, "{moved:#?}");
        assert!(moved.iter().all(|fault| fault.center == to), "{moved:#?}");
        assert!(moved.iter().any(|fault| fault.problem == "links without any audit row"));
    });
}

//! Transfers on ECLS between two centers.

use base::Actor;
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
        let known = |t: &TestRegistry| -> u64 {
            t.registry.figures().unwrap().groups.iter().map(|group| group.hospital_known).sum()
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

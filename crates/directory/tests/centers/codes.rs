//! Report codes: secret, new each cycle, seen by few.

use std::collections::BTreeSet;

use base::{Actor, Place, Role};
use directory::centers::{CenterError, State};

use crate::common::{Test, administrator, berlin, coordinator, holder, officer, zurich};

fn steward() -> Actor {
    holder(8, Role::DataQualitySteward, Place::Platform)
}

#[test]
fn each_cycle_gives_every_open_center_a_code_of_its_own() {
    Test::each(|t| {
        let (one, two) = (t.listed(&berlin()), t.listed(&zurich()));
        let closed = t.listed(&directory::centers::Details { identifiers: Vec::new(), ..berlin() });
        t.centers
            .set_state(&administrator(), closed.id, State::Closed, Some("ended"), None)
            .unwrap();

        assert_eq!(t.centers.open_cycle(&steward(), "2026-1").unwrap(), 2);
        t.clock.advance_micros(1_000_000);
        assert_eq!(t.centers.open_cycle(&steward(), "2026-2").unwrap(), 2);

        let of = |center| t.centers.report_codes(&steward(), center).unwrap();
        let codes: Vec<_> = [of(one.id), of(two.id)].concat();
        let cycles: Vec<&str> = codes.iter().map(|code| code.cycle.as_str()).collect();
        assert_eq!(cycles, ["2026-2", "2026-1", "2026-2", "2026-1"]);
        assert_eq!(codes.iter().map(|code| &code.code).collect::<BTreeSet<_>>().len(), 4);
        assert!(of(closed.id).is_empty());
        assert!(matches!(t.centers.open_cycle(&steward(), "2026-2"), Err(CenterError::Stage(_))));
        assert!(matches!(
            t.centers.open_cycle(&administrator(), "2026-3"),
            Err(CenterError::Refused(_))
        ));
    });
}

#[test]
fn only_director_administrator_and_steward_see_a_code_and_no_audit_row_holds_it() {
    Test::each(|t| {
        let (own, other) = (t.listed(&berlin()), t.listed(&zurich()));
        t.centers.open_cycle(&steward(), "2026-1").unwrap();
        let sees = |actor: &Actor| t.centers.report_codes(actor, own.id).is_ok();

        for role in [Role::ProgramDirector, Role::CenterAdministrator] {
            assert!(sees(&holder(4, role, Place::Center(own.id))), "{role}");
            assert!(!sees(&holder(4, role, Place::Center(other.id))), "{role} of another center");
        }
        for role in
            [Role::DataManager, Role::Coordinator, Role::CapacityReporter, Role::BillingContact]
        {
            assert!(!sees(&holder(4, role, Place::Center(own.id))), "{role}");
        }
        assert!(!sees(&coordinator(&own)) && !sees(&officer("europe")) && !sees(&administrator()));
        assert!(!sees(&Actor::public()));
        let code = &t.centers.report_codes(&steward(), own.id).unwrap()[0].code;
        let rows =
            t.database.read(|tx| directory::audit::about(tx, "cycle", "2026-1", 10)).unwrap();
        assert_eq!(rows.len(), 1);
        assert!(!rows[0].body.contains(code.as_str()));
    });
}

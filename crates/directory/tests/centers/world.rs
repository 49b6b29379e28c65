//! The invented centers of the demo in the directory.

use std::sync::Arc;

use base::{Ids, Place, Role};
use directory::centers::{Centers, Invented, Selection, State};
use testkit::records::TestRegistry;

use crate::common::{holder, operator};

/// Where the centers of the sample are.
fn known() -> Vec<Invented<'static>> {
    testkit::synthetic::CENTERS
        .iter()
        .map(|center| Invented {
            number: center.number,
            city: "Somewhere",
            lat: 0.5,
            lon: 0.5,
            from: 2001,
            to: None,
        })
        .collect()
}

#[test]
fn invented_centers_get_profiles_that_fit_their_records_and_once_only() {
    TestRegistry::each(|t| {
        t.apply(&t.patients(5, 60, true), None).unwrap();
        let ids = Arc::new(Ids::seeded(t.clock.clone(), 9));
        let centers =
            Centers::new(t.database.reopen(&db::Options::default()), t.clock.clone(), ids);
        assert!(
            centers.book().unwrap().is_empty(),
            "a center without a profile is not in the public directory"
        );
        let known = known();
        let manager = holder(3, Role::Coordinator, Place::Center(t.centers[0].id));
        assert!(centers.add_demo_profiles(&manager, &known).is_err());

        let made = centers.add_demo_profiles(&operator(), &known).unwrap();

        assert_eq!(made, 6);
        assert_eq!(centers.add_demo_profiles(&operator(), &known).unwrap(), 0);
        let book = centers.book().unwrap();
        let found = book.select(&Selection::default());
        assert_eq!(found.len(), 6);
        assert!(
            found.iter().all(|it| it.state == State::Listed
                && it.invented
                && it.is_confirmed(t.clock.now())
                || it.attested_at.is_some())
        );
        assert!(
            found.iter().any(|it| !it.details.capabilities.is_empty()),
            "runs tell what a center offers"
        );
        assert_eq!(
            centers.follow_chapters().unwrap(),
            0,
            "countries and chapters of the invented world agree"
        );
    });
}

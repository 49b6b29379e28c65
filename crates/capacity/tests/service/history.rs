//! What was shown over time, on both engines.

use capacity::{AreaKind, Figures, Pair, Trend, WORLD};
use directory::centers::{AgeGroup, Mode};
use jiff::civil::{Date, date};

use super::*;

const ADULT: Pair = (AgeGroup::Adult, None);
const LAST: Date = date(2026, 11, 25);

/// Centers listed on the 22nd at 10:00, and what the tests ask of them.
struct History<'a> {
    test: &'a Test,
    centers: Vec<Profile>,
}

impl<'a> History<'a> {
    fn of(test: &'a Test, centers: usize) -> Self {
        let name = |it: usize| format!("Center {it}");
        let centers = (0..centers).map(|it| test.center(&name(it), 52.5, 13.4)).collect();
        Self { test, centers }
    }

    fn says(&self, center: usize, number: u128, declared: Declared) {
        let center = self.centers.get(center).unwrap();
        let report = said(number, self.test.now(), declared);
        self.test.take(&reporter(center), center, &report).unwrap();
    }

    fn trend(&self, kind: AreaKind, area: &str) -> Trend {
        self.test.capacity.trend((kind, area), ADULT, (date(2026, 1, 1), LAST)).unwrap()
    }

    fn day(&self, day: Date) -> Figures {
        self.trend(AreaKind::Country, "DE").remove(&day).flatten().unwrap()
    }
}

#[test]
fn a_day_counts_hours_by_what_was_shown_and_nothing_is_known_once_a_report_has_expired() {
    Test::each(|t| {
        let it = History::of(t, 3);
        // at 10:00, at 10:00 and at 20:00 of the first day; then nobody reports any more
        it.says(0, 1, Declared::Available);
        it.says(1, 2, Declared::Full);
        t.clock.advance_micros(10 * HOUR);
        it.says(2, 3, Declared::Limited);
        t.clock.advance_micros(4 * DAY);

        assert_eq!(t.capacity.roll_up().unwrap(), 4, "22nd to 25th");
        assert_eq!(t.capacity.roll_up().unwrap(), 0, "nothing is left to do");

        let first = it.day(date(2026, 11, 22));
        // listed from 10:00 on: 14 full hours each
        assert_eq!((first.centers, first.reporting, first.hours()), (3, 3, 42));
        assert_eq!((first.can_accept_hours, first.full_hours, first.limited_hours), (14, 14, 4));
        assert_eq!((first.not_known_hours, first.current_hours), (10, 32));
        assert_eq!(first.limits.get(&Limit::Nursing), Some(&18));
        let second = it.day(date(2026, 11, 23));
        // current up to 24 hours after the report, on the hour
        assert_eq!(
            (second.can_accept_hours, second.full_hours, second.limited_hours),
            (11, 11, 21)
        );
        assert_eq!(second.hours(), 72, "each hour of each center is one of them");
        let third = it.day(date(2026, 11, 24));
        assert_eq!((third.current_hours, third.not_known_hours), (0, 72));
        assert_eq!((third.reporting_share(), third.acceptance_share()), (Some(0.0), None));
        assert!(third.is_thin());
        assert_eq!(it.trend(AreaKind::World, WORLD).len(), 4);
        assert!(it.trend(AreaKind::Country, "SE").is_empty());
    });
}

#[test]
fn a_correction_and_a_withdrawal_change_the_days_that_they_are_about() {
    Test::each(|t| {
        let it = History::of(t, 4);
        for center in 0..4 {
            it.says(center, u128::try_from(center).unwrap() + 1, Declared::Available);
        }
        t.clock.advance_micros(15 * HOUR);
        assert_eq!(t.capacity.roll_up().unwrap(), 1);
        let made: Instant = "2026-11-22T10:00:00Z".parse().unwrap();
        assert_eq!(it.day(date(2026, 11, 22)).can_accept_hours, 56);

        t.clock.advance_micros(HOUR);
        let center = &it.centers[0];
        let correction = Report {
            kind: ReportKind::Correction,
            supersedes: Some(Uuid::from_u128(1)),
            ..said(10, made, Declared::Full)
        };
        t.take(&reporter(center), center, &correction).unwrap();
        let withdrawal = Report {
            kind: ReportKind::Withdrawal,
            supersedes: Some(Uuid::from_u128(2)),
            lines: Vec::new(),
            ..said(11, t.now(), Declared::Full)
        };
        t.take(&reporter(&it.centers[1]), &it.centers[1], &withdrawal).unwrap();

        assert_eq!(t.capacity.roll_up().unwrap(), 1, "the day is worked out again");
        let day = it.day(date(2026, 11, 22));
        assert_eq!((day.can_accept_hours, day.full_hours, day.not_known_hours), (28, 14, 14));
        assert_eq!((day.centers, day.reporting), (4, 3));
    });
}

#[test]
fn at_27_an_area_with_two_reporting_centers_is_withheld() {
    Test::each(|t| {
        let it = History::of(t, 3);
        it.says(0, 1, Declared::Available);
        it.says(1, 2, Declared::Available);
        t.clock.advance_micros(DAY);
        t.capacity.roll_up().unwrap();

        let trend = it.trend(AreaKind::Country, "DE");

        assert_eq!(
            trend.get(&date(2026, 11, 22)),
            Some(&None),
            "the day is there, not its figures"
        );
        let own = t.capacity.center_trend(
            &reporter(&it.centers[0]),
            it.centers[0].id,
            ADULT,
            (date(2026, 11, 20), LAST),
        );
        let own = own.unwrap();
        assert_eq!(own.len(), 3, "today is not over");
        assert_eq!(own[&date(2026, 11, 20)], None, "it was not listed yet");
        assert_eq!(own[&date(2026, 11, 22)].as_ref().unwrap().can_accept_hours, 14);
        let other = t.capacity.center_trend(
            &reporter(&it.centers[1]),
            it.centers[0].id,
            ADULT,
            (LAST, LAST),
        );
        assert!(matches!(other, Err(CapacityError::Refused(_))));
        let long = t.capacity.center_trend(
            &reporter(&it.centers[0]),
            it.centers[0].id,
            ADULT,
            (date(2026, 1, 1), LAST),
        );
        assert!(matches!(long, Err(CapacityError::Stage(_))));
    });
}

#[test]
fn a_kind_of_support_has_figures_of_its_own() {
    Test::each(|t| {
        let it = History::of(t, 3);
        for center in 0..3 {
            it.says(center, u128::try_from(center).unwrap() + 1, Declared::Available);
        }
        t.clock.advance_micros(DAY);
        t.capacity.roll_up().unwrap();

        let all = t.capacity.areas_on(date(2026, 11, 22), (AgeGroup::Adult, Some(Mode::Vv)));
        let all = all.unwrap();

        assert_eq!(
            all[&(AreaKind::Country, "DE".to_owned())].as_ref().unwrap().can_accept_hours,
            42
        );
        let none = t.capacity.areas_on(date(2026, 11, 22), (AgeGroup::Neonate, None)).unwrap();
        assert!(none.values().all(Option::is_none));
        let span = (date(2026, 11, 1), LAST);
        let whole = t.capacity.area_days((AreaKind::Country, "DE"), span).unwrap();
        assert_eq!(whole.len(), 1);
        assert_eq!(
            whole[0].1.keys().copied().collect::<Vec<Pair>>(),
            [ADULT, (AgeGroup::Adult, Some(Mode::Vv))]
        );
    });
}

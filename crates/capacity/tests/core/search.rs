//! Distances, the four groups, and what is left out.

use capacity::{
    Answer, Cadences, Center, Excluded, Group, HOUR, Line, Log, Near, Need, Network, Report,
    Request, Team, TeamStatus, Travel, bearing_deg, distance_km, search, shown_km,
};
use directory::centers::{Capability, Retrieval, Service, Vehicle, VehicleKind};
use proptest::prelude::*;
use uuid::Uuid;

use crate::common::{
    Adult, Available, Full, Limited, Neonate, Va, Vv, at, center, counted, line, log, report,
    suspension,
};

const NOW: &str = "12:00:00";

#[test]
fn distances_are_those_of_the_specification() {
    for (from, to, km) in [
        ((42.28, -83.74), (27.96, -82.54), 1596.0),
        ((59.35, 18.03), (51.50, -0.12), 1432.2),
        ((59.35, 18.03), (69.65, 18.96), 1146.1),
        ((-18.14, 178.44), (-13.83, -171.77), 1150.7),
        ((-0.18, -78.47), (51.50, -0.12), 9220.3),
        ((18.03, 59.35), (51.50, -0.12), 6351.1),
    ] {
        let found = distance_km(from, to);
        assert!((found - km).abs() < 0.5, "{from:?} to {to:?}: {found}");
        assert!((shown_km(found) * 10.0).fract().abs() < 1e-6);
    }
    let turned = |from, to, degrees: f64| (bearing_deg(from, to) - degrees).abs() < 1e-9;
    assert!(turned((0.0, 0.0), (10.0, 0.0), 0.0));
    assert!(turned((0.0, 0.0), (0.0, 10.0), 90.0));
    assert!(turned((0.0, 179.0), (0.0, -179.0), 90.0), "the short way round");
}

proptest! {
    #[test]
    fn the_box_loses_no_point_within_the_distance(
        lat in -90.0..=90.0_f64, lon in -180.0..=180.0_f64,
        to_lat in -90.0..=90.0_f64, to_lon in -180.0..=180.0_f64,
        km in 1.0..21_000.0_f64,
    ) {
        let (from, to) = ((lat, lon), (to_lat, to_lon));
        if distance_km(from, to) <= km {
            prop_assert!(Near::new(from, km).may_hold(to));
        }
    }
}

fn placed(number: u32, lat: f64, lon: f64) -> Center {
    Center {
        id: base::CenterId(Uuid::from_u128(u128::from(number))),
        number: format!("{number}"),
        position: Some((lat, lon)),
        ..center()
    }
}

fn ask<'a>(all: &'a [(Center, Log)], networks: &'a [Network], request: &Request) -> Answer<'a> {
    let centers = all.iter().map(|(center, log)| (center, log));
    search(centers, networks, request, &Cadences::default(), at(NOW))
}

fn numbers(answer: &Answer<'_>, group: Group) -> Vec<String> {
    answer.group(group).map(|hit| hit.center.number.clone()).collect()
}

fn said(line: Line, hours: i64) -> Log {
    log(&[report(1, at(NOW).plus_micros(-hours * HOUR), vec![line])])
}

fn team(status: TeamStatus) -> Team {
    Team {
        age_group: Adult,
        team_status: status,
        teams_ready: None,
        back_at: None,
        comment: String::new(),
    }
}

fn goes(km: u32) -> Retrieval {
    Retrieval {
        services: vec![Service::Primary],
        ages: vec![Adult],
        vehicles: vec![Vehicle {
            kind: VehicleKind::Helicopter,
            max_range_km: Some(km),
            operator: String::new(),
            hours: String::new(),
        }],
        ..Retrieval::default()
    }
}

#[test]
fn at_05_an_expired_available_line_is_not_known_and_never_among_those_who_can_accept() {
    let all = [(placed(1, 52.5, 13.4), said(counted(3, Available), 73))];

    let answer = ask(&all, &[], &Request::new((52.0, 13.0), Adult, Some(Vv)));

    assert!(numbers(&answer, Group::CanAccept).is_empty());
    assert_eq!(numbers(&answer, Group::NotKnown), ["1"]);
    assert_eq!(answer.hits[0].status.last_known(), Some(Available));
    assert_eq!(answer.hits[0].status.sum(|line| line.available_now), None);
    assert_eq!(answer.hits[0].warnings, ["last known available, 3 days ago"]);
}

#[test]
fn at_06_available_without_a_number_can_accept_one_and_is_rung_first_for_two() {
    let all = [(placed(1, 52.5, 13.4), said(line(Adult, None, Available), 1))];
    let mut request = Request::new((52.0, 13.0), Adult, Some(Vv));

    let one = ask(&all, &[], &request);
    assert_eq!(numbers(&one, Group::CanAccept), ["1"]);
    assert_eq!(one.hits[0].warnings, ["number not stated"]);
    request.min_available = 2;
    assert_eq!(numbers(&ask(&all, &[], &request), Group::CallFirst), ["1"]);
}

#[test]
fn at_21_a_search_crosses_the_date_line() {
    let all = [(placed(1, -13.83, -171.77), said(counted(1, Limited), 1))];
    let mut request = Request::new((-18.14, 178.44), Adult, Some(Vv));
    request.max_km = 1200.0;

    let answer = ask(&all, &[], &request);

    assert_eq!(numbers(&answer, Group::CallFirst), ["1"]);
    assert!(!answer.hits[0].beyond_limit);
    assert!((shown_km(answer.hits[0].distance_km) - 1150.7).abs() < 0.5);
}

#[test]
fn at_22_a_patient_below_the_smallest_weight_is_excluded_and_counted() {
    let mut center = placed(1, 52.5, 13.4);
    center.capabilities =
        vec![Capability { min_weight_kg: Some(2.5), ..Capability::new(Neonate, Va) }];
    let all = [(center, said(line(Neonate, None, Available), 1))];
    let mut request = Request::new((52.0, 13.0), Neonate, Some(Va));
    request.weight_kg = Some(2.1);

    let answer = ask(&all, &[], &request);
    assert!(answer.hits.is_empty());
    assert_eq!(answer.excluded[&Excluded::Weight], 1);
    request.weight_kg = Some(2.5);
    assert_eq!(numbers(&ask(&all, &[], &request), Group::CanAccept), ["1"]);
    request.weight_kg = None;
    assert_eq!(
        numbers(&ask(&all, &[], &request), Group::CanAccept),
        ["1"],
        "not stated speaks neither way"
    );
}

#[test]
fn at_23_when_all_within_the_limit_are_full_the_five_nearest_beyond_are_added_with_the_hotline() {
    let mut all: Vec<(Center, Log)> = (1..=2)
        .map(|number| (placed(number, 52.5, 13.0 + f64::from(number)), said(counted(0, Full), 1)))
        .collect();
    all.extend((3..=9).map(|number| {
        (placed(number, 52.5, 20.0 + f64::from(number)), said(counted(2, Available), 1))
    }));
    let network = Network {
        key: "north".to_owned(),
        name: "North".to_owned(),
        countries: ["DE".to_owned()].into(),
        hotline: "+4930999".to_owned(),
        hotline_public: true,
    };
    let mut request = Request::new((52.5, 13.0), Adult, Some(Vv));
    request.max_km = 400.0;
    request.country = Some("DE".to_owned());

    let networks = [network];
    let answer = ask(&all, &networks, &request);

    assert_eq!(numbers(&answer, Group::AdviceOnly), ["1", "2"]);
    assert_eq!(numbers(&answer, Group::CanAccept), ["3", "4", "5", "6", "7"]);
    assert!(answer.group(Group::CanAccept).all(|hit| hit.beyond_limit));
    assert_eq!(answer.excluded[&Excluded::TooFar], 7);
    assert_eq!(answer.networks[0].hotline, "+4930999");
}

#[test]
fn a_limit_of_minutes_leaves_out_what_is_too_long_on_the_way_and_keeps_the_order() {
    let near = (placed(1, 52.5, 13.4), said(counted(2, Available), 1));
    let far = (placed(2, 52.5, 16.0), said(counted(2, Available), 1));
    let all = [near, far];
    let mut request = Request::new((52.5, 13.0), Adult, Some(Vv));
    request.max_minutes = Some(60.0);

    // 27 and 203 km: by road half an hour, and almost four hours
    let answer = ask(&all, &[], &request);
    assert_eq!(numbers(&answer, Group::CanAccept), ["1"]);
    assert_eq!(answer.excluded[&Excluded::TooLong], 1);
    request.travel = Travel::Helicopter;
    request.max_minutes = Some(90.0);
    assert_eq!(numbers(&ask(&all, &[], &request), Group::CanAccept), ["1", "2"]);

    request.max_minutes = Some(10.0);
    let answer = ask(&all, &[], &request);
    assert_eq!(numbers(&answer, Group::CanAccept), ["1", "2"], "the nearest, although too long");
    assert!(answer.hits.iter().all(|hit| hit.beyond_limit));
}

#[test]
fn the_worked_example_of_the_specification_comes_out() {
    let west = |number, lon| {
        let retrieval = goes(500);
        Center { retrieval, ..placed(number, 57.7, lon) }
    };
    let with_team = |line: Line, hours: i64, status, back: Option<&str>| {
        let mut team = team(status);
        team.back_at = back.map(at);
        let valid_at = at(NOW).plus_micros(-hours * HOUR);
        log(&[Report { transport: vec![team], ..report(1, valid_at, vec![line]) }])
    };
    let all = [
        (
            west(1, 12.5),
            with_team(counted(2, Available), 3, TeamStatus::Committed, Some("18:00:00")),
        ),
        (west(2, 13.0), with_team(counted(1, Limited), 1, TeamStatus::Ready, None)),
        (west(3, 13.5), with_team(counted(3, Available), 30, TeamStatus::Ready, None)),
        (west(4, 14.0), with_team(counted(0, Full), 2, TeamStatus::Ready, None)),
    ];
    let mut request = Request::new((57.7, 11.97), Adult, Some(Vv));
    request.max_km = 400.0;
    request.need = Need::Retrieval;

    let answer = ask(&all, &[], &request);

    assert_eq!(numbers(&answer, Group::CanAccept), ["1"]);
    assert_eq!(numbers(&answer, Group::CallFirst), ["2"]);
    assert_eq!(numbers(&answer, Group::NotKnown), ["3"]);
    assert_eq!(numbers(&answer, Group::AdviceOnly), ["4"]);
    assert_eq!(answer.hits[0].warnings, ["team out until 2026-11-22 18:00 UTC"]);
    assert_eq!(answer.hits[2].warnings[0], "last known available, 30 hours ago");
}

#[test]
fn within_a_group_ready_teams_come_first_then_the_nearer_then_the_newer() {
    let west = |number, lon| Center { retrieval: goes(900), ..placed(number, 52.5, lon) };
    let with = |status, hours: i64| {
        let valid_at = at(NOW).plus_micros(-hours * HOUR);
        let lines = vec![counted(2, Available)];
        log(&[Report { transport: vec![team(status)], ..report(1, valid_at, lines) }])
    };
    let all = [
        (west(1, 13.1), with(TeamStatus::Committed, 1)),
        (west(2, 15.0), with(TeamStatus::Ready, 1)),
        (west(3, 14.0), with(TeamStatus::Ready, 3)),
        (west(4, 14.0), with(TeamStatus::Ready, 2)),
        (west(5, 13.2), with(TeamStatus::Unknown, 1)),
    ];
    let mut request = Request::new((52.5, 13.0), Adult, Some(Vv));

    assert_eq!(numbers(&ask(&all, &[], &request), Group::CanAccept), ["1", "5", "4", "3", "2"]);
    request.need = Need::Retrieval;
    assert_eq!(numbers(&ask(&all, &[], &request), Group::CanAccept), ["4", "3", "2", "5", "1"]);
}

#[test]
fn centers_that_take_nobody_from_outside_are_counted_and_members_are_served() {
    use directory::centers::ReferralPolicy;
    let with = |number, policy| Center {
        referral_policy: Some(policy),
        networks: vec!["north".to_owned()],
        ..placed(number, 52.5, 13.4)
    };
    let mut suspended = placed(4, 52.5, 13.4);
    suspended.suspensions.push(suspension("10:00:00", None));
    let all = [
        (with(1, ReferralPolicy::Network), said(counted(2, Available), 1)),
        (with(2, ReferralPolicy::Internal), said(counted(2, Available), 1)),
        (with(3, ReferralPolicy::OpenDay), said(counted(2, Available), 1)),
        (suspended, said(counted(2, Available), 1)),
    ];
    let mut request = Request::new((52.0, 13.0), Adult, Some(Vv));

    let answer = ask(&all, &[], &request);
    assert_eq!(numbers(&answer, Group::CanAccept), ["3"]);
    for reason in [Excluded::NetworkOnly, Excluded::Accepts, Excluded::Suspended] {
        assert_eq!(answer.excluded[&reason], 1, "{reason}");
    }
    request.networks.insert("north".to_owned());
    assert_eq!(numbers(&ask(&all, &[], &request), Group::CanAccept), ["1", "3"]);
}

#[test]
fn a_team_that_does_not_reach_the_place_or_its_country_is_not_one_that_comes() {
    let mut far = Center { retrieval: goes(100), ..placed(1, 52.5, 13.4) };
    let mut request = Request::new((50.5, 13.4), Adult, Some(Vv));
    request.need = Need::Retrieval;
    let excluded = |center: &Center, request: &Request| {
        let all = [(center.clone(), said(counted(2, Available), 1))];
        ask(&all, &[], request).excluded.contains_key(&Excluded::Retrieval)
    };

    assert!(excluded(&far, &request));
    far.retrieval = goes(300);
    assert!(!excluded(&far, &request));
    request.country = Some("CZ".to_owned());
    assert!(excluded(&far, &request), "it crosses no border");
    far.retrieval.countries = vec!["CZ".to_owned()];
    assert!(!excluded(&far, &request));
}

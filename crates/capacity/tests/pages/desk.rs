//! The desk of a region, networks, and what the map says of them.

use super::*;

/// A network `north` of these centers.
fn network(test: &Test, members: &[&Profile]) {
    let network = Network {
        key: "north".to_owned(),
        name: "North".to_owned(),
        countries: ["DE".to_owned()].into(),
        hotline: "+4930000009".to_owned(),
        hotline_public: false,
    };
    let members: Vec<_> = members.iter().map(|it| it.id).collect();
    test.capacity.put_network(&Actor::operator("operator"), &network, &members).unwrap();
}

fn coordinator(key: &str) -> Actor {
    let grant = Grant { role: Role::NetworkCoordinator, place: Place::Network(key.to_owned()) };
    Actor::person(PersonId(Uuid::from_u128(8)), "Kim Vale", [grant])
}

pub(super) fn reporter(center: &Profile) -> Actor {
    let grant = Grant { role: Role::CapacityReporter, place: Place::Center(center.id) };
    Actor::person(PersonId(Uuid::from_u128(9)), "Lee Moor", [grant])
}

pub(super) fn staff() -> Actor {
    let grant = Grant { role: Role::PlatformAdministrator, place: Place::Platform };
    Actor::person(PersonId(Uuid::from_u128(10)), "Sam Holt", [grant])
}

/// Not theirs, or not there.
pub(super) fn is_closed(status: StatusCode) -> bool {
    [StatusCode::FORBIDDEN, StatusCode::NOT_FOUND].contains(&status)
}

/// The value of the hidden field `id` of the form that a button with these words sends.
fn id_before(html: &str, button: &str) -> String {
    let (before, _) = html.split_once(button).unwrap();
    let (_, id) = before.rsplit_once(r#"name="id" value=""#).unwrap();
    id.split('"').next().unwrap().to_owned()
}

#[test]
fn the_desk_shows_every_center_those_first_that_are_silent_with_sums_that_say_of_how_many() {
    each(|test| {
        let open = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let busy = test.center("Busy", (48.1, 11.6), AgeGroup::Adult);
        let silent = test.center("Silent", (50.1, 8.7), AgeGroup::Adult);
        let far = test.center("Elsewhere", (50.2, 8.7), AgeGroup::Adult);
        network(test, &[&open, &busy, &silent]);
        test.says(&open, 1, Declared::Available, 2);
        test.says(&busy, 2, Declared::Full, 0);
        test.says(&far, 3, Declared::Available, 9);

        let (status, html) = test.get(&coordinator("north"), "/capacity/desk/network/north");

        assert_eq!(status, StatusCode::OK, "{html}");
        let places = ["Silent", "Busy", "Open"].map(|name| html.find(&format!(">{name}</a>")));
        assert!(places.iter().all(Option::is_some), "{html}");
        assert!(places[0] < places[1] && places[0] < places[2], "who is silent stands first");
        assert!(!html.contains("Elsewhere"));
        assert!(html.contains("1 center has not reported in time."));
        assert!(html.contains("1 can accept · 0 limited · 1 full · 1 not known"), "{html}");
        assert!(html.contains("<b>2</b> free now") && html.contains("(2 centers say)"), "{html}");
        assert!(html.contains(r#"Nursing <span class="capacity-mode">1 center<"#), "{html}");
        assert!(html.contains(REFERRAL) && html.contains("overdue"));
        let relay = format!("/capacity/{}/report", silent.number);
        assert!(html.contains(&relay));
    });
}

#[test]
fn a_desk_is_there_for_its_network_and_staff_only_and_a_look_of_staff_is_kept() {
    each(|test| {
        let member = test.center("Member", (52.5, 13.4), AgeGroup::Adult);
        let other = test.center("Other", (48.1, 11.6), AgeGroup::Adult);
        network(test, &[&member]);
        let desk = "/capacity/desk/network/north";
        let looks =
            || test.database.read_one(|tx| tx.one::<i64>(&LOOKS, ("region-look",))).unwrap();

        for actor in [coordinator("south"), reporter(&other), clinician(&other)] {
            assert!(is_closed(test.get(&actor, desk).0));
        }
        assert!(is_closed(test.get(&staff(), "/capacity/desk/network/nowhere").0));
        assert!(is_closed(test.get(&staff(), "/capacity/desk/moon/DE").0));
        let (status, html) = test.get(&reporter(&member), desk);
        assert_eq!(status, StatusCode::OK);
        assert!(!html.contains("Put it in force") && html.contains("Tell the region"));
        assert_eq!(test.get(&coordinator("north"), desk).0, StatusCode::OK);
        assert_eq!(looks(), 0);

        let (status, html) = test.get(&staff(), desk);
        assert_eq!(status, StatusCode::OK);
        assert!(html.contains("this look is kept"));
        assert_eq!(test.get(&staff(), "/capacity/desk/country/DE").0, StatusCode::OK);
        assert_eq!(looks(), 2);
        assert!(is_closed(test.get(&coordinator("north"), "/capacity/desk/country/DE").0));

        let (status, leads, _) = test.ask(&coordinator("north"), "/capacity/desk", None);
        assert_eq!((status, leads.as_str()), (StatusCode::SEE_OTHER, desk));
        let (_, all) = test.get(&staff(), "/capacity/desk");
        assert!(all.contains(desk) && all.contains("/capacity/desk/country/DE"));
        let (_, none) = test.get(&reporter(&other), "/capacity/desk");
        assert!(none.contains("You look after no region"));
    });
}

db::statements! {
    /// For this test.
    pub LOOKED;

    LOOKS = "select count(*) as looks from access_audit where action = $1", scan_ok = "a test";
}

#[test]
fn at_29_a_surge_from_the_desk_ages_every_light_at_once_and_the_map_says_where_until_when_and_why()
{
    each(|test| {
        let member = test.center("Member", (52.5, 13.4), AgeGroup::Adult);
        let other = test.center("Other", (48.1, 11.6), AgeGroup::Adult);
        network(test, &[&member]);
        test.says(&member, 1, Declared::Available, 2);
        test.says(&other, 2, Declared::Available, 2);
        test.clock.advance_micros(8 * HOUR);
        let desk = "/capacity/desk/network/north";
        let form = "do=stricter&cadence=surge&days=5&reason=Many+with+influenza";

        let (_, before) = test.get(&Actor::public(), "/capacity");
        for actor in [coordinator("south"), reporter(&member)] {
            assert!(is_closed(test.post(&actor, desk, form).0));
        }
        let (status, leads, _) = test.post(&coordinator("north"), desk, form);
        let (_, map) = test.get(&Actor::public(), "/capacity");
        let (_, elsewhere) = test.get(&Actor::public(), "/capacity?q=Other");

        assert_eq!(
            (status, leads.as_str()),
            (StatusCode::SEE_OTHER, "/capacity/desk/network/north?done=stricter")
        );
        assert!(!before.contains("A stricter rule is in force"));
        assert!(row(&before, "Member").contains("#light-available\""));
        assert!(map.contains("North: reports are expected four times a day until 27 Nov 2026, 18:00 UTC. Many with influenza"), "{map}");
        assert!(row(&map, "Member").contains("#light-available-stale"), "{}", row(&map, "Member"));
        assert!(row(&map, "Other").contains("#light-available\""));
        assert!(!elsewhere.contains("A stricter rule is in force"), "no center of it is shown");

        // what is lax again makes nothing young
        let (_, html) = test.get(&coordinator("north"), desk);
        let id = id_before(&html, "End it now");
        network_south(test, &other);
        let foreign = test.post(
            &coordinator("south"),
            "/capacity/desk/network/south",
            &format!("do=laxer&id={id}"),
        );
        assert!(is_closed(foreign.0), "a coordinator ends what is theirs");
        assert_eq!(
            test.post(&coordinator("north"), desk, &format!("do=laxer&id={id}")).0,
            StatusCode::SEE_OTHER
        );
        let (_, after) = test.get(&Actor::public(), "/capacity");
        assert!(!after.contains("A stricter rule is in force"));
        assert!(row(&after, "Member").contains("#light-available-stale"));
        assert!(is_closed(test.post(&coordinator("north"), desk, &format!("do=laxer&id={id}")).0));
    });
}

fn network_south(test: &Test, member: &Profile) {
    let network = Network {
        key: "south".to_owned(),
        name: "South".to_owned(),
        countries: std::collections::BTreeSet::new(),
        hotline: String::new(),
        hotline_public: false,
    };
    test.capacity.put_network(&Actor::operator("operator"), &network, &[member.id]).unwrap();
}

#[test]
fn a_form_of_the_desk_that_cannot_be_taken_comes_back_with_what_was_typed() {
    each(|test| {
        let member = test.center("Member", (52.5, 13.4), AgeGroup::Adult);
        network(test, &[&member]);
        let (desk, kim) = ("/capacity/desk/network/north", coordinator("north"));
        let wrong = [
            (
                "do=stricter&cadence=surge&days=31&reason=Pressure",
                "State an end within 30 days.",
                "Pressure",
            ),
            ("do=stricter&cadence=surge&days=5&reason=", "Give a reason", ""),
            ("do=stricter&cadence=feed&days=5&reason=Why", "", "Not possible now"),
            ("do=stricter&days=5&reason=Why", "Choose how often", "Why"),
            (
                "do=stricter&cadence=surge&days=5&reason=Patient+born+2019-03-04",
                "a date of birth",
                "2019-03-04",
            ),
            (
                "do=tell&id=00000000-0000-0000-0000-000000000005&kind=offer&about=console&until=14&words=",
                "at most 500 characters",
                "",
            ),
            (
                "do=tell&id=00000000-0000-0000-0000-000000000005&kind=offer&about=console&until=99&words=Two",
                "State an end within 90 days.",
                "Two",
            ),
            (
                "do=tell&id=00000000-0000-0000-0000-000000000005&kind=x&about=console&until=9&words=Two",
                "Choose what the notice is.",
                "Two",
            ),
        ];

        for (form, told, kept) in wrong {
            let (status, _, html) = test.post(&kim, desk, form);
            let expected = if told.is_empty() {
                StatusCode::CONFLICT
            } else {
                StatusCode::UNPROCESSABLE_ENTITY
            };
            assert_eq!(status, expected, "{form}");
            assert!(html.contains(told) && html.contains(kept), "{form}");
        }
        let nowhere = "do=stricter&cadence=surge&days=5&reason=Pressure";
        for region in ["country/XX", "network/nowhere", "center/1"] {
            let (status, ..) = test.post(&staff(), &format!("/capacity/desk/{region}"), nowhere);
            assert_eq!(status, StatusCode::NOT_FOUND, "{region}");
        }
        for form in ["", "do=dance", "cadence=surge"] {
            assert_eq!(test.post(&kim, desk, form).0, StatusCode::BAD_REQUEST, "{form}");
        }
        assert!(!test.get(&Actor::public(), "/capacity").1.contains("A stricter rule"));
    });
}

#[test]
fn a_notice_is_read_by_the_network_until_it_ends_and_told_only_in_the_own_name() {
    each(|test| {
        let one = test.center("One", (52.5, 13.4), AgeGroup::Adult);
        let two = test.center("Two", (48.1, 11.6), AgeGroup::Adult);
        let out = test.center("Outside", (50.1, 8.7), AgeGroup::Adult);
        network(test, &[&one, &two]);
        let desk = "/capacity/desk/network/north";
        let form = |center: &str, id: u8| {
            format!(
                "do=tell&id=00000000-0000-0000-0000-0000000000{id:02}&kind=offer&about=console&until=14&center={center}&words=Two+consoles+to+lend"
            )
        };
        let reads = |actor: &Actor| test.get(actor, "/capacity").1.contains("Two consoles to lend");

        // a reporter speaks for the own center: not for the region, not for another one
        for center in ["", two.number.as_str()] {
            assert!(is_closed(test.post(&reporter(&one), desk, &form(center, 1)).0));
        }
        let outside = test.post(&coordinator("north"), desk, &form(&out.number, 1));
        assert!(is_closed(outside.0), "a center that is not of the region");
        for _ in 0..2 {
            let told = test.post(&reporter(&one), desk, &form(&one.number, 2));
            assert_eq!(told.0, StatusCode::SEE_OTHER, "sent twice it is one notice");
        }

        assert!(reads(&reporter(&two)) && reads(&coordinator("north")) && reads(&staff()));
        assert!(
            !reads(&reporter(&out)) && !reads(&Actor::public()) && !reads(&coordinator("south"))
        );
        let api = "/api/capacity/v1/notices";
        let (_, told) = test.get(&reporter(&two), api);
        assert!(
            told.contains("Two consoles to lend") && told.contains("\"kind\":\"offer\""),
            "{told}"
        );
        assert!(told.contains(&format!("\"center_id\":\"{}\"", one.number)), "{told}");
        assert!(test.get(&reporter(&out), api).1.contains("\"notices\":[]"));
        let public = test.get(&Actor::public(), api);
        assert!(public.0 != StatusCode::OK && !public.1.contains("consoles"), "{public:?}");
        assert_eq!(
            test.get(&reporter(&two), &format!("{api}?kind=offer")).0,
            StatusCode::BAD_REQUEST
        );
        let (_, html) = test.get(&reporter(&two), desk);
        assert!(html.contains("Can lend: console") && !html.contains("End it<"), "{html}");
        let end = "do=end&id=00000000-0000-0000-0000-000000000002";
        assert!(is_closed(test.post(&reporter(&two), desk, end).0));
        assert_eq!(test.post(&reporter(&one), desk, end).0, StatusCode::SEE_OTHER);
        assert!(!reads(&reporter(&two)));

        assert_eq!(test.post(&coordinator("north"), desk, &form("", 3)).0, StatusCode::SEE_OTHER);
        test.clock.advance_micros(14 * DAY - HOUR);
        assert!(reads(&reporter(&two)));
        test.clock.advance_micros(HOUR);
        assert!(!reads(&reporter(&two)), "none outlives its end");
    });
}

#[test]
fn staff_make_a_network_and_nothing_is_kept_of_one_that_cannot_be() {
    each(|test| {
        let one = test.center("One", (52.5, 13.4), AgeGroup::Adult);
        let two = test.center("Two", (48.1, 11.6), AgeGroup::Adult);
        let form = format!(
            "key=north&name=North&countries=de+at&hotline=%2B4930000009&members={},{}",
            one.number, two.number
        );
        for actor in [coordinator("north"), clinician(&one)] {
            assert!(is_closed(test.post(&actor, "/capacity/networks", &form).0));
        }
        let wrong = [
            ("key=No+Rth&name=North", "small letters"),
            ("key=north&name=", "Give a name"),
            ("key=north&name=North&countries=DE+Narnia", "NARNIA is no country"),
            ("key=north&name=North&hotline=030+1234", "Write the telephone"),
            ("key=north&name=North&members=99999", "has the number 99999"),
        ];
        for (form, told) in wrong {
            let (status, _, html) = test.post(&staff(), "/capacity/networks", form);
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
            assert!(html.contains(told), "{form}");
        }
        assert!(test.capacity.current().unwrap().networks().is_empty());

        let (status, leads, _) = test.post(&staff(), "/capacity/networks", &form);
        assert_eq!((status, leads.as_str()), (StatusCode::SEE_OTHER, "/capacity/networks/north"));
        let twice = test.post(&staff(), "/capacity/networks", &form);
        assert_eq!(twice.0, StatusCode::UNPROCESSABLE_ENTITY);
        let (_, html) = test.get(&staff(), "/capacity/networks/north");
        assert!(html.contains(">One</a>") && html.contains(">Two</a>") && html.contains("AT DE"));
        let less = format!("name=The+North&members={}", two.number);
        assert_eq!(test.post(&staff(), "/capacity/networks/north", &less).0, StatusCode::SEE_OTHER);
        let snapshot = test.capacity.current().unwrap();
        assert_eq!(snapshot.networks()[0].name, "The North");
        let of = |it: &Profile| snapshot.center(it.id).unwrap().0.networks.clone();
        assert_eq!((of(&one).len(), of(&two)), (0, vec!["north".to_owned()]));
    });
}

//! The map as it is moved, its filters and files, on both engines.

use super::*;

/// Where the first ring of a map leads.
fn ring(html: &str) -> Option<String> {
    let mut links = html.split("<a href=\"").filter(|it| it.contains("class=\"capacity-ring\""));
    links.next().map(|it| it.split('"').next().unwrap().replace("&amp;", "&"))
}

#[test]
fn a_ring_leads_closer_until_its_centers_lie_apart_and_a_mark_has_a_card() {
    each(|test| {
        let near = test.center("Near", (52.5, 13.4), AgeGroup::Adult);
        test.center("Nearby", (52.4, 13.1), AgeGroup::Adult);
        test.center("Far", (48.1, 11.6), AgeGroup::Adult);
        test.says(&near, 1, Declared::Available, 2);
        let (_, world) = test.get(&Actor::public(), "/capacity?country=DE");
        let (_, closer) = test.get(&Actor::public(), &ring(&world).unwrap());

        assert!(ring(&world).unwrap().contains("country=DE&at="), "{:?}", ring(&world));
        assert!(ring(&closer).is_none(), "they lie apart");
        assert!(row(&closer, "Nearby").contains("never reported"), "the list stays whole");
        let (_, away) = test.get(&Actor::public(), "/capacity?at=0,0,300");
        assert!(away.contains("0 of 3 centers lie in this part of the map"), "{away}");
        assert!(!row(&away, "Near").is_empty());

        // off by default; the link of the card draws distances, and nothing of the list changes
        assert!(!world.contains("map-distance"));
        let around = format!("/capacity?age=adult&at=9000,1000,4000&around={}", near.number);
        let (_, drawn) = test.get(&Actor::public(), &around);
        assert!(drawn.contains("Distances around Near") && drawn.contains("250 km"), "{drawn}");
        assert!(!drawn.contains("map-reach"), "its team stays at home");
        assert!(!row(&drawn, "Far").is_empty());
        let (status, card) =
            test.get(&Actor::public(), &format!("/capacity/{}/card?age=adult", near.number));
        assert_eq!(status, StatusCode::OK);
        assert!(
            card.contains("VV, VA")
                && card.contains("Can accept")
                && card.contains("reported just now")
        );
        assert!(
            card.contains(SWITCHBOARD) && !card.contains(REFERRAL) && card.contains("not public")
        );
        let own = clinician(&near);
        let (_, card) = test.get(&own, &format!("/capacity/{}/card?age=adult", near.number));
        assert!(card.contains(REFERRAL) && card.contains("Free places: 2"), "{card}");
        let (_, other) =
            test.get(&Actor::public(), &format!("/capacity/{}/card?age=neonate", near.number));
        assert!(other.contains("does not offer this") && !other.contains("Can accept"));
    });
}

#[test]
fn centers_that_share_a_place_lead_to_the_search_from_there() {
    each(|test| {
        test.center("One", (52.5, 13.4), AgeGroup::Adult);
        test.center("Other", (52.5, 13.4), AgeGroup::Adult);

        let (_, first) = test.get(&Actor::public(), "/capacity");
        let (_, closest) = test.get(&Actor::public(), &ring(&first).unwrap());
        let link = ring(&closest).unwrap();

        assert_eq!(link, "/capacity/search?from=52.5000%2C%2013.4000&age=adult");
        let (status, found) = test.get(&Actor::public(), &link);
        assert_eq!(status, StatusCode::OK);
        assert!(found.contains(">One<") && found.contains(">Other<"), "{found}");
    });
}

#[test]
fn the_emergency_list_has_the_numbers_of_everybody_and_no_light() {
    each(|test| {
        let open = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        test.center("<b>Odd</b>", (48.1, 11.6), AgeGroup::Adult);
        test.says(&open, 1, Declared::Available, 2);
        let operator = Actor::operator("operator");
        let until = test.clock.now().plus_micros(2 * DAY);
        test.capacity.suspend(&operator, open.id, until, "Moving house").unwrap();
        let network = |key: &str, hotline: &str, hotline_public| Network {
            key: key.to_owned(),
            name: format!("Network {key}"),
            countries: ["DE".to_owned()].into(),
            hotline: hotline.to_owned(),
            hotline_public,
        };
        test.capacity.put_network(&operator, &network("a", "+4930111111", true), &[]).unwrap();
        test.capacity.put_network(&operator, &network("b", "+4930222222", false), &[]).unwrap();

        for actor in [Actor::public(), clinician(&open)] {
            let (_, page) = test.get(&actor, "/capacity/emergency");
            let (status, file) = test.get(&actor, "/capacity/emergency/list.html");
            let (_, table) = test.get(&actor, "/capacity/emergency/list.csv");

            assert_eq!(status, StatusCode::OK);
            for text in [&page, &file] {
                assert!(text.contains(SWITCHBOARD) && !text.contains(REFERRAL), "{text}");
                assert!(text.contains("Does not work at present, until 24 Nov 2026"), "{text}");
                assert!(text.contains("Network a") && !text.contains("Network b"));
                assert!(!text.contains("Can accept") && !text.contains("<b>Odd"), "{text}");
            }
            assert!(!file.contains("src=") && !file.contains("<link"), "it stands by itself");
            assert_eq!(table.matches(SWITCHBOARD).count(), 2, "{table}");
            assert!(
                table.contains(&format!("\" {SWITCHBOARD}\""))
                    || table.contains(&format!(", {SWITCHBOARD}"))
            );
        }
        assert_eq!(test.get(&Actor::public(), "/capacity/emergency/x").0, StatusCode::NOT_FOUND);
    });
}

/// A center whose team is ready and flies, and one that takes nobody from elsewhere.
fn ready_and_closed(test: &Test) -> (Profile, Profile) {
    let operator = Actor::operator("operator");
    let ready = test.center("Ready", (52.5, 13.4), AgeGroup::Adult);
    let ready = {
        let retrieval = Retrieval {
            services: vec![Service::Primary],
            ages: vec![AgeGroup::Adult],
            range_km: Some(300),
            vehicles: vec![directory::centers::Vehicle {
                kind: directory::centers::VehicleKind::Helicopter,
                max_range_km: Some(200),
                operator: String::new(),
                hours: String::new(),
            }],
            ..Retrieval::default()
        };
        let languages = vec!["de".to_owned(), "pt-BR".to_owned()];
        let details = Details { retrieval, languages, ..ready.details.clone() };
        test.centers.save(&operator, ready.id, ready.revision, &details).unwrap();
        test.centers.profile(&operator, &ready.number).unwrap()
    };
    let closed = test.center("Closed", (48.1, 11.6), AgeGroup::Adult);
    test.clock.advance_micros(1);
    let now = test.clock.now();
    let says = |center: &Profile, number: u128, accepts, goes: bool| {
        let mut line = Line::new(AgeGroup::Adult, None, Declared::Available);
        line.accepts_external = Some(accepts);
        let team = capacity::Team {
            age_group: AgeGroup::Adult,
            team_status: TeamStatus::Ready,
            teams_ready: None,
            back_at: None,
            comment: String::new(),
        };
        let report = Report {
            lines: vec![line],
            transport: if goes { vec![team] } else { Vec::new() },
            ..Report::blank(center.id, Uuid::from_u128(number), ReportKind::Partial, now)
        };
        test.capacity.report(&operator, center.id, &report, true).unwrap();
    };
    says(&ready, 1, capacity::Accepts::Yes, true);
    says(&closed, 2, capacity::Accepts::No, false);
    (ready, closed)
}

#[test]
fn filters_for_clinicians_narrow_no_list_of_others_and_the_view_is_a_file() {
    each(|test| {
        let (ready, closed) = ready_and_closed(test);
        let own = clinician(&closed);
        let both = |actor: &Actor, query: &str| {
            let (status, html) = test.get(actor, &format!("/capacity?age=adult&{query}"));
            assert_eq!(status, StatusCode::OK, "{query}");
            (!row(&html, "Ready").is_empty(), !row(&html, "Closed").is_empty())
        };

        let around = format!("/capacity?around={}", ready.number);
        assert!(test.get(&Actor::public(), &around).1.contains("team: 300 km"));
        for query in ["vehicle=helicopter", "language=pt"] {
            assert_eq!(both(&Actor::public(), query), (true, false), "{query}");
        }
        assert_eq!(both(&Actor::public(), "vehicle=fixed_wing"), (false, false));
        assert_eq!(both(&Actor::public(), "fresh=1"), (true, true));
        for query in ["team=ready", "accepts=1"] {
            assert_eq!(both(&own, query), (true, false), "{query}");
            assert_eq!(
                both(&Actor::public(), query),
                (true, true),
                "{query} tells nothing to others"
            );
            let frame = test.get(&Actor::public(), &format!("/capacity/embed?age=adult&{query}")).1;
            assert!(frame.contains(">Ready<") && frame.contains(">Closed<"), "{frame}");
        }
        let (_, file) = test.get(&Actor::public(), "/capacity/list.csv?age=adult&team=ready");
        assert_eq!(file.lines().count(), 3, "{file}");
        assert!(
            file.contains("can_accept") && file.contains("not public") && !file.contains(REFERRAL)
        );
        assert!(file.contains("Self-reported") && file.contains("2026-11-22T10:00:00"), "{file}");
        let (_, file) = test.get(&own, "/capacity/list.csv?age=adult&team=ready");
        assert_eq!(file.lines().count(), 2);
        assert!(file.contains(REFERRAL), "{file}");
        test.clock.advance_micros(13 * HOUR);
        assert_eq!(both(&Actor::public(), "fresh=1"), (false, false), "aging");
        assert_eq!(test.get(&own, "/capacity?vehicle=bicycle").0, StatusCode::BAD_REQUEST);
    });
}

#[test]
fn another_site_shows_the_same_filters_as_a_frame_or_as_an_element() {
    each(|test| {
        test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let address = "/capacity?age=adult&mode=VV&country=de&team=ready";
        let (status, html) = test.get(&Actor::public(), address);
        assert_eq!(status, StatusCode::OK);
        let element = "openecls-capacity age=\"adult\" mode=\"VV\" country=\"DE\"&gt;";
        assert!(html.contains(element), "{html}");
        assert!(html.contains("/capacity/embed.js"));
        assert!(html.contains("/capacity/embed?age=adult&#38;mode=VV"), "{html}");

        let (status, script) = test.get(&Actor::public(), "/capacity/embed.js");
        assert_eq!(status, StatusCode::OK);
        assert!(script.contains("customElements.define"));
        assert!(!script.contains("cookie =") && !script.contains("innerHTML"));
    });
}

//! Reports of several centers in one file, on both engines.

use serde_json::{Value, json};

use super::*;

const PLACE: &str = "/api/capacity/v1/reports.csv";
const HEADING: &str =
    "center,age_group,mode,declared_status,available_now,on_ecls_now,staffed_slots,limits,valid_at";
const AT: &str = "2026-11-22T10:55:00+01:00";

fn table(rows: &[String]) -> String {
    format!("{HEADING}\n{}\n", rows.join("\n"))
}

fn row(center: &Profile, rest: &str) -> String {
    format!("{},{rest},{AT}", center.number)
}

fn send(test: &Test, actor: &Actor, query: &str, text: &str) -> (StatusCode, Value) {
    let how = ("POST", format!("{PLACE}{query}"));
    let (status, _, body) = test.call(actor, (how.0, &how.1), ("text/csv", Some(text)));
    (status, serde_json::from_str(&body).unwrap_or(Value::Null))
}

/// Sends the form of the page.
fn form(test: &Test, actor: &Actor, fields: &[(&str, &str)]) -> (StatusCode, String) {
    let mut body = String::new();
    for (name, value) in fields {
        body.push_str(&format!(
            "--cut\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    body.push_str("--cut--\r\n");
    let kind = "multipart/form-data; boundary=cut";
    let (status, _, html) = test.call(actor, ("POST", "/capacity/upload"), (kind, Some(&body)));
    (status, html)
}

fn kept(test: &Test, center: &Profile) -> Vec<Report> {
    let span = (test.clock.now().plus_micros(-DAY), test.clock.now().plus_micros(DAY));
    test.capacity.history(&clinician(center), center.id, span).unwrap()
}

/// A coordinator of a network with these centers.
fn coordinator(test: &Test, members: &[&Profile]) -> Actor {
    let network = Network {
        key: "north".to_owned(),
        name: "North".to_owned(),
        countries: ["DE".to_owned()].into(),
        hotline: String::new(),
        hotline_public: false,
    };
    let members: Vec<_> = members.iter().map(|it| it.id).collect();
    test.capacity.put_network(&Actor::operator("operator"), &network, &members).unwrap();
    let grant = Grant { role: Role::NetworkCoordinator, place: Place::Network("north".to_owned()) };
    Actor::person(PersonId(Uuid::from_u128(6)), "Net Work", [grant])
}

#[test]
fn each_center_is_taken_whole_or_not_at_all_and_only_when_it_is_said() {
    each(|test| {
        let good = test.center("Good", (52.5, 13.4), AgeGroup::Adult);
        let bad = test.center("Bad", (48.1, 11.6), AgeGroup::Adult);
        let foreign = test.center("Foreign", (50.1, 8.7), AgeGroup::Adult);
        let actor = coordinator(test, &[&good, &bad]);
        let text = table(&[
            row(&good, "adult,,limited,1,3,4,nursing perfusion"),
            row(&good, "adult,VV,full,0,,,console"),
            row(&bad, "adult,,available,2,,,"),
            row(&bad, "adult,VV,full,0,,,gremlins"),
            row(&foreign, "adult,,available,2,,,"),
        ]);

        let (status, looked) = send(test, &actor, "", &text);
        assert_eq!((status, &looked["dry_run"]), (StatusCode::OK, &json!(true)), "{looked}");
        assert!(kept(test, &good).is_empty(), "a dry run stores nothing");
        let (_, done) = send(test, &actor, "?dry_run=false", &text);
        let (_, again) = send(test, &actor, "?dry_run=false", &text);

        let of = |answer: &Value, center: &Profile| {
            let all = answer["centers"].as_array().unwrap();
            all.iter().find(|it| it["center_id"] == center.number.as_str()).unwrap().clone()
        };
        assert_eq!(of(&looked, &good)["verdict"], "ready");
        assert_eq!(of(&done, &good)["verdict"], "stored");
        assert_eq!(of(&again, &good)["verdict"], "known");
        let reports = kept(test, &good);
        assert_eq!(reports.len(), 1);
        assert_eq!((reports[0].kind, reports[0].channel), (ReportKind::Relayed, Channel::Csv));
        assert_eq!(reports[0].lines.len(), 2);
        assert_eq!(reports[0].lines[1].on_ecls_now, None, "an empty cell is not zero");
        let wrong = of(&done, &bad);
        assert_eq!(
            (&wrong["verdict"], &wrong["errors"][0]["line"]),
            (&json!("refused"), &json!(5))
        );
        assert_eq!(wrong["errors"][0]["column"], "limits");
        assert!(kept(test, &bad).is_empty(), "not half of a center");
        let not_theirs = of(&done, &foreign);
        assert_eq!(
            (&not_theirs["verdict"], &not_theirs["errors"][0]["column"]),
            (&json!("refused"), &json!("center"))
        );
        assert!(kept(test, &foreign).is_empty());
        assert_eq!(send(test, &Actor::public(), "", &text).0, StatusCode::UNAUTHORIZED);
    });
}

#[test]
fn a_rule_is_named_with_line_and_column_and_a_jump_is_asked_about() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let own = clinician(&center);
        let cases = [
            ("adult,,available,2,3,4,", "V2", "staffed_slots"),
            ("adult,,available,0,,,", "V3", "declared_status"),
            ("adult,,full,0,,,", "V8", "limits"),
            ("neonate,,available,1,,,", "V11", "age_group"),
            ("adult,,available,100,,,", "V1", "available_now"),
            ("adult,,available,two,,,", "cell", "available_now"),
            ("adult,,,2,,,", "cell", "declared_status"),
        ];
        for (cells, rule, column) in cases {
            // V2 needs all four
            let text = table(&[row(&center, cells)])
                .replace("limits,", "limits,committed,")
                .replace(AT, &format!("0,{AT}"));
            let (status, answer) = send(test, &own, "?dry_run=false", &text);
            let errors = answer["centers"][0]["errors"].as_array().unwrap();
            assert_eq!(
                (status, &answer["centers"][0]["verdict"]),
                (StatusCode::OK, &json!("refused"))
            );
            let found = errors
                .iter()
                .any(|it| it["rule"] == rule && it["column"] == column && it["line"] == 2);
            assert!(found, "{rule} {column}: {answer}");
        }
        test.says(&center, 1, Declared::Available, 2);
        test.clock.advance_micros(HOUR);
        let jump = table(&[row(&center, "adult,,available,11,,,")]);
        let (_, asked) = send(test, &own, "?dry_run=false", &jump);
        assert_eq!(
            (&asked["centers"][0]["verdict"], &asked["centers"][0]["errors"][0]["rule"]),
            (&json!("ask"), &json!("jump"))
        );
        let (_, taken) = send(test, &own, "?dry_run=false&acknowledge=true", &jump);
        assert_eq!(taken["centers"][0]["verdict"], "stored");
        for (query, wanted) in
            [("?dry_run=perhaps", StatusCode::BAD_REQUEST), ("?color=red", StatusCode::BAD_REQUEST)]
        {
            assert_eq!(send(test, &own, query, &jump).0, wanted);
        }
        let mistyped = jump.replace("on_ecls_now", "on_ecmo_now");
        let (status, why) = send(test, &own, "", &mistyped);
        assert_eq!(
            (status, &why["errors"][0]["column"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("on_ecmo_now"))
        );
        let (status, _, _) = test.call(&own, ("POST", PLACE), ("text/plain", Some(&jump)));
        assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    });
}

#[test]
fn the_page_shows_what_would_become_of_each_center_and_sends_exactly_that() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let other = test.center("Other", (48.1, 11.6), AgeGroup::Adult);
        let actor = coordinator(test, &[&center, &other]);
        let (status, html) = test.get(&actor, "/capacity/upload");
        assert!(status == StatusCode::OK && html.contains("Template with your centers"));
        let text =
            table(&[row(&center, "adult,,available,2,,,"), row(&other, "adult,,available,x,,,")]);

        let (status, html) = form(test, &actor, &[("file", ""), ("text", &text), ("do", "look")]);
        assert_eq!(status, StatusCode::OK, "{html}");
        assert!(html.contains("Would be taken") && html.contains("Not taken"));
        assert!(html.contains("Line 3, available_now:</span> “x” is not a whole number"), "{html}");
        assert!(kept(test, &center).is_empty());
        let kept_text = html.split("aria-label=\"The table\">\n").nth(1).unwrap();
        let kept_text = kept_text.split("</textarea>").next().unwrap().replace('\n', "\r\n");
        let (status, html) = form(test, &actor, &[("text", &kept_text), ("do", "send")]);

        assert!(status == StatusCode::OK && html.contains("1 center is stored."), "{html}");
        assert_eq!(kept(test, &center).len(), 1);
        let (_, again) = form(test, &actor, &[("text", &kept_text), ("do", "send")]);
        assert!(again.contains("Stored before; nothing changes"));
        // what is unusual waits for a tick
        let jump = text.replace("available,2,", "available,40,").replace("10:55:00", "10:57:00");
        let (_, html) = form(test, &actor, &[("text", &jump), ("do", "send")]);
        assert!(html.contains("Is this right?") && kept(test, &center).len() == 1);
        form(test, &actor, &[("text", &jump), ("do", "send"), ("right", &center.number)]);
        assert_eq!(kept(test, &center).len(), 2);
        let (status, html) = form(test, &actor, &[("text", "center\n"), ("do", "look")]);
        assert!(
            status == StatusCode::UNPROCESSABLE_ENTITY && html.contains("This column is missing.")
        );
    });
}

#[test]
fn the_template_names_ones_own_centers_and_says_nothing_until_it_is_filled_in() {
    each(|test| {
        let center = test.center("=Open", (52.5, 13.4), AgeGroup::Adult);
        test.center("Foreign", (48.1, 11.6), AgeGroup::Adult);
        test.says(&center, 1, Declared::Available, 2);
        let own = clinician(&center);
        let (status, text) = test.get(&own, "/capacity/upload/template.csv");
        assert_eq!((status, text.lines().count()), (StatusCode::OK, 2), "{text}");
        let line = text.lines().nth(1).unwrap();
        assert!(
            line.starts_with(&format!("{},Open,adult,,2026-11-22T10:00:00Z,,,", center.number)),
            "{line}"
        );
        let (status, why) = send(test, &own, "", &text);
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(why["errors"][0]["detail"].as_str().unwrap().contains("No row says anything"));
    });
}

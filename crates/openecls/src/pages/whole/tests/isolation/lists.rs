//! Lists, searches, counts, files, exports and imports of the own center, and what was done about access elsewhere.

use directory::audit;

use super::*;

#[test]
#[expect(clippy::too_many_lines, reason = "one step after another, each a line or two")]
fn lists_searches_counts_exports_and_imports_of_one_center_tell_nothing_of_another() {
    each_house(|_, call, house| {
        let key = house.secrets[0].1.clone();
        let mut wrong = Vec::new();
        let manager = STRANGER[0];

        for path in [
            "/desk".to_owned(),
            "/desk/100".to_owned(),
            "/desk/100?view=grid".to_owned(),
            format!("/desk/100?key={key}"),
            "/desk/100/queries?state=all".to_owned(),
            "/desk/100/transfers".to_owned(),
            "/desk/100/upload".to_owned(),
            "/desk/100/quality".to_owned(),
            "/api/v1/desk".to_owned(),
            format!("/api/v1/desk/100/worklist?key={key}"),
            "/api/v1/desk/100/queries?state=all".to_owned(),
            "/api/v1/desk/100/transfers".to_owned(),
            "/api/v1/desk/100/uploads".to_owned(),
            "/api/v1/desk/100/quality".to_owned(),
            "/api/v1/people".to_owned(),
            format!("/api/v1/people?center={}", house.number),
            format!("/api/v1/centers/{}", house.number),
            format!("/api/v1/centers?q={NAME}"),
            format!("/centers?q={NAME}"),
            format!("/centers/{}", house.number),
            "/people".to_owned(),
            "/people/100".to_owned(),
            "/centers.json".to_owned(),
        ] {
            for cookie in STRANGER {
                let answer = call.get(&path, cookie);
                let what = format!("GET {path} as {cookie}");
                if answer.status.is_server_error() {
                    wrong.push(format!("{what}: {}", answer.status));
                }
                wrong.extend(leaks(house, &what, &answer, &path));
            }
        }
        let counts: Value =
            serde_json::from_str(&call.get("/api/v1/desk/100/worklist", manager).body).unwrap();
        for (list, count) in counts["counts"].as_object().unwrap() {
            assert_eq!(count["runs"], 0, "list {list} counts another center's runs");
        }
        let quality: Value =
            serde_json::from_str(&call.get("/api/v1/desk/100/quality", manager).body).unwrap();
        assert_eq!(quality["timeliness"]["runs"], 0);
        assert_eq!(quality["completeness"]["runs"], 0);

        let export = call.form("/desk/100/export", manager, "format=wide&runs=all").location;
        let file = call.fetched(&export, manager);
        wrong.extend(leaks(house, "the own export", &file, ""));

        // the own file names the other center and its patient
        let number = &house.number;
        for text in [
            format!("center,patient,stay,run,support_type\n{number},{key},1,1,1\n"),
            format!("center,patient,stay,run,support_type\n100,{key},1,1,1\n"),
        ] {
            let sent = call.file("/api/v1/desk/100/uploads", manager, "wide.csv", &text);
            let sent: Value = serde_json::from_str(&sent.body).unwrap();
            let plan = call.settled(sent["address"].as_str().unwrap(), manager);
            let mut asked = text.clone();
            asked.push_str(sent["address"].as_str().unwrap());
            wrong.extend(leaks(house, "the plan of an import", &plan, &asked));
            assert!(!plan.body.contains("\"changed\":1"), "{}", plan.body);
        }
        assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
    });
}

#[test]
fn what_was_done_about_people_and_access_at_a_center_is_told_to_nobody_of_another() {
    each_house(|t, call, house| {
        let rows = t.registry.db().read(|tx| audit::at_center(tx, house.center, 1000)).unwrap();
        let done: BTreeSet<&str> = rows.iter().map(|row| row.action.as_str()).collect();
        for action in ["grant", "propose-change", "export-records", "fetch-export"] {
            assert!(done.contains(action), "nothing tells of {action}: {done:?}");
        }
        let subjects: BTreeSet<&str> = rows.iter().map(|row| row.subject.as_str()).collect();
        let own_center = house.center.to_string();
        let secrets: Vec<_> =
            subjects.into_iter().filter(|subject| *subject != own_center).collect();
        assert!(!secrets.is_empty());
        let member = &house.ids["person"];
        let mut wrong = Vec::new();
        let held_here = |role: &&Role| role.held_at() != PlaceKind::Platform;

        for role in Role::ALL.iter().filter(held_here) {
            for path in [
                "/account",
                "/people",
                "/people/100",
                "/people/100/review",
                "/platform/people",
                &format!("/people/{}", house.number),
                &format!("/people/{}/review", house.number),
                &format!("/platform/people/{member}"),
                "/api/v1/me",
                "/api/v1/people",
                &format!("/api/v1/people?center={}", house.number),
            ] {
                let answer = call.get(path, &format!("{role}@100"));
                let told =
                    |secret: &&&str| !path.contains(**secret) && answer.body.contains(**secret);
                let found = secrets.iter().filter(told);
                wrong.extend(found.map(|secret| format!("GET {path} as {role} tells of {secret}")));
                let foreign = path.contains(&house.number) || path.contains(member);
                if foreign && !answer.status.is_client_error() {
                    wrong.push(format!("GET {path} as {role}: {}", answer.status));
                }
                wrong.extend(leaks(house, &format!("GET {path} as {role}"), &answer, path));
            }
        }
        assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
        let administrator =
            call.get(&format!("/platform/people/{member}"), "platform_administrator@100");
        assert!(administrator.body.contains(MEMBER), "{}", administrator.status);
    });
}

//! Ids of another center's records under the number of the own center.

use super::*;

/// What the handlers of pages must be sent before they look for a record.
fn sent(path: &str) -> String {
    let decision = if path.contains("/requests/") { "grant" } else { "confirm" };
    let verdict = if path.contains("/claims/") { "accepted" } else { "confirmed" };
    let deed = if path.starts_with("/capacity/desk/") { "laxer" } else { "trial" };
    let step = "words=To+try&reason=To+try&kind=withdraw&step=close&form=run&field=&name=Ada+Park&label=Own";
    format!("do={deed}&{step}&decision={decision}&verdict={verdict}&answer=To+try&end=1")
}

/// The example that the description gives for a body.
fn example(route: &RouteInfo, described: &[(Value, Value)]) -> Value {
    let operation = described.iter().find_map(|(paths, _)| {
        let item = paths.get(&route.path)?;
        item.get(route.method.as_str().to_lowercase())
    });
    let of =
        |kind| operation?.pointer(&format!("/requestBody/content/application~1{kind}/example"));
    of("json").or_else(|| of("fhir+json")).cloned().unwrap_or_else(|| json!({}))
}

/// The kinds of records that an address names besides a center.
fn records(path: &str) -> Vec<&str> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names.filter(|name| !["center", "number", "form", "file"].contains(name)).collect()
}

/// Whoever may call an address at the own center.
fn caller(route: &RouteInfo) -> Option<String> {
    let Access::May(action) = route.access else {
        return Some("center_administrator@100".to_owned());
    };
    let mut able: Vec<&Role> = Role::ALL.iter().filter(|role| role.may(action)).collect();
    // somebody of the center before somebody of the platform
    able.sort_by_key(|role| role.held_at() != PlaceKind::Center);
    able.first().map(|role| format!("{role}@100"))
}

#[test]
fn an_id_of_another_center_under_the_own_number_is_not_found_and_the_attempt_is_logged() {
    let log = Log::get();
    each_house(|_, call, house| {
        let described = described();
        let (mut wrong, mut kinds) = (Vec::new(), BTreeSet::new());
        let scoped = |route: &&RouteInfo| {
            let closed = !matches!(route.access, Access::Public | Access::Link);
            let platform = route.path.starts_with("/platform/");
            closed && !platform && !records(&route.path).is_empty()
        };
        for route in call.program.routes.iter().filter(scoped) {
            let Some(cookie) = caller(route) else { continue };
            let path = filled(&route.path, house, "100");
            let path = match route.path.split('/').nth(3) {
                Some("patients") => path.replace("/complication", "/patient"),
                Some("stays") => path.replace("/complication", "/hospitalization"),
                _ => path,
            };
            let before = log.attempts();
            let answer = match (&route.method, path.starts_with("/api")) {
                (&Method::GET, _) => call.get(&path, &cookie),
                (method, true) => call.json(method, &path, &cookie, &example(route, &described)),
                (_, false) => call.form(&path, &cookie, &sent(&path)),
            };
            let what = format!("{} {} as {cookie}", route.method, route.path);
            if answer.status != StatusCode::NOT_FOUND {
                wrong.push(format!("{what}: {}", answer.status));
            } else if log.attempts() == before {
                wrong.push(format!("{what}: nobody learns of it"));
            }
            wrong.extend(leaks(house, &what, &answer, &path));
            kinds.extend(records(&route.path));
        }

        assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
        for kind in [
            "run", "query", "request", "transfer", "upload", "import", "grant", "person", "change",
            "token",
        ] {
            assert!(kinds.contains(kind), "no address names a {kind}: {kinds:?}");
        }
    });
}

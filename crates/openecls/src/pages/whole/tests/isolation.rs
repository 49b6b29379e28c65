//! Nobody reaches anything of another center: by page, interface, search, export, import, file or count.
//!
//! One center holds a record of every kind, each with a word that stands nowhere else. Somebody with every role of
//! another center calls every address with the ids of those records, under the foreign number and under their own, and
//! reads every list, count, search and file of their own. No answer may hold one of the words or ids.

mod calls;
mod house;
mod lists;
mod own_number;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testkit::records::TestRegistry;

use super::*;
pub(super) use calls::Call;
use calls::{Answer, Log};
use house::house;

/// Words that stand in one record each.
const ASKED: &str = "Zanzibarquestion about the weight";
const REASON: &str = "Quokkareason for withdrawing";
const NOTE: &str = "Xylophonenote of a complication";
const FILE: &str = "narwhalfile.xml";
const NAME: &str = "Pangolinhospital";
const MEMBER: &str = "ocelotmember@example.org";

/// A center with a record of every kind.
pub(super) struct House {
    pub(super) number: String,
    pub(super) center: CenterId,
    /// By the name of the part of an address, and what stands before it where that decides.
    pub(super) ids: BTreeMap<&'static str, String>,
    /// What no answer may hold, with the kind of record that it belongs to.
    secrets: Vec<(&'static str, String)>,
}

/// A route's address with the ids of the house, under some center's number.
fn filled(route: &str, house: &House, number: &str) -> String {
    let mut out = String::new();
    let mut before = "";
    for part in route.split('/').skip(1) {
        let name = part.trim_start_matches('{').trim_end_matches('}');
        let own = match (part.starts_with('{'), name) {
            (false, _) => part.to_owned(),
            // the queue of changes names a center by its id
            (true, "center") if before == "pending" => house.center.to_string(),
            (true, "center" | "number") => number.to_owned(),
            (true, "form") if before.is_empty() => "run".to_owned(),
            (true, "form") => "complication".to_owned(),
            (true, "file") => "wide.csv".to_owned(),
            (true, name) => {
                let exact = house.ids.get(format!("{before}/{name}").as_str());
                let found = exact.or_else(|| house.ids.get(name));
                found.cloned().unwrap_or_else(|| house.ids["run"].clone())
            }
        };
        write!(out, "/{own}").unwrap();
        before = part;
    }
    out
}

const STRANGER: [&str; 4] =
    ["data_manager@100", "program_director@100", "center_administrator@100", "coordinator@100"];

fn leaks(house: &House, what: &str, answer: &Answer, asked: &str) -> Vec<String> {
    let told = |secret: &str| {
        // what was asked for may be told back
        !asked.contains(secret)
            && (answer.body.contains(secret) || answer.location.contains(secret))
    };
    let found = house.secrets.iter().filter(|(_, secret)| told(secret));
    found.map(|(kind, _)| format!("{what} tells of a {kind}")).collect()
}

/// The program with a filled center, on each engine.
pub(super) fn each_house(test: impl Fn(&TestRegistry, &Call<'_>, &House)) {
    Log::get();
    TestRegistry::each(|t| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let _entered = runtime.enter();
        let program = program(&t.database);
        let call = Call { program: &program, runtime: &runtime };
        let house = house(t, &call);
        test(t, &call, &house);
    });
}

#[test]
fn nothing_of_a_center_is_reached_from_another_by_any_address() {
    let log = Log::get();
    each_house(|_, call, house| {
        let (mut wrong, mut called, mut hidden) = (Vec::new(), 0, 0);
        let before = log.attempts();

        let scoped = |route: &&RouteInfo| {
            let path = route.path.as_str();
            path.contains('{') && !matches!(route.access, Access::Public | Access::Link)
        };
        for route in call.program.routes.iter().filter(scoped) {
            for cookie in STRANGER {
                for number in [house.number.as_str(), "100"] {
                    let path = filled(&route.path, house, number);
                    let what = format!("{} {} of {number} as {cookie}", route.method, route.path);
                    let sends = [Method::POST, Method::PUT].contains(&route.method);
                    let answer = if sends && path.starts_with("/api") {
                        call.json(&route.method, &path, cookie, &json!({}))
                    } else {
                        let kind = "application/x-www-form-urlencoded";
                        call.ask(&route.method, &path, cookie, kind, Vec::new())
                    };
                    called += 1;
                    hidden += usize::from(answer.status == StatusCode::NOT_FOUND);
                    wrong.extend(leaks(house, &what, &answer, &path));
                    if number != "100" && !answer.status.is_client_error() {
                        wrong.push(format!("{what}: {}", answer.status));
                    }
                }
            }
        }

        assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
        assert!(called > 500 && hidden > 250, "{called} calls, {hidden} not found");
        let logged = log.attempts() - before;
        assert!(logged > 100, "{logged} attempts in the log");
        let text = log.text();
        let scope = text.lines().filter(|line| line.contains("openecls::scope"));
        for line in scope {
            assert!(
                house.secrets.iter().all(|(_, secret)| !line.contains(secret.as_str())),
                "{line}"
            );
        }
    });
}

//! Nobody reaches anything of another center: by page, interface, search, export, import, file or count.
//!
//! One center holds a record of every kind, each with a word that stands nowhere else. Somebody with every role of
//! another center calls every address with the ids of those records, under the foreign number and under their own, and
//! reads every list, count, search and file of their own. No answer may hold one of the words or ids.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, OnceLock};

use base::{Place, RunId};
use directory::people::NewGrant;
use directory::sign_in::NewToken;
use registry::{NewQuery, RecordKind, RequestKind};
use serde_json::{Value, json};
use testkit::records::{TestRegistry, operator};

use super::*;

/// Words that stand in one record each.
const ASKED: &str = "Zanzibarquestion about the weight";
const REASON: &str = "Quokkareason for withdrawing";
const NOTE: &str = "Xylophonenote of a complication";
const FILE: &str = "narwhalfile.xml";
const NAME: &str = "Pangolinhospital";
const MEMBER: &str = "ocelotmember@example.org";

/// A center with a record of every kind.
struct House {
    number: String,
    /// By the name of the part of an address, and what stands before it where that decides.
    ids: BTreeMap<&'static str, String>,
    /// What no answer may hold, with the kind of record that it belongs to.
    secrets: Vec<(&'static str, String)>,
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// The log of this process: other tests may write to it, too.
    fn get() -> &'static Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        LOG.get_or_init(|| {
            let log = Self::default();
            let writer = log.clone();
            let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
            tracing::subscriber::set_global_default(subscriber).unwrap();
            log
        })
    }

    fn attempts(&self) -> usize {
        let text = String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned();
        text.lines().filter(|line| line.contains("openecls::scope")).count()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

struct Answer {
    status: StatusCode,
    location: String,
    body: String,
}

struct Call<'p> {
    program: &'p Program,
    runtime: &'p tokio::runtime::Runtime,
}

impl Call<'_> {
    fn ask(&self, method: &Method, path: &str, cookie: &str, kind: &str, body: Vec<u8>) -> Answer {
        let request = Request::builder()
            .method(method.clone())
            .uri(path)
            .header(header::HOST, "localhost")
            .header(header::COOKIE, format!("openecls={cookie}"))
            .header(header::CONTENT_TYPE, kind)
            .body(Body::from(body))
            .unwrap();
        self.runtime.block_on(async {
            let response = self.program.router.clone().oneshot(request).await.unwrap();
            let location = response.headers().get(header::LOCATION);
            let location = location.map_or("", |value| value.to_str().unwrap()).to_owned();
            let status = response.status();
            let body = axum::body::to_bytes(response.into_body(), 50_000_000).await.unwrap();
            Answer { status, location, body: String::from_utf8_lossy(&body).into_owned() }
        })
    }

    fn get(&self, path: &str, cookie: &str) -> Answer {
        self.ask(&Method::GET, path, cookie, "text/plain", Vec::new())
    }

    fn form(&self, path: &str, cookie: &str, body: &str) -> Answer {
        let kind = "application/x-www-form-urlencoded";
        self.ask(&Method::POST, path, cookie, kind, body.as_bytes().to_vec())
    }

    fn json(&self, path: &str, cookie: &str, body: &Value) -> Answer {
        let body = body.to_string().into_bytes();
        self.ask(&Method::POST, path, cookie, "application/json", body)
    }

    fn file(&self, path: &str, cookie: &str, name: &str, text: &str) -> Answer {
        let mut body = Vec::new();
        write!(
            body,
            "--cut\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{text}\r\n--cut--\r\n"
        )
        .unwrap();
        self.ask(&Method::POST, path, cookie, "multipart/form-data; boundary=cut", body)
    }

    /// The file of an export once it is written.
    fn fetched(&self, export: &str, cookie: &str) -> Answer {
        for _ in 0..600 {
            let answer = self.get(&format!("{export}/file"), cookie);
            if answer.status == StatusCode::OK {
                return answer;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("no file was written at {export}");
    }

    /// The answer once nothing works on a file any more.
    fn settled(&self, path: &str, cookie: &str) -> Answer {
        loop {
            let answer = self.get(path, cookie);
            let works = ["\"planning\"", "\"applying\""];
            if !works.iter().any(|word| answer.body.contains(word)) {
                return answer;
            }
            std::thread::sleep(std::time::Duration::from_millis(30));
        }
    }
}

/// A patient who left on ECLS for another center, and the same person there.
fn transferred(t: &TestRegistry) -> (String, String, RunId) {
    let all = t.patients(50, 3000, true);
    let stay = |patient: &registry::incoming::IncomingPatient, key: &str| {
        patient.stays.first().map_or(String::new(), |stay| t.text(&stay.forms, key))
    };
    for sender in &all {
        let to = stay(sender, "hosp_receive_elso_center");
        if stay(sender, "hosp_discharged_alive") != "2" || to.is_empty() {
            continue;
        }
        let born = t.text(&sender.forms, "birth_date");
        let same = all.iter().find(|other| {
            other.center_number.as_deref() == Some(to.as_str())
                && t.text(&other.forms, "birth_date") == born
        });
        let Some(receiver) = same else { continue };
        t.apply(&[sender.clone(), receiver.clone()], None).unwrap();
        let number = sender.center_number.clone().unwrap();
        let center = t.center(&number).id;
        let runs = t.registry.runs(&operator(), center, &sender.unique_id).unwrap();
        return (number, sender.unique_id.clone(), runs.last().unwrap().id);
    }
    panic!("no transfer among the invented patients");
}

/// Fills a center with a record of every kind.
#[expect(clippy::too_many_lines, reason = "one step after another, each a line or two")]
fn house(t: &TestRegistry, call: &Call<'_>) -> House {
    let (number, key, run) = transferred(t);
    let center = t.center(&number).id;
    let by = operator();
    let sight = t.registry.read_record(&by, &number, (RecordKind::Run, run.into()), None).unwrap();
    let manager = format!("data_manager@{number}");
    let api = format!("/api/v1/desk/{number}");
    let query = NewQuery {
        run,
        record: (RecordKind::Run, run.into()),
        form: "run",
        field: "run_weight_kg",
        code: None,
        words: ASKED,
    };
    let query = t.registry.raise_query(&by, center, &query).unwrap();
    let form = format!("{api}/runs/{run}/forms/complication");
    let read: Value = serde_json::from_str(&call.get(&form, &manager).body).unwrap();
    let sent = json!({ "version": read["version"],
        "values": { "complication": [{ "complication_note": NOTE }] } });
    let saved = call.json(&form, &manager, &sent);
    assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
    let link = t.registry.propose_transfer(&by, center, run).unwrap().id;
    let request = t.registry.request(&by, center, run, (RequestKind::Withdraw, REASON)).unwrap();
    let upload = call.file(&format!("{api}/uploads"), &manager, FILE, "<none/>");
    let upload: Value = serde_json::from_str(&upload.body).unwrap();
    let export = call.form(&format!("/desk/{number}/export"), &manager, "format=csv&runs=all");
    let export = export.location.rsplit('/').next().unwrap().to_owned();
    assert!(export.parse::<Uuid>().is_ok(), "no export was made");
    call.fetched(&format!("/desk/{number}/export/{export}"), &manager);
    let import = t.registry.center_imports(&by, center, 1).unwrap();
    let members = &call.program.people;
    let grant = NewGrant::lasting(Role::DataManager, Place::Center(center));
    let member = members.invite(&by, MEMBER, "Olga Celot", &grant).unwrap();
    let own = Actor::person(
        member.person.id,
        "Olga Celot",
        [Grant { role: Role::DataManager, place: Place::Center(center) }],
    );
    let new = NewToken { label: "ibistoken", scopes: &[Action::ReadRecords], days: 2 };
    members.make_token(&own, &new).unwrap();
    let token = members.tokens(&own).unwrap()[0].id;
    let change = change(call, &number, center);
    let stay = sight.stay.unwrap();
    let ids = BTreeMap::from([
        ("run", run.to_string()),
        ("patients/id", sight.patient.to_string()),
        ("stays/id", stay.to_string()),
        ("runs/id", run.to_string()),
        ("queries/id", query.to_string()),
        ("requests/id", request.to_string()),
        ("transfers/id", link.to_string()),
        ("upload/id", upload["upload"].as_str().unwrap().to_owned()),
        ("export/id", export.clone()),
        (
            "imports/id",
            import.first().map_or_else(|| link.to_string(), |import| import.id.to_string()),
        ),
        ("query", query.to_string()),
        ("request", request.to_string()),
        ("transfer", link.to_string()),
        ("uploads/upload", upload["upload"].as_str().unwrap().to_owned()),
        ("import", import.first().map_or_else(|| link.to_string(), |import| import.id.to_string())),
        ("person", member.person.id.to_string()),
        ("grant", member.held.as_ref().unwrap().id.to_string()),
        ("token", token.to_string()),
        ("change", change.clone()),
    ]);
    let secrets = vec![
        ("patient", key),
        ("patient", sight.patient.to_string()),
        ("stay", stay.to_string()),
        ("run", run.to_string()),
        ("form, version, history", NOTE.to_owned()),
        ("query", ASKED.to_owned()),
        ("query", query.to_string()),
        ("request", REASON.to_owned()),
        ("upload", FILE.to_owned()),
        ("export", export),
        ("center change", NAME.to_owned()),
        ("member", MEMBER.to_owned()),
        ("token", "ibistoken".to_owned()),
    ];
    House { number, ids, secrets }
}

/// A change of the center's name that waits.
fn change(call: &Call<'_>, number: &str, center: CenterId) -> String {
    let directory = crate::pages::directory(&call.program.app);
    let coordinator = Grant { role: Role::Coordinator, place: Place::Center(center) };
    let actor = Actor::person(PersonId(Uuid::from_u128(77)), "Cora Lee", [coordinator]);
    let (mut profile, _) = directory.editable(&actor, number).unwrap();
    profile.details.name = NAME.to_owned();
    directory.save(&actor, profile.id, profile.revision, &profile.details).unwrap();
    let (_, waiting) = directory.editable(&actor, number).unwrap();
    waiting[0].id.to_string()
}

/// A route's address with the ids of the house, under some center's number.
fn filled(route: &str, house: &House, number: &str) -> String {
    let mut out = String::new();
    let mut before = "";
    for part in route.split('/').skip(1) {
        let name = part.trim_start_matches('{').trim_end_matches('}');
        let own = match (part.starts_with('{'), name) {
            (false, _) => part.to_owned(),
            (true, "center") if before == "pending" => {
                // the queue of changes names a center by its id
                "01941f29-7c00-7000-8000-000000000001".to_owned()
            }
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

#[test]
fn nothing_of_a_center_is_reached_from_another_by_any_address() {
    let log = Log::get();
    TestRegistry::each(|t| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let _entered = runtime.enter();
        let program = program(&t.database);
        let call = Call { program: &program, runtime: &runtime };
        let house = house(t, &call);
        let (mut wrong, mut called, mut hidden) = (Vec::new(), 0, 0);
        let before = log.attempts();

        let scoped = |route: &&RouteInfo| {
            let path = route.path.as_str();
            path.contains('{') && !matches!(route.access, Access::Public | Access::Link)
        };
        for route in program.routes.iter().filter(scoped) {
            for cookie in STRANGER {
                for number in [house.number.as_str(), "100"] {
                    let path = filled(&route.path, &house, number);
                    let what = format!("{} {} of {number} as {cookie}", route.method, route.path);
                    let answer = if route.method == Method::POST && path.starts_with("/api") {
                        call.json(&path, cookie, &json!({}))
                    } else {
                        let kind = "application/x-www-form-urlencoded";
                        call.ask(&route.method, &path, cookie, kind, Vec::new())
                    };
                    called += 1;
                    hidden += usize::from(answer.status == StatusCode::NOT_FOUND);
                    wrong.extend(leaks(&house, &what, &answer, &path));
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

#[test]
#[expect(clippy::too_many_lines, reason = "one step after another, each a line or two")]
fn lists_searches_counts_exports_and_imports_of_one_center_tell_nothing_of_another() {
    Log::get();
    TestRegistry::each(|t| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let _entered = runtime.enter();
        let program = program(&t.database);
        let call = Call { program: &program, runtime: &runtime };
        let house = house(t, &call);
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
                wrong.extend(leaks(&house, &what, &answer, &path));
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
        wrong.extend(leaks(&house, "the own export", &file, ""));

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
            wrong.extend(leaks(&house, "the plan of an import", &plan, &asked));
            assert!(!plan.body.contains("\"changed\":1"), "{}", plan.body);
        }
        assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
    });
}

//! Questions over HTTP.

use std::sync::{Arc, OnceLock};

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::response::Response;
use dictionary::Dictionary;
use insight::api::{Current, ENDPOINTS, Insight, document, routes};
use insight::condition::ConditionPages;
use insight::dashboard::Dashboard;
use insight::open::{Open, Publisher};
use insight::query::Catalog;
use insight::summary::SummaryPages;
use serde_json::Value;
use site::Problem;
use tower::ServiceExt;

use crate::suite::common::shipped;
use crate::suite::world::{AS_OF, store};

fn insight(loaded: bool) -> Insight {
    let dictionary = Arc::new(Dictionary::embedded().unwrap());
    let catalog = Catalog::new(&shipped().0, dictionary).unwrap();
    let current = loaded.then(|| Current {
        store: store().clone(),
        as_of: AS_OF,
        version: "7".to_owned(),
        invented: true,
    });
    Insight::new(catalog, Arc::new(move || current.clone()), 1_000_000)
}

/// One for all requests of a test.
fn loaded() -> Insight {
    static LOADED: OnceLock<Insight> = OnceLock::new();
    LOADED.get_or_init(|| insight(true)).clone()
}

async fn get_with(path: &str, headers: &[(&str, &str)], is_loaded: bool) -> Response {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let insight = if is_loaded { loaded() } else { insight(false) };
    routes(insight).into_router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn get(path: &str) -> Response {
    get_with(path, &[], true).await
}

async fn body(response: Response) -> String {
    String::from_utf8(to_bytes(response.into_body(), 20_000_000).await.unwrap().to_vec()).unwrap()
}

async fn json(path: &str) -> Value {
    let response = get(path).await;
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    serde_json::from_str(&body(response).await).unwrap()
}

fn problem(response: &Response) -> &Problem {
    response.extensions().get::<Problem>().expect("a problem")
}

const QUESTION: &str = "/api/v1/insight/query?unit=run&where=age_group%3Aadult,pediatric&by=support_type&measure=share(dv_survived_hospital)";

#[tokio::test]
async fn a_question_in_an_address_has_an_answer_with_all_that_must_stand_beside_it() {
    let answer = json(QUESTION).await;

    assert_eq!(
        answer["question"],
        "unit=run;where=age_group:pediatric,adult;by=support_type;measure=share(dv_survived_hospital)"
    );
    assert_eq!(answer["population"], "submitted runs: children or adults");
    assert_eq!(answer["as_of"], "2026-11-22T12:00:00Z");
    assert_eq!(answer["version"], "7");
    assert!(answer["total"]["count"]["value"].as_u64().unwrap() > 500);
    assert!(answer["measures"][0]["definition"].as_str().unwrap().contains("Wilson"));
}

#[tokio::test]
async fn the_same_answer_is_not_sent_twice() {
    let first = get(QUESTION).await;
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();

    let other_spelling = QUESTION.replace("adult,pediatric", "pediatric,adult");
    let again = get_with(&other_spelling, &[("if-none-match", &tag)], true).await;
    let other = get_with("/api/v1/insight/query?by=year", &[("if-none-match", &tag)], true).await;

    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(body(again).await, "");
    assert_eq!(other.status(), StatusCode::OK);
}

#[tokio::test]
async fn the_same_table_comes_as_csv() {
    let by_name = get(&QUESTION.replace("query?", "query.csv?")).await;
    let by_accept = get_with(QUESTION, &[("accept", "text/csv")], true).await;

    assert_eq!(by_name.headers()["content-type"], "text/csv; charset=utf-8");
    let (text, same) = (body(by_name).await, body(by_accept).await);
    assert_eq!(text, same);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("Type of support,runs,Survived to discharge: n,"), "{}", lines[0]);
    assert!(lines[1].starts_with("Total,"));
    assert!(lines[1].contains("2026-11-22T12:00:00Z,7"));
    assert!(lines.iter().any(|line| line.starts_with("ECPR,")));
}

#[tokio::test]
async fn a_question_that_is_not_understood_says_what_is_possible() {
    let response = get("/api/v1/insight/query?where=age_groop:adult").await;

    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let detail = &problem(&response).detail;
    assert!(detail.contains("did you mean `age_group`?"), "{detail}");
    assert!(detail.ends_with("stands at /api/v1/insight/fields."));
}

#[tokio::test]
async fn a_question_that_may_not_be_answered_says_why() {
    let response = get("/api/v1/insight/query?where=weight:3.1..3.2").await;

    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(problem(&response).detail.contains("bands that begin at"));
}

#[tokio::test]
async fn while_the_registry_is_read_the_question_is_asked_to_come_back() {
    let response = get_with(QUESTION, &[], false).await;

    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn every_field_can_be_found_with_its_codes() {
    let fields = json("/api/v1/insight/fields").await;

    let runs = fields["tables"][0]["fields"].as_array().unwrap();
    let support = runs.iter().find(|field| field["name"] == "support_type").unwrap();
    assert_eq!(support["codes"][2]["name"], "ecpr");
    assert_eq!(support["codes"][2]["code"], "3");
    assert!(support["can_be"].as_array().unwrap().contains(&Value::from("share")));
    assert!(
        fields["tables"].as_array().unwrap().iter().any(|table| table["key"] == "complication")
    );
}

#[tokio::test]
async fn the_description_names_every_address_and_fits_real_answers() {
    let description = json("/api/v1/openapi.json").await;

    assert_eq!(description, document(&[]));
    let paths: Vec<&str> =
        description["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(paths, ENDPOINTS.map(|endpoint| endpoint.path));
    for endpoint in ENDPOINTS.iter().filter(|it| it.path.starts_with("/api/v1/insight/")) {
        let (path, kind) = (endpoint.path, endpoint.media);
        let response = get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with(kind), "{path}");
    }
    let schema = |name: &str| serde_json::json!({ "$ref": format!("#/components/schemas/{name}") });
    for question in [
        "by=support_type&by=year&measure=share(dv_survived_hospital)&measure=mean(weight)",
        "measure=incidence(dv_los_hospital_d,hosp_discharged_alive:0,1)&measure=rate(complication)",
        "by=age_group&measure=quantiles(weight)&measure=missing(weight)&measure=distinct(center)",
    ] {
        let answer = json(&format!("/api/v1/insight/query?{question}")).await;
        fits(&description, &schema("Outcome"), &answer, "answer").unwrap();
    }
    fits(&description, &schema("Fields"), &json("/api/v1/insight/fields").await, "fields").unwrap();
}

/// Every address of this crate that is declared.
fn declared() -> Vec<String> {
    let shell = || site::Shell::new("0.0.0", Vec::new());
    let shelf = insight::open::release::Shelf::new(std::path::PathBuf::from("releases"));
    let open = Open::new(shelf, Arc::new(|| None), shell(), Publisher::default());
    let conditions = ConditionPages::new(loaded(), shell(), None).unwrap();
    let summary = SummaryPages::new(loaded(), shell()).unwrap();
    let counters: insight::dashboard::CountersSource = Arc::new(|| Ok((2026, 0, 0, 0)));
    let dashboard = Dashboard::new(loaded(), shell(), counters).unwrap();
    let all = routes(loaded())
        .merge(insight::condition::routes(conditions))
        .merge(insight::summary::routes(summary))
        .merge(insight::dashboard::routes(dashboard))
        .merge(insight::open::routes(open));
    all.list().iter().map(|route| route.path.clone()).collect()
}

#[test]
fn the_description_has_every_declared_address_of_the_interface_and_no_other() {
    let declared = declared();
    // declared where the counters of the home page are read
    let elsewhere = ["/api/v1/figures", "/api/v1/live"];
    let is_api = |path: &str| path.starts_with("/api/");

    let mut routes: Vec<&str> =
        declared.iter().map(String::as_str).filter(|path| is_api(path)).collect();
    routes.extend(elsewhere);
    routes.sort_unstable();
    let mut described: Vec<&str> = ENDPOINTS.iter().map(|endpoint| endpoint.path).collect();
    let files: Vec<&str> = described.iter().copied().filter(|path| !is_api(path)).collect();
    described.retain(|path| is_api(path));
    described.sort_unstable();

    assert_eq!(described, routes);
    for path in files {
        assert!(declared.iter().any(|known| known == path), "{path} is no route");
    }
}

#[tokio::test]
async fn the_head_of_a_figure_names_its_other_forms_within_the_population() {
    let counters: insight::dashboard::CountersSource = Arc::new(|| Ok((2026, 0, 0, 0)));
    let shell = site::Shell::new("0.0.0", Vec::new());
    let dashboard = Dashboard::new(loaded(), shell, counters).unwrap();
    let path = "/registry/figures/runs-by-year?where=age_group%3Aadult";
    let request = Request::get(path).body(Body::empty()).unwrap();
    let app = insight::dashboard::routes(dashboard).into_router();

    let page = body(app.oneshot(request).await.unwrap()).await;

    let head = page.split_once("</head>").unwrap().0;
    for (kind, to) in [
        ("application/json", "/api/v1/insight/query?"),
        ("text/csv", "/registry/figures/runs-by-year.csv?where="),
    ] {
        let line = head.lines().find(|line| line.contains(&format!("type=\"{kind}\""))).unwrap();
        assert!(line.contains("rel=\"alternate\"") && line.contains(to), "{line}");
        assert!(line.contains("age_group"), "{line}");
    }
}

/// Whether a real answer is what the description says of it.
pub(crate) fn is_described(schema: &str, answer: &Value) -> Result<(), String> {
    let schema = serde_json::json!({ "$ref": format!("#/components/schemas/{schema}") });
    fits(&document(&[]), &schema, answer, "answer")
}

/// As much of JSON Schema as the description uses.
fn fits(document: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(&reference[1..]).ok_or_else(|| format!("no {reference}"))?;
        return fits(document, target, value, at);
    }
    if let Some(several) = schema["oneOf"].as_array() {
        let tried: Vec<_> = several.iter().map(|one| fits(document, one, value, at)).collect();
        return match tried.iter().filter(|tried| tried.is_ok()).count() {
            1 => Ok(()),
            count => Err(format!("{at} fits {count} of {}: {tried:?}", several.len())),
        };
    }
    if let Some(constant) = schema.get("const") {
        return if constant == value { Ok(()) } else { Err(format!("{at} is not {constant}")) };
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => kind.as_str().into_iter().collect(),
    };
    let is = |kind: &&str| match *kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    };
    if !kinds.iter().any(is) {
        return Err(format!("{at} is no {kinds:?}: {value}"));
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        value.get(name).ok_or_else(|| format!("{at} has no {name}"))?;
    }
    if let (Some(object), Some(properties)) = (value.as_object(), schema["properties"].as_object())
    {
        for (name, inner) in object {
            let known =
                properties.get(name).ok_or_else(|| format!("{at}.{name} is not described"))?;
            fits(document, known, inner, &format!("{at}.{name}"))?;
        }
    }
    if let (Some(items), Some(inner)) = (value.as_array(), schema.get("items")) {
        for item in items {
            fits(document, inner, item, &format!("{at}[]"))?;
        }
    }
    Ok(())
}

//! The addresses as a part of an OpenAPI 3.1 document.

use registry::worklist::WorkList;
use serde_json::{Map, Value, json};

use super::MOST;
use super::endpoint::{ALL, Endpoint, Gives, Param, Takes, Verb};
use super::queries::STATES;
use super::schemas as all_schemas;

/// The path items of these addresses.
pub fn paths() -> Value {
    let mut paths = Map::new();
    for endpoint in ALL {
        let item = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        let verb = match endpoint.verb {
            Verb::Get => "get",
            Verb::Post => "post",
        };
        if let Some(item) = item.as_object_mut() {
            item.insert(verb.to_owned(), operation(endpoint));
        }
    }
    Value::Object(paths)
}

/// The schemas that they refer to.
pub fn schemas() -> Value {
    all_schemas::all()
}

fn operation(endpoint: &Endpoint) -> Value {
    let names = endpoint.path.split('/').filter_map(|it| it.strip_prefix('{')?.strip_suffix('}'));
    let parts = names.map(part);
    let parameters: Vec<Value> =
        parts.chain(endpoint.params.iter().map(|it| parameter(*it))).collect();
    let mut operation = json!({
        "operationId": endpoint.id,
        "summary": endpoint.summary,
        "description": format!("Needs the scope `{}`.", endpoint.action.words()),
        "tags": [endpoint.tag],
        "security": [{ "token": [] }, { "session": [] }],
        "x-scope": endpoint.action.words(),
        "parameters": parameters,
        "responses": responses(endpoint),
    });
    if let (Some(body), Some(operation)) = (body(endpoint), operation.as_object_mut()) {
        operation.insert("requestBody".to_owned(), body);
    }
    operation
}

fn body(endpoint: &Endpoint) -> Option<Value> {
    let content = match endpoint.takes {
        Takes::Nothing => return None,
        Takes::Json(schema) => {
            let mut media = json!({ "schema": reference(schema) });
            if let (Some(example), Some(media)) =
                (all_schemas::example(schema), media.as_object_mut())
            {
                media.insert("example".to_owned(), example);
            }
            json!({ "application/json": media })
        }
        Takes::File => json!({ "multipart/form-data": {
            "schema": { "type": "object", "required": ["file"], "additionalProperties": false, "properties": {
                "file": { "type": "string", "format": "binary", "minLength": 1, "contentMediaType": "application/octet-stream",
                    "description": "XML of the registry, a ZIP or a single CSV; known by its first bytes." },
                "drafts": { "type": "string", "enum": ["yes", "no"],
                    "description": "`yes`: everything is taken as drafts." },
            } },
            "encoding": { "file": { "contentType": "application/octet-stream" } },
        } }),
    };
    Some(json!({ "required": true, "content": content }))
}

fn responses(endpoint: &Endpoint) -> Value {
    let mut all = Map::new();
    let mut good = json!({ "description": endpoint.summary });
    let content = match endpoint.gives {
        Gives::Json(schema) => Some(json!({ "application/json": { "schema": reference(schema) } })),
        Gives::Csv => Some(json!({ "text/csv": { "schema": { "type": "string" } } })),
        Gives::Done => None,
    };
    if let (Some(content), Some(good)) = (content, good.as_object_mut()) {
        good.insert("content".to_owned(), content);
    }
    all.insert(endpoint.status.to_string(), good);
    let takes = endpoint.takes != Takes::Nothing;
    for (status, words, answers) in [
        (400, "The request does not follow its description", takes || !endpoint.params.is_empty()),
        (401, "No token, or one that is not valid", true),
        (403, "Not the caller's to do", true),
        (404, "Not there, or of a center that is not the caller's", endpoint.path.contains('{')),
        (409, "The record is in another state than was thought; both values are told", false),
        (413, "More was sent than the address takes", takes),
        (415, "Another media type than the described one", takes),
        (422, "The values follow the description and are not right", false),
    ] {
        if answers || endpoint.faults.contains(&status) {
            let media = json!({ "application/problem+json": { "schema": reference("Problem") } });
            let answer = json!({ "description": words, "content": media });
            all.insert(status.to_string(), answer);
        }
    }
    Value::Object(all)
}

/// A part of a path.
fn part(name: &str) -> Value {
    let (schema, words) = match name {
        "center" => (
            json!({ "type": "string", "pattern": "^[0-9A-Za-z._-]{1,40}$" }),
            "Public number of the center",
        ),
        "form" => (
            json!({ "type": "string", "pattern": "^[a-z0-9_]{1,40}$" }),
            "Key of the form, as the dictionary names it",
        ),
        _ => (json!({ "type": "string", "format": "uuid" }), "Id, as other answers give it"),
    };
    json!({ "name": name, "in": "path", "required": true, "description": words, "schema": schema })
}

fn parameter(param: Param) -> Value {
    let text =
        || json!({ "type": "string", "maxLength": 100, "pattern": "^[^\\x00-\\x1f\\x7f-\\x9f]*$" });
    let id = || json!({ "type": "string", "format": "uuid" });
    let whole = || json!({ "type": "integer", "minimum": 1, "maximum": MOST });
    let (name, words, schema) = match param {
        Param::List => {
            let lists: Vec<&str> = WorkList::ALL.iter().map(|list| list.as_str()).collect();
            ("list", "Which list", json!({ "type": "string", "enum": lists, "default": "open" }))
        }
        Param::Support => ("support", "Code of the support type", text()),
        Param::Age => ("age", "Code of the age group", text()),
        Param::Key => {
            ("key", "How the patient key begins; all runs are looked through then", text())
        }
        Param::AfterRun => (
            "after",
            "Where the page begins: part of `next` of the page before",
            json!({ "type": "string",
                "pattern": "^[0-9:T-]{0,20}~[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$" }),
        ),
        Param::Most => (
            "most",
            "Rows of a page",
            json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 25 }),
        ),
        Param::QueryState => (
            "state",
            "Queries in this state",
            json!({ "type": "string", "enum": STATES, "default": "pending" }),
        ),
        Param::AfterId => {
            ("after", "Where the page begins: part of `next` of the page before", id())
        }
        Param::Before => ("before", "Only steps below this place in the chain", whole()),
        Param::Old => {
            ("old", "The older version; the one before `new` when it is not named", whole())
        }
        Param::New => ("new", "The newer version; the last when it is not named", whole()),
    };
    json!({ "name": name, "in": "query", "required": false, "description": words, "schema": schema })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

//! JSON Schema (2020-12) of each form's stored body, for programs that write or read bodies.
//!
//! Bodies hold decimals and dates as texts, codes by code, several codes and rows as arrays. What JSON
//! Schema cannot say about such texts (units, limits, branching) stands in keywords that begin with `x-`.

use serde_json::{Map, Value as Json, json};

use crate::{AgeGroup, CodeList, Dictionary, Field, Form, Kind, Pattern, Range, Required, TableId};

/// The dialect of all schemas.
pub const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

const DECIMAL: &str = r"^-?[0-9]{1,18}(\.[0-9]+)?$";
const WHOLE: &str = r"^-?[0-9]{1,18}(\.0+)?$";
const DATE: &str = r"^(18|19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";
const DATE_TIME: &str = r"^(18|19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(T([01][0-9]|2[0-3]):[0-5][0-9])?$";
const ICD: &str =
    r"^([A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?|(E[0-9]{3}|V[0-9]{2}|[0-9]{3})(\.[0-9]{1,2})?)$";
const CPT: &str = r"^[0-9A-Za-z]{5}$";

/// What a body may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// Everything that is stored: drafts, with text that could not be read and text that is too long.
    Stored,
    /// Readable values within the sizes of their fields.
    Clean,
}

/// The schema of a form's body.
pub fn of_form(dictionary: &Dictionary, form: &Form, strictness: Strictness) -> Json {
    let maker = Maker { dictionary, strictness };
    let mut schema = Map::new();
    let variant = match strictness {
        Strictness::Stored => "stored",
        Strictness::Clean => "clean",
    };
    let id = format!("urn:openecls:dictionary:{}:{}:{variant}", dictionary.version(), form.key);
    schema.insert("$schema".to_owned(), json!(DIALECT));
    schema.insert("$id".to_owned(), json!(id));
    schema.insert("title".to_owned(), json!(form.label));
    describe(&form.help, &mut schema);
    maker.object(form.table, &mut schema);
    let mut definitions = maker.lists(form);
    if strictness == Strictness::Stored {
        definitions.insert("unread".to_owned(), unread());
    }
    if !definitions.is_empty() {
        schema.insert("$defs".to_owned(), Json::Object(definitions));
    }
    Json::Object(schema)
}

/// Text that was typed and could not be read.
fn unread() -> Json {
    json!({
        "title": "Text that could not be read",
        "type": "object",
        "properties": { "unread": { "type": "string" } },
        "required": ["unread"],
        "additionalProperties": false,
    })
}

fn describe(help: &str, schema: &mut Map<String, Json>) {
    if !help.is_empty() {
        schema.insert("description".to_owned(), json!(help));
    }
}

struct Maker<'d> {
    dictionary: &'d Dictionary,
    strictness: Strictness,
}

impl Maker<'_> {
    fn object(&self, table: TableId, schema: &mut Map<String, Json>) {
        let spec = self.dictionary.table(table);
        let mut properties = Map::new();
        for id in &spec.columns {
            let field = self.dictionary.field(*id);
            properties.insert(field.key.clone(), self.field(field));
        }
        for child in &spec.children {
            let Some(group) = self.dictionary.table(*child).group else { continue };
            let field = self.dictionary.field(group);
            properties.insert(field.key.clone(), self.rows(field, *child));
        }
        schema.insert("type".to_owned(), json!("object"));
        schema.insert("properties".to_owned(), Json::Object(properties));
        schema.insert("additionalProperties".to_owned(), json!(false));
    }

    fn rows(&self, field: &Field, table: TableId) -> Json {
        let mut items = Map::new();
        self.object(table, &mut items);
        let mut schema = self.titled(field);
        schema.insert("type".to_owned(), json!("array"));
        schema.insert("items".to_owned(), Json::Object(items));
        schema.insert("minItems".to_owned(), json!(1));
        if self.strictness == Strictness::Clean {
            schema.insert("maxItems".to_owned(), json!(field.max_rows));
        }
        Json::Object(schema)
    }

    fn field(&self, field: &Field) -> Json {
        let mut schema = self.titled(field);
        let value = self.value(field);
        match (self.strictness, value) {
            (Strictness::Stored, value) => {
                schema.insert("anyOf".to_owned(), json!([value, { "$ref": "#/$defs/unread" }]));
            }
            (Strictness::Clean, Json::Object(value)) => schema.extend(value),
            (Strictness::Clean, _) => {}
        }
        Json::Object(schema)
    }

    /// Title, description and what JSON Schema has no word for.
    fn titled(&self, field: &Field) -> Map<String, Json> {
        let mut schema = Map::new();
        schema.insert("title".to_owned(), json!(field.label));
        describe(&field.help, &mut schema);
        if let Some(unit) = field.unit.and_then(|unit| self.dictionary.units().unit(unit)) {
            schema.insert("x-unit".to_owned(), json!({ "label": unit.key, "ucum": unit.ucum }));
        }
        match &field.required {
            Required::No => {}
            Required::Always => {
                schema.insert("x-required".to_owned(), json!("always"));
            }
            Required::When(expr) => {
                schema.insert("x-required".to_owned(), json!(expr.text()));
            }
        }
        if let Some(expr) = &field.applies {
            schema.insert("x-applies".to_owned(), json!(expr.text()));
        }
        if let Some(twin) = field.unknown {
            schema.insert("x-unknown".to_owned(), json!(self.dictionary.field(twin).key));
        }
        if field.ages != crate::Ages::ALL {
            let ages: Vec<&str> = field.ages.iter().map(AgeGroup::code).collect();
            schema.insert("x-ages".to_owned(), json!(ages));
        }
        limits("x-hard", field.hard, &mut schema);
        let [neonate, pediatric, adult] = field.soft;
        if neonate == pediatric && pediatric == adult {
            limits("x-soft", adult, &mut schema);
        } else {
            limits("x-soft-neonate", neonate, &mut schema);
            limits("x-soft-pediatric", pediatric, &mut schema);
            limits("x-soft-adult", adult, &mut schema);
        }
        schema
    }

    fn value(&self, field: &Field) -> Json {
        let clean = self.strictness == Strictness::Clean;
        match field.kind {
            Kind::Text if clean => json!({ "type": "string", "maxLength": field.max_chars }),
            Kind::Text => json!({ "type": "string" }),
            Kind::Integer if clean => json!({ "type": "string", "pattern": WHOLE }),
            Kind::Integer | Kind::Decimal => json!({ "type": "string", "pattern": DECIMAL }),
            Kind::Date => json!({ "type": "string", "format": "date", "pattern": DATE }),
            Kind::DateTime => json!({ "type": "string", "pattern": DATE_TIME }),
            Kind::Boolean => json!({ "type": "boolean" }),
            Kind::Code => self.list_of(field),
            Kind::Codes => json!({
                "type": "array",
                "items": self.list_of(field),
                "minItems": 1,
                "uniqueItems": true,
            }),
            Kind::Group | Kind::Block | Kind::Record => json!({}),
        }
    }

    fn list_of(&self, field: &Field) -> Json {
        field.list.map_or_else(
            || json!({ "type": "string" }),
            |list| json!({ "$ref": format!("#/$defs/list_{}", self.dictionary.list(list).key) }),
        )
    }

    /// The lists that the form's typed fields use.
    fn lists(&self, form: &Form) -> Map<String, Json> {
        let mut definitions = Map::new();
        let fields = form.fields.iter().map(|id| self.dictionary.field(*id));
        for list in fields.filter(|field| field.column.is_some()).filter_map(|field| field.list) {
            let list = self.dictionary.list(list);
            definitions.entry(format!("list_{}", list.key)).or_insert_with(|| codes(list));
        }
        definitions
    }
}

fn limits(key: &str, range: Range, schema: &mut Map<String, Json>) {
    if range != Range::default() {
        let side = |side: Option<rust_decimal::Decimal>| side.map(|number| number.to_string());
        schema.insert(key.to_owned(), json!({ "low": side(range.low), "high": side(range.high) }));
    }
}

fn codes(list: &CodeList) -> Json {
    let listed: Vec<&str> = list.codes.iter().map(|code| code.code.as_str()).collect();
    let labels: Vec<&str> = list.codes.iter().map(|code| code.label.as_str()).collect();
    match list.open {
        None => {
            json!({ "title": list.label, "type": "string", "enum": listed, "x-labels": labels })
        }
        Some(pattern) => {
            let pattern = match pattern {
                Pattern::Any => "^.{1,60}$",
                Pattern::Icd10 => ICD,
                Pattern::Cpt => CPT,
            };
            json!({
                "title": list.label,
                "type": "string",
                "anyOf": [{ "enum": listed }, { "pattern": pattern }],
                "x-labels": labels,
            })
        }
    }
}

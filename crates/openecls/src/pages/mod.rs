//! The pages of the program; here those of the data dictionary.

mod capacity;
mod centers;
mod desk;
mod first;
mod home;
mod manual;
mod open;
mod people;
mod registry;
mod whole;

use std::sync::{Arc, OnceLock};

use anyhow::Context;
use askama::Template;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dictionary::codebook::{self, Style};
use dictionary::schema::{Strictness, of_form};
use dictionary::{Dictionary, Scope, redcap};

use site::{Access, PageMeta, Problem, Routes, Shell};

pub(crate) use capacity::{
    alerts as capacity_alerts, emergency_list, pulse, reminders as capacity_reminders,
    service as capacity,
};
pub(crate) use centers::directory;
pub(crate) use desk::{EXPORTS, UPLOADS};
pub(crate) use registry::{current, insight, public, registry};
pub(crate) use whole::site;

/// What the table of forms shows of one form.
struct FormLine<'d> {
    key: &'d str,
    label: &'d str,
    help: &'d str,
    scope: &'static str,
    fields: usize,
}

#[derive(Template)]
#[template(path = "dictionary.html")]
struct Index<'d> {
    version: &'d str,
    fields: usize,
    lists: usize,
    rules: usize,
    forms: Vec<FormLine<'d>>,
}

/// Routes below `/dictionary`.
pub(crate) fn dictionary(dictionary: &Arc<Dictionary>, shell: &Shell) -> anyhow::Result<Routes> {
    let body = index(dictionary).render().context("writing the dictionary's page")?;
    let meta = PageMeta {
        title: "Data dictionary",
        description: Some(
            "Every field, unit, code list and rule of the registry, with its source.",
        ),
        path: Some("/dictionary"),
    };
    let html = shell.render(&meta, &body).context("writing the dictionary's page")?;
    let book = Made::new(dictionary, |dictionary| {
        let mut page = String::new();
        codebook::page(dictionary, Style::Link("/dictionary/codebook.css"), &mut page)?;
        Ok(page.into_bytes())
    });
    let fields = Made::new(dictionary, |dictionary| {
        let mut out = Vec::new();
        codebook::fields_csv(dictionary, &mut out)?;
        Ok(out)
    });
    let codes = Made::new(dictionary, |dictionary| {
        let mut out = Vec::new();
        codebook::codes_csv(dictionary, &mut out)?;
        Ok(out)
    });
    let redcap = Made::new(dictionary, |dictionary| {
        let mut out = Vec::new();
        redcap::write(dictionary, &mut out)?;
        Ok(out)
    });
    let known = Arc::clone(dictionary);
    Ok(manual::routes(shell)
        .get("/dictionary", Access::Public, move |headers: HeaderMap| async move {
            site::page(&headers, html)
        })
        .get("/dictionary/codebook", Access::Public, move || async move {
            book.answer("text/html; charset=utf-8")
        })
        .get("/dictionary/codebook.css", Access::Public, || async {
            ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], codebook::STYLESHEET)
        })
        .get("/dictionary/fields.csv", Access::Public, move || async move { fields.answer(CSV) })
        .get("/dictionary/codes.csv", Access::Public, move || async move { codes.answer(CSV) })
        .get("/dictionary/redcap.csv", Access::Public, move || async move { redcap.answer(CSV) })
        .get(
            "/dictionary/schema/{file}",
            Access::Public,
            move |Path(file): Path<String>, headers: HeaderMap| async move {
                schema(&known, &file, &headers)
            },
        ))
}

const CSV: &str = "text/csv; charset=utf-8";

fn index(dictionary: &Dictionary) -> Index<'_> {
    let word = |scope| match scope {
        Scope::Patient => "patient",
        Scope::Hospitalization => "hospitalization",
        Scope::Run => "run",
        Scope::System => "the platform",
    };
    Index {
        version: dictionary.version(),
        fields: dictionary.fields().len(),
        lists: dictionary.lists().len(),
        rules: dictionary.rules().len(),
        forms: dictionary
            .forms()
            .iter()
            .map(|form| FormLine {
                key: &form.key,
                label: &form.label,
                help: &form.help,
                scope: word(form.scope),
                fields: form.fields.len(),
            })
            .collect(),
    }
}

type Make = fn(&Dictionary) -> anyhow::Result<Vec<u8>>;

/// An answer that is made when it is first asked for: nobody waits for it at the start.
#[derive(Clone)]
struct Made {
    dictionary: Arc<Dictionary>,
    make: Make,
    bytes: Arc<OnceLock<Option<axum::body::Bytes>>>,
}

impl Made {
    fn new(dictionary: &Arc<Dictionary>, make: Make) -> Self {
        Self { dictionary: Arc::clone(dictionary), make, bytes: Arc::default() }
    }

    fn answer(&self, kind: &'static str) -> Response {
        let made = self.bytes.get_or_init(|| match (self.make)(&self.dictionary) {
            Ok(bytes) => Some(bytes.into()),
            Err(error) => {
                tracing::error!("writing a page of the dictionary failed: {error:#}");
                None
            }
        });
        match made {
            Some(bytes) => ([(header::CONTENT_TYPE, kind)], bytes.clone()).into_response(),
            None => Problem::of(StatusCode::INTERNAL_SERVER_ERROR).into_response(),
        }
    }
}

fn schema(dictionary: &Dictionary, file: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    let form = file.strip_suffix(".json").and_then(|key| dictionary.form_named(key));
    let form = form.ok_or_else(|| Problem::of(StatusCode::NOT_FOUND))?;
    Ok(site::json(headers, &of_form(dictionary, form, Strictness::Clean)))
}

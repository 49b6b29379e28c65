//! Data sets in the words of schema.org, for search engines.

use serde_json::{Value as Json, json};

use crate::open::Publisher;
use crate::open::address::Root;
use crate::open::catalog::{ABOUT, KEYWORDS};
use crate::open::feed::summary;
use crate::open::release::Held;

/// The live figures. `root` is the address of the site without a slash at its end.
pub fn of_dashboard(root: &str, publisher: &Publisher, as_of: Option<&str>) -> Json {
    let mut value = json!({
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": format!("{root}/registry#dataset"),
        "name": "OpenECLS Registry: live figures",
        "description": ABOUT,
        "url": format!("{root}/registry"),
        "keywords": KEYWORDS,
        "isAccessibleForFree": true,
        "creator": us(root, publisher),
        "measurementTechnique": format!("{root}/registry/methods"),
        "includedInDataCatalog": { "@type": "DataCatalog", "name": "OpenECLS Registry: data sets",
            "url": format!("{root}/catalog.jsonld") },
        "distribution": [
            download("text/csv", &format!("{root}/api/v1/insight/query.csv")),
            download("application/json", &format!("{root}/api/v1/insight/query")),
        ],
    });
    if let Some(as_of) = as_of {
        set(&mut value, "dateModified", json!(as_of));
    }
    licensed(value, publisher)
}

/// A release.
pub(super) fn of_release(root: &Root, publisher: &Publisher, held: &Held) -> Json {
    let manifest = &held.manifest;
    let page = root.link(&format!("/registry/releases/{}", manifest.id));
    let files = manifest.files.iter().filter_map(|file| {
        let kind = super::kind_of(file.path.rsplit_once('.')?.1)?;
        let kind = kind.split(';').next().unwrap_or(kind);
        let mut value = download(kind, &format!("{page}/{}", file.path));
        set(&mut value, "contentSize", json!(format!("{} B", file.bytes)));
        set(&mut value, "sha256", json!(file.sha256));
        Some(value)
    });
    let value = json!({
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": format!("{page}#dataset"),
        "name": manifest.title,
        "description": format!("{} {}", summary(held), ABOUT),
        "url": page,
        "version": manifest.id,
        "identifier": format!("sha256:{}", held.sha256),
        "datePublished": manifest.made_at,
        "temporalCoverage": format!("../{}-12-31", manifest.year),
        "keywords": KEYWORDS,
        "isAccessibleForFree": true,
        "creator": us(root.text(), publisher),
        "isBasedOn": format!("{}/registry#dataset", root.text()),
        "measurementTechnique": root.link("/registry/methods"),
        "distribution": files.collect::<Vec<Json>>(),
    });
    licensed(value, publisher)
}

/// As the content of a script element: no text in it can end the element.
pub(super) fn script(value: &Json) -> String {
    value.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

fn us(root: &str, publisher: &Publisher) -> Json {
    let mut us = json!({ "@type": "Organization", "name": publisher.name(), "url": publisher.homepage(root) });
    if let Some(email) = &publisher.email {
        set(&mut us, "email", json!(email));
    }
    us
}

fn download(kind: &str, address: &str) -> Json {
    json!({ "@type": "DataDownload", "encodingFormat": kind, "contentUrl": address })
}

fn licensed(mut value: Json, publisher: &Publisher) -> Json {
    if let Some(license) = &publisher.license {
        set(&mut value, "license", json!(license));
    }
    value
}

fn set(value: &mut Json, name: &str, to: Json) {
    if let Some(object) = value.as_object_mut() {
        object.insert(name.to_owned(), to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_the_script_element() {
        let made = script(&json!({ "name": "</script><script>alert(1)</script>&amp;" }));

        assert!(!made.contains(['<', '>', '&']), "{made}");
        let read: Json = serde_json::from_str(&made).unwrap();
        assert_eq!(read["name"], "</script><script>alert(1)</script>&amp;");
    }
}

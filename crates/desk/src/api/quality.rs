//! Data quality of a center beside that of all centers.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use base::Action;
use registry::Registry;
use registry::quality::{Completeness, Share, Timeliness};
use serde_json::{Value, json};

use super::sent::{Asker, answered, said};

/// Pairs of likely duplicates.
const PAIRS: u32 = 100;

pub(super) async fn show(asker: Asker, Path(number): Path<String>) -> Response {
    answered(move || {
        let center = asker.center(&number, Action::ReadRecords)?;
        let (registry, actor) = (&asker.desk.registry, &asker.visitor.actor);
        let told = |error| asker.told(error);
        let own = registry.timeliness(actor, center.id).map_err(told)?;
        let complete = registry.completeness(actor, center.id).map_err(told)?;
        let pairs = registry.likely_duplicates(actor, center.id, PAIRS).map_err(told)?;
        let all = asker.desk.all_centers.get(registry, asker.desk.clock.now()).map_err(told)?;
        let value = json!({
            "center": number,
            "timeliness": timeliness(&own),
            "completeness": completeness(registry, &complete),
            "likely_duplicates": pairs,
            "all_centers": {
                "centers": all.centers,
                "timeliness": all.timeliness.as_ref().map(timeliness),
                "completeness": all.completeness.as_ref().map(|it| completeness(registry, it)),
            },
        });
        Ok(said(StatusCode::OK, &value))
    })
    .await
}

fn timeliness(of: &Timeliness) -> Value {
    json!({
        "runs": of.runs, "unusual_share": of.soft_share, "median_days_to_signature": of.median_days,
        "signed_within_60_days": of.in_time,
    })
}

fn share(of: Share) -> Value {
    json!({ "answered": of.answered, "asked": of.asked })
}

fn completeness(registry: &Registry, of: &Completeness) -> Value {
    let dictionary = registry.dictionary();
    let forms = dictionary.forms().iter().filter_map(|form| {
        let own = of.form(registry, form.id);
        (own.asked > 0).then(|| (form.key.clone(), share(own)))
    });
    let fields = of.fields.iter().map(|(id, own)| (dictionary.field(*id).key.clone(), share(*own)));
    json!({
        "runs": of.runs,
        "forms": forms.collect::<serde_json::Map<_, _>>(),
        "fields": fields.collect::<serde_json::Map<_, _>>(),
    })
}

//! What was shown over time.

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use directory::centers::{AgeGroup, Mode};
use jiff::civil::Date;
use serde_json::{Value, json};
use site::{Fault, SignedIn, Visitor};

use super::super::CapacityPages;
use super::{Pairs, answer, fault, odd, of_number, work, wrong};
use crate::clock::DAY;
use crate::history::{AreaKind, Figures, Pair, Trend, WORLD};
use crate::service::{Capacity, CapacityError};
use crate::view::NOTICE;

/// Days of an area that are told at once.
const MOST_DAYS: i32 = 731;
/// Characters of the longest key of an area.
const LONGEST_AREA: usize = 100;
/// Days that are told unless others are asked for.
const DAYS: i64 = 30;

/// Which days, of what.
struct Wanted {
    kind: AreaKind,
    area: String,
    pair: Pair,
    span: (Date, Date),
}

impl Wanted {
    fn read(capacity: &Capacity, pairs: &[(String, String)], of_area: bool) -> Result<Self, Fault> {
        let yesterday = capacity.clock.now().plus_micros(-DAY);
        let mut wanted = Self {
            kind: AreaKind::World,
            area: WORLD.to_owned(),
            pair: (AgeGroup::Adult, None),
            span: (yesterday.plus_micros((1 - DAYS) * DAY).date(), yesterday.date()),
        };
        for (key, value) in pairs {
            let unknown = || wrong(key, format!("`{value}` is not known here"));
            let day = || {
                let day: Option<Date> = value.parse().ok();
                day.ok_or_else(|| odd(key, "a day such as 2026-11-22"))
            };
            match key.as_str() {
                "scope" if of_area => {
                    wanted.kind = AreaKind::from_word(value).ok_or_else(unknown)?;
                }
                "area" if of_area => {
                    if value.chars().count() > LONGEST_AREA || value.contains('\0') {
                        return Err(wrong(key, "no area has such a key"));
                    }
                    wanted.area.clone_from(value);
                }
                "age_group" => wanted.pair.0 = AgeGroup::from_word(value).ok_or_else(unknown)?,
                "mode" => wanted.pair.1 = Some(Mode::from_word(value).ok_or_else(unknown)?),
                "from" => wanted.span.0 = day()?,
                "to" => wanted.span.1 = day()?,
                _ => return Err(wrong(key, "there is no such parameter")),
            }
        }
        let (from, to) = wanted.span;
        if (to - from).get_days() >= MOST_DAYS {
            return Err(odd("from", "at most 731 days at a time"));
        }
        Ok(wanted)
    }
}

fn value(wanted: &Wanted, trend: &Trend) -> Value {
    let day = |(day, figures): (&Date, &Option<Figures>)| {
        let mut object = json!({ "day": day.to_string(), "figures": null });
        if let (Some(it), Some(object)) = (figures, object.as_object_mut()) {
            let figures = json!({
                "centers": it.centers,
                "reporting_centers": it.reporting,
                "reporting_share": it.reporting_share(),
                "can_accept_hours": it.can_accept_hours,
                "limited_hours": it.limited_hours,
                "full_hours": it.full_hours,
                "not_known_hours": it.not_known_hours,
                "suspended_hours": it.suspended_hours,
                "acceptance_share": it.acceptance_share(),
                "full_share": it.full_share(),
                "occupancy": it.occupancy(),
                "median_age_minutes": it.median_age_minutes,
                "team_ready_share": it.team_ready_share(),
                "limits_hours": it.limits,
            });
            object.insert("figures".to_owned(), figures);
        }
        object
    };
    let (age, mode) = wanted.pair;
    json!({
        "notice": NOTICE, "age_group": age, "mode": mode,
        "from": wanted.span.0.to_string(), "to": wanted.span.1.to_string(),
        "days": trend.iter().map(day).collect::<Vec<_>>(),
    })
}

/// An area by day; what is withheld has no figures.
pub(super) async fn area(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    headers: HeaderMap,
    Query(pairs): Pairs,
) -> Result<Response, Response> {
    let who = visitor.clone();
    let found = work(&pages, move |capacity| {
        let wanted = Wanted::read(capacity, &pairs, true)?;
        let trend = capacity
            .trend((wanted.kind, &wanted.area), wanted.pair, wanted.span)
            .map_err(|error| fault(error, &who))?;
        // a mistyped key is not an area in which nothing happened
        if trend.is_empty() && wanted.kind != AreaKind::World {
            return Err(fault(CapacityError::Missing, &who));
        }
        Ok(value(&wanted, &trend))
    });
    Ok(answer(&visitor, &headers, &found.await?))
}

/// One's own center by day.
pub(super) async fn center(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
    Path(number): Path<String>,
    Query(pairs): Pairs,
) -> Result<Response, Response> {
    let who = visitor.clone();
    let found = work(&pages, move |capacity| {
        let told = |error: CapacityError| fault(error, &who);
        let snapshot = capacity.current().map_err(told)?;
        let (center, _) = of_number(&snapshot, &number, &who)?;
        let wanted = Wanted::read(capacity, &pairs, false)?;
        let trend =
            capacity.center_trend(&who.actor, center.id, wanted.pair, wanted.span).map_err(told)?;
        Ok(value(&wanted, &trend))
    });
    Ok(answer(&visitor, &headers, &found.await?))
}

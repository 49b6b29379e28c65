//! Problems of what a center offers inside and outside.

use super::check::Findings;
use super::model::{Capability, Details};
use super::place;
use super::words::{AgeGroup, Mode, ReferralPolicy};

/// Days of an age that is written as an ISO 8601 duration of one unit, such as `P5D`, `P3W`, `P6M` or `P70Y`.
pub fn age_days(text: &str) -> Option<f64> {
    let rest = text.strip_prefix('P')?;
    let days = [('D', 1.0), ('W', 7.0), ('M', 30.436_875), ('Y', 365.2425)];
    days.iter().find_map(|(letter, days)| {
        let number = rest.strip_suffix(*letter)?;
        let plain =
            !number.is_empty() && number.len() <= 4 && number.bytes().all(|b| b.is_ascii_digit());
        number.parse::<f64>().ok().filter(|_| plain).map(|number| number * days)
    })
}

/// The band of an age group in days: from, and up to but without.
const fn band(age: AgeGroup) -> (f64, f64) {
    match age {
        AgeGroup::Neonate => (0.0, 29.0),
        AgeGroup::Pediatric => (29.0, 18.0 * 365.2425),
        AgeGroup::Adult => (18.0 * 365.2425, 130.0 * 365.2425),
    }
}

/// The age group of an age in days; none for one that nobody has.
pub fn age_group_of(days: f64) -> Option<AgeGroup> {
    AgeGroup::ALL.iter().copied().find(|group| {
        let (from, to) = band(*group);
        (from..to).contains(&days)
    })
}

/// Problems of one pair of age group and mode.
pub(super) fn offered(capability: &Capability, out: &mut Findings) {
    let Capability { age, mode, min_weight_kg, max_weight_kg, notes, .. } = capability;
    let field = format!("capability-{age}-{mode}");
    // far beyond what is treated: a slip of the decimal point
    let most = if *age == AgeGroup::Neonate { 10.0 } else { 400.0 };
    for weight in [min_weight_kg, max_weight_kg].into_iter().flatten() {
        if !(0.3..=most).contains(weight) {
            let label = age.label();
            out.add(&field, format!("{label}: a weight is from 0.3 to {most:.0} kg."));
        }
    }
    if let (Some(min), Some(max)) = (min_weight_kg, max_weight_kg)
        && min > max
    {
        out.add(&field, "The smallest weight is above the largest.");
    }
    ages(capability, &field, out);
    if capability
        .min_gestation_weeks
        .is_some_and(|weeks| *age != AgeGroup::Neonate || !(20..=42).contains(&weeks))
    {
        out.add(&field, "Weeks of gestation are for neonates, from 20 to 42.");
    }
    if !capability.ecpr_sources.is_empty() && *mode != Mode::Ecpr {
        out.add(&field, "Where patients in arrest come from is stated with ECPR only.");
    }
    if capability.pregnancy && *age == AgeGroup::Neonate {
        out.add(&field, "A neonate is not pregnant.");
    }
    if capability.isolation_rooms.is_some_and(|rooms| rooms > 200) {
        out.add(&field, "At most 200 isolation rooms are kept.");
    }
    out.text(&field, notes, 280);
}

fn ages(capability: &Capability, field: &str, out: &mut Findings) {
    let (from, to) = band(capability.age);
    let limits = [&capability.min_age, &capability.max_age].map(|text| {
        let days = age_days(text);
        if !text.is_empty() && days.is_none() {
            out.add(field, format!("`{text}` is no age: write it as P5D, P3W, P6M or P70Y."));
        }
        days
    });
    // the upper limit may be the first day of the next band
    if limits.iter().flatten().any(|days| !(from..=to).contains(days)) {
        let label = capability.age.label();
        out.add(field, format!("{label}: the limit of age lies outside of the age group."));
    }
    if let [Some(min), Some(max)] = limits
        && min > max
    {
        out.add(field, "The youngest age is above the oldest.");
    }
}

/// Problems of referral and retrieval.
pub(super) fn reach(details: &Details, out: &mut Findings) {
    if details.referral_policy == Some(ReferralPolicy::OpenHours)
        && details.referral_hours.is_empty()
    {
        out.add("referral_hours", "State the hours.");
    }
    let team = &details.retrieval;
    if team.range_km.is_some_and(|range| range == 0 || range > 20_000) {
        out.add("range_km", "A range is from 1 to 20000 km.");
    }
    if team.vehicles.iter().any(|it| it.max_range_km.is_some_and(|km| km == 0 || km > 20_000)) {
        out.add("vehicles", "A range is from 1 to 20000 km.");
    }
    if team.vehicles.len() > 12 {
        out.add("vehicles", "At most 12 vehicles are kept.");
    }
    for vehicle in &team.vehicles {
        out.text("vehicles", &vehicle.operator, 80);
        out.text("vehicles", &vehicle.hours, 80);
    }
    if team.max_patient_weight_kg.is_some_and(|kg| !(0.3..=400.0).contains(&kg)) {
        out.add("max_patient_weight_kg", "A weight is from 0.3 to 400 kg.");
    }
    if team.mobilization_min.is_some_and(|minutes| minutes > 1440) {
        out.add("mobilization_min", "A team leaves within a day: at most 1440 minutes.");
    }
    if let Some(code) = team.countries.iter().find(|code| !place::is_country(code)) {
        out.add("retrieval_countries", format!("`{code}` is no country code of ISO 3166-1."));
    }
    out.text("retrieval_equipment", &team.equipment, 280);
    if !team.services.is_empty() && team.ages.is_empty() {
        out.add("retrieval", "State for which age groups the team goes out.");
    }
    for language in &details.languages {
        let plain = |part: &str| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let first = language.split('-').next().unwrap_or_default();
        if !language.split('-').all(plain) || !(2..=3).contains(&first.len()) {
            out.add("languages", format!("`{language}` is no language tag, such as en or pt-BR."));
        }
    }
    out.texts("languages", &details.languages, 35);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_durations_of_one_unit_and_stay_within_their_group() {
        assert_eq!(age_days("P5D"), Some(5.0));
        assert_eq!(age_days("P3W"), Some(21.0));
        for wrong in ["", "P", "5D", "PD", "P-5D", "P1.5Y", "P1Y2M", "PT5H"] {
            assert_eq!(age_days(wrong), None, "{wrong}");
        }
        let told = |age, min: &str, max: &str| {
            let mut out = Findings::default();
            let it = Capability {
                min_age: min.to_owned(),
                max_age: max.to_owned(),
                ..Capability::new(age, Mode::Vv)
            };
            offered(&it, &mut out);
            out.0.len()
        };
        assert_eq!(told(AgeGroup::Adult, "P18Y", "P70Y"), 0);
        assert_eq!(told(AgeGroup::Neonate, "P1D", "P28D"), 0);
        assert_eq!(told(AgeGroup::Neonate, "", "P3M"), 1);
        assert_eq!(told(AgeGroup::Pediatric, "P10Y", "P2Y"), 1);
        assert_eq!(told(AgeGroup::Adult, "70", ""), 1);
    }
}

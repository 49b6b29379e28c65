//! The form as a page: what everybody sees now, the age groups, the receipt.

use askama::Template;
use directory::centers::AgeGroup;
use uuid::Uuid;

use super::super::moment;
use super::super::shown::{age_class, symbol, told};
use super::Wrong;
use super::typed::{self, ASKED, COUNTS, Known, Typed, overdue};
use crate::service::Capacity;
use crate::status::status;
use crate::words::{Accepts, Declared, Limit, OperatingLevel, TeamStatus};

/// The status buttons.
const BUTTONS: [(Declared, &str); 4] = [
    (Declared::Available, "Can accept"),
    (Declared::Limited, "Limited – call"),
    (Declared::Full, "Full"),
    (Declared::Unknown, "Cannot say"),
];

struct Button {
    value: &'static str,
    label: &'static str,
    symbol: &'static str,
    chosen: bool,
}

struct Number {
    key: String,
    label: &'static str,
    value: String,
    /// What the registry says beside it.
    hint: Option<String>,
    wrong: Option<String>,
}

struct Tick {
    value: &'static str,
    label: &'static str,
    chosen: bool,
}

/// A menu.
struct Menu {
    key: String,
    label: String,
    /// What nothing chosen means.
    none: &'static str,
    choices: Vec<Tick>,
    wrong: Option<String>,
}

/// A day and time on the clock of the center.
struct Time {
    key: String,
    label: &'static str,
    value: String,
    wrong: Option<String>,
}

/// One age group of the form.
struct Part {
    key: &'static str,
    label: &'static str,
    /// What was expected by now.
    prompt: Option<String>,
    buttons: Vec<Button>,
    /// What is wrong with the status.
    wrong: Option<String>,
    numbers: Vec<Number>,
    more: Vec<Number>,
    /// Whether something on the second screen is wrong.
    open: bool,
    /// How many fields of the second screen are filled in.
    filled: usize,
    limits: Vec<Tick>,
    withheld: bool,
    limits_wrong: Option<String>,
    menus: Vec<Menu>,
    times: Vec<Time>,
    team: Option<(Menu, Number, Time)>,
}

/// What everybody sees now.
struct Light {
    age: &'static str,
    modes: String,
    symbol: &'static str,
    label: &'static str,
    told: String,
    age_class: &'static str,
    due: Option<String>,
}

/// What became of the report.
pub(super) struct Receipt {
    pub(super) id: Uuid,
    pub(super) at: String,
    pub(super) may_undo: bool,
    pub(super) undone: bool,
}

#[derive(Template)]
#[template(path = "capacity/report.html")]
#[expect(clippy::struct_excessive_bools, reason = "what the page shows")]
pub(super) struct Page {
    number: String,
    pub(super) name: String,
    zone: String,
    /// A coordinator tells what the center has said by telephone.
    relays: bool,
    report: Uuid,
    confirm: Uuid,
    parts: Vec<Part>,
    lights: Vec<Light>,
    /// Something is in force that can be confirmed.
    confirmable: bool,
    receipt: Option<Receipt>,
    general: Vec<String>,
    /// The report is unusual: it is sent again with a tick.
    asks: bool,
    suspended: bool,
    /// The center has said so itself, and can take it back.
    resumable: bool,
    suspend_until: String,
    suspend_reason: String,
    comment_public: String,
    comment_professional: String,
    pub(super) wrong: bool,
}

pub(super) struct Look<'a> {
    pub(super) capacity: &'a Capacity,
    pub(super) known: Known<'a>,
    pub(super) relays: bool,
    /// What the registry says of patients on support.
    pub(super) open_runs: Vec<(AgeGroup, i64)>,
}

impl Look<'_> {
    pub(super) fn page(&self, typed: &Typed, wrong: &Wrong, receipt: Option<Receipt>) -> Page {
        let Known { center, log, cadences, now } = self.known;
        let mut general = wrong.general.clone();
        let mut fields: Vec<(String, String)> = Vec::new();
        for finding in &wrong.findings {
            let message = match &finding.fix {
                Some(fix) => format!("{} {fix} would do.", finding.message),
                None => finding.message.clone(),
            };
            match typed.field(&finding.pointer) {
                Some(field) => fields.push((field, message)),
                None => general.push(message),
            }
        }
        let part = |group: &typed::Group| {
            let open = self.open_runs.iter().find(|(age, _)| *age == group.age);
            part(self.known, group, open.map(|(_, runs)| *runs), &fields)
        };
        let suspension = center.suspended(now);
        Page {
            number: center.number.clone(),
            name: center.name.clone(),
            zone: center.time_zone.clone(),
            relays: self.relays,
            report: typed.report,
            confirm: self.capacity.ids.next(),
            parts: typed.groups.iter().map(part).collect(),
            lights: self.lights(),
            confirmable: !self.relays && !log.lines_in_force(None, cadences).is_empty(),
            receipt,
            wrong: !general.is_empty() || !fields.is_empty(),
            general,
            asks: wrong.asks,
            suspended: suspension.is_some(),
            resumable: suspension.is_some_and(|it| it.until.is_some()),
            suspend_until: wrong.suspend.0.clone(),
            suspend_reason: wrong.suspend.1.clone(),
            comment_public: typed.comment_public.clone(),
            comment_professional: typed.comment_professional.clone(),
        }
    }

    /// The lights, with the kinds of support together that show the same.
    fn lights(&self) -> Vec<Light> {
        let Known { center, log, cadences, now } = self.known;
        let mut all: Vec<Light> = Vec::new();
        for age in typed::offered(center) {
            for mode in center.modes(age) {
                let Some(status) = status(center, log, (age, mode), cadences, now) else {
                    continue;
                };
                let due = status.due(center, cadences, now);
                let light = Light {
                    age: age.label(),
                    modes: mode.label().to_owned(),
                    symbol: symbol(status.light, status.is_stale()),
                    label: status.light.label(),
                    told: told(center, &status, now),
                    age_class: age_class(&status),
                    due: due.map(|due| moment(due.0, &center.time_zone)),
                };
                match all.iter_mut().find(|it| it.shows_the_same(&light)) {
                    Some(same) => same.modes = format!("{}, {}", same.modes, light.modes),
                    None => all.push(light),
                }
            }
        }
        all
    }
}

impl Light {
    fn shows_the_same(&self, other: &Self) -> bool {
        (self.age, self.symbol, &self.told, &self.due)
            == (other.age, other.symbol, &other.told, &other.due)
    }
}

fn part(
    known: Known<'_>,
    group: &typed::Group,
    runs: Option<i64>,
    fields: &[(String, String)],
) -> Part {
    let key = group.age.as_str();
    let wrong = |name: &str| {
        let field = format!("{key}.{name}");
        let all: Vec<&str> =
            fields.iter().filter(|(it, _)| *it == field).map(|(_, why)| why.as_str()).collect();
        (!all.is_empty()).then(|| all.join(" "))
    };
    let number = |name: &str, label: &'static str, value: &str| {
        let (key, wrong) = (format!("{key}.{name}"), wrong(name));
        let hint = runs.filter(|_| name == "on_ecls_now").map(|runs| match runs {
            1 => "1 open run in the registry".to_owned(),
            runs => format!("{runs} open runs in the registry"),
        });
        Number { key, label, value: value.to_owned(), hint, wrong }
    };
    let time = |name: &str, label: &'static str, value: &str| {
        let (key, wrong) = (format!("{key}.{name}"), wrong(name));
        Time { key, label, value: value.to_owned(), wrong }
    };
    let menu = |name: &str, label: String, none: &'static str, choices: Vec<Tick>| {
        let (key, wrong) = (format!("{key}.{name}"), wrong(name));
        Menu { key, label, none, choices, wrong }
    };
    let mut numbers: Vec<Number> = COUNTS
        .iter()
        .zip(&group.counts)
        .map(|((name, label), value)| number(name, label, value))
        .collect();
    let more = numbers.split_off(ASKED);
    let button = |(status, label): &(Declared, &'static str)| Button {
        value: status.as_str(),
        label,
        symbol: match status {
            Declared::Available => "available",
            Declared::Limited => "limited",
            Declared::Full => "full",
            _ => "unknown",
        },
        chosen: group.status == Some(*status),
    };
    let limit = |it: &Limit| Tick {
        value: it.as_str(),
        label: it.label(),
        chosen: group.limits.contains(it),
    };
    let mut menus: Vec<Menu> = group
        .modes
        .iter()
        .map(|it| {
            let choice = |(status, label): &(Declared, &'static str)| {
                let (value, chosen) = (status.as_str(), it.status == Some(*status));
                Tick { value, label, chosen }
            };
            let choices = BUTTONS.iter().map(choice).collect();
            menu(it.mode.as_str(), it.mode.label().to_owned(), "as the age group", choices)
        })
        .collect();
    let accepts = |it: &Accepts| Tick {
        value: it.as_str(),
        label: it.label(),
        chosen: group.accepts == Some(*it),
    };
    let level = |it: &OperatingLevel| Tick {
        value: it.as_str(),
        label: it.label(),
        chosen: group.level == Some(*it),
    };
    let accepts = Accepts::ALL.iter().map(accepts).collect();
    let elsewhere = "Patients from elsewhere".to_owned();
    menus.push(menu("accepts_external", elsewhere, "as in the profile", accepts));
    let levels = OperatingLevel::ALL.iter().filter(|it| **it != OperatingLevel::NotStated);
    let coping = "How the unit is coping".to_owned();
    menus.push(menu("operating_level", coping, "not stated", levels.map(level).collect()));
    let times = vec![time("next_free_expected_at", "A place is expected", &group.expected)];
    let team = group.team.as_ref().map(|it| {
        let tick = |status: &TeamStatus| {
            let chosen = it.status == Some(*status);
            Tick { value: status.as_str(), label: status.label(), chosen }
        };
        let choices = TeamStatus::ALL.iter().map(tick).collect();
        (
            menu("team_status", "Retrieval team".to_owned(), "left as it is", choices),
            number("teams_ready", "Teams ready", &it.ready),
            time("back_at", "Back at", &it.back),
        )
    });
    let due = overdue(known, group.age).map(|at| moment(at, &known.center.time_zone));
    let stated = |chosen: &[Tick]| chosen.iter().any(|it| it.chosen);
    Part {
        key,
        label: group.age.label(),
        prompt: due.map(|at| format!("You expected a place by {at}. Is there one?")),
        buttons: BUTTONS.iter().map(button).collect(),
        wrong: wrong("declared_status"),
        open: more.iter().any(|it| it.wrong.is_some())
            || menus.iter().any(|it| it.wrong.is_some())
            || times.iter().any(|it| it.wrong.is_some()),
        filled: more.iter().filter(|it| !it.value.is_empty()).count()
            + menus.iter().filter(|it| stated(&it.choices)).count()
            + times.iter().filter(|it| !it.value.is_empty()).count(),
        numbers,
        more,
        limits: Limit::ALL.iter().map(limit).collect(),
        withheld: group.withheld,
        limits_wrong: wrong("limits"),
        menus,
        times,
        team,
    }
}

//! The form as a page: what everybody sees now, the age groups, the receipt.

use askama::Template;
use base::{Action, Actor, permit};
use directory::centers::AgeGroup;
use uuid::Uuid;

use super::super::moment;
use super::Wrong;
use super::now::{Light, Speaker, lights};
use super::typed::{self, ASKED, COUNTS, Known, Typed, overdue};
use crate::service::Capacity;
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

/// What became of the report.
pub(super) struct Receipt {
    pub(super) id: Uuid,
    pub(super) at: String,
    /// When it was made, if it had to wait.
    pub(super) said: Option<String>,
    pub(super) may_undo: bool,
    pub(super) undone: bool,
}

#[derive(Template)]
#[template(path = "capacity/report.html")]
#[expect(clippy::struct_excessive_bools, reason = "what the page shows")]
pub(super) struct Page {
    number: String,
    pub(super) name: String,
    /// The unit that reports: its key and name; empty for the center as a whole.
    unit: (String, String),
    /// Everybody who reports for the center, when there are several.
    speakers: Vec<Speaker>,
    zone: String,
    /// Whether the reader changes the units of the center.
    edits: bool,
    /// A coordinator tells what the center has said by telephone.
    relays: bool,
    /// Who reports, as the audit and as people name them: a report that waits on a device is theirs.
    by: (String, String),
    report: Uuid,
    /// When it was made, if it could not be sent at once; and in words.
    said_at: Option<String>,
    said_words: String,
    confirm: Uuid,
    script: &'static str,
    parts: Vec<Part>,
    lights: Vec<Light>,
    /// Something is in force that can be confirmed.
    confirmable: bool,
    /// The same of every unit together.
    confirm_all: Uuid,
    all_confirmable: bool,
    receipt: Option<Receipt>,
    general: Vec<String>,
    /// The report is unusual: it is sent again with a tick.
    asks: bool,
    /// Where somebody goes on to who has come here first after signing in.
    pub(super) pass: Option<String>,
    /// Programs that report for the center and are not shown.
    held: Vec<String>,
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
    pub(super) actor: &'a Actor,
    pub(super) relays: bool,
    /// What the registry says of patients on support.
    pub(super) open_runs: Vec<(AgeGroup, i64)>,
    /// Names of programs that report for the center and are not shown.
    pub(super) held: Vec<String>,
}

impl Look<'_> {
    pub(super) fn page(&self, typed: &Typed, wrong: &Wrong, receipt: Option<Receipt>) -> Page {
        let Known { center, log, cadences, now, .. } = self.known;
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
            unit: self.known.unit.map(|it| (it.key.clone(), it.name.clone())).unwrap_or_default(),
            speakers: self.speakers(),
            zone: center.time_zone.clone(),
            edits: permit(self.actor, Action::EditCenter, center.id).is_ok(),
            relays: self.relays,
            by: (self.actor.name().to_owned(), base::shown_name(self.actor.name()).to_owned()),
            report: typed.report,
            said_at: typed.said_at.map(|at| at.to_string()),
            said_words: typed.said_at.map(|at| moment(at, &center.time_zone)).unwrap_or_default(),
            script: site::report_script(),
            confirm: self.capacity.ids.next(),
            parts: typed.groups.iter().map(part).collect(),
            lights: lights((center, log), cadences, now),
            confirmable: !self.relays && !self.known.lines().is_empty(),
            confirm_all: self.capacity.ids.next(),
            all_confirmable: !self.relays && self.all_said(),
            receipt,
            wrong: !general.is_empty() || !fields.is_empty(),
            general,
            asks: wrong.asks,
            pass: None,
            held: self.held.clone(),
            suspended: suspension.is_some(),
            resumable: suspension.is_some_and(|it| it.until.is_some()),
            suspend_until: wrong.suspend.0.clone(),
            suspend_reason: wrong.suspend.1.clone(),
            comment_public: typed.comment_public.clone(),
            comment_professional: typed.comment_professional.clone(),
        }
    }
}

/// Fields of one age group, with what is wrong with them.
struct Fields<'a> {
    key: &'static str,
    wrong: &'a [(String, String)],
}

impl Fields<'_> {
    fn wrong(&self, name: &str) -> Option<String> {
        let field = format!("{}.{name}", self.key);
        let own = self.wrong.iter().filter(|(it, _)| *it == field);
        let all: Vec<&str> = own.map(|(_, why)| why.as_str()).collect();
        (!all.is_empty()).then(|| all.join(" "))
    }

    fn number(&self, name: &str, label: &'static str, value: &str) -> Number {
        let (key, wrong) = (format!("{}.{name}", self.key), self.wrong(name));
        Number { key, label, value: value.to_owned(), hint: None, wrong }
    }

    fn time(&self, name: &str, label: &'static str, value: &str) -> Time {
        let (key, wrong) = (format!("{}.{name}", self.key), self.wrong(name));
        Time { key, label, value: value.to_owned(), wrong }
    }

    fn menu(&self, name: &str, label: &str, none: &'static str, choices: Vec<Tick>) -> Menu {
        let (key, wrong) = (format!("{}.{name}", self.key), self.wrong(name));
        Menu { key, label: label.to_owned(), none, choices, wrong }
    }

    /// The menus of the second screen: kinds of support that differ, patients from elsewhere, how the unit is coping.
    fn menus(&self, group: &typed::Group) -> Vec<Menu> {
        let mut menus: Vec<Menu> = group
            .modes
            .iter()
            .map(|it| {
                let choice = |(status, label): &(Declared, &'static str)| {
                    let (value, chosen) = (status.as_str(), it.status == Some(*status));
                    Tick { value, label, chosen }
                };
                let choices = BUTTONS.iter().map(choice).collect();
                self.menu(it.mode.as_str(), it.mode.label(), "as the age group", choices)
            })
            .collect();
        let accepts = |it: &Accepts| Tick {
            value: it.as_str(),
            label: it.label(),
            chosen: group.accepts == Some(*it),
        };
        let accepts = Accepts::ALL.iter().map(accepts).collect();
        let label = "Patients from elsewhere";
        menus.push(self.menu("accepts_external", label, "as in the profile", accepts));
        let level = |it: &OperatingLevel| Tick {
            value: it.as_str(),
            label: it.label(),
            chosen: group.level == Some(*it),
        };
        let levels = OperatingLevel::ALL.iter().filter(|it| **it != OperatingLevel::NotStated);
        let levels = levels.map(level).collect();
        menus.push(self.menu("operating_level", "How the unit is coping", "not stated", levels));
        menus
    }

    fn team(&self, group: &typed::Group) -> Option<(Menu, Number, Time)> {
        let it = group.team.as_ref()?;
        let tick = |status: &TeamStatus| {
            let chosen = it.status == Some(*status);
            Tick { value: status.as_str(), label: status.label(), chosen }
        };
        let choices = TeamStatus::ALL.iter().map(tick).collect();
        Some((
            self.menu("team_status", "Retrieval team", "left as it is", choices),
            self.number("teams_ready", "Teams ready", &it.ready),
            self.time("back_at", "Back at", &it.back),
        ))
    }
}

fn button(group: &typed::Group, (status, label): &(Declared, &'static str)) -> Button {
    Button {
        value: status.as_str(),
        label,
        symbol: match status {
            Declared::Available => "available",
            Declared::Limited => "limited",
            Declared::Full => "full",
            _ => "unknown",
        },
        chosen: group.status == Some(*status),
    }
}

fn part(
    known: Known<'_>,
    group: &typed::Group,
    runs: Option<i64>,
    wrong: &[(String, String)],
) -> Part {
    let fields = Fields { key: group.age.as_str(), wrong };
    let counts = COUNTS.iter().zip(&group.counts);
    let mut numbers: Vec<Number> =
        counts.map(|((name, label), value)| fields.number(name, label, value)).collect();
    if let Some(number) = numbers.iter_mut().find(|it| it.key.ends_with(".on_ecls_now")) {
        number.hint = runs.map(|runs| match runs {
            1 => "1 open run in the registry".to_owned(),
            runs => format!("{runs} open runs in the registry"),
        });
    }
    let more = numbers.split_off(ASKED);
    let menus = fields.menus(group);
    let times = vec![fields.time("next_free_expected_at", "A place is expected", &group.expected)];
    let due = overdue(known, group.age).map(|at| moment(at, &known.center.time_zone));
    let limit = |it: &Limit| Tick {
        value: it.as_str(),
        label: it.label(),
        chosen: group.limits.contains(it),
    };
    let stated = |chosen: &[Tick]| chosen.iter().any(|it| it.chosen);
    Part {
        key: fields.key,
        label: group.age.label(),
        prompt: due.map(|at| format!("You expected a place by {at}. Is there one?")),
        buttons: BUTTONS.iter().map(|it| button(group, it)).collect(),
        wrong: fields.wrong("declared_status"),
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
        limits_wrong: fields.wrong("limits"),
        menus,
        times,
        team: fields.team(group),
    }
}

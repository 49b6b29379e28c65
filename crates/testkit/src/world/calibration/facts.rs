//! What a run says, read back out of its forms as a reader of the registry would.

use dictionary::{AgeGroup, Dictionary, FieldId, FormId, Row, TableId, Value};
use registry::incoming::FormRows;

use super::super::{World, WorldPatient};

/// One run in short. Percentages are of runs, as in the published tables.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "independent answers")]
pub(super) struct Fact {
    pub(super) submitted: bool,
    pub(super) center: usize,
    pub(super) chapter: &'static str,
    /// Day of the start, since 1970.
    pub(super) day: i32,
    pub(super) year: i32,
    pub(super) age: AgeGroup,
    /// Code of list `support_type`.
    pub(super) support: String,
    pub(super) years_old: f64,
    pub(super) male: Option<bool>,
    pub(super) body_mass: Option<f64>,
    pub(super) hours: Option<f64>,
    /// Alive when support ended; unknown after leaving on support.
    pub(super) weaned: Option<bool>,
    /// Left the hospital alive.
    pub(super) alive: Option<bool>,
    /// Days from the start to death in hospital.
    pub(super) death_days: Option<f64>,
    pub(super) place: String,
    pub(super) transported: String,
    pub(super) came: bool,
    pub(super) modes: Vec<String>,
    pub(super) illness: String,
    pub(super) covid: bool,
    pub(super) before: Vec<String>,
    pub(super) arrest: bool,
    pub(super) pump: String,
    pub(super) lung: String,
    pub(super) harms: Vec<String>,
    pub(super) infected: bool,
}

/// Reads facts; all names are looked up once.
#[derive(Debug)]
pub(super) struct Reader<'d> {
    dictionary: &'d Dictionary,
}

/// The forms of one run with those of its stay and patient.
struct Forms<'a, 'd> {
    dictionary: &'d Dictionary,
    all: [&'a FormRows; 3],
}

impl<'a> Forms<'a, '_> {
    fn row(&self, form: FormId) -> Option<&'a Row> {
        self.all.iter().copied().flatten().find(|(id, _)| *id == form).map(|(_, row)| row)
    }

    fn value(&self, key: &str) -> &'a Value {
        let field = self.dictionary.field_named(key);
        let found = field.and_then(|field| {
            let row = self.row(field.form)?;
            Some(row.value(field.column?))
        });
        found.unwrap_or(&Value::Missing)
    }

    fn text(&self, key: &str) -> String {
        self.dictionary
            .field_named(key)
            .map_or_else(String::new, |field| self.dictionary.text(field, self.value(key)))
    }

    fn number(&self, key: &str) -> Option<f64> {
        self.text(key).parse().ok()
    }

    fn minutes(&self, key: &str) -> Option<i64> {
        match self.value(key) {
            Value::Moment(moment) => moment.minutes(),
            _ => None,
        }
    }

    /// Every value of a field in a group, over all rows.
    fn all(&self, key: &str) -> Vec<&'a Value> {
        let Some(field) = self.dictionary.field_named(key) else { return Vec::new() };
        let Some(row) = self.row(field.form) else { return Vec::new() };
        let mut out = Vec::new();
        let top = self.dictionary.form(field.form).table;
        self.collect(top, row, field.id, &mut out);
        out
    }

    fn collect(&self, table: TableId, row: &'a Row, field: FieldId, out: &mut Vec<&'a Value>) {
        let wanted = self.dictionary.field(field);
        if wanted.table == table {
            out.extend(wanted.column.map(|column| row.value(column)));
            return;
        }
        for (child, rows) in self.dictionary.table(table).children.iter().zip(&row.children) {
            for row in rows {
                self.collect(*child, row, field, out);
            }
        }
    }

    fn texts(&self, key: &str) -> Vec<String> {
        let Some(field) = self.dictionary.field_named(key) else { return Vec::new() };
        self.all(key).into_iter().map(|value| self.dictionary.text(field, value)).collect()
    }
}

impl<'d> Reader<'d> {
    pub(super) const fn new(dictionary: &'d Dictionary) -> Self {
        Self { dictionary }
    }

    /// Facts of all runs of a patient; a run without a start is left out.
    pub(super) fn read(
        &self,
        world: &World<'_>,
        center: usize,
        patient: &WorldPatient,
    ) -> Vec<Fact> {
        let chapter = world.centers().get(center).map_or("", |center| center.chapter);
        let mut place = 0;
        let mut out = Vec::new();
        for stay in &patient.patient.stays {
            for run in &stay.runs {
                let forms = Forms {
                    dictionary: self.dictionary,
                    all: [&patient.patient.forms, &stay.forms, &run.forms],
                };
                let submitted = patient.submitted_at.iter().any(|(at, _)| *at == place);
                place += 1;
                out.extend(fact(&forms).map(|fact| Fact { submitted, center, chapter, ..fact }));
            }
        }
        out
    }
}

fn moments(values: &[&Value]) -> Vec<i64> {
    values
        .iter()
        .filter_map(|value| match value {
            Value::Moment(moment) => moment.minutes(),
            _ => None,
        })
        .collect()
}

fn fact(forms: &Forms<'_, '_>) -> Option<Fact> {
    let start = moments(&forms.all("mode_start")).into_iter().min()?;
    let ends = forms.all("mode_end");
    let open = ends.iter().any(|end| !end.is_present());
    let stop = moments(&ends).into_iter().max().filter(|_| !open);
    let day = i32::try_from(start.div_euclid(1440)).ok()?;
    let Value::Moment(birth) = forms.value("birth_date") else { return None };
    let days_old = day - birth.day_number();
    let years_old = f64::from(days_old) / 365.25;
    let left = forms.text("hosp_discharged_alive");
    let death = forms.minutes("hosp_death_datetime");
    let reason = forms.text("discontinuation_reason");
    let real = |minutes: i64| crate::synthetic::dice::real(minutes);
    let (weight, height) = (forms.number("run_weight_kg"), forms.number("run_height_cm"));
    let covid = forms.text("cv_status") == "suspected"
        || forms.texts("diagnosis_code").iter().any(|code| code == "U07.1");
    Some(Fact {
        submitted: false,
        center: 0,
        chapter: "",
        day,
        year: dictionary_year(start),
        age: age_group(days_old, years_old),
        support: forms.text("support_type"),
        years_old,
        male: match forms.text("sex").as_str() {
            "1" => Some(true),
            "2" => Some(false),
            _ => None,
        },
        body_mass: weight.zip(height).map(|(kg, cm)| kg / (cm / 100.0).powi(2)),
        hours: stop.map(|stop| real(stop - start) / 60.0),
        weaned: match (stop, left.as_str()) {
            (None, _) | (_, "2" | "") => None,
            (Some(stop), _) => {
                let late = death.is_none_or(|death| death - stop >= 1440);
                Some(reason != "2" && late)
            }
        },
        alive: match left.as_str() {
            "1" => Some(true),
            "0" => Some(false),
            _ => None,
        },
        death_days: death.map(|death| real(death - start) / 1440.0),
        place: forms.text("hosp_discharge_location"),
        came: !forms.text("hosp_transfer_elso_center").is_empty()
            || !forms.text("hosp_transfer_non_elso_center").is_empty(),
        transported: forms.text("hosp_transported"),
        modes: forms.texts("mode_code"),
        illness: forms.texts("diagnosis_code").into_iter().next().unwrap_or_default(),
        covid,
        before: forms.text("pre_support_codes").split(',').map(ToOwned::to_owned).collect(),
        arrest: forms.text("pre_ecls_arrest") == "1",
        pump: forms.texts("pump_device_id").into_iter().next().unwrap_or_default(),
        lung: forms.texts("lung_device_id").into_iter().next().unwrap_or_default(),
        harms: forms.texts("complication_code"),
        infected: !forms.all("infection_datetime").is_empty(),
    })
}

fn age_group(days: i32, years: f64) -> AgeGroup {
    match (days, years) {
        (..=28, _) => AgeGroup::Neonate,
        (_, young) if young < 18.0 => AgeGroup::Pediatric,
        _ => AgeGroup::Adult,
    }
}

fn dictionary_year(minutes: i64) -> i32 {
    i32::from(crate::synthetic::sheet::At(minutes).year())
}

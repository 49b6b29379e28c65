//! Patients made from the dictionary, and helpers shared by the tests.
#![expect(dead_code, reason = "each test file uses its own part")]

use std::sync::LazyLock;

use dictionary::{Dictionary, Field, Kind, Moment, Row, Scope, TableId, Value};
use exchange::{CodeMap, XmlFormat, XmlReader};
use registry::incoming::{
    FileError, FormRows, IncomingPatient, IncomingRun, IncomingStay, PatientSource, SourceFinding,
};
use rust_decimal::Decimal;

/// The shipped dictionary.
pub(crate) static DICTIONARY: LazyLock<Dictionary> =
    LazyLock::new(|| Dictionary::embedded().expect("the shipped dictionary"));

/// The numbers it knows.
pub(crate) static KNOWN: LazyLock<CodeMap> = LazyLock::new(|| CodeMap::known(&DICTIONARY));

/// A number for every code: the gaps are filled with invented ones.
pub(crate) static COMPLETE: LazyLock<CodeMap> = LazyLock::new(|| {
    let format = XmlFormat::new(&DICTIONARY, &KNOWN).expect("the outline fits");
    let template = KNOWN.template(&DICTIONARY, format.outline());
    let mut table = String::new();
    for (index, line) in template.lines().enumerate() {
        table.push_str(&line.replacen(",,", &format!(",{},", 70_000 + index), 1));
        table.push('\n');
    }
    CodeMap::load(&DICTIONARY, &table).expect("the completed table")
});

/// Reads all patients of an XML text.
pub(crate) fn read_xml(text: &str, codes: &CodeMap) -> Result<Vec<IncomingPatient>, FileError> {
    let reader = XmlReader::new("test.xml", text.as_bytes(), &DICTIONARY, codes);
    all(&mut reader.expect("the outline fits"))
}

/// Reads all patients of a source.
pub(crate) fn all(source: &mut dyn PatientSource) -> Result<Vec<IncomingPatient>, FileError> {
    let mut patients = Vec::new();
    while let Some(patient) = source.next_patient()? {
        patients.push(patient);
    }
    Ok(patients)
}

/// The only patient of an XML text with the content of a patient element.
pub(crate) fn one(inside: &str) -> IncomingPatient {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PatientList xmlns=\"urn:run-schema\"><PatientXML>\
         <UniqueId>K2031-000017</UniqueId>{inside}</PatientXML></PatientList>"
    );
    let mut patients = read_xml(&text, &KNOWN).expect("a sound file");
    assert_eq!(patients.len(), 1);
    patients.remove(0)
}

/// The only patient of an XML text with the content of a run element.
pub(crate) fn one_run(inside: &str) -> IncomingPatient {
    one(&format!(
        "<HospitalizationList><HospitalizationXML><AdmitDate>02/08/2031 10:00</AdmitDate><RunList>\
         <RunXML>{inside}</RunXML></RunList></HospitalizationXML></HospitalizationList>"
    ))
}

/// A value of the patient, its first stay or its first run as canonical text; rows as `[1][0]`.
pub(crate) fn text(patient: &IncomingPatient, key: &str, rows: &[usize]) -> String {
    let field = DICTIONARY.field_named(key).expect(key);
    let stay = patient.stays.first();
    let run = stay.and_then(|stay| stay.runs.first());
    let forms = match DICTIONARY.form(field.form).scope {
        Scope::Patient => Some(&patient.forms),
        Scope::Hospitalization => stay.map(|stay| &stay.forms),
        _ => run.map(|run| &run.forms),
    };
    let row = forms.and_then(|forms| forms.iter().find(|(form, _)| *form == field.form));
    let Some((_, row)) = row else { return String::new() };
    let mut row: &Row = row;
    let mut chain = Vec::new();
    let mut table = DICTIONARY.table(field.table);
    while let Some((parent, child)) = table.parent {
        chain.insert(0, child);
        table = DICTIONARY.table(parent);
    }
    for (child, index) in chain.into_iter().zip(rows) {
        let Some(below) = row.rows(child).get(*index) else { return String::new() };
        row = below;
    }
    DICTIONARY.text(field, row.value(field.column.expect("a typed field")))
}

/// The findings of a patient whose element or message holds a text.
pub(crate) fn about<'p>(patient: &'p IncomingPatient, text: &str) -> Vec<&'p SourceFinding> {
    let holds =
        |finding: &&SourceFinding| finding.element.contains(text) || finding.message.contains(text);
    patient.findings.iter().filter(holds).collect()
}

/// Values without their places, for comparing.
pub(crate) fn values(patient: &IncomingPatient) -> Vec<String> {
    let forms = |forms: &FormRows| {
        let body = |(form, row): &(dictionary::FormId, Row)| {
            let form = DICTIONARY.form(*form);
            format!("{} {}", form.key, DICTIONARY.body(form.table, row))
        };
        forms.iter().map(body).collect::<Vec<_>>().join("\n")
    };
    let mut all = vec![format!("{} {:?}", patient.unique_id, patient.center_number)];
    all.push(forms(&patient.forms));
    for stay in &patient.stays {
        all.push(format!("stay\n{}", forms(&stay.forms)));
        for run in &stay.runs {
            all.push(format!("run {:?} {:?}\n{}", run.submit, run.completed_by, forms(&run.forms)));
        }
    }
    all
}

/// Makes patients out of a stream of choices; no choice left means nothing is answered.
pub(crate) struct Maker<'c> {
    choices: std::slice::Iter<'c, u32>,
}

const TEXTS: [&str; 12] = [
    "Smith",
    "=1+1",
    "Grüße <&> \"x\"",
    "two\nlines",
    "'quoted",
    "a,b;c",
    "-5 mmHg",
    "@here",
    "tab\tin",
    "]]>",
    "日本語",
    "'=2",
];

impl<'c> Maker<'c> {
    pub(crate) fn new(choices: &'c [u32]) -> Self {
        Self { choices: choices.iter() }
    }

    fn next(&mut self) -> u32 {
        self.choices.next().copied().unwrap_or(0)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.next() as usize % limit.max(1)
    }

    /// A patient with one to three stays of up to two runs.
    pub(crate) fn patient(&mut self, number: usize) -> IncomingPatient {
        let mut patient = IncomingPatient {
            forms: self.forms(Scope::Patient),
            unique_id: format!("KEY-{number:08}"),
            ..IncomingPatient::default()
        };
        set(
            &mut patient.forms,
            "patient_unique_id",
            Value::Text(patient.unique_id.as_str().into()),
        );
        let center = get(&patient.forms, "patient_center_no");
        patient.center_number = match center {
            Value::Text(text) => Some(text.to_string()),
            _ => None,
        };
        for _ in 0..=self.below(3) {
            let mut stay = IncomingStay {
                forms: self.forms(Scope::Hospitalization),
                ..IncomingStay::default()
            };
            let admitted = Value::Moment(Moment::parse_iso("2031-02-08T10:00").unwrap());
            set(&mut stay.forms, "hosp_admit_datetime", admitted);
            for _ in 0..self.below(3) {
                let mut run =
                    IncomingRun { forms: self.forms(Scope::Run), ..IncomingRun::default() };
                set(&mut run.forms, "run_no", Value::Number(Decimal::ONE));
                if let Value::Text(name) = get(&run.forms, "completed_by") {
                    run.completed_by = Some(name.to_string());
                }
                if let Value::Bool(submit) = get(&run.forms, "run_submitted") {
                    run.submit = Some(submit);
                }
                stay.runs.push(run);
            }
            patient.stays.push(stay);
        }
        patient
    }

    fn forms(&mut self, scope: Scope) -> FormRows {
        let mut forms = FormRows::new();
        for form in DICTIONARY.forms().iter().filter(|form| form.scope == scope) {
            let row = self.row(form.table);
            if !row.is_empty() {
                forms.push((form.id, row));
            }
        }
        forms
    }

    fn row(&mut self, table: TableId) -> Row {
        let spec = DICTIONARY.table(table);
        let mut row = DICTIONARY.empty_row(table);
        for (slot, field) in row.values.iter_mut().zip(&spec.columns) {
            if !self.next().is_multiple_of(4) {
                *slot = self.value(DICTIONARY.field(*field));
            }
        }
        for (slot, child) in row.children.iter_mut().zip(&spec.children) {
            for _ in 0..self.below(3) {
                let below = self.row(*child);
                if !below.is_empty() {
                    slot.push(below);
                }
            }
        }
        row
    }

    fn value(&mut self, field: &Field) -> Value {
        match field.kind {
            Kind::Text => Value::Text(TEXTS[self.below(TEXTS.len())].into()),
            Kind::Integer => Value::Number(Decimal::from(self.next() % 500)),
            Kind::Decimal => {
                let scale = self.next() % 4;
                Value::Number(Decimal::new(i64::from(self.next() % 100_000), scale))
            }
            Kind::Date | Kind::DateTime => {
                let year = 1990 + (self.next() % 50).cast_signed();
                let day = Moment::day(year, 1 + self.next() % 12, 1 + self.next() % 28).unwrap();
                if field.kind == Kind::Date || self.next().is_multiple_of(8) {
                    Value::Moment(day)
                } else {
                    Value::Moment(day.at(self.next() % 24, self.next() % 60).unwrap())
                }
            }
            // a `no` next to a value is taken back when read, on purpose
            Kind::Boolean if field.key.ends_with("unknown") => Value::Bool(true),
            Kind::Boolean => Value::Bool(self.next().is_multiple_of(2)),
            Kind::Code => {
                let list = DICTIONARY.list(field.list.unwrap());
                match list.open {
                    Some(dictionary::Pattern::Any) => Value::Text("C-0417".into()),
                    Some(dictionary::Pattern::Icd10) if self.next().is_multiple_of(3) => {
                        Value::Text("Z99.89".into())
                    }
                    _ => Value::Code(self.below(list.codes.len()).try_into().unwrap()),
                }
            }
            Kind::Codes => {
                let codes = DICTIONARY.list(field.list.unwrap()).codes.len();
                let mut places: Vec<u16> =
                    (0..=self.below(4)).map(|_| self.below(codes).try_into().unwrap()).collect();
                places.sort_unstable();
                places.dedup();
                Value::Codes(places.into())
            }
            Kind::Group | Kind::Block | Kind::Record => Value::Missing,
        }
    }
}

/// Sets a value of a form's top level.
pub(crate) fn set(forms: &mut FormRows, key: &str, value: Value) {
    let field = DICTIONARY.field_named(key).expect(key);
    if !forms.iter().any(|(form, _)| *form == field.form) {
        let row = DICTIONARY.empty_row(DICTIONARY.form(field.form).table);
        forms.push((field.form, row));
        forms.sort_by_key(|(form, _)| *form);
    }
    let (_, row) = forms.iter_mut().find(|(form, _)| *form == field.form).unwrap();
    row.values[usize::from(field.column.unwrap())] = value;
}

fn get(forms: &FormRows, key: &str) -> Value {
    let field = DICTIONARY.field_named(key).expect(key);
    let row = forms.iter().find(|(form, _)| *form == field.form);
    row.map_or(Value::Missing, |(_, row)| row.value(field.column.unwrap()).clone())
}

/// Takes rows and forms without any value out.
pub(crate) fn prune(forms: &mut FormRows) {
    for (_, row) in forms.iter_mut() {
        prune_row(row);
    }
    forms.retain(|(_, row)| !row.is_empty());
}

fn prune_row(row: &mut Row) {
    for rows in &mut row.children {
        rows.iter_mut().for_each(prune_row);
        rows.retain(|row| !row.is_empty());
    }
}

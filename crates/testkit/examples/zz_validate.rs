use std::collections::BTreeMap;
use dictionary::{Dictionary, Forms, Moment};
use testkit::world::{World, WorldSize};
fn main() {
    let d = Dictionary::embedded().unwrap();
    let n: u64 = std::env::args().nth(1).unwrap().parse().unwrap();
    for seed in std::env::args().skip(2) {
    let w = World::new(&d, seed.parse().unwrap(), WorldSize { submitted: n });
    let now = Moment::parse_iso("2026-11-15T12:00").unwrap();
    let (mut runs, mut soft) = (0u64, 0u64);
    let mut codes: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for c in 0..w.centers().len() {
        for p in w.patients(c) {
            for stay in &p.patient.stays {
                for run in &stay.runs {
                    let mut forms = Forms::none(&d);
                    for (form, row) in p.patient.forms.iter().chain(&stay.forms).chain(&run.forms) { forms.set(*form, row); }
                    let r = d.validate(&forms, now);
                    let signed = run.completed_by.is_some();
                    runs += u64::from(signed);
                    if signed { let mut any = false; for f in r.to_confirm() { any = true; codes.entry(format!("soft {} {}", f.code(&d), d.field(f.place.field).key)).or_insert((0, f.message(&d).to_string())).0 += 1; } soft += u64::from(any); }
                    let bad: Vec<_> = if signed { r.refuses_submission().collect() } else { r.refuses_draft().collect() };
                    for f in bad { codes.entry(format!("HARD {} {}", f.code(&d), d.field(f.place.field).key)).or_insert((0, format!("{} {}", p.patient.unique_id, f.message(&d)))).0 += 1; }
                }
            }
        }
    }
    println!("{runs} signed, {soft} with soft");
    for (c, (n, m)) in codes { println!("{n:6} {c}: {m}"); }
    }
}

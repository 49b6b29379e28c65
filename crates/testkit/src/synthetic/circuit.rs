//! Modes, cannulas, pump, lung and console.

use dictionary::AgeGroup;

use super::figures::Support;
use super::plan::{Arrival, Period};
use super::scribe::Scribe;
use super::sheet::{At, Book, DAY, HOUR, Sheet};

/// A cannula to be placed.
#[derive(Debug, Clone, Copy)]
struct Cannula {
    site: &'static str,
    /// Side of a neck vessel.
    side: Option<&'static str>,
    product: &'static str,
    size: (i64, i64),
    purpose: &'static str,
    start: At,
    end: Option<At>,
}

/// A pump, lung and console that are used together.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Circuit {
    pub(crate) pump: &'static str,
    pub(crate) lung: &'static str,
    pub(crate) console: &'static str,
}

/// One with these codes.
pub(super) const fn circuit(
    pump: &'static str,
    lung: &'static str,
    console: &'static str,
) -> Circuit {
    Circuit { pump, lung, console }
}

const GROWN: [Circuit; 5] = [
    circuit("hls_set_advanced_7_0", "hls_7_0_module", "cardiohelp"),
    circuit("hls_set_advanced_5_0", "hls_5_0_module", "cardiohelp"),
    circuit("rotaflow", "quadrox_id_adult", "rotaflow_ii_console"),
    circuit("deltastream_dp3", "hilite_7000_lt", "xenios_console"),
    circuit("centrimag", "nautilus_smart", "centrimag_console"),
];
const SMALL: [Circuit; 3] = [
    circuit("pedimag", "quadrox_id_pediatric", "centrimag_console"),
    circuit("deltastream_dp3", "hilite_800_lt", "xenios_console"),
    circuit("roller_pump_stockert_s3_or_s5", "quadrox_i_neonatal", "livanova_scp_console"),
];

/// Keys of a device's row.
struct Keys {
    line: &'static str,
    device: &'static str,
    id: &'static str,
    added: &'static str,
    reason: &'static str,
    start: &'static str,
    end: &'static str,
}

const PUMP: Keys = Keys {
    line: "pump_line",
    device: "pump_device",
    id: "pump_device_id",
    added: "pump_added_replaced",
    reason: "pump_replace_reason",
    start: "pump_start",
    end: "pump_end",
};
const LUNG: Keys = Keys {
    line: "lung_line",
    device: "lung_device",
    id: "lung_device_id",
    added: "lung_added_replaced",
    reason: "lung_replace_reason",
    start: "lung_start",
    end: "lung_end",
};
const CONSOLE: Keys = Keys {
    line: "console_line",
    device: "console_device",
    id: "console_device_id",
    added: "console_added_replaced",
    reason: "console_replace_reason",
    start: "console_start",
    end: "console_end",
};

/// The run's modes in short.
#[derive(Debug, Clone, Copy)]
struct Course {
    start: At,
    end: Option<At>,
    /// When the second mode began.
    turn: Option<At>,
    first: &'static str,
    last: &'static str,
}

const VENOUS: &str = "hls_venous_38_or_55_cm_19_29_fr";
const ARTERIAL: &str = "hls_arterial_15_cm_13_23_fr";

/// A cannula; those in the neck are on the right.
fn cannula(
    site: &'static str,
    product: &'static str,
    size: (i64, i64),
    purpose: &'static str,
    (start, end): (At, Option<At>),
) -> Cannula {
    let side = matches!(site, "10" | "13").then_some("right");
    Cannula { site, side, product, size, purpose, start, end }
}

impl Scribe<'_> {
    pub(crate) fn modes(&mut self, sheet: &mut Sheet<'_, '_>) {
        let periods = self.periods();
        sheet.add("concurrent_mode", |line| {
            for Period { mode, start, end } in periods {
                line.add("mode_period", |row| {
                    row.set("mode_code", mode).set("mode_start", start).maybe("mode_end", *end);
                });
            }
        });
    }

    pub(crate) fn cannulas(&mut self, book: &mut Book<'_>) {
        let cannulas = if self.adult() { self.grown() } else { self.small() };
        let moved = matches!(self.stay.arrival, Arrival::OnSupport(_));
        let limb =
            cannulas.iter().find(|cannula| cannula.purpose == "distal_perfusion").map(|c| c.start);
        book.form("cannulation", |sheet| {
            for cannula in &cannulas {
                let size = self.dice.from(cannula.size.0, cannula.size.1);
                let neck = cannula.side.is_some() && !self.adult();
                sheet.add("cannulation", |row| {
                    row.set("cannula_site", cannula.site);
                    row.maybe("cannula_jugular_carotid_detail", cannula.side);
                    row.set("cannula_percutaneous", if neck { "0" } else { "1" });
                    row.set("cannula_preexisting", if moved { "1" } else { "0" });
                    row.set("cannula_product", cannula.product).set("cannula_size_fr", size);
                    row.set("cannula_added_replaced", "1");
                    row.set("cannula_start", cannula.start).maybe("cannula_end", cannula.end);
                    row.add("cannula_purpose_period", |purpose| {
                        purpose.set("cannula_purpose", cannula.purpose);
                        purpose.set("cannula_purpose_start", cannula.start);
                        purpose.maybe("cannula_purpose_end", cannula.end);
                    });
                });
            }
            if self.adult() && cannulas.iter().any(|cannula| matches!(cannula.site, "4" | "11")) {
                sheet.yes("limb_perfusion_needed", limb.is_some());
                if let Some(at) = limb {
                    let first = at <= self.run.start;
                    sheet.yes("limb_perfusion_at_start", first);
                    if !first {
                        sheet.set("limb_perfusion_datetime", at);
                    }
                }
            }
        });
    }

    /// Cannulas of an adult, period by period.
    fn grown(&mut self) -> Vec<Cannula> {
        let Some(course) = self.course() else { return Vec::new() };
        if course.first == "VV" { self.grown_venous(course) } else { self.grown_arterial(course) }
    }

    fn grown_venous(&mut self, course: Course) -> Vec<Cannula> {
        let Course { start, end, turn, last, .. } = course;
        if turn.is_none() && self.dice.percent(16.0) {
            let product = "dual_lumen_bicaval_avalon_type_13_31_fr";
            return vec![cannula("13", product, (27, 31), "both", (start, end))];
        }
        let until = if last == "VA" { turn } else { end };
        let mut out = vec![
            cannula("12", VENOUS, (21, 27), "drainage", (start, end)),
            cannula("13", VENOUS, (19, 21), "return", (start, until)),
        ];
        if let Some(turn) = turn {
            out.push(cannula(
                self.dice.one(&["11", "4"]),
                ARTERIAL,
                (15, 19),
                "return",
                (turn, end),
            ));
        }
        out
    }

    fn grown_arterial(&mut self, course: Course) -> Vec<Cannula> {
        let Course { start, end, turn, last, .. } = course;
        let site = self.dice.one(&["11", "11", "4"]);
        let until = if last == "VV" { turn } else { end };
        let mut out = vec![
            cannula("12", VENOUS, (21, 27), "drainage", (start, end)),
            cannula(site, ARTERIAL, (15, 19), "return", (start, until)),
        ];
        if let Some(turn) = turn {
            out.push(cannula("13", VENOUS, (19, 21), "return", (turn, end)));
        }
        if self.dice.percent(78.0) {
            let late = if self.dice.percent(35.0) { self.dice.from(20, 4 * HOUR) } else { 0 };
            let from = start.plus(late);
            if until.is_none_or(|until| until > from) {
                let site = if site == "11" { "26" } else { "27" };
                let product = "limb_perfusion_sheath_5_8_fr";
                out.push(cannula(site, product, (8, 8), "distal_perfusion", (from, until)));
            }
        }
        out
    }

    /// Cannulas of a child: the neck, or the open chest after heart surgery.
    fn small(&mut self) -> Vec<Cannula> {
        let Some(course) = self.course() else { return Vec::new() };
        let Course { start, end, turn, first, last } = course;
        let big = self.person.weight_kg > 22.0;
        let size = if big { (19, 20) } else { (8, 14) };
        let (vein, artery) = if big {
            (VENOUS, "fem_flex_ii_16_20_fr")
        } else {
            ("neonatal_venous_8_14_fr", "neonatal_arterial_8_14_fr")
        };
        let open = self.run.support != Support::Pulmonary && !big && turn.is_none();
        if open && self.dice.percent(55.0) {
            return vec![
                cannula("9", vein, size, "drainage", (start, end)),
                cannula("1", artery, size, "return", (start, end)),
            ];
        }
        if first == "VV" {
            let product = "neonatal_dual_lumen_origen_type_12_18_fr";
            let double = if big { (16, 18) } else { (12, 15) };
            let mut out = vec![cannula("13", product, double, "both", (start, end))];
            out.extend(turn.map(|turn| cannula("10", artery, size, "return", (turn, end))));
            return out;
        }
        let until = if last.contains('A') { end } else { turn };
        let mut out = vec![
            cannula("13", vein, size, "drainage", (start, end)),
            cannula("10", artery, size, "return", (start, until)),
        ];
        out.extend(turn.map(|turn| cannula("12", vein, size, "return", (turn, end))));
        out
    }

    /// The run's modes in short.
    fn course(&self) -> Option<Course> {
        let (start, end) = self.span()?;
        let first = self.periods().first()?.mode;
        let last = self.periods().last()?.mode;
        let turn = self.periods().get(1).map(|period| period.start);
        Some(Course { start, end, turn, first, last })
    }

    /// First start and last end of the run's modes.
    fn span(&self) -> Option<(At, Option<At>)> {
        let first = self.periods().first()?;
        let last = self.periods().last()?;
        Some((first.start, last.end))
    }

    pub(crate) fn equipment(&mut self, book: &mut Book<'_>) {
        let set = if let Some(setting) = self.run.world {
            self.circuit_of(setting.year)
        } else if self.run.age == AgeGroup::Neonate || self.person.weight_kg < 16.0 {
            self.dice.one(&SMALL)
        } else {
            self.dice.one(&GROWN)
        };
        let failed =
            |code| self.complications.iter().find(|(it, _)| *it == code).map(|(_, at)| *at);
        let (lung_failed, pump_failed) = (failed("101"), failed("104"));
        let long = self.run.hours(self.until) > 336.0 && lung_failed.is_none();
        let routine = long.then(|| self.run.start.plus(self.dice.from(6 * DAY, 13 * DAY)));
        let lung_reason = self.dice.one(&["gas_exchange", "rising_resistance", "structural"]);
        book.form("equipment", |sheet| {
            if self.dice.percent(50.0) {
                sheet.set(
                    "equip_hemofilter_id",
                    self.dice.one(&["none", "crrt_machine_in_circuit", "in_line_filter"]),
                );
                sheet.set("equip_heat_exchanger_id", "integrated");
                sheet.set(
                    "equip_temperature_regulation_id",
                    self.dice.one(&["hu_35", "heater_cooler"]),
                );
            }
            self.device(
                sheet,
                &PUMP,
                set.pump,
                pump_failed.map(|at| (at, "mechanical")),
                Some("104"),
            );
            let lung = lung_failed.map(|at| (at, lung_reason));
            let lung = lung.or_else(|| routine.map(|at| (at, "longevity")));
            self.device(sheet, &LUNG, set.lung, lung, lung_failed.map(|_| "101"));
            self.device(sheet, &CONSOLE, set.console, None, None);
        });
    }

    /// A line of devices: one, or two when it was changed.
    fn device(
        &mut self,
        sheet: &mut Sheet<'_, '_>,
        keys: &Keys,
        id: &str,
        changed: Option<(At, &str)>,
        failure: Option<&str>,
    ) {
        let Some((start, end)) = self.span() else { return };
        sheet.add(keys.line, |line| {
            line.add(keys.device, |row| {
                row.set(keys.id, id).set(keys.added, "1").set(keys.start, start);
                row.maybe(keys.reason, changed.map(|(_, reason)| reason));
                row.maybe(keys.end, changed.map_or(end, |(at, _)| Some(at)));
                if let (Some((at, _)), Some(code)) = (changed, failure) {
                    let part = if code == "101" { "lung" } else { "pump" };
                    row.set(&format!("{part}_failure_code"), code);
                    row.set(&format!("{part}_failure_datetime"), at);
                    row.yes(&format!("{part}_failure_date_estimated"), false);
                }
            });
            if let Some((at, _)) = changed {
                line.add(keys.device, |row| {
                    row.set(keys.id, id)
                        .set(keys.added, "2")
                        .set(keys.start, at)
                        .maybe(keys.end, end);
                });
            }
        });
    }
}

//! What the world's registry draws otherwise than the sample: complications that decide, devices and drugs of
//! their time, illness that shows in the values.

use dictionary::AgeGroup;

use super::circuit::{Circuit, circuit};
use super::dice::Dice;
use super::figures::Support;
use super::plan::Setting;
use super::scribe::Scribe;
use super::sheet::{At, HOUR};

/// A complication: code, percent of runs (neonates, children, adult pulmonary, other adults), and how many
/// times more often those have it who die.
type Harm = (&'static str, [f64; 4], f64);

const HARMS: [Harm; 34] = [
    ("101", [6.0, 8.0, 12.0, 10.5], 1.25),
    ("103", [0.6, 0.6, 0.2, 0.2], 1.1),
    ("104", [1.6, 1.6, 1.4, 1.3], 1.3),
    ("105", [0.7, 0.5, 0.3, 0.3], 1.0),
    ("114", [4.0, 4.0, 3.0, 2.0], 1.2),
    ("121", [3.4, 2.4, 1.5, 1.2], 1.1),
    ("131", [7.0, 6.5, 4.0, 4.0], 1.1),
    ("134", [16.0, 12.0, 11.0, 7.0], 1.1),
    ("201", [1.9, 3.0, 5.0, 4.0], 1.7),
    ("203", [6.0, 11.0, 11.0, 20.0], 1.4),
    ("222", [8.0, 10.0, 14.0, 18.0], 1.15),
    ("223", [2.5, 6.5, 0.2, 2.0], 1.3),
    ("301", [1.0, 2.5, 1.6, 8.0], 1.0),
    ("311", [8.8, 4.5, 0.9, 1.2], 2.2),
    ("312", [2.0, 3.0, 0.4, 0.6], 2.2),
    ("321", [6.9, 4.7, 2.0, 4.0], 3.2),
    ("323", [5.0, 1.3, 0.2, 0.2], 3.0),
    ("324", [4.6, 4.6, 3.8, 1.7], 4.5),
    ("325", [0.8, 1.6, 0.5, 1.5], 6.0),
    ("401", [6.0, 8.0, 10.0, 10.0], 1.2),
    ("402", [4.0, 7.0, 10.0, 12.0], 1.7),
    ("415", [25.0, 28.0, 41.0, 41.0], 1.8),
    ("502", [2.2, 4.0, 2.5, 4.0], 3.0),
    ("504", [4.0, 9.0, 8.0, 14.0], 1.5),
    ("541", [2.2, 4.0, 1.0, 5.0], 1.5),
    ("601", [6.0, 7.0, 9.0, 1.5], 1.4),
    ("602", [4.6, 5.0, 4.0, 2.5], 2.0),
    ("821", [6.0, 5.0, 8.0, 7.0], 2.2),
    ("822", [9.0, 8.0, 4.5, 4.5], 1.5),
    ("823", [2.5, 2.5, 1.4, 1.6], 2.1),
    ("901", [0.2, 0.9, 0.9, 3.8], 1.4),
    ("902", [0.0, 0.2, 0.3, 1.2], 1.4),
    ("nf_hit", [0.1, 0.5, 2.0, 2.5], 1.2),
    ("nf_other_pulmonary", [1.0, 1.0, 1.0, 1.0], 1.3),
];

/// Share of each column of `HARMS` that dies, and its usual hours.
const DEATHS: [(f64, f64); 4] = [(0.34, 150.0), (0.44, 150.0), (0.44, 275.0), (0.62, 112.0)];

/// Roller pump and sheet of silicone: how it began.
const ROLLERS: [Circuit; 3] = [
    circuit("roller_pump_other", "silicone_sheet_lung", "other"),
    circuit("roller_pump_stockert_s3_or_s5", "silicone_sheet_lung", "livanova_scp_console"),
    circuit("roller_pump_hl_20", "silicone_sheet_lung", "other"),
];
/// Roller pumps with lungs of hollow fibers.
const FIBERS: [Circuit; 3] = [
    circuit("roller_pump_stockert_s3_or_s5", "quadrox_i_neonatal", "livanova_scp_console"),
    circuit("roller_pump_stockert_s3_or_s5", "quadrox_id_pediatric", "livanova_scp_console"),
    circuit("roller_pump_hl_20", "hilite_800_lt", "other"),
];
/// Early centrifugal pumps.
const SPINNING: [Circuit; 3] = [
    circuit("bio_pump", "silicone_sheet_lung", "bio_console_560"),
    circuit("bio_pump", "capiox_fx_or_rx", "bio_console_560"),
    circuit("capiox_sp", "capiox_fx_or_rx", "other"),
];
const SMALL: [Circuit; 5] = [
    circuit("pedimag", "quadrox_id_pediatric", "centrimag_console"),
    circuit("deltastream_dp3", "hilite_800_lt", "xenios_console"),
    circuit("rotaflow", "quadrox_id_pediatric", "rotaflow_i_console"),
    circuit("deltastream_dp3", "hilite_2400_lt", "xenios_console"),
    circuit("revolution", "lilliput_2_ecmo", "livanova_scp_console"),
];
const GROWN: [(Circuit, i16, f64); 9] = [
    (circuit("pls_set_with_rotaflow_pump", "quadrox_pls_i", "rotaflow_i_console"), 2006, 22.0),
    (circuit("centrimag", "quadrox_id_adult", "centrimag_console"), 2006, 16.0),
    (circuit("rotaflow", "quadrox_id_adult", "rotaflow_i_console"), 2006, 20.0),
    (circuit("hls_set_advanced_7_0", "hls_7_0_module", "cardiohelp"), 2011, 34.0),
    (circuit("hls_set_advanced_5_0", "hls_5_0_module", "cardiohelp"), 2011, 16.0),
    (circuit("deltastream_dp3", "hilite_7000_lt", "xenios_console"), 2012, 12.0),
    (circuit("revolution", "eurosets_ecmo_module", "livanova_scp_console"), 2010, 8.0),
    (circuit("centrimag", "nautilus_smart", "centrimag_console"), 2019, 14.0),
    (circuit("tandemheart_or_lifesparc", "nautilus_smart", "lifesparc_controller"), 2019, 8.0),
];

/// A straight line between two years, level outside.
fn line(year: i16, (from, low): (i16, f64), (to, high): (i16, f64)) -> f64 {
    let part = (f64::from(year - from) / f64::from(to - from)).clamp(0.0, 1.0);
    low + (high - low) * part
}

/// Percent of adults with failing lungs who lie prone before support.
fn prone(year: i16) -> f64 {
    match year {
        ..=2019 => line(year, (2005, 5.0), (2019, 15.0)),
        2020..=2021 => line(year, (2019, 15.0), (2021, 44.0)),
        _ => line(year, (2021, 44.0), (2024, 36.0)),
    }
}

impl Scribe<'_> {
    /// The column of the tables above.
    fn column(&self) -> usize {
        match (self.run.age, self.run.support) {
            (AgeGroup::Neonate, _) => 0,
            (AgeGroup::Pediatric, _) => 1,
            (AgeGroup::Adult, Support::Pulmonary) => 2,
            (AgeGroup::Adult, _) => 3,
        }
    }

    /// How much longer than usual the run lasts, as a factor on what happens in it.
    fn exposure(&self, column: usize) -> f64 {
        let (_, usual) = DEATHS.get(column).copied().unwrap_or((0.5, 150.0));
        (self.run.hours(self.until) / usual).sqrt().clamp(0.3, 2.2)
    }

    /// Draws complications: those who die had more of them, and long runs do.
    pub(crate) fn draw_harms(&mut self, setting: &Setting) -> Vec<(&'static str, At)> {
        let column = self.column();
        let hours = self.run.hours(self.until);
        let exposure = self.exposure(column);
        let (dead_share, _) = DEATHS.get(column).copied().unwrap_or((0.5, 150.0));
        let dies = self.dead() && self.last();
        let during = dies && !self.run.weaned;
        let era = line(setting.year, (1995, 1.12), (2020, 0.95));
        let mut out: Vec<(&str, At)> = Vec::new();
        for (code, percents, ratio) in HARMS {
            let percent = percents.get(column).copied().unwrap_or_default();
            // the same mean, split by outcome
            let alive = percent / (dead_share * ratio + 1.0 - dead_share);
            let percent = match (code, dies) {
                ("301", _) => percent / dead_share * 1.25,
                (_, true) => alive * ratio,
                (_, false) => alive,
            };
            let percent = percent * exposure * era * self.surgical(code);
            let drawn = self.dice.percent(percent.min(92.0));
            let has = |other: &str| out.iter().any(|(code, _)| *code == other);
            let fits = match code {
                "301" => during && hours > 6.0,
                "101" | "104" => hours > 48.0,
                "823" => !has("822"),
                "402" => !has("401"),
                "902" => hours > 12.0 && (has("901") || self.dice.percent(30.0)),
                _ => hours > 6.0,
            };
            if drawn && fits {
                let at = self.moment(if hours > 48.0 { 20 * HOUR } else { 2 * HOUR });
                out.push((code, at));
            }
        }
        out.sort_by_key(|(_, at)| *at);
        out
    }

    /// Children bleed more after heart surgery.
    fn surgical(&self, code: &str) -> f64 {
        let lung = self.run.support == Support::Pulmonary;
        match (code, lung) {
            _ if self.adult() => 1.0,
            ("203", false) if self.run.age == AgeGroup::Neonate => 4.0,
            ("203", false) => 2.3,
            ("203", true) if self.run.age == AgeGroup::Pediatric => 0.7,
            ("223", false) => 2.0,
            ("223", true) => 0.2,
            ("541", false) => 1.6,
            ("541", true) => 0.5,
            _ => 1.0,
        }
    }

    /// Percent of runs with an infection.
    pub(crate) fn infection_percent(&self) -> f64 {
        let column = self.column();
        let percent = [6.0, 9.0, 17.0, 12.0].get(column).copied().unwrap_or(10.0);
        percent * self.exposure(column).powf(1.5)
    }

    /// Devices that were in use in the year.
    pub(crate) fn circuit_of(&mut self, year: i16) -> Circuit {
        let small = self.run.age == AgeGroup::Neonate || self.person.weight_kg < 16.0;
        let roller = if small {
            line(year, (2003, 97.0), (2012, 59.0)).min(line(year, (2012, 59.0), (2022, 14.0)))
        } else {
            line(year, (1998, 90.0), (2009, 4.0))
        };
        let silicone =
            line(year, (2010, 99.0), (2015, 90.0)).min(line(year, (2015, 90.0), (2019, 0.0)));
        if self.dice.percent(roller) {
            let set = if self.dice.percent(silicone) { &ROLLERS } else { &FIBERS };
            return self.dice.one(set);
        }
        if small {
            return if year < 2007 { self.dice.one(&SPINNING) } else { self.dice.one(&SMALL) };
        }
        if self.dice.percent(line(year, (2006, 100.0), (2012, 0.0))) {
            return self.dice.one(&SPINNING);
        }
        let sold: Vec<(Circuit, f64)> = GROWN
            .iter()
            .filter(|(_, from, _)| *from <= year)
            .map(|(circuit, _, weight)| (*circuit, *weight))
            .collect();
        self.dice.weighted(&sold).unwrap_or_default()
    }

    /// Infusions for the circulation: nearly always when the pressure was low.
    pub(crate) fn infusions_percent(&self, lung: bool) -> f64 {
        let low = match self.run.age {
            AgeGroup::Neonate => 48,
            AgeGroup::Pediatric => 68,
            AgeGroup::Adult => 88,
        };
        match (self.systolic, lung) {
            (Some(systolic), _) if systolic < low => 96.0,
            (Some(_), true) => 52.0,
            (None, true) => 62.0,
            (_, false) => 88.0,
        }
    }

    /// Percent lying prone before support.
    pub(crate) fn prone_percent(&self, setting: &Setting) -> f64 {
        let covid = self.run.illness.code == super::figures::COVID.code;
        match (self.run.age, self.run.support) {
            (AgeGroup::Adult, Support::Pulmonary) if covid => 49.0,
            (AgeGroup::Adult, Support::Pulmonary) => {
                prone(setting.year) * if setting.year < 2020 { 1.1 } else { 0.86 }
            }
            (AgeGroup::Pediatric, Support::Pulmonary) => 6.0,
            _ => 0.5,
        }
    }
}

/// Weights of races as recorded, by chapter.
pub(crate) fn races(dice: &mut Dice, chapter: &str) -> Option<&'static str> {
    let weights: &[(&str, f64)] = match chapter {
        "asia_pacific" => &[("1", 90.0), ("4", 7.0), ("other", 2.0), ("0", 1.0)],
        "swaac" => &[("1", 52.0), ("2", 16.0), ("4", 14.0), ("other", 12.0), ("0", 6.0)],
        "latin_america" => &[("3", 58.0), ("4", 24.0), ("2", 8.0), ("other", 6.0), ("0", 4.0)],
        _ => &[("4", 57.0), ("2", 16.0), ("3", 13.0), ("1", 7.0), ("other", 4.0), ("0", 3.0)],
    };
    dice.weighted(weights)
}

/// Deviations of illness as a factor, such as 1.15 for every deviation.
pub(crate) fn worse(setting: Option<&Setting>, step: f64) -> f64 {
    setting.map_or(1.0, |setting| step.powf(setting.ill.clamp(-3.0, 3.0)))
}

/// A time on a day of support, the first being 1.
pub(crate) fn day_of(start: At, day: i64, dice: &mut Dice) -> At {
    start.plus((day - 1) * super::sheet::DAY + dice.from(6 * HOUR, 20 * HOUR))
}

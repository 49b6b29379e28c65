//! The German register of intensive-care capacity (DIVI-Intensivregister), as the Robert Koch-Institut publishes it
//! every day: Intensivkapazitäten und COVID-19-Intensivbettenbelegung in Deutschland, CC BY 4.0,
//! doi 10.5281/zenodo.7125598. Names of columns are those of its table schemas.

use super::{About, Column, Format, Table};

const fn column(source: &'static str, name: &'static str, label: &'static str) -> Column {
    Column { source, name, label }
}

/// Columns of the files on capacity.
const CAPACITY: &[Column] = &[
    column("anzahl_meldebereiche", "reporting_areas", "Reporting areas"),
    column("faelle_covid_aktuell", "covid_patients", "COVID-19 patients"),
    column("faelle_covid_erstaufnahmen", "covid_admissions", "First admissions with COVID-19"),
    column("intensivbetten_belegt", "beds_occupied", "Beds occupied"),
    column("intensivbetten_frei", "beds_free", "Beds free and staffed"),
    column("intensivbetten_7_tage_notfallreserve", "reserve_7d", "Emergency reserve within 7 days"),
    column(
        "kapazitaeten_frei_invasive_beatmung_gesamt",
        "ventilation_free",
        "Free places for invasive ventilation",
    ),
    column(
        "kapazitaeten_frei_invasive_beatmung_covid",
        "ventilation_free_covid",
        "Of them for COVID-19",
    ),
    column(
        "kapazitaeten_frei_invasive_beatmung_isolationspflichtige_kinder",
        "ventilation_free_isolation",
        "Of them for children in isolation",
    ),
    column("betriebssituation_regulaerer_betrieb", "operating_regular", "Regular"),
    column(
        "betriebssituation_teilweise_eingeschraenkt",
        "operating_partly_restricted",
        "Partly restricted",
    ),
    column("betriebssituation_eingeschraenkt", "operating_restricted", "Restricted"),
    column("betriebssituation_keine_angabe", "operating_not_stated", "Not stated"),
    column("einschraenkung_personal", "limit_staff", "Staff"),
    column("einschraenkung_raum", "limit_room", "Rooms"),
    column("einschraenkung_beatmungsgeraet", "limit_ventilator", "Ventilators"),
    column("einschraenkung_material", "limit_material", "Consumables"),
];

/// Columns of the file on kinds of breathing support.
const SUPPORT: &[Column] = &[
    column("anzahl_meldebereiche", "support_reporting_areas", "Areas that report kinds of support"),
    column(
        "faelle_covid_aktuell_invasiv_beatmet",
        "covid_invasive",
        "COVID-19, ventilated invasively",
    ),
    column(
        "faelle_covid_aktuell_nicht_invasiv_beatmet",
        "covid_noninvasive",
        "COVID-19, ventilated without a tube",
    ),
    column("faelle_covid_aktuell_ecmo", "covid_ecmo", "COVID-19, on ECMO"),
];

/// Columns of the file on ages.
const AGES: &[Column] = &[
    column("altersgruppe_0_bis_17", "covid_age_0_17", "0 to 17 years"),
    column("altersgruppe_18_bis_29", "covid_age_18_29", "18 to 29 years"),
    column("altersgruppe_30_bis_39", "covid_age_30_39", "30 to 39 years"),
    column("altersgruppe_40_bis_49", "covid_age_40_49", "40 to 49 years"),
    column("altersgruppe_50_bis_59", "covid_age_50_59", "50 to 59 years"),
    column("altersgruppe_60_bis_69", "covid_age_60_69", "60 to 69 years"),
    column("altersgruppe_70_bis_79", "covid_age_70_79", "70 to 79 years"),
    column("altersgruppe_80_plus", "covid_age_80", "80 years and over"),
    column("altersgruppe_unbekannt", "covid_age_unknown", "Age not known"),
];

/// Columns of the file on levels of care.
const LEVELS: &[Column] = &[
    column("anzahl_meldebereiche", "reporting_areas", "Reporting areas"),
    column("faelle_covid_aktuell", "covid_patients", "COVID-19 patients"),
    column("intensivbetten_belegt", "beds_occupied", "Beds occupied"),
    column("intensivbetten_frei", "beds_free", "Beds free and staffed"),
];

const GROUPS: &[(&str, &str)] = &[("ERWACHSENE", "adult"), ("PICU", "picu"), ("NICU", "nicu")];

/// The German register of intensive-care capacity.
pub static INTENSIVREGISTER: Format = Format {
    key: "intensivregister",
    head: ["datum", "bundesland_id", "bundesland_name"],
    whole: "00",
    tables: &[
        Table {
            file: "Intensivregister_Deutschland_Kapazitaeten.csv",
            population: Some("behandlungsgruppe_level_2"),
            populations: GROUPS,
            columns: CAPACITY,
        },
        Table {
            file: "Intensivregister_Bundeslaender_Kapazitaeten.csv",
            population: Some("behandlungsgruppe_level_2"),
            populations: GROUPS,
            columns: CAPACITY,
        },
        Table {
            file: "Intensivregister_Deutschland_Covid_Versorgungsart.csv",
            population: Some("behandlungsgruppe"),
            populations: GROUPS,
            columns: SUPPORT,
        },
        Table {
            file: "Intensivregister_Deutschland_Altersgruppen.csv",
            population: None,
            populations: &[],
            columns: AGES,
        },
        Table {
            file: "Intensivregister_Deutschland_Versorgungsstufen.csv",
            population: Some("versorgungsstufe"),
            populations: &[
                ("UNIVERSITAETSKLINIKUM_MAXIMALVERSORGUNG", "maximum"),
                ("SCHWERPUNKTVERSORGUNG", "specialized"),
                ("GRUND_UND_REGELVERSORGUNG", "basic"),
                ("FACHKLINIK", "single_specialty"),
                ("nicht angegeben", "level_not_stated"),
            ],
            columns: LEVELS,
        },
    ],
    labels: &[
        ("adult", "Adults"),
        ("picu", "Children (PICU)"),
        ("nicu", "Newborns (NICU)"),
        ("all", "All patients"),
        ("maximum", "University and maximum-care hospitals"),
        ("specialized", "Specialized-care hospitals"),
        ("basic", "Basic-care hospitals"),
        ("single_specialty", "Single-specialty hospitals"),
        ("level_not_stated", "Level of care not stated"),
    ],
    about: About {
        title: "Intensive-care capacity in Germany",
        publisher: "Robert Koch-Institut, DIVI-Intensivregister",
        license: "CC BY 4.0",
        license_url: "https://creativecommons.org/licenses/by/4.0/",
        source_url: "https://doi.org/10.5281/zenodo.7125598",
        note: "Numbers of intensive-care areas of all hospitals, not of ECLS programs: beds, how areas cope and why they are restricted. Of patients on ECMO only those with COVID-19 were published, until the middle of 2023.",
    },
};

//! Registers of others, on both engines.

use std::collections::BTreeMap;

use capacity::{File, INTENSIVREGISTER, ReadError, Region, Series, read_register};
use jiff::civil::date;

use super::*;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../registers/intensivregister");
const STATES: &str = "Intensivregister_Bundeslaender_Kapazitaeten.csv";

/// The shipped files.
fn shipped() -> Vec<(String, Vec<u8>)> {
    INTENSIVREGISTER
        .tables
        .iter()
        .map(|table| {
            let name = format!("{}.gz", table.file);
            let bytes = std::fs::read(format!("{FOLDER}/{name}")).unwrap();
            (name, bytes)
        })
        .collect()
}

fn read(files: &[(String, Vec<u8>)]) -> Result<Series, ReadError> {
    let files: Vec<File<'_>> = files.iter().map(|(name, bytes)| File { name, bytes }).collect();
    read_register(&INTENSIVREGISTER, &files)
}

/// The shipped files with another text in the place of the states'.
fn with_states(text: &str) -> Result<Series, ReadError> {
    let mut files = shipped();
    files.retain(|(name, _)| !name.starts_with(STATES));
    files.push((STATES.to_owned(), text.as_bytes().to_vec()));
    read(&files)
}

fn heading() -> String {
    let mut columns = vec!["datum", "bundesland_id", "bundesland_name", "behandlungsgruppe"];
    columns.push("behandlungsgruppe_level_2");
    columns.extend(
        INTENSIVREGISTER.tables.iter().take(1).flat_map(|it| it.columns).map(|it| it.source),
    );
    columns.join(",")
}

fn row(day: &str, group: &str, number: &str) -> String {
    format!("{day},01,Schleswig-Holstein,Erwachsene,{group},{number}{}", ",NA".repeat(16))
}

#[test]
fn the_published_files_are_read_whole() {
    let series = read(&shipped()).unwrap();

    assert_eq!(series.regions.len(), 17, "16 states and the country");
    assert!(series.ignored.is_empty(), "{:?}", series.ignored);
    // figures of the last day as they stand in the file
    let day = series
        .days
        .iter()
        .find(|it| it.region == "16" && it.population == "adult" && it.date == date(2026, 8, 22));
    let numbers = &day.unwrap().numbers;
    assert_eq!((numbers["reporting_areas"], numbers["beds_occupied"]), (31, 435));
    assert_eq!((numbers["beds_free"], numbers["limit_staff"], numbers["limit_room"]), (116, 4, 2));
    let first = series
        .days
        .iter()
        .find(|it| it.region == "01" && it.population == "adult" && it.date == date(2020, 3, 20));
    assert!(!first.unwrap().numbers.contains_key("reserve_7d"), "NA is missing and not zero");
    // joined with the file on kinds of breathing support
    let ecmo = series
        .days
        .iter()
        .find(|it| it.region == "00" && it.population == "adult" && it.date == date(2021, 12, 19));
    assert_eq!(ecmo.unwrap().numbers["covid_ecmo"], 407);
}

#[test]
fn what_is_wrong_is_named_with_file_line_and_column() {
    let fine = format!("{}\n{}\n", heading(), row("2026-08-22", "ERWACHSENE", "4"));
    assert!(with_states(&fine).is_ok());
    let wrong = |line: &str| with_states(&format!("{fine}{line}\n")).unwrap_err().to_string();

    let day = wrong(&row("22.08.2026", "ERWACHSENE", "4"));
    assert_eq!(
        day,
        format!("{STATES}, line 3, column `datum`: `22.08.2026` is not a day such as 2026-08-22")
    );
    let group = wrong(&row("2026-08-22", "KINDER", "4"));
    assert!(
        group.contains("line 3, column `behandlungsgruppe_level_2`: `KINDER` is not"),
        "{group}"
    );
    let number = wrong(&row("2026-08-21", "PICU", "-4"));
    assert!(
        number.contains("column `anzahl_meldebereiche`: `-4` is not a whole number"),
        "{number}"
    );
    let twice = wrong(&row("2026-08-22", "ERWACHSENE", "5"));
    assert!(twice.contains("line 3: an earlier line says something else"), "{twice}");
    let short = wrong("2026-08-22,01");
    assert!(short.starts_with(STATES) && short.contains("line: 3"), "{short}");
    let column = with_states("datum,bundesland_id\n").unwrap_err();
    assert!(matches!(column, ReadError::Column { .. }), "{column}");
    let mut files = shipped();
    files.pop();
    assert!(matches!(read(&files), Err(ReadError::Missing(_))));
    files.push(("Intensivregister_Deutschland_Versorgungsstufen.csv.gz".to_owned(), vec![1, 2]));
    assert!(matches!(read(&files), Err(ReadError::Packed(_))));
}

#[test]
fn a_register_is_taken_in_whole_twice_the_same_and_never_an_older_one() {
    let few = format!(
        "{}\n{}\n{}\n",
        heading(),
        row("2026-08-22", "ERWACHSENE", "4"),
        row("2026-08-23", "ERWACHSENE", "NA")
    );
    let mut series = with_states(&few).unwrap();
    series.days.retain(|it| it.date >= date(2026, 8, 20));
    let files = BTreeMap::from([(STATES.to_owned(), "00".to_owned())]);
    Test::each(|t| {
        let operator = Actor::operator("operator");
        let take = |series: &Series| {
            t.capacity.import_register(&operator, &INTENSIVREGISTER, series, &files)
        };
        let refused = t.capacity.import_register(
            &reporter(&t.center("Havel", 52.5, 13.4)),
            &INTENSIVREGISTER,
            &series,
            &files,
        );
        assert!(matches!(refused, Err(CapacityError::Refused(_))));
        let first = take(&series).unwrap();
        assert_eq!(take(&series).unwrap(), first);

        let kept = t.capacity.registers().unwrap();
        assert_eq!(kept.len(), 1);
        assert_eq!((kept[0].span.1, &kept[0].files), (date(2026, 8, 23), &files));
        let of = Region { register: "intensivregister", region: "01", population: "adult" };
        let days = t.capacity.register_days(of, kept[0].span).unwrap();
        assert_eq!(days.len(), 2);
        assert_eq!(days[&date(2026, 8, 22)].get("reporting_areas"), Some(&4));
        assert!(days[&date(2026, 8, 23)].is_empty(), "nothing was given");
        let mut older = series.clone();
        older.days.retain(|it| it.date < date(2026, 8, 23));
        assert!(matches!(take(&older), Err(CapacityError::Stage(_))));
        assert!(matches!(take(&Series::default()), Err(CapacityError::Stage(_))));
        assert_eq!(t.capacity.register_days(of, kept[0].span).unwrap(), days, "as it was");
        assert!(matches!(t.capacity.register("other"), Err(CapacityError::Missing)));
    });
}

#[test]
fn damaged_files_end_in_a_reason_and_never_in_a_panic() {
    use proptest::prelude::*;
    let fine = format!("{}\n{}\n", heading(), row("2026-08-22", "ERWACHSENE", "4")).into_bytes();
    let damage = proptest::collection::vec((0..fine.len(), any::<u8>()), 1..6);
    proptest!(ProptestConfig::with_cases(300), |(damage in damage, packed in any::<bool>())| {
        let mut bytes = fine.clone();
        for (place, byte) in damage {
            bytes[place] = byte;
        }
        let ending = if packed { ".gz" } else { "" };
        let others = INTENSIVREGISTER.tables.iter().filter(|table| table.file != STATES);
        let empty = |table: &capacity::Table| {
            let mut columns = INTENSIVREGISTER.head.to_vec();
            columns.extend(table.population);
            columns.extend(table.columns.iter().map(|it| it.source));
            (table.file.to_owned(), columns.join(",").into_bytes())
        };
        let mut files: Vec<(String, Vec<u8>)> = others.map(empty).collect();
        files.push((format!("{STATES}{ending}"), bytes));
        match read(&files) {
            Ok(series) => prop_assert!(series.days.len() <= 1),
            Err(error) => prop_assert!(error.to_string().contains(STATES), "{error}"),
        }
    });
}

use dictionary::Scope;

use super::*;

fn shape() -> (Dictionary, Shape) {
    let dictionary = Dictionary::embedded().unwrap();
    let shape = Shape::of(&dictionary);
    (dictionary, shape)
}

#[test]
fn every_value_that_is_no_free_text_has_a_column_of_its_table() {
    let (dictionary, shape) = shape();

    for field in dictionary.fields().iter().filter(|field| field.kind.has_value()) {
        let system = dictionary.form(field.form).scope == Scope::System;
        let column = shape.named(&field.key);
        if system || field.computed {
            assert_eq!(column, None, "{}", field.key);
            continue;
        }
        let outside =
            field.list.is_some_and(|list| dictionary.list(list).key == "center_directory");
        let text = field.kind == dictionary::Kind::Text && field.derived.is_none();
        assert_eq!(column.is_none(), outside || text, "{}", field.key);
        let Some(column) = column else { continue };
        assert_eq!(shape.field_of(column), Some(field.id));
        assert_eq!(shape.label(column), field.label);
        let group = dictionary.table(field.table).group.filter(|_| field.derived.is_none());
        let table = group.map_or("run", |group| &dictionary.field(group).key);
        assert_eq!(shape.table_named(table), Some(column.table), "{}", field.key);
    }
}

#[test]
fn nothing_that_names_a_person_or_a_hospital_is_kept() {
    let (_, shape) = shape();

    for key in [
        "patient_unique_id",
        "patient_local_id",
        "patient_center_no",
        "completed_by",
        "hosp_death_cause",
        "complication_note",
        "device_serial",
        "hosp_receive_elso_center",
        "round_trip_non_elso_center",
    ] {
        assert_eq!(shape.named(key), None, "{key}");
    }
}

#[test]
fn groups_within_groups_hang_on_their_group_and_parents_come_first() {
    let (dictionary, shape) = shape();

    for (place, spec) in (0_u16..).zip(&shape.schema().tables).skip(1) {
        let group = dictionary.field_named(&spec.key).unwrap();
        let above = dictionary.table(group.table).group;
        let expected = above.map_or("run", |group| &dictionary.field(group).key);
        assert_eq!(spec.parent, shape.table_named(expected), "{}", spec.key);
        assert!(spec.parent.unwrap() < place, "{}", spec.key);
    }
}

#[test]
fn codes_keep_their_place_and_open_lists_end_with_another_code() {
    let (dictionary, shape) = shape();
    let support = shape.named("support_type").unwrap();
    let list = dictionary.list_named("support_type").unwrap();

    for (place, code) in (0_u16..).zip(&list.codes) {
        assert_eq!(shape.code(support, &code.code), Some(place));
        assert_eq!(shape.code_label(support, place), Some(code.label.as_str()));
    }

    let diagnoses = dictionary.list_named("diagnosis_common").unwrap();
    let field = dictionary.fields().iter().find(|field| field.list == Some(diagnoses.id)).unwrap();
    let column = shape.column_of(field.id).unwrap();
    let last = shape.code(column, OTHER_CODE).unwrap();
    assert_eq!(usize::from(last), diagnoses.codes.len());
    assert_eq!(shape.code_label(column, last), Some("Another code"));
}

#[test]
fn countries_are_listed_once_and_in_order() {
    let (_, shape) = shape();
    let Some(Kind::Code(codes)) = shape.kind(shape.extra(Extra::Country)) else {
        panic!("country is no code")
    };

    assert_eq!(codes.len(), 250);
    assert!(codes.is_sorted() && codes.iter().all(|code| code.len() == 2));
    let germany = shape.code(shape.extra(Extra::Country), "DE").unwrap();
    assert_eq!(shape.code_label(shape.extra(Extra::Country), germany), Some("Germany"));
}

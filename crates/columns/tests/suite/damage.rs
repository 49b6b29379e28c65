//! Snapshots that are not what was written.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use columns::{
    Builder, By, ColumnRef, Filter, Kind, Measure, OpenError, Panel, Schema, Select, Store, Unit,
};

use crate::generate::{Dice, Taste, key, record, schema};

fn world(seed: u64) -> (Arc<Schema>, Store) {
    let mut dice = Dice(seed);
    let schema = schema(&mut dice);
    let mut builder = Builder::new(Arc::clone(&schema));
    for number in 0..50 {
        builder.push(record(&mut dice, &schema, key(number), Taste::Tame)).unwrap();
    }
    (schema, builder.finish())
}

/// Reads every column of every table in some way.
fn ask_all(store: &Store) -> Result<(), columns::ColumnsError> {
    let everyone = Select { filter: Filter::All(Vec::new()), unit: Unit::Row };
    let mut panels = Vec::new();
    for (table, spec) in (0_u16..).zip(&store.schema().tables) {
        for (column, spec) in (0_u16..).zip(&spec.columns) {
            let column = ColumnRef { table, column };
            let by = match spec.kind {
                Kind::Bool | Kind::Code(_) | Kind::Codes(_) | Kind::Key => vec![By::Column(column)],
                Kind::Day | Kind::Minute => vec![By::Year(column)],
                _ => vec![],
            };
            let mut measures = vec![Measure::Known(column)];
            if spec.kind == Kind::Number {
                measures.extend([Measure::Sum(column), Measure::Values(column)]);
            }
            panels.push(Panel { table, filter: None, by, measures, once: false });
        }
    }
    store.answer(&everyone, &panels)?;
    for number in 0..50 {
        store.record(&key(number))?;
    }
    Ok(())
}

fn open(path: &Path, schema: &Arc<Schema>) -> Result<Store, OpenError> {
    Store::open(path, Arc::clone(schema)).map(|(store, _)| store)
}

#[test]
fn no_flipped_byte_goes_unnoticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snapshot");
    let (schema, store) = world(5);
    store.save(&path, b"note").unwrap();
    let whole = fs::read(&path).unwrap();

    let step = 1 + whole.len() / 150;
    for at in (0..whole.len()).step_by(step) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        fs::write(&path, &bytes).unwrap();

        let outcome = open(&path, &schema).map(|store| ask_all(&store));

        assert!(!matches!(outcome, Ok(Ok(()))), "byte {at} of {} was flipped", whole.len());
    }
}

#[test]
fn a_cut_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snapshot");
    let (schema, store) = world(6);
    store.save(&path, b"note").unwrap();
    let whole = fs::read(&path).unwrap();

    for len in (0..whole.len()).step_by(1 + whole.len() / 100) {
        fs::write(&path, &whole[..len]).unwrap();

        assert!(open(&path, &schema).is_err(), "cut at {len} of {}", whole.len());
    }
}

/// Directory and header with right checksums, so that what is inside is read.
fn reseal(bytes: &mut [u8]) {
    let offset = usize::try_from(u64::from_le_bytes(bytes[44..52].try_into().unwrap())).unwrap();
    let checksum = crc32fast::hash(&bytes[offset..]);
    bytes[60..64].copy_from_slice(&checksum.to_le_bytes());
    let checksum = crc32fast::hash(&bytes[..68]);
    bytes[68..72].copy_from_slice(&checksum.to_le_bytes());
}

#[test]
fn a_hostile_directory_with_right_checksums_is_refused_or_answered_but_never_crashes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snapshot");
    let (schema, store) = world(7);
    store.save(&path, b"note").unwrap();
    let whole = fs::read(&path).unwrap();
    let offset = usize::try_from(u64::from_le_bytes(whole[44..52].try_into().unwrap())).unwrap();
    let mut dice = Dice(1);
    let mut refused = 0;

    for _ in 0..400 {
        let mut bytes = whole.clone();
        for _ in 0..=dice.below(3) {
            let at = offset + usize::try_from(dice.below((whole.len() - offset) as u64)).unwrap();
            bytes[at] = *dice.pick(&[0, 1, 2, 0x7f, 0x80, 0xff]).unwrap();
        }
        reseal(&mut bytes);
        fs::write(&path, &bytes).unwrap();

        match open(&path, &schema) {
            Ok(store) => refused += u32::from(ask_all(&store).is_err()),
            Err(_) => refused += 1,
        }
    }

    assert!(refused > 100, "only {refused} were refused");
}

#[test]
fn another_schema_format_or_kind_of_file_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snapshot");
    let (schema, store) = world(8);
    let (other, _) = world(9);
    store.save(&path, b"").unwrap();

    assert!(matches!(open(&path, &other), Err(OpenError::Schema)));
    let mut bytes = fs::read(&path).unwrap();
    bytes[8] = 99;
    fs::write(&path, &bytes).unwrap();
    assert!(matches!(open(&path, &schema), Err(OpenError::Format { found: 99, known: 1 })));
    fs::write(&path, [b'x'; 100]).unwrap();
    assert!(matches!(open(&path, &schema), Err(OpenError::NotASnapshot)));
    assert!(matches!(open(&folder.path().join("none"), &schema), Err(OpenError::Io(_))));
}

#[test]
fn a_save_that_fails_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snapshot");
    let (schema, store) = world(10);
    store.save(&path, b"first").unwrap();
    // a folder in the way of the temporary file
    fs::create_dir(folder.path().join("snapshot.new")).unwrap();

    let failed = store.save(&path, b"second");

    assert!(failed.is_err());
    let (_, note) = Store::open(&path, schema).unwrap();
    assert_eq!(note, b"first");
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_a_snapshot_whatever_was_left_behind() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snapshot");
    let left = folder.path().join("snapshot.new");
    fs::write(&left, b"half of it").unwrap();
    fs::set_permissions(&left, fs::Permissions::from_mode(0o644)).unwrap();
    let (schema, store) = world(11);

    store.save(&path, b"note").unwrap();

    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(open(&path, &schema).is_ok());
}

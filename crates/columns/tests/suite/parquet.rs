//! Tables as Parquet files, read back with the reader of the same crate; `bench/columns` reads them with others.

use std::sync::Arc;

use ::parquet::file::reader::{FileReader as _, SerializedFileReader};
use bytes::Bytes;
use columns::{Builder, Change, ColumnSpec, Kind, Record, Schema, TableSpec, Value};

use crate::generate::key;

fn schema() -> Arc<Schema> {
    let codes = || ["vv", "va", "ecpr"].map(str::to_owned).to_vec();
    let column = |key: &str, kind| ColumnSpec { key: key.to_owned(), kind };
    Arc::new(Schema {
        tables: vec![
            TableSpec {
                key: "run".to_owned(),
                parent: None,
                columns: vec![
                    column("alive", Kind::Bool),
                    column("support", Kind::Code(codes())),
                    column("drugs", Kind::Codes(codes())),
                    column("hours", Kind::Number),
                    column("start", Kind::Day),
                    column("at", Kind::Minute),
                    column("center", Kind::Key),
                    column("note", Kind::Text),
                ],
            },
            TableSpec {
                key: "gas".to_owned(),
                parent: Some(0),
                columns: vec![column("ph", Kind::Number)],
            },
            TableSpec {
                key: "detail".to_owned(),
                parent: Some(1),
                columns: vec![column("place", Kind::Key)],
            },
        ],
    })
}

fn run(number: u64) -> Record {
    let values = vec![
        Value::Bool(number.is_multiple_of(2)),
        Value::Code(2),
        Value::Codes([0, 2].into()),
        Value::Number { digits: 1234, scale: 1 },
        Value::Day(19_000),
        Value::Minute(27_360_001),
        Value::Key(7),
        Value::Text("“quoted”".into()),
    ];
    let ph = |digits| (1, 0, vec![Value::Number { digits, scale: 3 }]);
    let parts = vec![ph(7_400), ph(7_215), (2, 1, vec![Value::Key(1)])];
    Record { key: key(number), values, parts }
}

fn rows(store: &columns::Store, table: u16) -> Vec<String> {
    let mut out = Vec::new();
    store.write_parquet(table, &mut out).unwrap();
    let reader = SerializedFileReader::new(Bytes::from(out)).unwrap();
    reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect()
}

#[test]
fn every_kind_of_column_is_read_back_and_tables_are_tied() {
    let mut builder = Builder::new(schema());
    builder.push(run(0)).unwrap();
    builder.push(run(1)).unwrap();
    let nothing = Record { key: key(2), values: vec![Value::Missing; 8], parts: vec![] };
    builder.push(&nothing).unwrap();
    // what is gone leaves no gap
    let store = builder.finish().apply(vec![Change::Remove(key(0)), Change::Put(run(3))]).unwrap();

    let runs = rows(&store, 0);
    let gases = rows(&store, 1);
    let details = rows(&store, 2);

    assert_eq!(runs.len(), 3);
    assert_eq!(
        runs[0],
        "{_row: 0, alive: false, support: \"ecpr\", drugs: [\"vv\", \"ecpr\"], hours: 123.4, \
         start: 2022-01-08, at: 2022-01-08 00:01:00.000 +00:00, center: 7, note: \"“quoted”\"}"
    );
    assert_eq!(
        runs[1],
        "{_row: 1, alive: null, support: null, drugs: null, hours: null, start: null, at: null, \
         center: null, note: null}"
    );
    assert_eq!(
        gases,
        [
            "{_row: 0, _parent: 0, _root: 0, ph: 7.4}",
            "{_row: 1, _parent: 0, _root: 0, ph: 7.215}",
            "{_row: 2, _parent: 2, _root: 2, ph: 7.4}",
            "{_row: 3, _parent: 2, _root: 2, ph: 7.215}",
        ]
    );
    assert_eq!(
        details,
        ["{_row: 0, _parent: 1, _root: 0, place: 1}", "{_row: 1, _parent: 3, _root: 2, place: 1}"]
    );
}

//! Snapshot files: a store on disk, opened without reading its values.
//!
//! `header | blocks | directory`. The header (72 bytes) holds magic, format, the schema's fingerprint, the
//! directory's place and checksum, and its own checksum. A block is one column of one segment, the keys of a
//! segment, or the links of a table. The directory holds the caller's note, and for each segment its row counts,
//! live rows, what is known of each column, and each block's place and checksum (CRC-32). All numbers are
//! little-endian.

pub(crate) mod code;
mod read;
mod write;

use sha2::{Digest as _, Sha256};

use crate::schema::{Kind, Schema};

const MAGIC: [u8; 8] = *b"OECLSCOL";
/// Raised whenever bytes mean something else; an old file is then built anew.
const FORMAT: u32 = 1;
const HEADER: usize = 72;

impl Schema {
    /// SHA-256 over all tables, columns, kinds and codes: equal for equal schemas only.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let mut text = |text: &str| {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        };
        for table in &self.tables {
            text("table");
            text(&table.key);
            text(&table.parent.map_or_else(String::new, |parent| parent.to_string()));
            for column in &table.columns {
                text("column");
                text(&column.key);
                let (kind, codes) = match &column.kind {
                    Kind::Bool => ("bool", None),
                    Kind::Code(codes) => ("code", Some(codes)),
                    Kind::Codes(codes) => ("codes", Some(codes)),
                    Kind::Number => ("number", None),
                    Kind::Day => ("day", None),
                    Kind::Minute => ("minute", None),
                    Kind::Key => ("key", None),
                    Kind::Text => ("text", None),
                };
                text(kind);
                text(&codes.map_or(0, Vec::len).to_string());
                codes.into_iter().flatten().for_each(|code| text(code));
            }
        }
        hash.finalize().into()
    }
}

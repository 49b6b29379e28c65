//! Writing a snapshot.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::ColumnsError;
use crate::schema::ColumnRef;
use crate::store::{Part, Store};

use super::code::{put_bits, put_column, put_keys, put_links, put_size};
use super::{FORMAT, HEADER, MAGIC};

impl Store {
    /// Writes everything to a file, with a note of the caller (up to 4 GB) that `open` gives back. A file of that
    /// name is replaced in one step; when this fails it is as it was.
    ///
    /// # Errors
    /// If the folder cannot be written, or the snapshot behind the store cannot be read.
    pub fn save(&self, path: &Path, note: &[u8]) -> Result<(), ColumnsError> {
        self.inner.layout.check()?;
        let temporary = beside(path);
        let written = self.write_to(&temporary, note);
        if written.is_err() {
            // what is half written is of no use; the first error is the one to tell
            drop(fs::remove_file(&temporary));
        }
        written?;
        fs::rename(&temporary, path)?;
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(())
    }

    fn write_to(&self, path: &Path, note: &[u8]) -> Result<(), ColumnsError> {
        let mut out = Blocks { out: BufWriter::new(create(path)?), offset: 0 };
        out.raw(&[0; HEADER])?;
        let mut directory = Vec::new();
        put_size(&mut directory, note.len());
        directory.extend(note);
        put_size(&mut directory, self.inner.parts.len());
        for part in &self.inner.parts {
            self.part(part, &mut out, &mut directory)?;
        }
        let offset = out.offset;
        out.raw(&directory)?;
        let header = self.header(offset, &directory);
        let mut file = out.out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&header)?;
        file.sync_all()?;
        Ok(())
    }

    fn header(&self, offset: u64, directory: &[u8]) -> Vec<u8> {
        let mut header = MAGIC.to_vec();
        header.extend(FORMAT.to_le_bytes());
        header.extend(self.schema().fingerprint());
        header.extend(offset.to_le_bytes());
        header.extend((directory.len() as u64).to_le_bytes());
        header.extend(crc32fast::hash(directory).to_le_bytes());
        header.extend([0; 4]);
        let checksum = crc32fast::hash(&header);
        header.extend(checksum.to_le_bytes());
        header
    }

    fn part(
        &self,
        part: &Part,
        out: &mut Blocks,
        directory: &mut Vec<u8>,
    ) -> Result<(), ColumnsError> {
        let segment = &part.segment;
        for rows in &segment.rows {
            put_size(directory, *rows);
        }
        directory.extend(segment.first_key);
        directory.extend(segment.last_key);
        put_bits(directory, &part.live);
        out.block(&put_keys(segment.keys()?), directory)?;
        for (table, spec) in (0_u16..).zip(&self.schema().tables) {
            if table > 0 {
                out.block(&put_links(segment.links(table)?), directory)?;
            }
            for column in (0_u16..).take(spec.columns.len()) {
                let column = ColumnRef { table, column };
                let stat = segment.stat(column);
                directory.push(u8::from(stat.any));
                if stat.any {
                    directory.extend(stat.low.to_le_bytes());
                    directory.extend(stat.high.to_le_bytes());
                    directory.push(stat.scale);
                    out.block(&put_column(segment.column(column)?), directory)?;
                }
            }
        }
        Ok(())
    }
}

struct Blocks {
    out: BufWriter<File>,
    offset: u64,
}

impl Blocks {
    fn raw(&mut self, bytes: &[u8]) -> Result<(), ColumnsError> {
        self.out.write_all(bytes)?;
        self.offset += bytes.len() as u64;
        Ok(())
    }

    /// Writes a block and notes its place.
    fn block(&mut self, bytes: &[u8], directory: &mut Vec<u8>) -> Result<(), ColumnsError> {
        directory.extend(self.offset.to_le_bytes());
        put_size(directory, bytes.len());
        directory.extend(crc32fast::hash(bytes).to_le_bytes());
        self.raw(bytes)
    }
}

/// A new file that only its owner may read from its first byte on: it holds what the records hold.
fn create(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        // left by a program that was killed, perhaps with other rights
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}

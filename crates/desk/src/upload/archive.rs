//! A ZIP archive of CSV files, one for each form, as the export makes it: unpacked beside the file while it is read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::place::{plain_name, remove};

/// Entries of an archive that are looked at: there are some 30 forms.
const MOST_ENTRIES: usize = 200;
/// How many times larger than the largest upload everything unpacked may be. Records as CSV pack to a tenth or less.
const SWELL: u64 = 12;

/// What is read: the file as it came, or the folder that it was unpacked into, which goes with this.
#[derive(Debug)]
pub(super) struct Readable {
    path: PathBuf,
    /// All bytes that will be read.
    pub(super) bytes: u64,
    unpacked: bool,
}

impl Readable {
    /// The file or folder to open.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Looks at the first bytes of a file, and unpacks an archive.
    ///
    /// # Errors
    /// What is wrong with the archive, for whoever sent it.
    pub(super) fn of(file: &Path, most_bytes: u64) -> Result<Self, String> {
        let trouble = |error: io::Error| {
            tracing::error!("an upload cannot be read: {error}");
            "the file cannot be read; nothing was written".to_owned()
        };
        let mut head = Vec::new();
        let mut opened = File::open(file).map_err(trouble)?;
        opened.by_ref().take(4).read_to_end(&mut head).map_err(trouble)?;
        if head != b"PK\x03\x04" {
            let bytes = opened.metadata().map_err(trouble)?.len();
            return Ok(Self { path: file.to_owned(), bytes, unpacked: false });
        }
        let folder = file.with_file_name("unpacked");
        remove(&folder);
        fs::create_dir_all(&folder).map_err(trouble)?;
        let mut readable = Self { path: folder, bytes: 0, unpacked: true };
        readable.bytes = unpack(opened, &readable.path, most_bytes.saturating_mul(SWELL))?;
        Ok(readable)
    }
}

impl Drop for Readable {
    fn drop(&mut self) {
        if self.unpacked {
            remove(&self.path);
        }
    }
}

/// Unpacks every CSV file, without the folders that it lies in; gives the number of bytes.
fn unpack(file: File, into: &Path, most: u64) -> Result<u64, String> {
    let unsound = |_| "the archive is damaged; pack it again".to_owned();
    let disk = |error: io::Error| {
        tracing::error!("an archive could not be unpacked: {error}");
        "the archive could not be unpacked; it may be damaged".to_owned()
    };
    let mut archive = ZipArchive::new(file).map_err(unsound)?;
    if archive.len() > MOST_ENTRIES {
        return Err(format!("the archive holds more than {MOST_ENTRIES} files"));
    }
    let (mut bytes, mut files) = (0, 0);
    for number in 0..archive.len() {
        let entry = archive.by_index(number).map_err(|error| match error {
            zip::result::ZipError::UnsupportedArchive(_) => {
                "the archive is locked or packed in an unusual way; pack it again without a password".to_owned()
            }
            error => unsound(error),
        })?;
        let name = entry.name().map_err(unsound)?.into_owned();
        if name == "[Content_Types].xml" {
            return Err("this is an Office workbook; save it as CSV".to_owned());
        }
        // what some systems add to every archive
        let beside = name.starts_with("__MACOSX/")
            || name.rsplit('/').next().is_some_and(|last| last.starts_with('.'));
        if entry.is_dir() || beside {
            continue;
        }
        let plain = plain_name(&name);
        if !plain.to_ascii_lowercase().ends_with(".csv") {
            return Err(format!("the archive holds `{plain}`, which is no CSV file"));
        }
        let out = OpenOptions::new().write(true).create_new(true).open(into.join(&plain));
        let mut out = out.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => format!("the archive holds `{plain}` twice"),
            _ => disk(error),
        })?;
        bytes +=
            io::copy(&mut entry.take(most.saturating_sub(bytes) + 1), &mut out).map_err(disk)?;
        if bytes > most {
            return Err("the archive is too large when it is unpacked; split it".to_owned());
        }
        files += 1;
    }
    if files == 0 {
        return Err("the archive holds no CSV file".to_owned());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in files {
            archive.start_file(*name, SimpleFileOptions::default()).unwrap();
            archive.write_all(text).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    fn read(bytes: &[u8], most: u64) -> (tempfile::TempDir, Result<Readable, String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs.zip");
        fs::write(&path, bytes).unwrap();
        let readable = Readable::of(&path, most);
        (folder, readable)
    }

    #[test]
    fn csv_files_are_unpacked_without_their_folders_and_go_again() {
        let files: [(&str, &[u8]); 4] = [
            ("our runs/patient.csv", b"a,b\n"),
            ("../../run.csv", b"c\n"),
            ("__MACOSX/._patient.csv", b"x"),
            ("our runs/.DS_Store", b"x"),
        ];
        let (folder, readable) = read(&archive(&files), 1000);
        let readable = readable.unwrap();

        let mut names: Vec<_> =
            fs::read_dir(readable.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["patient.csv", "run.csv"]);
        assert_eq!(readable.bytes, 6);
        drop(readable);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_no_archive_of_csv_files_is_refused_with_the_reason() {
        let large = vec![b'a'; 13_000];
        let cut = archive(&[("patient.csv", b"a,b\n")]);
        let many: Vec<(String, &[u8])> =
            (0..201).map(|n| (format!("{n}.csv"), &b"a"[..])).collect();
        let many: Vec<(&str, &[u8])> =
            many.iter().map(|(name, text)| (name.as_str(), *text)).collect();
        for (bytes, words) in [
            (archive(&[("patient.csv", &large)]), "too large when it is unpacked"),
            (archive(&[("[Content_Types].xml", b"<x/>")]), "Office workbook"),
            (archive(&[("run.exe", b"MZ")]), "`run.exe`, which is no CSV file"),
            (archive(&[("a/run.csv", b"1"), ("b/run.csv", b"2")]), "`run.csv` twice"),
            (archive(&[("__MACOSX/run.csv", b"1")]), "holds no CSV file"),
            (archive(&many), "more than 200 files"),
            (cut.get(..cut.len() - 9).unwrap().to_vec(), "damaged"),
        ] {
            let (folder, readable) = read(&bytes, 1000);

            let said = readable.unwrap_err();
            assert!(said.contains(words), "{said}, not {words}");
            assert_eq!(
                fs::read_dir(folder.path()).unwrap().count(),
                1,
                "{words}: something was left"
            );
        }
    }

    #[test]
    fn another_file_is_read_as_it_is() {
        let (folder, readable) = read(b"center,patient\n", 1000);

        let readable = readable.unwrap();
        assert_eq!(
            (readable.path(), readable.bytes),
            (folder.path().join("runs.zip").as_path(), 15)
        );
        drop(readable);
        assert!(folder.path().join("runs.zip").exists());
    }
}

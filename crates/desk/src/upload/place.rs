//! Names and folders of uploaded files.

use std::path::Path;
use std::{fs, io};

/// A file's name without folders and without characters that a name on disk may not have.
pub(super) fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String =
        last.chars().filter(|c| c.is_alphanumeric() || "._- ".contains(*c)).take(100).collect();
    let plain = plain.trim_matches(['.', ' ']).to_owned();
    if plain.is_empty() { "upload".to_owned() } else { plain }
}

/// Removes the folder of an upload, or whatever else lies there.
pub(super) fn remove(path: &Path) {
    let done = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    if let Err(error) = done
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!("an upload could not be removed: {error}");
    }
}

/// Nobody else on the machine may look into the folder.
#[cfg(unix)]
pub(crate) fn private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
pub(crate) fn private(_: &Path) -> io::Result<()> {
    Ok(())
}

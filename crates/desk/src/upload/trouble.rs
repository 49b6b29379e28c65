//! What goes wrong with uploads, in words for whoever reads them.

use std::io;
use std::path::Path;

use registry::RegistryError;

/// Why the folder of uploads is not usable.
#[derive(Debug, thiserror::Error)]
pub enum UploadsError {
    /// The folder.
    #[error("the folder of uploads cannot be used")]
    Folder(#[from] io::Error),
    /// The database.
    #[error("what became of earlier uploads cannot be read")]
    Registry(#[from] RegistryError),
}

/// An error for whoever sent the file; what is wrong inside is logged and not shown.
pub(super) fn told(error: &RegistryError) -> String {
    match error {
        // without the place of the file on the server
        RegistryError::File(error) => {
            let name = Path::new(&error.file).file_name().and_then(|name| name.to_str());
            format!(
                "Line {}, column {} of {}: {}; {}",
                error.line,
                error.column,
                name.unwrap_or("the file"),
                error.message,
                error.fix
            )
        }
        RegistryError::PlanMoved | RegistryError::Invalid(_) | RegistryError::State { .. } => {
            error.to_string()
        }
        RegistryError::Refused(_) | RegistryError::NotFound(_) => {
            "you may not do this here".to_owned()
        }
        error => {
            tracing::error!("an upload failed: {error}");
            "something went wrong on our side; nothing was written".to_owned()
        }
    }
}

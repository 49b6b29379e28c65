//! Uploads of pages, from the file that arrived to what became of it. The rows outlive the program; the files lie in
//! a folder of the program that took them.

use base::{Action, Actor, CenterId, ImportId, Instant, permit};
use uuid::Uuid;

use super::{ImportRow, Options, Summary};
use crate::model::RegistryError;
use crate::{Registry, store};

db::statements! {
    /// Statements of uploads that wait.
    pub WAITING_STATEMENTS;

    ADD_UPLOAD = "insert into upload_job (center_id, upload_id, file_name, bytes, sha256, drafts_only, actor, stage,
            created_at, changed_at)
        values ($1, $2, $3, $4, $5, $6, $7, 'planning', $8, $8)";
    CHOOSE_UPLOAD = "update upload_job set drafts_only = $3, left_out = $4 where center_id = $1 and upload_id = $2";
    SET_UPLOAD = "update upload_job set stage = $3, changed_at = $4, plan = $5, summary = $6, import_id = $7, failure = $8
        where center_id = $1 and upload_id = $2";
    UPLOAD_BY_ID = "select center_id, upload_id, file_name, bytes, sha256, drafts_only, actor, stage, created_at,
            changed_at, plan, summary, import_id, failure, left_out
        from upload_job where upload_id = $1";
    UPLOADS_OF_CENTER = "select center_id, upload_id, file_name, bytes, sha256, drafts_only, actor, stage, created_at,
            changed_at, plan, summary, import_id, failure, left_out
        from upload_job where center_id = $1 and stage <> 'applied' order by upload_id desc limit $2";
    OLD_UPLOADS = "select center_id, upload_id from upload_job where changed_at < $1 order by changed_at limit $2";
    REMOVE_UPLOAD = "delete from upload_job where center_id = $1 and upload_id = $2";
}

/// Imports among which one that was cut off is looked for.
const NEWEST: i64 = 200;
/// Old uploads forgotten at once.
const SWEEP: i64 = 200;

db::row! {
    /// An upload and how far it is.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct WaitingUpload {
        /// The center.
        pub center: CenterId,
        /// The upload.
        pub id: Uuid,
        /// Name of the file.
        pub file_name: String,
        /// Its size in bytes.
        pub bytes: i64,
        /// Its SHA-256, in hex.
        pub sha256: String,
        /// Whether everything is taken as drafts.
        pub drafts_only: bool,
        /// Who sent it, as the audit keeps it.
        pub actor: String,
        /// `planning`, `planned`, `applying`, `applied`, `failed`, or `stopped` by a restart.
        pub stage: String,
        /// When it came.
        pub created_at: Instant,
        /// When it reached its stage.
        pub changed_at: Instant,
        /// The plan that was shown or is carried out.
        pub plan: Option<String>,
        /// `Summary` as JSON.
        pub summary: Option<String>,
        /// What it was written as.
        pub import: Option<ImportId>,
        /// Why nothing was written.
        pub failure: Option<String>,
        /// Keys of patients that are left out, as a JSON list.
        pub left_out: String,
    }
}

impl WaitingUpload {
    /// How its file is read, for the center of this number.
    pub fn options(&self, number: &str) -> Options {
        Options {
            file_name: self.file_name.clone(),
            sha256: self.sha256.clone(),
            bytes: u64::try_from(self.bytes).unwrap_or(0),
            center: Some(number.to_owned()),
            drafts_only: self.drafts_only,
            leave_out: serde_json::from_str(&self.left_out).unwrap_or_default(),
        }
    }
}

/// The stage that an upload has reached.
#[derive(Debug, Clone, Copy)]
pub enum UploadStage<'a> {
    /// The file is compared with what is stored.
    Planning,
    /// The plan is shown.
    Planned(&'a Summary),
    /// The plan is carried out.
    Applying(&'a Summary),
    /// It was carried out, with or without anything to write.
    Applied(&'a Summary, Option<ImportId>),
    /// Nothing was written.
    Failed(&'a str),
}

impl UploadStage<'_> {
    const fn word(&self) -> &'static str {
        match self {
            Self::Planning => "planning",
            Self::Planned(_) => "planned",
            Self::Applying(_) => "applying",
            Self::Applied(..) => "applied",
            Self::Failed(_) => "failed",
        }
    }
}

impl Registry {
    /// Keeps that a file has arrived.
    ///
    /// # Errors
    /// `Refused` outside the actor's centers.
    pub fn add_upload(
        &self,
        actor: &Actor,
        center: CenterId,
        id: Uuid,
        options: &Options,
    ) -> Result<(), RegistryError> {
        permit(actor, Action::WriteRecords, center)?;
        let bytes = i64::try_from(options.bytes).unwrap_or(i64::MAX);
        let (name, sha256) = (options.file_name.as_str(), options.sha256.as_str());
        let at = self.clock.now();
        self.db.write(|tx| {
            let values = (center, id, name, bytes, sha256, options.drafts_only, actor.name(), at);
            tx.execute(&ADD_UPLOAD, values)?;
            Ok(())
        })
    }

    /// Keeps the stage that an upload has reached.
    ///
    /// # Errors
    /// Of the database.
    pub fn set_upload(
        &self,
        center: CenterId,
        id: Uuid,
        stage: UploadStage<'_>,
    ) -> Result<(), RegistryError> {
        let (summary, import, failure) = match stage {
            UploadStage::Planning => (None, None, None),
            UploadStage::Planned(summary) | UploadStage::Applying(summary) => {
                (Some(summary), None, None)
            }
            UploadStage::Applied(summary, import) => (Some(summary), import, None),
            UploadStage::Failed(failure) => (None, None, Some(failure)),
        };
        let plan = summary.map(|summary| summary.plan.as_str());
        let summary = summary.map(serde_json::to_string).transpose();
        let summary = summary.map_err(|error| RegistryError::Inconsistent(error.to_string()))?;
        let at = self.clock.now();
        self.db.write(|tx| {
            let values = (center, id, stage.word(), at, plan, summary.as_deref(), import, failure);
            tx.execute(&SET_UPLOAD, values)?;
            Ok(())
        })
    }

    /// Keeps what was chosen of an upload's plan: patients that are left out, and whether everything stays a draft.
    ///
    /// # Errors
    /// `Refused` outside the actor's centers.
    pub fn choose_upload(
        &self,
        actor: &Actor,
        center: CenterId,
        id: Uuid,
        options: &Options,
    ) -> Result<(), RegistryError> {
        permit(actor, Action::WriteRecords, center)?;
        let left_out = serde_json::to_string(&options.leave_out)
            .map_err(|error| RegistryError::Inconsistent(error.to_string()))?;
        self.db.write(|tx| {
            tx.execute(&CHOOSE_UPLOAD, (center, id, options.drafts_only, left_out.as_str()))?;
            Ok(())
        })
    }

    /// One upload.
    ///
    /// # Errors
    /// `NotFound` when the center has none of this id, `Refused` outside the actor's centers.
    pub fn upload(
        &self,
        actor: &Actor,
        center: CenterId,
        id: Uuid,
    ) -> Result<WaitingUpload, RegistryError> {
        permit(actor, Action::WriteRecords, center)?;
        let found: Option<WaitingUpload> =
            self.db.read_one(|tx| Ok::<_, RegistryError>(tx.opt(&UPLOAD_BY_ID, (id,))?))?;
        found.filter(|upload| upload.center == center).ok_or(RegistryError::NotFound("upload"))
    }

    /// The newest uploads of a center that were not applied.
    ///
    /// # Errors
    /// `Refused` outside the actor's centers.
    pub fn uploads(
        &self,
        actor: &Actor,
        center: CenterId,
        most: u32,
    ) -> Result<Vec<WaitingUpload>, RegistryError> {
        permit(actor, Action::WriteRecords, center)?;
        self.db.read_one(|tx| Ok(tx.all(&UPLOADS_OF_CENTER, (center, i64::from(most)))?))
    }

    /// Finds out what became of an upload whose program ended in the middle. An import is one transaction, so either
    /// its row stands there with this file and this plan, or nothing of it was written. `false` when the upload is
    /// not known.
    ///
    /// # Errors
    /// Of the database.
    pub fn settle_upload(&self, id: Uuid) -> Result<bool, RegistryError> {
        self.db.write(|tx| {
            let found: Option<WaitingUpload> = tx.opt(&UPLOAD_BY_ID, (id,))?;
            let Some(upload) = found else { return Ok(false) };
            let imports: Vec<ImportRow> = if upload.stage == "applying" {
                tx.all(&store::IMPORTS_OF_CENTER, (upload.center, NEWEST))?
            } else {
                Vec::new()
            };
            let written = imports.iter().find(|import| {
                import.sha256 == upload.sha256
                    && Some(&import.plan) == upload.plan.as_ref()
                    && import.applied_at >= upload.changed_at
            });
            let (stage, failure) = match (upload.stage.as_str(), written) {
                ("applying", Some(_)) => ("applied", None),
                ("applying", None) => {
                    ("stopped", Some("The server was restarted while the file was being written. Nothing was applied."))
                }
                ("planned", _) => {
                    ("stopped", Some("The server was restarted after the plan was made. Nothing was applied."))
                }
                ("planning", _) => {
                    ("stopped", Some("The server was restarted before the plan was ready. Nothing was applied."))
                }
                _ => return Ok(true),
            };
            let (plan, summary) = match written {
                Some(import) => (Some(import.plan.as_str()), Some(import.summary.as_str())),
                None => (None, None),
            };
            let (at, import) = (self.clock.now(), written.map(|import| import.id));
            let values = (upload.center, id, stage, at, plan, summary, import, failure);
            tx.execute(&SET_UPLOAD, values)?;
            Ok(true)
        })
    }

    /// Forgets an upload; what it has written stays.
    ///
    /// # Errors
    /// Of the database.
    pub fn forget_upload(&self, center: CenterId, id: Uuid) -> Result<(), RegistryError> {
        self.db.write(|tx| {
            tx.execute(&REMOVE_UPLOAD, (center, id))?;
            Ok(())
        })
    }

    /// Forgets uploads that nothing has happened to since a moment, and gives their ids: their files can go.
    ///
    /// # Errors
    /// Of the database.
    pub fn forget_old_uploads(&self, before: Instant) -> Result<Vec<Uuid>, RegistryError> {
        let mut gone = Vec::new();
        loop {
            let part = self.db.write(|tx| -> Result<Vec<Uuid>, RegistryError> {
                let old: Vec<(CenterId, Uuid)> = tx.all(&OLD_UPLOADS, (before, SWEEP))?;
                for (center, id) in &old {
                    tx.execute(&REMOVE_UPLOAD, (*center, *id))?;
                }
                Ok(old.into_iter().map(|(_, id)| id).collect())
            })?;
            if part.is_empty() {
                return Ok(gone);
            }
            gone.extend(part);
        }
    }
}

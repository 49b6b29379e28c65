//! Links between centers as they are stored, by the run that they are told of.

use std::collections::BTreeMap;

use base::{CenterId, LinkId, RecordId, RunId};
use db::Tx;

use super::replay::Link;
use crate::model::RegistryError;
use crate::store;

/// Links by the run on a center's side.
pub(super) type Links = BTreeMap<RecordId, BTreeMap<String, Link>>;

/// Every link of a center, under its own run: as sender, and as receiver once a run there was found.
pub(super) fn of_center(tx: &mut Tx<'_>, center: CenterId) -> Result<Links, RegistryError> {
    let mut links = Links::new();
    // columns: link, sending center and run, receiving center and run, state, basis, score, who has confirmed
    for (statement, run_column) in [(&store::TRANSFERS_FROM, 2), (&store::TRANSFERS_TO, 4)] {
        tx.each(statement, (center,), |row| -> Result<(), RegistryError> {
            let run: Option<RunId> = row.get(run_column)?;
            let Some(run) = run else { return Ok(()) };
            let id: LinkId = row.get(0)?;
            let link = Link { state: row.get(5)?, sender: row.get(8)?, receiver: row.get(9)? };
            links.entry(run.into()).or_default().insert(id.to_string(), link);
            Ok(())
        })?;
    }
    Ok(links)
}

//! Reading everything into a store.

use columns::{Builder, ColumnsError};
use registry::{Center, FeedSink};
use std::sync::Arc;

use super::{Worker, lock};
use crate::feed::CenterTable;
use crate::feed::hub::{HubStatus, Loading};
use crate::feed::ledger::{Ledger, Places};
use crate::feed::make::Made;

/// A store that is being filled.
pub(super) struct Fill<'a> {
    pub(super) worker: &'a Worker,
    pub(super) builder: Builder,
    pub(super) ledger: Ledger,
    pub(super) centers: CenterTable,
    pub(super) places: Places,
    pub(super) loading: Loading,
    pub(super) error: Option<ColumnsError>,
}

impl FeedSink for Fill<'_> {
    type Made = Made;

    fn begin(&mut self, centers: &[Center]) {
        self.builder = Builder::new(Arc::clone(self.worker.shape.schema()));
        self.ledger = Ledger::default();
        self.centers = self.ledger.table(centers);
        self.places = Places::of(&self.worker.shape, &self.centers);
        self.loading = Loading { done: 0, total: centers.len() };
        self.error = None;
    }

    fn center(&mut self, _center: &Center, made: Vec<Made>) {
        for patient in made {
            for record in self.ledger.seal(patient, &self.places) {
                if let Err(error) = self.builder.push(record) {
                    self.error.get_or_insert(error);
                }
            }
        }
        self.loading.done += 1;
        let Loading { done, total } = self.loading;
        *lock(&self.worker.inner.status) = HubStatus::Loading(self.loading);
        if total >= 20 && done * 10 / total != (done - 1) * 10 / total {
            tracing::info!("reading records for the figures: {done} of {total} centers");
        }
    }

    fn wants_more(&self) -> bool {
        self.error.is_none() && !self.worker.stops()
    }
}

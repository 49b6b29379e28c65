//! Writes the columns of the figures, so that the first page of the invented registry need not wait for them.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use indicatif::ProgressBar;
use insight::feed::{Hub, HubOptions, HubStatus};

use crate::app::App;
use crate::commands::serve;
use crate::report;

/// How often the progress is shown.
const LOOK: Duration = Duration::from_millis(50);
/// When nothing has moved for so long, the work is left to the first start.
const PATIENCE: Duration = Duration::from_mins(2);

/// Reads every record once and keeps what the figures are made of.
///
/// # Errors
/// When no thread can be had. Anything else is left to the first start, which does the same.
pub(super) fn write(app: &App) -> anyhow::Result<()> {
    let options =
        HubOptions { snapshot: Some(serve::columns(&app.settings)), ..HubOptions::default() };
    let hub = Hub::start(app.registry.clone(), options)
        .context("starting the thread that reads the records")?;
    let bar = report::count_bar("centers read for the figures");
    let read = wait(&hub, &bar);
    // the files are written before the thread ends
    hub.stop();
    bar.finish_and_clear();
    if read {
        println!("the figures are ready");
    } else {
        tracing::warn!("the figures could not be read; the first start will read them");
    }
    Ok(())
}

/// Whether everything was read.
fn wait(hub: &Hub, bar: &ProgressBar) -> bool {
    let (mut known, mut moved) = (HubStatus::Current, Instant::now());
    loop {
        let status = hub.status();
        match &status {
            HubStatus::Current => return true,
            HubStatus::Behind { .. } => return false,
            HubStatus::Loading(loading) => {
                bar.set_length(loading.total as u64);
                bar.set_position(loading.done as u64);
            }
        }
        if status != known {
            (known, moved) = (status, Instant::now());
        }
        if moved.elapsed() > PATIENCE {
            return false;
        }
        thread::sleep(LOOK);
    }
}

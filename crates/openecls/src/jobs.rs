//! The recurring jobs of the platform, and the loop that does them while the pages are served.

use std::time::Duration;

use jobs::{Done, Job, Jobs};

use crate::app::App;

/// How often it is looked whether something is due.
const LOOK: Duration = Duration::from_secs(15);

/// All jobs.
pub(crate) fn of(app: &App) -> Jobs {
    let registry = app.registry.clone();
    // runs count as locked from the minute they are due; this writes it down
    let lock = Job::new("lock-runs", Duration::from_hours(1), move || -> Done {
        Ok(match registry.lock_due()? {
            0 => String::new(),
            locked => format!("{locked} runs locked whose month is over"),
        })
    });
    let worker = format!("{}#{}", app.settings.actor, std::process::id());
    Jobs::new(app.db.clone(), app.registry.clock().clone(), worker, vec![lock])
}

/// Does what is due, for as long as it is let.
pub(crate) async fn work(jobs: Jobs) {
    loop {
        let now = jobs.clone();
        match tokio::task::spawn_blocking(move || now.run_due()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::error!("asking which jobs are due failed: {error}"),
            Err(error) => tracing::error!("the jobs were interrupted: {error}"),
        }
        tokio::time::sleep(LOOK).await;
    }
}

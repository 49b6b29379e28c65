//! `openecls serve`.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use directory::first_start::FirstStart;
use insight::feed::{Hub, HubOptions};
use insight::live::{Live, LiveOptions};
use registry::Center;
use tokio::runtime::Runtime;

use super::sample;
use crate::app::App;
use crate::cli::Serve;
use crate::pages;
use crate::settings::Settings;

/// How long open requests may take to finish when the program is asked to stop.
const DRAIN: Duration = Duration::from_secs(10);
/// File in the data folder that holds the columns of the figures. It can be deleted at any time.
pub(super) const COLUMNS: &str = "insight.columns";

pub(super) fn run(app: &App, command: &Serve) -> anyhow::Result<ExitCode> {
    let address = command.listen.unwrap_or(app.settings.listen);
    app.settings.web.permits(address)?;
    if command.sample {
        sample::import_into_empty(app)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?;
    serve(app, address, &runtime)?;
    Ok(ExitCode::SUCCESS)
}

/// The file of the columns. The state that public answers come from lies beside it.
pub(super) fn columns(settings: &Settings) -> PathBuf {
    settings.data.join(COLUMNS)
}

fn serve(app: &App, address: SocketAddr, runtime: &Runtime) -> anyhow::Result<()> {
    let web = &app.settings.web;
    let exposure = web.exposure()?;
    let listener = runtime.block_on(site::bind(address, &exposure))?;
    // parts start tasks, but the driver of PostgreSQL must not wait within the runtime: whatever
    // asks the database before the pages are open does so here, outside of `block_on`
    let entered = runtime.enter();
    let centers = app.registry.centers()?;
    let (snapshot, poll) = (Some(columns(&app.settings)), app.settings.feed_poll);
    let options = HubOptions { snapshot, poll, ..HubOptions::default() };
    let hub = Hub::start(app.registry.clone(), options)
        .context("starting the thread that follows the records")?;
    let live = Live::start_beside(app.registry.clone(), LiveOptions::default(), pages::pulse(app)?);
    let base = web.base_url(listener.local_addr().context("reading the address")?);
    let people = crate::people::of(app, &base)?;
    let first = FirstStart::new(&people).context("asking whether anybody has an account")?;
    let state = pages::site(app, &hub, &live, &people, &first)?;
    announce(&opening(&base, first.path(), &centers));
    let (capacity, folder) = (pages::capacity(app)?, app.settings.emergency.clone());
    let listing = tokio::spawn(crate::jobs::keep_emergency_list(capacity, folder, base.clone()));
    let working = tokio::spawn(crate::jobs::work(crate::jobs::of(app, &people)?));
    let stopping = async move {
        stop().await;
        // pages that follow the counters would keep the program waiting
        live.close();
    };
    drop(entered);
    let drained =
        runtime.block_on(site::serve(listener, exposure, site::app(state), stopping, DRAIN))?;
    working.abort();
    listing.abort();
    hub.stop();
    tracing::info!(drained, "stopped");
    Ok(())
}

/// What is said once the pages are open.
fn opening(base: &str, set_up: Option<&str>, centers: &[Center]) -> String {
    let mut text = format!("OpenECLS is open at {base}/   (stop with Ctrl-C)\n");
    if let Some(path) = set_up {
        text +=
            &format!("nobody has an account yet; set this registry up at\n\n    {base}{path}\n\n");
    }
    // nobody should take made-up figures for real ones
    let invented = centers.iter().filter(|center| center.invented).count();
    if invented > 0 {
        text += &format!(
            "{invented} of {} centers are invented, with all their records; the pages say so\n",
            centers.len()
        );
    }
    text
}

/// Says it to whoever reads the output. Open pages stay open when nobody does any longer, as when
/// the terminal that started them is closed.
fn announce(text: &str) {
    let mut out = std::io::stdout().lock();
    if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        tracing::warn!(%error, "nobody reads the output");
    }
}

/// Done when the program is asked to stop.
async fn stop() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending::<()>().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
    tracing::info!("stopping: no new requests are taken");
}

//! The recurring jobs of the platform, and the loop that does them while the pages are served.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use base::{Actor, Channel};
use capacity::Capacity;
use desk::export::Exports;
use desk::reminders::Reminders;
use desk::upload::Uploads;
use directory::People;
use directory::people::Smtp;
use jobs::{Done, Job, Jobs};
use registry::RuleSweep;

use crate::app::App;

/// How often it is looked whether something is due.
const LOOK: Duration = Duration::from_secs(15);
/// How often the emergency list is written anew.
const EMERGENCY: Duration = Duration::from_mins(5);

/// All jobs.
pub(crate) fn of(app: &App, people: &People) -> anyhow::Result<Jobs> {
    let registry = app.registry.clone();
    // runs count as locked from the minute they are due; this writes it down
    let lock = Job::new("lock-runs", Duration::from_hours(1), move || -> Done {
        Ok(match registry.lock_due()? {
            0 => String::new(),
            locked => format!("{locked} runs locked whose month is over"),
        })
    });
    let swept = people.clone();
    let sweep = Job::new("end-sessions", Duration::from_hours(1), move || -> Done {
        // what has ended counts for nobody; this only keeps the tables small
        swept.sweep()?;
        Ok(String::new())
    });
    let (quiet, platform) =
        (people.clone(), Actor::operator("platform").through(Channel::Platform));
    let suspend = Job::new("suspend-quiet-accounts", Duration::from_hours(24), move || -> Done {
        Ok(match quiet.suspend_quiet(&platform)? {
            0 => String::new(),
            suspended => format!("{suspended} accounts suspended that nobody uses"),
        })
    });
    let centers = crate::pages::directory(app);
    let follow = Job::new("follow-chapters", Duration::from_hours(24), move || -> Done {
        Ok(match centers.follow_chapters()? {
            0 => String::new(),
            moved => format!("{moved} centers follow their country to another chapter"),
        })
    });
    let mut all = vec![
        lock,
        sweep,
        suspend,
        follow,
        rule_queries(app),
        old_files(app),
        capacity_history(app)?,
        capacity_alerts(app, people)?,
    ];
    if let Some(mail) = &app.settings.mail {
        all.push(digests(app, people));
        all.push(capacity_reminders(app, people)?);
        let smtp = Smtp::new(&mail.server, &mail.from).context("in the section [mail]")?;
        let people = people.clone();
        all.push(Job::new("send-mail", LOOK, move || -> Done {
            Ok(match people.send_mails(&smtp)? {
                (0, 0) => String::new(),
                (sent, failed) => format!("{sent} mails sent, {failed} not taken"),
            })
        }));
    }
    let worker = format!("{}#{}", app.settings.actor, std::process::id());
    Ok(Jobs::new(app.db.clone(), app.registry.clock().clone(), worker, all))
}

/// Raises the queries of rules about signed runs, and closes those that have become content.
fn rule_queries(app: &App) -> Job {
    let sweep = RuleSweep::new(app.registry.clone());
    Job::new("rule-queries", Duration::from_mins(15), move || -> Done {
        let done = sweep.sweep()?;
        Ok(match (done.raised, done.closed) {
            (0, 0) => String::new(),
            (raised, closed) => format!("{raised} queries raised by rules, {closed} closed"),
        })
    })
}

/// Removes uploads that nobody has decided about, and exports that nobody has fetched.
fn old_files(app: &App) -> Job {
    let registry = app.registry.clone();
    let uploads = app.settings.data.join(crate::pages::UPLOADS);
    let exports = app.settings.data.join(crate::pages::EXPORTS);
    Job::new("remove-old-files", Duration::from_hours(1), move || -> Done {
        let old = Uploads::forget_old(&registry, &uploads)?;
        let gone = Exports::forget_old(&exports, registry.clock().now())?;
        Ok(match (old, gone) {
            (0, 0) => String::new(),
            (old, gone) => format!("{old} uploads and {gone} exports removed that waited too long"),
        })
    })
}

/// Writes to people about what waits for them.
fn digests(app: &App, people: &People) -> Job {
    let reminders = Reminders::new(app.registry.clone(), people.clone(), app.settings.reminders);
    Job::new("write-digests", Duration::from_hours(1), move || -> Done {
        Ok(match reminders.write()? {
            0 => String::new(),
            written => format!("{written} digests written"),
        })
    })
}

/// Writes to those who report capacity when that is due.
fn capacity_history(app: &App) -> anyhow::Result<Job> {
    let capacity = crate::pages::capacity(app)?;
    Ok(Job::new("capacity-history", Duration::from_hours(1), move || -> Done {
        Ok(match capacity.roll_up()? {
            0 => String::new(),
            days => format!("{days} days of capacity worked out"),
        })
    }))
}

/// Looks whether a light has changed that somebody wants to hear of, and tells them.
fn capacity_alerts(app: &App, people: &People) -> anyhow::Result<Job> {
    let alerts = crate::pages::capacity_alerts(app, people)?;
    Ok(Job::new("capacity-alerts", Duration::from_mins(1), move || -> Done {
        let done = alerts.sweep()?;
        Ok(match (done.alerts, done.mails, done.sent, done.failed) {
            (0, 0, 0, 0) => String::new(),
            (written, mails, sent, failed) => format!(
                "{written} alerts of capacity, {mails} mails, {sent} webhooks taken, {failed} not"
            ),
        })
    }))
}

fn capacity_reminders(app: &App, people: &People) -> anyhow::Result<Job> {
    let reminders = crate::pages::capacity_reminders(app, people)?;
    Ok(Job::new("capacity-reminders", Duration::from_mins(5), move || -> Done {
        Ok(match reminders.write()? {
            0 => String::new(),
            written => format!("{written} reminders of capacity reports written"),
        })
    }))
}

/// Keeps the telephone numbers of all centers as files, for when this program is down: each program writes its own.
pub(crate) async fn keep_emergency_list(capacity: Capacity, folder: PathBuf, base: String) {
    loop {
        let (capacity, folder, base) = (capacity.clone(), folder.clone(), base.clone());
        let write = move || crate::pages::emergency_list(&capacity, &folder, &base);
        match tokio::task::spawn_blocking(write).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!("the emergency list is not renewed: {error:#}"),
            Err(error) => tracing::error!("the emergency list was interrupted: {error}"),
        }
        tokio::time::sleep(EMERGENCY).await;
    }
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

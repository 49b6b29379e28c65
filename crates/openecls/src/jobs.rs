//! The recurring jobs of the platform, and the loop that does them while the pages are served.

use std::time::Duration;

use anyhow::Context as _;
use base::{Actor, Channel};
use directory::People;
use directory::people::Smtp;
use jobs::{Done, Job, Jobs};

use crate::app::App;

/// How often it is looked whether something is due.
const LOOK: Duration = Duration::from_secs(15);

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
    let mut all = vec![lock, sweep, suspend, follow];
    if let Some(mail) = &app.settings.mail {
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

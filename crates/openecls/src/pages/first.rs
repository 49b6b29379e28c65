//! The first start: what the program can see of what is left to do.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use directory::People;
use directory::first_start::web::{FirstPages, Steps, routes};
use directory::first_start::{FirstStart, Step};
use directory::people::web::PeoplePages;
use exchange::Outline;
use registry::Registry;
use site::{BoxError, Routes, Shell};

use crate::app::App;
use crate::people::KEY;

/// What does not change while the program runs.
struct Fixed {
    public: Option<String>,
    mail: bool,
    publisher: bool,
    /// Codes without a number for XML.
    unmapped: usize,
    data: PathBuf,
    sqlite: bool,
}

/// Routes of the first start.
pub(crate) fn first(
    app: &App,
    people: &People,
    first: &FirstStart,
    shell: &Shell,
) -> anyhow::Result<Routes> {
    let settings = &app.settings;
    let outline = Outline::new(&app.dictionary).context("reading the outline of the XML")?;
    let fixed = Fixed {
        public: settings.web.public_address(),
        mail: settings.mail.is_some(),
        publisher: settings.publisher.name.is_some(),
        unmapped: app.codes()?.missing(&app.dictionary, &outline).len(),
        data: settings.data.clone(),
        sqlite: settings.sqlite_path().is_some(),
    };
    let (registry, known) = (app.registry.clone(), people.clone());
    let steps: Steps = Arc::new(move || steps(&fixed, &registry, &known));
    let pages = PeoplePages::new(people.clone(), shell.clone());
    Ok(routes(FirstPages::new(pages, first.clone(), steps)))
}

fn steps(fixed: &Fixed, registry: &Registry, people: &People) -> Result<Vec<Step>, BoxError> {
    let known = people.beginnings()?;
    let centers = registry.centers()?.iter().filter(|center| !center.invented).count();
    let page = |label: &str, href: &str| Some((label.to_owned(), href.to_owned()));
    let entering = usize::try_from(known.centers_that_enter)?;
    Ok(vec![
        reach(fixed),
        Step {
            title: "A second administrator".to_owned(),
            done: Some(known.administrators > 1),
            text:
                "Whoever loses phone and recovery codes needs somebody else to let them in again."
                    .to_owned(),
            page: page("Invite somebody", "/platform/people#invite"),
            command: None,
        },
        mail(fixed),
        Step {
            title: "Centers".to_owned(),
            done: Some(centers > 0),
            text: format!(
                "{centers} centers are in the registry. Each has a number that its upload files name."
            ),
            page: page("Add a center", "/centers/new"),
            command: None,
        },
        Step {
            title: "Somebody at each center".to_owned(),
            done: Some(centers > 0 && entering >= centers),
            text: match centers {
                0 => "Once there is a center: invite its administrator, who invites the others."
                    .to_owned(),
                _ => format!(
                    "At {entering} of {centers} centers somebody enters runs. Invite a center administrator, who \
                     invites the others."
                ),
            },
            page: page("Invite somebody", "/platform/people#invite"),
            command: None,
        },
        codes(fixed),
        publisher(fixed),
        backups(fixed),
    ])
}

fn reach(fixed: &Fixed) -> Step {
    let (text, command) = match &fixed.public {
        Some(address) => (format!("Readers come to {address}."), None),
        None => (
            "The pages answer on this machine only. Give the program a certificate, or put it behind a proxy that \
             serves HTTPS; then start it again."
                .to_owned(),
            Some(
                "# openecls.toml\nlisten = \"0.0.0.0:443\"\n\n[web]\npublic_url = \"https://registry.example.org\"\n\
                 tls_certificate = \"/etc/openecls/chain.pem\"\ntls_key = \"/etc/openecls/key.pem\""
                    .to_owned(),
            ),
        ),
    };
    Step {
        title: "Others can reach the pages".to_owned(),
        done: Some(fixed.public.is_some()),
        text,
        page: None,
        command,
    }
}

fn mail(fixed: &Fixed) -> Step {
    let (text, command) = if fixed.mail {
        ("Invitations and reminders go out by mail.".to_owned(), None)
    } else {
        (
            "Until a server is set, links of invitations are shown once to whoever invites, and nobody can set a \
             forgotten password."
                .to_owned(),
            Some(
                "[mail]\nserver = \"smtps://USER:PASSWORD@mail.example.org\"\n\
                 from = \"OpenECLS <registry@example.org>\""
                    .to_owned(),
            ),
        )
    };
    Step { title: "Mail".to_owned(), done: Some(fixed.mail), text, page: None, command }
}

fn codes(fixed: &Fixed) -> Step {
    let none = fixed.unmapped == 0;
    let text = if none {
        "Every code has its number: XML can be written.".to_owned()
    } else {
        format!(
            "{} codes have no registry number yet. Uploads are not affected; files in XML can be written only \
             without them.",
            fixed.unmapped
        )
    };
    let command = (!none).then(|| "openecls mapping missing".to_owned());
    Step { title: "Code numbers for XML".to_owned(), done: Some(none), text, page: None, command }
}

fn publisher(fixed: &Fixed) -> Step {
    Step {
        title: "Who publishes".to_owned(),
        done: Some(fixed.publisher),
        text: "Catalogs, feeds and citations name who runs the registry.".to_owned(),
        page: None,
        command: (!fixed.publisher).then(|| {
            "[publisher]\nname = \"Society for Extracorporeal Support\"\nemail = \"office@registry.example.org\""
                .to_owned()
        }),
    }
}

fn backups(fixed: &Fixed) -> Step {
    let command = if fixed.sqlite {
        "openecls backup /backup/openecls-$(date +%F).db && openecls verify --heads"
    } else {
        "pg_dump --format=custom --file=FILE URL && openecls verify --heads"
    };
    Step {
        title: "Backups".to_owned(),
        done: None,
        text: format!(
            "Back up the database every day, and try to restore it now and then. Keep {} somewhere else than the \
             copies: the two together open second factors.",
            fixed.data.join(KEY).display()
        ),
        page: None,
        command: Some(command.to_owned()),
    }
}

//! What the invented registry has besides records: profiles of its centers, and an account for each role.

use anyhow::Context;
use directory::People;
use directory::centers::Invented;
use testkit::world::{World, WorldCenter, WorldSize};

use super::note::Note;
use crate::app::App;
use crate::commands::registers;
use crate::pages;

/// Chapter of the center at which the accounts hold their roles.
const CHAPTER: &str = "europe";

/// Makes what is missing.
pub(super) fn make(app: &App, note: &Note) -> anyhow::Result<()> {
    let world = World::new(&app.dictionary, note.seed, WorldSize { submitted: note.runs });
    let known: Vec<Invented<'_>> = world
        .centers()
        .iter()
        .map(|center| Invented {
            number: center.number,
            city: center.city,
            lat: center.lat,
            lon: center.lon,
            from: center.from,
            to: center.to,
        })
        .collect();
    let made = pages::directory(app)
        .add_demo_profiles(&app.operator(), &known)
        .context("making the profiles of the invented centers")?;
    if made > 0 {
        println!("made: profiles of {made} centers");
    }
    let said = pages::capacity(app)?
        .add_demo_reports(&app.operator())
        .context("making the capacity reports of the invented centers")?;
    if said > 0 {
        println!("made: capacity reports of {said} centers");
    }
    let network = home(&world).map(|home| app.center(home.number)).transpose()?;
    if let Some(home) = network {
        pages::capacity(app)?
            .add_demo_network(&app.operator(), home.id)
            .context("making the network of the demo")?;
    }
    registers::make(app)
}

/// The center at which the accounts hold their roles.
fn home<'w>(world: &'w World<'_>) -> Option<&'w WorldCenter> {
    let lasting = |center: &&WorldCenter| center.to.is_none() && center.adults && center.children;
    let found = world.centers().iter().find(|center| center.chapter == CHAPTER && lasting(center));
    found.or_else(|| world.centers().first())
}

/// Makes one account for each role and says how to sign in with it.
pub(super) fn accounts(app: &App, note: &Note, people: &People) -> anyhow::Result<()> {
    let world = World::new(&app.dictionary, note.seed, WorldSize { submitted: note.runs });
    let Some(home) = home(&world) else { return Ok(()) };
    let accounts = people
        .demo_accounts(&app.operator(), app.center(home.number)?.id)
        .context("making the accounts of the demo")?;
    println!("accounts to try, at {} ({}):", home.name, home.number);
    for account in &accounts {
        println!("  {:<38} {}  {}", account.email, account.password, account.role.label());
    }
    // typed as it stands, wherever the program was built
    let program = std::env::current_exe().ok();
    let program = program.map_or("openecls".into(), |path| path.display().to_string());
    let data = app.settings.data.display();
    println!("the code that sign-in asks for next: {program} user code --demo EMAIL --data {data}");
    Ok(())
}

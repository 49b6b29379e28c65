//! The outbox.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use base::Role;
use directory::people::{Mail, MailFailure, Mailer, Smtp};
use testkit::database::TestDatabase;
use testkit::mail::MailServer;

use super::world::World;

/// A post office that keeps what it takes, or refuses.
#[derive(Default)]
pub(super) struct Post {
    pub(super) sent: Mutex<Vec<Mail>>,
    pub(super) refuses: Mutex<Option<MailFailure>>,
}

impl Mailer for Post {
    fn send(&self, mail: &Mail) -> Result<(), MailFailure> {
        if let Some(failure) = &*self.refuses.lock().unwrap() {
            return Err(failure.clone());
        }
        self.sent.lock().unwrap().push(mail.clone());
        Ok(())
    }
}

/// Copies the database without its free pages.
pub(super) fn compact(database: &TestDatabase, to: &Path) {
    let plain = rusqlite::Connection::open(database.file().unwrap()).unwrap();
    plain.execute("vacuum into ?1", [to.to_str().unwrap()]).unwrap();
}

#[test]
fn a_mail_is_tried_again_with_longer_pauses_and_given_up_at_last() {
    World::each(|w| {
        let grant = w.at_center(Role::BillingContact);
        w.people.invite(&w.operator(), "new@heart.example", "New", &grant).unwrap();
        let post = Post::default();
        let failure = MailFailure { said: "421 later".to_owned(), for_good: false };
        *post.refuses.lock().unwrap() = Some(failure);

        let mut pauses = Vec::new();
        for _ in 0..8 {
            let mut waited = 0;
            while w.people.send_mails(&post).unwrap() == (0, 0) {
                w.wait(60);
                waited += 1;
            }
            pauses.push(waited);
        }
        assert_eq!(pauses, [0, 1, 2, 4, 8, 16, 32, 64], "minutes between the attempts");
        w.wait(86_400);
        *post.refuses.lock().unwrap() = None;
        assert_eq!(w.people.send_mails(&post).unwrap(), (0, 0), "given up");

        w.people.invite(&w.operator(), "old@heart.example", "Old", &grant).unwrap();
        w.wait(3 * 86_400);
        w.people.invite(&w.operator(), "two@heart.example", "Two", &grant).unwrap();
        assert_eq!(w.people.send_mails(&post).unwrap(), (1, 0));
        assert_eq!(w.people.send_mails(&post).unwrap(), (0, 0), "sent once, and nothing stale");
        let sent = post.sent.lock().unwrap();
        assert_eq!(sent[0].to, "two@heart.example");
        assert!(sent[0].body.contains("https://registry.example/invitation/"));
    });
}

fn mailer(server: &MailServer) -> Smtp {
    Smtp::new(&server.url(), "OpenECLS <registry@society.example>").unwrap()
}

#[test]
fn a_real_mail_server_takes_what_it_takes_and_the_rest_waits_or_is_given_up() {
    let mut server = MailServer::start();
    World::each(|w| {
        let grant = w.at_center(Role::BillingContact);
        for email in ["lan@heart.example", "never@heart.example", "later@heart.example"] {
            w.people.invite(&w.operator(), email, "Ngô Thị Lan", &grant).unwrap();
        }

        assert_eq!(w.people.send_mails(&mailer(&server)).unwrap(), (1, 2));
        w.wait(60);
        assert_eq!(
            w.people.send_mails(&mailer(&server)).unwrap(),
            (0, 1),
            "only the one for later"
        );
    });
    for _ in 0..2 {
        let line = server.line();
        let parts: Vec<&str> = line.split('|').collect();
        assert!(parts[0].contains("registry@society.example"), "{line}");
        assert_eq!(parts[1..3], ["lan@heart.example", "OpenECLS: you are invited"]);
        assert!(parts[3].contains("Ngô Thị Lan"));
        assert!(parts[3].contains("https://registry.example/invitation/"), "{line}");
    }
}

#[test]
fn a_mail_server_that_is_away_costs_little_time_and_no_mail() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mailer = Smtp::new(&format!("smtp://127.0.0.1:{port}"), "a@b.example").unwrap();
    World::each(|w| {
        let grant = w.at_center(Role::BillingContact);
        w.people.invite(&w.operator(), "new@heart.example", "New", &grant).unwrap();
        let began = Instant::now();

        assert_eq!(w.people.send_mails(&mailer).unwrap(), (0, 1));

        assert!(began.elapsed() < Duration::from_secs(5));
        w.wait(60);
        assert_eq!(w.people.send_mails(&Post::default()).unwrap(), (1, 0));
    });
    assert!(Smtp::new("nonsense", "a@b.example").is_err());
    assert!(Smtp::new("smtp://localhost", "nobody").is_err());
}

//! A real mail server for tests: a process of its own that tells what it takes.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A mail server on this machine. It refuses mails to `never@…` for good and to `later@…` for now.
#[derive(Debug)]
pub struct MailServer {
    process: Child,
    lines: BufReader<ChildStdout>,
    port: u16,
}

const SERVER: &str = r#"
import asyncio, sys
from aiosmtpd.controller import Controller

class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("never@"):
            return "550 no such person here"
        if address.startswith("later@"):
            return "451 come back later"
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server, session, envelope):
        import email
        mail = email.message_from_bytes(envelope.content)
        text = mail.get_payload(decode=True).decode("utf-8").replace("\n", " ").replace("\r", "")
        subject = str(email.header.make_header(email.header.decode_header(mail["Subject"])))
        print("|".join([mail["From"], ",".join(envelope.rcpt_tos), subject, text]), flush=True)
        return "250 taken"

controller = Controller(Handler(), hostname="127.0.0.1", port=int(sys.argv[1]))
controller.start()
print("ready", flush=True)
sys.stdin.read()
"#;

impl MailServer {
    /// Starts it.
    ///
    /// # Panics
    /// When it does not start: it needs the Debian package python3-aiosmtpd.
    #[must_use]
    pub fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let port = port.expect("a free port").port();
        let mut process = Command::new("/usr/bin/python3")
            .args(["-c", SERVER, &port.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3");
        let lines = BufReader::new(process.stdout.take().expect("its output"));
        let mut server = Self { process, lines, port };
        let told = server.line();
        assert_eq!(told, "ready", "python3-aiosmtpd is needed: `cargo xtask test` installs it");
        server
    }

    /// The next mail that it has taken: sender, recipients, subject and text without line ends, with `|` between.
    ///
    /// # Panics
    /// When the server has ended.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        line.trim().to_owned()
    }

    /// Its address, for a mailer.
    #[must_use]
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

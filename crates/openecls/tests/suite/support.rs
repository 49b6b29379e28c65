//! The program in a folder of its own.

use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use base::{Actor, Clock, Ids};
use db::Db;
use dictionary::Dictionary;
use registry::{NewCenter, Registry};
use tempfile::TempDir;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_openecls");

/// The shipped sample.
pub(crate) fn sample(name: &str) -> String {
    format!("{}/../../sample/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// The five centers of the sample that upload CSV.
pub(crate) const CSV_CENTERS: [&str; 5] = ["9002", "9003", "9004", "9005", "9006"];

/// What the program said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// It must have ended with this code; gives its standard output.
    #[track_caller]
    pub(crate) fn code(self, wanted: i32) -> String {
        assert_eq!(self.code, Some(wanted), "{}\n{}", self.out, self.err);
        self.out
    }

    /// It must have failed with this code and a message that holds this text, without a trace of the program's.
    #[track_caller]
    pub(crate) fn fails(self, wanted: i32, text: &str) {
        assert_eq!(self.code, Some(wanted), "{}\n{}", self.out, self.err);
        assert!(self.err.contains(text), "`{text}` is not in:\n{}", self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
    }
}

/// A folder with a database, on which the program works.
pub(crate) struct Desk {
    folder: TempDir,
    database: Option<String>,
}

impl Desk {
    /// With an embedded database.
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), database: None }
    }

    /// With a database elsewhere.
    pub(crate) fn on(database: &str) -> Self {
        Self { database: Some(database.to_owned()), ..Self::new() }
    }

    /// Its database, beside the program.
    pub(crate) fn db(&self) -> Db {
        let file = format!("sqlite:{}", self.file("data/openecls.db"));
        Db::open(self.database.as_ref().unwrap_or(&file), &db::Options::default()).unwrap()
    }

    /// With the invented centers; they are added by the service, which saves six starts of the program.
    pub(crate) fn with_centers(self) -> Self {
        static DICTIONARY: LazyLock<Arc<Dictionary>> =
            LazyLock::new(|| Arc::new(Dictionary::embedded().unwrap()));
        fs::create_dir_all(self.path("data")).unwrap();
        let db = self.db();
        let clock = Clock::system();
        db.migrate(db::MIGRATIONS, &clock).unwrap();
        let ids = Arc::new(Ids::system(clock.clone()));
        let rules = registry::Settings::default();
        let registry = Registry::new(db, Arc::clone(&DICTIONARY), clock, ids, rules).unwrap();
        for number in testkit::synthetic::NUMBERS {
            let new =
                NewCenter { number, name: "Invented", country: "", chapter: "", invented: false };
            registry.add_center(&Actor::operator("setup"), &new).unwrap();
        }
        self
    }

    /// With one upload of the sample in it.
    pub(crate) fn with_upload(self, file: &str) -> Self {
        self.run(&["import", "--apply", "--quiet", &sample(file)]).code(0);
        self
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same as text.
    pub(crate) fn file(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Writes a file into the folder; gives its path.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), text).unwrap();
        self.file(name)
    }

    /// The program with arguments, and with none of the caller's settings.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.dress(Command::new(PROGRAM), arguments)
    }

    fn dress(&self, mut command: Command, arguments: &[&str]) -> Command {
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        for name in ["CONFIG", "DATABASE", "LISTEN", "LOG"] {
            command.env_remove(format!("OPENECLS_{name}"));
        }
        command.env("OPENECLS_ACTOR", "Ada Byron").env("OPENECLS_DATA", self.path("data"));
        if let Some(database) = &self.database {
            command.env("OPENECLS_DATABASE", database);
        }
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        Said::of(&self.command(arguments).output().unwrap())
    }

    /// Runs the program as an account that may not do everything, from a copy that it can reach.
    pub(crate) fn run_as_nobody(&self, arguments: &[&str]) -> Said {
        let program = self.path("openecls");
        if !program.exists() {
            fs::copy(PROGRAM, &program).unwrap();
        }
        set_mode(self.folder.path(), 0o755);
        let mut command = Command::new(if is_root() { "setpriv" } else { "env" });
        if is_root() {
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
        }
        command.arg(program);
        Said::of(&self.dress(command, arguments).output().unwrap())
    }

    /// Starts the pages on a free port and waits until they are open.
    pub(crate) fn serve(&self, arguments: &[&str]) -> Server {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0"];
        all.extend(arguments);
        self.start(&all)
    }

    /// Starts a command that opens the pages, and waits until they are open.
    pub(crate) fn start(&self, arguments: &[&str]) -> Server {
        let mut child =
            self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains("OpenECLS is open at ") {
            if out.read_line(&mut said).unwrap() == 0 {
                let mut complaint = String::new();
                child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
                panic!("it did not start: {said}\n{complaint}");
            }
        }
        let address = said.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
        Server { child, out: Box::new(out), said, address }
    }

    /// Starts the pages with an output that nobody reads, and waits until they answer.
    pub(crate) fn serve_unheard(&self) -> Server {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let mut command = self.command(&["serve", "--listen", &address]);
        let mut child = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        while TcpStream::connect(&address).is_err() {
            let ended = child.try_wait().unwrap();
            assert_eq!(ended, None, "it did not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        Server { child, out: Box::new(std::io::empty()), said: String::new(), address }
    }

    /// The audit must be whole.
    #[track_caller]
    pub(crate) fn verify(&self) -> String {
        let said = self.run(&["verify"]).code(0);
        assert!(said.contains("all well"), "{said}");
        said
    }
}

/// Pages that are open.
pub(crate) struct Server {
    child: Child,
    out: Box<dyn Read>,
    /// What it had said when it was open.
    pub(crate) said: String,
    /// Address and port.
    pub(crate) address: String,
}

impl Server {
    /// Asks for a page; gives the status and the body.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        // a server that is being stopped or started may reset one connection, never two in a row
        let answer = self.answer(path).or_else(|_| self.answer(path)).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    fn answer(&self, path: &str) -> std::io::Result<String> {
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(Duration::from_mins(1)))?;
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// Asks until the status is this one.
    pub(crate) fn wait_for(&self, path: &str, status: u16) -> String {
        let begin = Instant::now();
        loop {
            let (got, body) = self.get(path);
            if got == status {
                return body;
            }
            assert!(begin.elapsed() < Duration::from_secs(40), "{path} stays {got}: {body}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end; gives the code, the rest of its output and its log.
    pub(crate) fn end(mut self) -> Said {
        let (mut out, mut err) = (String::new(), String::new());
        self.out.read_to_string(&mut out).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        Said { code: self.child.wait().unwrap().code(), out, err }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Whether this account may do everything.
pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Sets the rights of a file or folder.
pub(crate) fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The word behind another one, such as the value behind `plan`.
pub(crate) fn word_after<'t>(text: &'t str, before: &str) -> &'t str {
    let mut words = text.split_whitespace();
    words.find(|word| *word == before).unwrap_or_else(|| panic!("no {before} in {text}"));
    words.next().unwrap()
}

/// The text of a file of the sample with one part replaced, which must be there.
#[track_caller]
pub(crate) fn changed(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "`{old}` is not in the file");
    text.replacen(old, new, 1)
}

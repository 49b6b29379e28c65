//! Databases for tests: a SQLite file in a temporary folder, or one database in a private PostgreSQL cluster.
//!
//! The cluster is started by the first test that needs it, shared by all test processes of this
//! user, and stopped when none has used it for half a minute. `OPENECLS_TEST_POSTGRES` names another
//! server instead (`postgres://USER@HOST/DATABASE`, with the right to create databases). A test that needs
//! PostgreSQL fails where it is not installed; it is never skipped.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::ops::Deref;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use base::Clock;
use db::{Db, MIGRATIONS, Options};
use postgres::{Client, NoTls};
use tempfile::TempDir;

/// Where Debian keeps the server's programs.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
/// The test settings trade safety for speed; a crash of the machine may cost a test cluster.
const SETTINGS: &str = "-c fsync=off -c full_page_writes=off \
    -c max_connections=300 -c shared_buffers=64MB -c listen_addresses= -c log_min_messages=fatal";

/// A database that lives as long as this value.
pub struct TestDatabase {
    // dropped before what it stands on
    db: Db,
    url: String,
    home: Home,
}

enum Home {
    Folder(TempDir),
    Server { server: String, name: String },
}

impl TestDatabase {
    /// SQLite with the schema of OpenECLS.
    pub fn sqlite() -> Self {
        let database = Self::empty_sqlite();
        must(database.migrate(MIGRATIONS, &Clock::system()), "migrate SQLite");
        database
    }

    /// PostgreSQL with the schema of OpenECLS, copied from a template.
    pub fn postgres() -> Self {
        let server = shared_server();
        let template = must(template(server), "make the template database");
        Self::on_server(server, &format!("template {template}"))
    }

    /// SQLite without tables.
    pub fn empty_sqlite() -> Self {
        let folder = must(tempfile::tempdir(), "make a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        let db = must(Db::open(&url, &Options::default()), "open SQLite");
        Self { db, url, home: Home::Folder(folder) }
    }

    /// PostgreSQL without tables.
    pub fn empty_postgres() -> Self {
        Self::on_server(shared_server(), "template template0")
    }

    /// Runs a test on both engines, each with the schema of OpenECLS.
    pub fn each(test: impl Fn(&Self)) {
        for make in [Self::sqlite, Self::postgres] {
            test(&make());
        }
    }

    /// Runs a test on both engines without tables.
    pub fn each_empty(test: impl Fn(&Self)) {
        for make in [Self::empty_sqlite, Self::empty_postgres] {
            test(&make());
        }
    }

    /// The address, for programs under test.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The file, if this is SQLite.
    pub fn file(&self) -> Option<PathBuf> {
        match &self.home {
            Home::Folder(folder) => Some(folder.path().join("test.db")),
            Home::Server { .. } => None,
        }
    }

    /// The same database opened once more, as another process would.
    pub fn reopen(&self, options: &Options) -> Db {
        must(Db::open(&self.url, options), "open the database again")
    }

    fn on_server(server: &str, from: &str) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        let make = || -> Result<(), postgres::Error> {
            let mut admin = Client::connect(server, NoTls)?;
            admin.batch_execute(&format!("drop database if exists {name} with (force)"))?;
            admin.batch_execute(&format!("create database {name} {from}"))
        };
        must(make(), "create a database");
        let url = database_url(server, &name);
        let db = must(Db::open(&url, &Options::default()), "open PostgreSQL");
        Self { db, url, home: Home::Server { server: server.to_owned(), name } }
    }
}

impl Deref for TestDatabase {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Self::Server { server, name } = self
            && let Ok(mut admin) = Client::connect(server, NoTls)
        {
            // what is left behind goes when the name is used again
            drop(admin.batch_execute(&format!("drop database if exists {name} with (force)")));
        }
    }
}

/// Test code may stop here: without a database there is nothing to test.
fn must<T, E: std::fmt::Display>(result: Result<T, E>, what: &str) -> T {
    result.unwrap_or_else(|error| panic!("cannot {what}: {error}"))
}

/// Puts another database name into an address.
fn database_url(server: &str, name: &str) -> String {
    let (head, _) = server.rsplit_once('/').unwrap_or((server, ""));
    format!("{head}/{name}")
}

/// The server that tests share; kept locked as in use until this process ends.
fn shared_server() -> &'static str {
    static SHARED: OnceLock<(String, Option<File>)> = OnceLock::new();
    let (url, _) = SHARED.get_or_init(|| {
        #[expect(clippy::disallowed_methods, reason = "the one setting of the test databases")]
        let given = std::env::var("OPENECLS_TEST_POSTGRES");
        match given {
            Ok(url) => (url, None),
            Err(_) => must(start_shared(), "start PostgreSQL 15 (Debian package postgresql-15)"),
        }
    });
    url
}

fn start_shared() -> io::Result<(String, Option<File>)> {
    let home = shared_home()?;
    let users = File::create(home.join("users.lock"))?;
    users.lock_shared()?;
    let _starting = lock_start(&home)?;
    let cluster = Cluster { folder: home.join("cluster") };
    if !cluster.answers() {
        // what a crash of the machine left of an unsafe cluster is not worth mending
        if !cluster.data().exists() || cluster.control(&["start"]).is_err() {
            cluster.create()?;
            cluster.control(&["start"])?;
        }
        cluster.stop_when_idle(&home)?;
    }
    Ok((cluster.url(), Some(users)))
}

/// One folder per user; others may pass through it but not write.
fn shared_home() -> io::Result<PathBuf> {
    let home = std::env::temp_dir().join(format!("openecls-test-postgres-{}", own_uid()?));
    fs::create_dir_all(&home)?;
    if fs::metadata(&home)?.uid() != own_uid()? {
        return Err(io::Error::other(format!("{} belongs to somebody else", home.display())));
    }
    Ok(home)
}

fn lock_start(home: &Path) -> io::Result<File> {
    let lock = File::create(home.join("start.lock"))?;
    lock.lock()?;
    Ok(lock)
}

/// The migrated database that test databases are copied from; its name tells its schema.
fn template(server: &str) -> Result<String, Box<dyn std::error::Error>> {
    let mut hasher = DefaultHasher::new();
    for migration in MIGRATIONS {
        (migration.number, migration.name, migration.postgres).hash(&mut hasher);
    }
    let name = format!("template_{:016x}", hasher.finish());
    let _one_at_a_time = lock_start(&shared_home()?)?;
    let mut admin = Client::connect(server, NoTls)?;
    let exists = "select 1 from pg_catalog.pg_database where datname = $1";
    if admin.query_opt(exists, &[&name])?.is_none() {
        admin.batch_execute(&format!("drop database if exists {name}_new with (force)"))?;
        admin.batch_execute(&format!("create database {name}_new template template0"))?;
        let url = database_url(server, &format!("{name}_new"));
        Db::open(&url, &Options::default())?.migrate(MIGRATIONS, &Clock::system())?;
        admin.batch_execute(&format!("alter database {name}_new rename to {name}"))?;
    }
    Ok(name)
}

/// A PostgreSQL cluster of its own, for tests that stop and restart the server.
pub struct PrivateCluster {
    cluster: Cluster,
    _folder: TempDir,
}

impl PrivateCluster {
    /// Creates and starts it.
    pub fn start() -> Self {
        let folder = must(tempfile::tempdir(), "make a temporary folder");
        let cluster = Cluster { folder: folder.path().join("cluster") };
        let start = || -> io::Result<()> {
            // the server runs as another user when this is root
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
            cluster.create()?;
            cluster.control(&["start"])
        };
        must(start(), "start PostgreSQL 15 (Debian package postgresql-15)");
        Self { cluster, _folder: folder }
    }

    /// The address of its database `postgres`.
    pub fn url(&self) -> String {
        self.cluster.url()
    }

    /// Stops and starts the server, as an administrator does; all connections are cut.
    pub fn restart(&self) {
        must(self.cluster.control(&["restart", "-m", "fast"]), "restart PostgreSQL");
    }

    /// Ends the server without mercy, as a crash does.
    pub fn kill(&self) {
        must(self.cluster.control(&["stop", "-m", "immediate"]), "stop PostgreSQL");
    }

    /// Starts the server again.
    pub fn start_again(&self) {
        must(self.cluster.control(&["start"]), "start PostgreSQL");
    }
}

impl Drop for PrivateCluster {
    fn drop(&mut self) {
        drop(self.cluster.control(&["stop", "-m", "immediate"]));
    }
}

/// Folder with data, log and socket of a server.
struct Cluster {
    folder: PathBuf,
}

impl Cluster {
    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn url(&self) -> String {
        let folder = self.folder.display().to_string().replace('%', "%25").replace('/', "%2F");
        format!("postgres://postgres@{folder}/postgres")
    }

    fn answers(&self) -> bool {
        Client::connect(&self.url(), NoTls).is_ok()
    }

    fn create(&self) -> io::Result<()> {
        drop(fs::remove_dir_all(&self.folder));
        fs::create_dir_all(&self.folder)?;
        if let Some(user) = server_user()? {
            chown(&self.folder, Some(user.uid), Some(user.gid))?;
        }
        // under another name until it is whole
        let new = self.folder.join("data.new");
        let path = new.display().to_string();
        let arguments = [
            "-D",
            &path,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-locale",
            "--no-sync",
        ];
        run(server_program("initdb")?.args(arguments))?;
        fs::rename(new, self.data())
    }

    fn control(&self, arguments: &[&str]) -> io::Result<()> {
        let data = self.data().display().to_string();
        let log = self.folder.join("log").display().to_string();
        let socket = format!("{SETTINGS} -c unix_socket_directories={}", self.folder.display());
        let mut command = server_program("pg_ctl")?;
        run(command.args(["-D", &data, "-l", &log, "-w", "-s", "-o", &socket]).args(arguments))
    }

    /// Leaves a watcher that stops the server when no process has held the lock for half a minute.
    fn stop_when_idle(&self, home: &Path) -> io::Result<()> {
        let stop = server_program("pg_ctl")?;
        let words: Vec<String> = std::iter::once(stop.get_program())
            .chain(stop.get_args())
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        let script = format!(
            "idle=0
             while sleep 5; do
               if flock -n -x users.lock true; then idle=$((idle+1)); else idle=0; fi
               if [ $idle -ge 6 ]; then
                 exec 9>start.lock; flock -x 9
                 if flock -n -x users.lock true; then
                   exec {} -D '{}' -s -m immediate stop
                 fi
                 exec 9>&-; idle=0
               fi
             done",
            words.join(" "),
            self.data().display()
        );
        Command::new("setsid")
            .args(["sh", "-c", &script])
            .current_dir(home)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map(drop)
    }
}

fn run(command: &mut Command) -> io::Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let message = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!("{}: {}", command.get_program().display(), message.trim())))
}

/// A program of the server, run as a user that it accepts: it refuses to work as root.
fn server_program(name: &str) -> io::Result<Command> {
    let program = Path::new(PROGRAMS).join(name);
    let Some(user) = server_user()? else { return Ok(Command::new(program)) };
    let mut command = Command::new("setpriv");
    command
        .arg(format!("--reuid={}", user.uid))
        .arg(format!("--regid={}", user.gid))
        .arg("--clear-groups")
        .arg(program)
        .current_dir("/");
    Ok(command)
}

struct User {
    uid: u32,
    gid: u32,
}

/// Whom to run the server as; nobody else is needed unless this is root.
fn server_user() -> io::Result<Option<User>> {
    if own_uid()? != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let find = |wanted: &str| {
        users.lines().find_map(|line| {
            let mut words = line.split(':');
            let name = words.next()?;
            let (uid, gid) = (words.nth(1)?.parse().ok()?, words.next()?.parse().ok()?);
            (name == wanted).then_some(User { uid, gid })
        })
    };
    find("postgres")
        .or_else(|| find("nobody"))
        .map(Some)
        .ok_or_else(|| io::Error::other("there is neither a user postgres nor nobody"))
}

fn own_uid() -> io::Result<u32> {
    fs::metadata("/proc/self").map(|process| process.uid())
}

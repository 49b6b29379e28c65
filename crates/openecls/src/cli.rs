//! What can be typed.

mod demo;
mod reports;
mod user;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use demo::Demo;
pub(crate) use reports::{Condition, Summary, SummaryUnit};
pub(crate) use user::User;

/// The open platform for extracorporeal life support registries.
///
/// Exit codes: 0 done; 1 failed; 2 the call is not right; 3 the plan refuses something; 4 the
/// records have moved on since the plan; 5 a check found faults.
#[derive(Debug, Parser)]
#[command(name = "openecls", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Settings file (TOML); `openecls.toml` in the data folder is read when it is there.
    #[arg(long, global = true, env = "OPENECLS_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Folder for the embedded database and the operator's tables. Default: `data`.
    #[arg(long, global = true, env = "OPENECLS_DATA")]
    pub(crate) data: Option<PathBuf>,
    /// `sqlite:PATH` or `postgres://…`. Default: `openecls.db` in the data folder.
    #[arg(long, global = true, env = "OPENECLS_DATABASE", hide_env_values = true)]
    pub(crate) database: Option<String>,
    /// Name that the audit keeps for what is done here. Default: the account's name.
    #[arg(long, global = true, env = "OPENECLS_ACTOR")]
    pub(crate) actor: Option<String>,
    /// Log level or filter, such as `info` or `site=debug`.
    #[arg(long, global = true, env = "OPENECLS_LOG")]
    pub(crate) log: Option<String>,
    /// Log lines as JSON.
    #[arg(long, global = true)]
    pub(crate) log_json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Try it out: make an invented registry of the world's size, and open its pages.
    Demo(Demo),
    /// Start the pages on this machine.
    Serve(Serve),
    /// Read a center's upload file: show the plan, apply it, take it back.
    Import(Import),
    /// Write a center's records as XML or CSV.
    Export(Export),
    /// Empty CSV files to fill in.
    Template(Template),
    /// Add and list centers.
    #[command(subcommand)]
    Center(Center),
    /// Check, compare and print the data dictionary.
    #[command(subcommand)]
    Dictionary(Dictionary),
    /// Accounts: the first administrator, suspension, lost phones.
    #[command(subcommand)]
    User(User),
    /// The registry's code numbers: what is known, and what must be filled in before XML can be written.
    #[command(subcommand)]
    Mapping(Mapping),
    /// Look at runs and move them through their life.
    #[command(subcommand)]
    Run(Run),
    /// Transfers on ECLS between centers.
    #[command(subcommand)]
    Transfer(Transfer),
    /// Pairs of patients of a center that may be one person.
    Duplicates(OfCenter),
    /// Pages about one disease or situation: write, check and list their files.
    #[command(subcommand)]
    Condition(Condition),
    /// Write the International Summary as a workbook: any date, any unit.
    Summary(Summary),
    /// Prove the audit chain, and that current values equal the replay of the audit.
    Verify(Verify),
    /// Daily capacity series of other registers, taken in from their open data.
    #[command(subcommand)]
    Register(Register),
    /// Frozen public tables of a year, to be cited.
    #[command(subcommand)]
    Release(Release),
    /// Copy the database while it is in use.
    Backup(Backup),
    /// Put a backup in the place of the database.
    Restore(Restore),
    /// Check settings, files and database, with advice.
    Doctor,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Address; beyond loopback only with HTTPS or a trusted proxy. Default: 127.0.0.1:8080.
    #[arg(long, env = "OPENECLS_LISTEN")]
    pub(crate) listen: Option<SocketAddr>,
    /// On an empty database: import the shipped sample of invented runs.
    #[arg(long)]
    pub(crate) sample: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people.
    Text,
    /// One JSON object per line: patients, then the summary.
    Json,
    /// One line per change and finding.
    Csv,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Import {
    #[command(subcommand)]
    pub(crate) command: Option<ImportCommand>,
    /// XML files, wide CSV files or CSV folders.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The center that the files belong to, when they do not name it.
    #[arg(long)]
    pub(crate) center: Option<String>,
    /// Carry the plan out. Warnings count as confirmed then.
    #[arg(long)]
    pub(crate) apply: bool,
    /// Apply only if the plan is still this one (the value that the plan printed).
    #[arg(long, requires = "apply")]
    pub(crate) plan: Option<String>,
    /// Take everything as drafts, also runs that name who completed them.
    #[arg(long)]
    pub(crate) drafts: bool,
    /// Key of a patient that is not taken; can be given several times.
    #[arg(long, value_name = "KEY")]
    pub(crate) leave_out: Vec<String>,
    /// How the plan is printed.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ReportFormat,
    /// Write the plan here instead of to standard output.
    #[arg(long)]
    pub(crate) report: Option<PathBuf>,
    /// Only the summary.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImportCommand {
    /// Imports, newest first.
    List {
        /// Most lines.
        #[arg(long, default_value_t = 20)]
        most: u32,
    },
    /// One import.
    Show {
        /// Its id.
        id: String,
    },
    /// Take an import back.
    Undo {
        /// Its id.
        id: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// The registry's upload format.
    Xml,
    /// One CSV file per form, in a folder.
    Csv,
    /// One CSV file, one line per run.
    Wide,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Number of the center.
    #[arg(long)]
    pub(crate) center: String,
    /// What to write.
    #[arg(long, value_enum, default_value = "xml")]
    pub(crate) format: ExportFormat,
    /// File, or folder for `csv`.
    #[arg(long, short)]
    pub(crate) output: PathBuf,
    /// Only signed runs.
    #[arg(long)]
    pub(crate) submitted: bool,
    /// Write the XML even when values must be left out for want of a number.
    #[arg(long)]
    pub(crate) partial: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Template {
    /// One wide file instead of a folder with one file per form.
    #[arg(long)]
    pub(crate) wide: bool,
    /// Columns for so many rows of each group, in the wide file.
    #[arg(long, default_value_t = 2)]
    pub(crate) rows: u16,
    /// File, or folder.
    #[arg(long, short)]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Center {
    /// Add a center.
    Add {
        /// Number in the directory.
        number: String,
        /// Name.
        name: String,
        /// ISO 3166 code of two letters.
        #[arg(long, default_value = "")]
        country: String,
        /// Chapter (list `elso_chapter`).
        #[arg(long, default_value = "")]
        chapter: String,
    },
    /// All centers.
    List,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum CodebookFormat {
    /// A page for reading and printing.
    Html,
    /// One line per field.
    Csv,
    /// One line per code.
    Codes,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum DictionaryFormat {
    /// REDCap data dictionary (CSV).
    Redcap,
    /// JSON Schema, one file per form, into a folder.
    JsonSchema,
    /// The dictionary's own text files, into a folder.
    Toml,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Dictionary {
    /// Load a dictionary and run the cases of its rules.
    Check {
        /// Folder; the shipped dictionary when left out.
        folder: Option<PathBuf>,
    },
    /// What changed from one dictionary to another, and whether it breaks records.
    Diff {
        /// Folder of the older one.
        old: PathBuf,
        /// Folder of the newer one; the shipped dictionary when left out.
        new: Option<PathBuf>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// The codebook.
    Codebook {
        /// How.
        #[arg(long, value_enum, default_value = "html")]
        format: CodebookFormat,
        /// File; standard output when left out.
        #[arg(long, short)]
        output: Option<PathBuf>,
    },
    /// The manual of findings and of the language of conditions, as Markdown.
    Manual {
        /// File; standard output when left out.
        #[arg(long, short)]
        output: Option<PathBuf>,
    },
    /// The dictionary for other programs.
    Export {
        /// For which.
        #[arg(long, value_enum, default_value = "redcap")]
        format: DictionaryFormat,
        /// File or folder.
        #[arg(long, short)]
        output: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Mapping {
    /// Codes without a number, by list.
    Missing,
    /// The table to fill in, as CSV.
    Template {
        /// File; standard output when left out.
        #[arg(long, short)]
        output: Option<PathBuf>,
    },
    /// Check a filled table and keep it in the data folder.
    Use {
        /// The CSV file.
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct OfCenter {
    /// Number of the center.
    #[arg(long)]
    pub(crate) center: String,
    /// Most lines.
    #[arg(long, default_value_t = 100)]
    pub(crate) most: u32,
}

#[derive(Debug, Args)]
pub(crate) struct OfRun {
    /// Number of the center.
    #[arg(long)]
    pub(crate) center: String,
    /// Id of the run.
    pub(crate) run: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Run {
    /// Runs of a patient with their states.
    List {
        /// Number of the center.
        #[arg(long)]
        center: String,
        /// The pseudonymous key.
        patient: String,
    },
    /// Sign a run as complete.
    Submit {
        #[command(flatten)]
        of: OfRun,
        /// Who signs.
        #[arg(long)]
        signature: String,
        /// Confirm the soft findings.
        #[arg(long)]
        confirm: bool,
    },
    /// What keeps a run from being signed, and what must be confirmed.
    Findings {
        #[command(flatten)]
        of: OfRun,
    },
    /// Open a locked run again.
    Unlock {
        #[command(flatten)]
        of: OfRun,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Take a run out; it is kept but never counted.
    Withdraw {
        #[command(flatten)]
        of: OfRun,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Who changed what, when, through what and why.
    History {
        #[command(flatten)]
        of: OfRun,
    },
    /// Lock every run whose month is over.
    LockDue,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Side {
    /// The center that the patient left.
    Sender,
    /// The center that the patient came to.
    Receiver,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Transfer {
    /// Links of a center.
    List {
        /// Number of the center.
        #[arg(long)]
        center: String,
    },
    /// Look for the counterpart of a run whose patient left on ECLS.
    Propose {
        #[command(flatten)]
        of: OfRun,
    },
    /// Confirm a proposed link for one side.
    Confirm {
        /// Id of the link.
        id: String,
        /// For which side.
        #[arg(long, value_enum)]
        side: Side,
    },
    /// Say that the two runs are of different patients.
    Reject {
        /// Id of the link.
        id: String,
        /// For which side.
        #[arg(long, value_enum)]
        side: Side,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Register {
    /// Take in the files of the German register of intensive-care capacity, in place of what is there of it.
    Import {
        /// The folder with its CSV files, packed with gzip or not.
        folder: PathBuf,
    },
    /// Show what is kept.
    List,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Release {
    /// Count and freeze all public tables of runs started up to the end of a year.
    Make {
        /// A year that has ended.
        #[arg(value_parser = clap::value_parser!(i32).range(1980..=2199))]
        year: i32,
        /// A sentence for the readers of the release.
        #[arg(long, default_value = "")]
        note: String,
    },
    /// All releases.
    List,
    /// One release with its files.
    Show {
        /// Its id, such as `2025-1`.
        id: String,
    },
    /// Say that a release no longer stands; its page stays, its tables are no longer served.
    Withdraw {
        /// Its id.
        id: String,
        /// Why, for its readers.
        #[arg(long)]
        reason: String,
    },
    /// Compare all checksums, and count every question again from the kept records.
    Check {
        /// Its id; all releases when left out.
        id: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Print the end of each center's chain, to be kept outside the database.
    #[arg(long)]
    pub(crate) heads: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// New file.
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// File that `backup` has written.
    pub(crate) file: PathBuf,
    /// Replace the database that is there; it is kept beside it under another name.
    #[arg(long)]
    pub(crate) replace: bool,
}

//! What can be typed about accounts.

use clap::Subcommand;

/// Accounts of people, for whoever holds the machine.
#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Invite somebody to run the platform, and print the link that opens their account: the first start.
    CreateAdmin {
        /// Mail address.
        email: String,
        /// Name.
        #[arg(long)]
        name: String,
    },
    /// Accounts, by address.
    List {
        /// Only those whose address or name holds this.
        #[arg(default_value = "")]
        words: String,
        /// Most lines.
        #[arg(long, default_value_t = 200)]
        most: u32,
    },
    /// Keep somebody from signing in; sessions and tokens end at once.
    Suspend {
        /// Mail address.
        email: String,
        /// Why, for the audit.
        #[arg(long)]
        reason: String,
    },
    /// Let somebody in again.
    Reactivate {
        /// Mail address.
        email: String,
        /// Why, for the audit.
        #[arg(long)]
        reason: String,
    },
    /// Take somebody's second factor away, after you have made sure who asks for it.
    ResetSecondFactor {
        /// Mail address.
        email: String,
        /// Why, for the audit.
        #[arg(long)]
        reason: String,
    },
    /// The present code of an account that the demo made; of no other.
    Code {
        /// Mail address.
        email: String,
        /// Say that you mean an account of the demo.
        #[arg(long, required = true)]
        demo: bool,
    },
}

//! What can be typed behind `openecls demo`.

use std::net::SocketAddr;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Submitted runs of the invented registry. Default: 167674, the world's number of 2021.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=2_000_000))]
    pub(crate) runs: Option<u64>,
    /// Where chance starts: the same seed gives the same registry. Default: 1.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Delete the invented registry that is there, and make it anew.
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Only make the registry; do not start the pages.
    #[arg(long, conflicts_with = "listen")]
    pub(crate) no_serve: bool,
    /// Address of the pages; beyond loopback only with HTTPS or a trusted proxy. Default: 127.0.0.1:8080.
    #[arg(long, env = "OPENECLS_LISTEN")]
    pub(crate) listen: Option<SocketAddr>,
}

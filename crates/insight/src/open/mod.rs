//! The registry's figures for others to cite and collect: frozen releases, their feed, and a catalog for machines.

pub mod release;

//! A part of a segment that is in memory, or in a file until somebody asks for it.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::{Arc, OnceLock};

use crate::error::OpenError;

/// An open snapshot.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) file: File,
}

/// Where something stands in a snapshot.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(crate) source: Arc<Source>,
    pub(crate) offset: u64,
    pub(crate) bytes: u32,
    pub(crate) checksum: u32,
    /// What it is, for messages.
    pub(crate) what: Arc<str>,
}

impl Block {
    pub(crate) fn read(&self) -> Result<Vec<u8>, OpenError> {
        let mut bytes = vec![0; self.bytes as usize];
        self.source.file.read_exact_at(&mut bytes, self.offset)?;
        if crc32fast::hash(&bytes) != self.checksum {
            return Err(self.damaged("has another checksum"));
        }
        Ok(bytes)
    }

    pub(crate) fn damaged(&self, how: &str) -> OpenError {
        OpenError::Damaged(format!("block {} {how}", self.what))
    }
}

/// Something that may not be read yet.
#[derive(Debug)]
pub(crate) struct Lazy<T> {
    cell: OnceLock<T>,
    block: Option<Block>,
}

impl<T> Lazy<T> {
    pub(crate) fn ready(value: T) -> Self {
        Self { cell: OnceLock::from(value), block: None }
    }

    pub(crate) fn later(block: Block) -> Self {
        Self { cell: OnceLock::new(), block: Some(block) }
    }

    /// What is in memory now.
    pub(crate) fn loaded(&self) -> Option<&T> {
        self.cell.get()
    }

    /// Reads it if need be. Two threads may read at once; one copy is kept.
    pub(crate) fn get(&self, decode: impl FnOnce(&[u8]) -> Option<T>) -> Result<&T, OpenError> {
        if let Some(value) = self.cell.get() {
            return Ok(value);
        }
        let Some(block) = &self.block else {
            return Err(OpenError::Damaged("a block without a place".to_owned()));
        };
        let bytes = block.read()?;
        let value = decode(&bytes).ok_or_else(|| block.damaged("does not hold what it should"))?;
        Ok(self.cell.get_or_init(|| value))
    }
}

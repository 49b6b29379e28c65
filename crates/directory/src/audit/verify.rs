//! The proof of the access audit: the whole chain computed again.

use base::{CenterId, Instant};
use db::{Db, DbError, Hash, Row, hex};

use super::{CHAIN, Columns, HEAD};

/// What is wrong with one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFault {
    /// Number of the row in the chain.
    pub seq: i64,
    /// What is wrong.
    pub problem: String,
}

/// What the proof found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditProof {
    /// Rows read.
    pub rows: i64,
    /// Hash of the last row as it is stored, in hexadecimal: to be kept outside of the database.
    pub head: String,
    /// What is wrong; empty when all is well.
    pub faults: Vec<AuditFault>,
}

/// Reads the chain from one snapshot and computes it again.
///
/// # Errors
/// `DbError` when the database does not answer or a row cannot be decoded.
pub fn verify(db: &Db) -> Result<AuditProof, DbError> {
    db.read(|tx| {
        let head: (i64, Hash) = tx.one(&HEAD, ())?;
        let mut walk = Walk { rows: 0, last: (0, [0; 32]), faults: Vec::new() };
        tx.each(&CHAIN, (), |row| walk.step(row))?;
        if walk.last != head {
            let (seq, _) = head;
            let problem = "the chain does not end where its head says".to_owned();
            walk.faults.push(AuditFault { seq, problem });
        }
        Ok(AuditProof { rows: walk.rows, head: hex(&head.1), faults: walk.faults })
    })
}

struct Walk {
    rows: i64,
    last: (i64, Hash),
    faults: Vec<AuditFault>,
}

impl Walk {
    fn step(&mut self, row: &Row<'_>) -> Result<(), DbError> {
        let columns = Columns {
            seq: row.get(0)?,
            at: row.get::<Instant>(1)?,
            actor: row.get(2)?,
            channel: row.get(3)?,
            action: row.get(4)?,
            subject_kind: row.get(5)?,
            subject: row.get(6)?,
            center: row.get::<Option<CenterId>>(7)?,
            reason: row.get(8)?,
            body: row.get(9)?,
        };
        let stored: Hash = row.get(10)?;
        let seq = columns.seq;
        let mut fault = |problem: &str| {
            self.faults.push(AuditFault { seq, problem: problem.to_owned() });
        };
        if seq != self.last.0 + 1 {
            fault("rows are missing before this one");
        }
        if columns.hash(&self.last.1) != stored {
            fault("the row or the one before it was changed");
        }
        self.rows += 1;
        self.last = (seq, stored);
        Ok(())
    }
}

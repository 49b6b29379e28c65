//! Report codes: the secret name of a center in one benchmarking cycle.
//!
//! Reports compare centers under these codes only, and each cycle gives new ones, so that a public number never
//! uncovers a comparison. Only the center's director and administrators and the registry's stewards see them; no
//! public answer, file or search holds one.

use std::collections::BTreeSet;

use base::{Action, Actor, CenterId, Instant, permit, permit_platform};
use serde_json::json;

use super::service::{CenterError, Centers};
use super::store;
use super::words::State;
use crate::audit::{Event, Trail};

/// Characters that cannot be taken for one another or make words.
const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Characters of a code.
const LENGTH: usize = 8;

db::statements! {
    /// The statements of report codes.
    pub STATEMENTS;

    ADD_CYCLE => report_cycle(cycle, opened_at, opened_by);
    CYCLE = "select count(*) as cycles from report_cycle where cycle = $1";
    CYCLES = "select c.cycle, c.opened_at, c.opened_by, count(r.center_id) as codes
        from report_cycle c left join report_code r on r.cycle = c.cycle
        group by c.cycle, c.opened_at, c.opened_by order by c.opened_at desc",
        scan_ok = "two cycles a year";
    ADD_CODES => report_code(cycle, center_id, code);
    CODES_OF = "select r.cycle, r.code from report_cycle c cross join report_code r
        where r.cycle = c.cycle and r.center_id = $1 order by c.opened_at desc",
        scan_ok = "two rows a year";
}

db::row! {
    /// A center's secret name in one cycle.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ReportCode {
        /// The cycle.
        pub cycle: String,
        /// The name.
        pub code: String,
    }
}

db::row! {
    /// A benchmarking cycle.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Cycle {
        /// Its name.
        pub cycle: String,
        /// When it was opened.
        pub opened_at: Instant,
        /// By whom, as the audit names them.
        pub opened_by: String,
        /// How many centers have a code of it.
        pub codes: i64,
    }
}

impl Centers {
    /// The cycles so far, newest first.
    ///
    /// # Errors
    /// `Refused` unless the actor opens cycles.
    pub fn cycles(&self, actor: &Actor) -> Result<Vec<Cycle>, CenterError> {
        permit_platform(actor, Action::OpenCycles)?;
        Ok(self.db.read_one(|tx| tx.all(&CYCLES, ()))?)
    }

    /// Opens a cycle and gives every listed or suspended center a code that nobody can guess. Gives their number.
    ///
    /// # Errors
    /// `Refused` unless the actor opens cycles; `Stage` when the cycle is open already or its name is not usable.
    pub fn open_cycle(&self, actor: &Actor, cycle: &str) -> Result<u64, CenterError> {
        permit_platform(actor, Action::OpenCycles)?;
        let plain = cycle.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if cycle.is_empty() || cycle.len() > 20 || !plain {
            let text = "A cycle is named by letters, digits and '-', such as 2026-2.";
            return Err(CenterError::Stage(text.to_owned()));
        }
        let now = self.clock.now();
        self.db.write(|tx| {
            let open: i64 = tx.one(&CYCLE, (cycle,))?;
            if open > 0 {
                return Err(CenterError::Stage(format!("Cycle {cycle} is open already.")));
            }
            tx.insert_many(&ADD_CYCLE, [(cycle, now, actor.name())])?;
            let mut rows: Vec<(CenterId, String)> = Vec::new();
            let mut given = BTreeSet::new();
            for profile in store::profiles(tx)? {
                if !matches!(profile.state, State::Listed | State::Suspended) {
                    continue;
                }
                let mut code = draw()?;
                while !given.insert(code.clone()) {
                    code = draw()?;
                }
                rows.push((profile.id, code));
            }
            let count = tx.insert_many(
                &ADD_CODES,
                rows.iter().map(|(center, code)| (cycle, *center, code.as_str())),
            )?;
            // the audit tells that codes were given, not which
            let event = Event {
                action: "open-cycle",
                subject_kind: "cycle",
                subject: cycle.to_owned(),
                center: None,
                reason: None,
                body: json!({ "centers": count }),
            };
            Trail::new(actor, now).write(tx, &event)?;
            Ok(count)
        })
    }

    /// The codes of a center, newest cycle first.
    ///
    /// # Errors
    /// `Refused` unless the actor is its director or administrator, or a steward.
    pub fn report_codes(
        &self,
        actor: &Actor,
        center: CenterId,
    ) -> Result<Vec<ReportCode>, CenterError> {
        permit(actor, Action::SeeReportCode, center)?;
        Ok(self.db.read_one(|tx| tx.all(&CODES_OF, (center,)))?)
    }
}

/// Forty random bits as text.
fn draw() -> Result<String, CenterError> {
    let mut bytes = [0_u8; LENGTH];
    getrandom::fill(&mut bytes).map_err(|_| CenterError::Randomness)?;
    // 32 characters divide 256: each is as likely as any other
    let letter = |byte: &u8| LETTERS.get(usize::from(byte % 32)).copied().map(char::from);
    Ok(bytes.iter().filter_map(letter).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_eight_plain_characters_and_do_not_repeat() {
        let codes: BTreeSet<String> = (0..1000).map(|_| draw().unwrap()).collect();

        assert_eq!(codes.len(), 1000);
        assert!(codes.iter().all(|code| code.len() == LENGTH));
    }
}

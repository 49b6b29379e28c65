//! Who is at risk when: the table that every survival curve starts from.

/// So many observations that ended at one time in one way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeCount {
    /// Time under observation, in any unit; finite and not negative.
    pub time: f64,
    /// Which event ended it; `None` if it was censored.
    pub event: Option<u8>,
    /// How many such observations.
    pub count: u64,
}

/// A time that is negative or not a finite number.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("a time under observation cannot be {0}")]
pub struct BadTime(pub f64);

/// One distinct time.
#[derive(Debug, Clone, PartialEq)]
pub struct RiskRow {
    /// The time.
    pub time: f64,
    /// Under observation just before it.
    pub at_risk: u64,
    /// Events at it, of any kind.
    pub events: u64,
    /// Events at it by kind, ascending by kind.
    pub kinds: Vec<(u8, u64)>,
    /// Censored at it; events count as earlier than censorings of the same time.
    pub censored: u64,
}

/// The distinct times of a group with who is at risk, in ascending order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RiskTable {
    rows: Vec<RiskRow>,
    observed: u64,
}

impl RiskTable {
    /// Counts in any order; the same time and event may occur more than once.
    pub fn new(counts: &[TimeCount]) -> Result<RiskTable, BadTime> {
        let usable = |time: f64| time.is_finite() && time >= 0.0;
        if let Some(bad) = counts.iter().find(|c| !usable(c.time)) {
            return Err(BadTime(bad.time));
        }
        let mut counts: Vec<TimeCount> = counts.iter().filter(|c| c.count > 0).copied().collect();
        // adding zero makes one time of 0 and -0
        counts
            .sort_by(|a, b| (a.time + 0.0).total_cmp(&(b.time + 0.0)).then(a.event.cmp(&b.event)));
        let observed = counts.iter().map(|c| c.count).sum();
        let mut rows: Vec<RiskRow> = Vec::new();
        let mut at_risk = observed;
        for same in counts.chunk_by(|a, b| a.time >= b.time) {
            let row = row(same, at_risk);
            at_risk -= row.events + row.censored;
            rows.push(row);
        }
        Ok(RiskTable { rows, observed })
    }

    /// All observations.
    pub const fn observed(&self) -> u64 {
        self.observed
    }

    /// The distinct times, ascending.
    pub fn rows(&self) -> &[RiskRow] {
        &self.rows
    }

    /// The longest observation; `None` without observations.
    pub fn last_time(&self) -> Option<f64> {
        self.rows.last().map(|row| row.time)
    }

    /// How many are under observation just before a time: the number-at-risk line below a curve.
    pub fn at_risk(&self, time: f64) -> u64 {
        let at = self.rows.partition_point(|row| row.time < time);
        self.rows.get(at).map_or(0, |row| row.at_risk)
    }

    /// All events, of one kind or of any.
    pub fn events(&self, kind: Option<u8>) -> u64 {
        self.rows.iter().map(|row| row.of_kind(kind)).sum()
    }
}

impl RiskRow {
    /// Events of one kind, or of any.
    pub(crate) fn of_kind(&self, kind: Option<u8>) -> u64 {
        kind.map_or(self.events, |kind| {
            self.kinds.iter().find(|(of, _)| *of == kind).map_or(0, |(_, events)| *events)
        })
    }
}

/// The row of counts that share a time, sorted by event.
fn row(same: &[TimeCount], at_risk: u64) -> RiskRow {
    let time = same.first().map_or(0.0, |first| first.time + 0.0);
    let mut row = RiskRow { time, at_risk, events: 0, kinds: Vec::new(), censored: 0 };
    for counted in same {
        match (counted.event, row.kinds.last_mut()) {
            (None, _) => row.censored += counted.count,
            (Some(kind), Some(last)) if last.0 == kind => last.1 += counted.count,
            (Some(kind), _) => row.kinds.push((kind, counted.count)),
        }
    }
    row.events = row.kinds.iter().map(|(_, events)| events).sum();
    row
}

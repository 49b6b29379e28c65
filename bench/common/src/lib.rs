//! What the measurements share: time on the processor and on the wall.

use std::time::{Duration, Instant};

use anyhow::Result;
use rustix::time::{ClockId, clock_gettime};

/// What one case took.
#[derive(Debug, Clone, Copy)]
pub struct Took {
    /// Processor time of all threads of the process that did the work.
    pub cpu: Duration,
    /// Time passed.
    pub wall: Duration,
}

fn processor() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// Times some work of this process.
///
/// # Errors
/// Of the work.
pub fn took(work: impl FnOnce() -> Result<()>) -> Result<Took> {
    let (cpu, wall) = (processor(), Instant::now());
    work()?;
    Ok(Took { cpu: processor().saturating_sub(cpu), wall: wall.elapsed() })
}

//! A small pool of connections: handed out last in, first out, opened when needed.

use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::DbError;

pub(crate) struct Pool<C> {
    most: usize,
    wait: Duration,
    state: Mutex<State<C>>,
    freed: Condvar,
}

struct State<C> {
    idle: Vec<C>,
    open: usize,
}

/// A connection out of the pool; goes back when dropped, unless it broke.
pub(crate) struct Lease<'p, C> {
    pool: &'p Pool<C>,
    connection: Option<C>,
    /// Opened for this lease, so it cannot be stale.
    pub(crate) fresh: bool,
    /// Not to be used again.
    pub(crate) broken: bool,
}

impl<C> Pool<C> {
    pub(crate) fn new(most: usize, wait: Duration) -> Self {
        let state = Mutex::new(State { idle: Vec::new(), open: 0 });
        Self { most: most.max(1), wait, state, freed: Condvar::new() }
    }

    /// An idle connection, a new one, or an error after waiting for long enough.
    pub(crate) fn take(
        &self,
        open: impl FnOnce() -> Result<C, DbError>,
    ) -> Result<Lease<'_, C>, DbError> {
        let deadline = Instant::now() + self.wait;
        let mut state = self.lock();
        loop {
            if let Some(connection) = state.idle.pop() {
                return Ok(self.lease(Some(connection), false));
            }
            if state.open < self.most {
                state.open += 1;
                drop(state);
                // the lease gives its place back if opening fails
                let mut lease = self.lease(None, true);
                lease.connection = Some(open()?);
                return Ok(lease);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let reason = format!("all {} connections are in use", self.most);
                return Err(DbError::Busy { statement: "connect", reason });
            }
            state = self.freed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Takes all idle connections out, for example because the server was restarted.
    pub(crate) fn drain(&self) -> Vec<C> {
        let mut state = self.lock();
        state.open -= state.idle.len();
        let idle = std::mem::take(&mut state.idle);
        drop(state);
        self.freed.notify_all();
        idle
    }

    fn lease(&self, connection: Option<C>, fresh: bool) -> Lease<'_, C> {
        Lease { pool: self, connection, fresh, broken: false }
    }

    fn lock(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C> Drop for Lease<'_, C> {
    fn drop(&mut self) {
        let connection = self.connection.take();
        let mut state = self.pool.lock();
        match connection {
            Some(connection) if !self.broken => state.idle.push(connection),
            _ => state.open -= 1,
        }
        drop(state);
        self.pool.freed.notify_one();
    }
}

impl<C> Deref for Lease<'_, C> {
    type Target = C;

    #[expect(clippy::expect_used, reason = "only `take` makes leases, and it fills them")]
    fn deref(&self) -> &C {
        self.connection.as_ref().expect("a lease holds its connection until it is dropped")
    }
}

impl<C> DerefMut for Lease<'_, C> {
    #[expect(clippy::expect_used, reason = "only `take` makes leases, and it fills them")]
    fn deref_mut(&mut self) -> &mut C {
        self.connection.as_mut().expect("a lease holds its connection until it is dropped")
    }
}

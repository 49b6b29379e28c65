//! One blocking job at a time per question, with a short memory of the last answer.
//!
//! A page that many people open at once asks the database once. When the database hangs, one thread
//! hangs with it, not one for each reader.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use crate::state::BoxError;

/// Guards one blocking question.
pub(crate) struct Gate<T> {
    inner: Arc<Inner<T>>,
}

struct Inner<T> {
    busy: Arc<Semaphore>,
    last: Mutex<Option<(Instant, Arc<T>)>>,
    max_age: Duration,
}

impl<T> Clone for Gate<T> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<T: Send + Sync + 'static> Gate<T> {
    /// A gate whose answers may be given again until they are older than `max_age`.
    pub(crate) fn new(max_age: Duration) -> Self {
        let (busy, last) = (Arc::new(Semaphore::new(1)), Mutex::new(None));
        Self { inner: Arc::new(Inner { busy, last, max_age }) }
    }

    /// The answer of `ask`, which runs on a thread that may block, or the last one if it is fresh.
    /// Errors are not remembered.
    pub(crate) async fn get<F>(&self, ask: F) -> Result<Arc<T>, BoxError>
    where
        F: FnOnce() -> Result<T, BoxError> + Send + 'static,
    {
        let permit = Arc::clone(&self.inner.busy).acquire_owned().await?;
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || {
            // the permit lives as long as the job, even when the reader has gone
            let _permit = permit;
            let answer = Arc::new(ask()?);
            *inner.last.lock().unwrap_or_else(PoisonError::into_inner) =
                Some((Instant::now(), Arc::clone(&answer)));
            Ok(answer)
        })
        .await?
    }

    fn fresh(&self) -> Option<Arc<T>> {
        let last = self.inner.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref()
            .filter(|(at, _)| at.elapsed() < self.inner.max_age)
            .map(|(_, answer)| Arc::clone(answer))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn fifty_readers_at_once_ask_the_source_once() {
        let gate = Gate::new(Duration::from_mins(1));
        let asked = Arc::new(AtomicUsize::new(0));

        let readers: Vec<_> = (0..50)
            .map(|_| {
                let (gate, asked) = (gate.clone(), Arc::clone(&asked));
                tokio::spawn(async move {
                    gate.get(move || Ok(asked.fetch_add(1, Ordering::SeqCst))).await.map(|n| *n)
                })
            })
            .collect();
        for reader in readers {
            assert_eq!(reader.await.unwrap().unwrap(), 0);
        }

        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_stale_answer_is_asked_for_again() {
        let gate = Gate::new(Duration::ZERO);

        assert_eq!(*gate.get(|| Ok(1)).await.unwrap(), 1);
        assert_eq!(*gate.get(|| Ok(2)).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn an_error_and_a_panic_are_not_remembered() {
        let gate = Gate::new(Duration::from_mins(1));

        assert!(gate.get(|| Err("no such table".into())).await.is_err());
        assert!(gate.get(|| panic!("source broke")).await.is_err());
        assert_eq!(*gate.get(|| Ok(3)).await.unwrap(), 3);
    }
}

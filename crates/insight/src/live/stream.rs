//! What one page receives.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Interval, MissedTickBehavior, interval_at};

use super::Told;

/// After a lost connection the browser waits so long before it comes back.
const RETRY: &str = "retry: 3000\n\n";

struct Page {
    told: watch::Receiver<Told>,
    /// Counted among the open pages until the stream ends.
    _permit: OwnedSemaphorePermit,
    seen: Option<Arc<str>>,
    current: Option<bool>,
    capacity: Option<i64>,
    beat: Interval,
    greeted: bool,
}

/// The events of one page, the frames shared with all others.
pub(super) fn body(
    told: watch::Receiver<Told>,
    permit: OwnedSemaphorePermit,
    seen: Option<Arc<str>>,
    beat: Duration,
) -> Body {
    let mut beat = interval_at(tokio::time::Instant::now() + beat, beat);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let page =
        Page { told, _permit: permit, seen, current: None, capacity: None, beat, greeted: false };
    Body::from_stream(stream::unfold(page, |mut page| async move {
        let next = page.next().await?;
        Some((Ok::<Bytes, std::convert::Infallible>(next), page))
    }))
}

impl Page {
    /// The next bytes; none when the stream is closed.
    async fn next(&mut self) -> Option<Bytes> {
        if !self.greeted {
            self.greeted = true;
            let news = self.news();
            let mut hello = BytesMut::from(RETRY);
            hello.extend_from_slice(&news.unwrap_or_default());
            return Some(hello.freeze());
        }
        loop {
            tokio::select! {
                changed = self.told.changed() => {
                    changed.ok()?;
                    if let Some(news) = self.news() {
                        return Some(news);
                    }
                }
                _ = self.beat.tick() => {
                    let beat = self.told.borrow().beat.clone();
                    // nothing was read yet: a comment keeps the connection alive
                    return Some(if beat.is_empty() { Bytes::from_static(b": waiting\n\n") } else { beat });
                }
            }
        }
    }

    /// What this page has not seen.
    fn news(&mut self) -> Option<Bytes> {
        let capacity = self.told.borrow().capacity.filter(|it| self.capacity != Some(*it));
        let figures = self.figures();
        let Some(stamp) = capacity else { return figures };
        self.capacity = Some(stamp);
        // no id: whoever comes back is told the number anew
        let mut all = BytesMut::from(format!("event: capacity\ndata: {stamp}\n\n").as_str());
        all.extend_from_slice(&figures.unwrap_or_default());
        Some(all.freeze())
    }

    fn figures(&mut self) -> Option<Bytes> {
        let told = self.told.borrow_and_update();
        let figures = told.id.is_some() && told.id != self.seen;
        let turned = self.current != Some(told.current) && !told.beat.is_empty();
        if figures {
            self.seen.clone_from(&told.id);
        }
        self.current = Some(told.current);
        match (figures, turned) {
            (true, true) if !told.current => {
                let mut both = BytesMut::from(&*told.figures);
                both.extend_from_slice(&told.beat);
                Some(both.freeze())
            }
            (true, _) => Some(told.figures.clone()),
            (false, true) => Some(told.beat.clone()),
            (false, false) => None,
        }
    }
}

//! Binding, serving and stopping.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Why the server did not start or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is reachable from other machines.
    #[error(
        "address {0} is refused: only loopback (127.0.0.1 or [::1]) until sign-in exists; \
         reach it from elsewhere through an SSH tunnel"
    )]
    NotLoopback(SocketAddr),
    /// The operating system did not give the address, most often because it is in use.
    #[error("cannot listen on {address}")]
    Bind {
        /// What was asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// The listener failed while serving.
    #[error("web server failed")]
    Io(#[from] io::Error),
}

/// Listens on a loopback address; port 0 takes any free port.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, ServeError> {
    if !address.ip().is_loopback() {
        return Err(ServeError::NotLoopback(address));
    }
    TcpListener::bind(address).await.map_err(|source| ServeError::Bind { address, source })
}

/// Serves until `shutdown` is done, then stops accepting and lets open requests finish for at most
/// `drain`. Returns `Ok(true)` if all of them finished and `Ok(false)` if some were cut off.
pub async fn serve<F>(
    listener: TcpListener,
    router: Router,
    shutdown: F,
    drain: Duration,
) -> Result<bool, ServeError>
where
    F: Future<Output = ()> + Send + 'static,
{
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        return Err(ServeError::NotLoopback(address));
    }
    let (stopping, stopped) = oneshot::channel();
    let signal = async move {
        shutdown.await;
        // the receiver is gone only when serving has already ended
        let _ = stopping.send(());
    };
    let serving = axum::serve(listener, router).with_graceful_shutdown(signal);
    let deadline = async move {
        if stopped.await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(drain).await;
    };
    tokio::select! {
        ended = async { serving.await } => ended.map(|()| true).map_err(ServeError::from),
        () = deadline => {
            tracing::warn!("open requests were cut off after {} ms", drain.as_millis());
            Ok(false)
        }
    }
}

//! Binding, serving and stopping.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::serve::{Listener, ListenerExt as _};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::tls::{Tls, TlsListener};

/// Who can reach the server, and what protects the way to it.
#[derive(Clone)]
pub enum Exposure {
    /// Only programs on this machine.
    Local,
    /// A proxy that readers reach by HTTPS, and that says from where they come.
    Proxy,
    /// Everybody, by HTTPS.
    Tls(Tls),
}

/// Why the server did not start or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is reachable from other machines and nothing protects the way to it.
    #[error(
        "address {0} is refused: other machines reach it, and passwords and records would travel in the clear; set \
         `tls_certificate` and `tls_key`, or `public_url` (https) and `trusted_proxies`, or listen on 127.0.0.1"
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

impl Exposure {
    /// Whether an address may be listened on.
    fn permits(&self, address: SocketAddr) -> Result<(), ServeError> {
        match self {
            Self::Local if !address.ip().is_loopback() => Err(ServeError::NotLoopback(address)),
            Self::Local | Self::Proxy | Self::Tls(_) => Ok(()),
        }
    }
}

/// Listens on an address; port 0 takes any free port.
pub async fn bind(address: SocketAddr, exposure: &Exposure) -> Result<TcpListener, ServeError> {
    exposure.permits(address)?;
    TcpListener::bind(address).await.map_err(|source| ServeError::Bind { address, source })
}

/// Serves until `shutdown` is done, then stops accepting and lets open requests finish for at most
/// `drain`. Returns `Ok(true)` if all of them finished and `Ok(false)` if some were cut off.
pub async fn serve<F>(
    listener: TcpListener,
    exposure: Exposure,
    router: Router,
    shutdown: F,
    drain: Duration,
) -> Result<bool, ServeError>
where
    F: Future<Output = ()> + Send + 'static,
{
    exposure.permits(listener.local_addr()?)?;
    match exposure {
        Exposure::Tls(tls) => {
            serve_on(TlsListener::new(listener, tls), router, shutdown, drain).await
        }
        Exposure::Local | Exposure::Proxy => serve_on(listener, router, shutdown, drain).await,
    }
}

async fn serve_on<L, F>(
    listener: L,
    router: Router,
    shutdown: F,
    drain: Duration,
) -> Result<bool, ServeError>
where
    L: Listener<Addr = SocketAddr>,
    F: Future<Output = ()> + Send + 'static,
{
    let (stopping, stopped) = oneshot::channel();
    let signal = async move {
        shutdown.await;
        // the receiver is gone only when serving has already ended
        let _ = stopping.send(());
    };
    // wrapped, because only then the address of the connection is handed on for any listener
    let listener = listener.tap_io(|_| {});
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(signal);
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

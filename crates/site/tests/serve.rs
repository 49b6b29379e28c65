//! Binding, serving and stopping, over real sockets.
#![cfg(test)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use site::{Exposure, ServeError};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const SLOW: Duration = Duration::from_millis(400);

async fn slow() -> &'static str {
    tokio::time::sleep(SLOW).await;
    "done"
}

async fn never() {
    std::future::pending::<()>().await;
}

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<bool, ServeError>>,
}

async fn start(drain: Duration) -> Running {
    let listener = site::bind("127.0.0.1:0".parse().unwrap(), &Exposure::Local).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let router = Router::new().route("/slow", get(slow)).route("/never", get(never));
    let signal = async move {
        let _ = stopped.await;
    };
    let server = tokio::spawn(site::serve(listener, Exposure::Local, router, signal, drain));
    Running { address, stop, server }
}

fn ask(address: SocketAddr, path: &str) -> JoinHandle<String> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_others_can_reach_is_refused_with_the_reason() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8080"] {
        let refused = site::bind(address.parse().unwrap(), &Exposure::Local).await.unwrap_err();

        assert!(matches!(refused, ServeError::NotLoopback(_)));
        assert!(refused.to_string().contains("in the clear"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_bound_elsewhere_is_not_served() {
    let open = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();

    let served =
        site::serve(open, Exposure::Local, Router::new(), std::future::pending(), SLOW).await;

    assert!(matches!(served, Err(ServeError::NotLoopback(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_in_use_is_named() {
    let first = site::bind("127.0.0.1:0".parse().unwrap(), &Exposure::Local).await.unwrap();
    let address = first.local_addr().unwrap();

    let second = site::bind(address, &Exposure::Local).await.unwrap_err();

    assert_eq!(second.to_string(), format!("cannot listen on {address}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_request_is_finished_before_the_server_stops() {
    let running = start(Duration::from_secs(10)).await;
    let answer = ask(running.address, "/slow");
    tokio::time::sleep(SLOW / 4).await;

    running.stop.send(()).unwrap();

    assert!(running.server.await.unwrap().unwrap());
    assert!(answer.await.unwrap().ends_with("done"));
    assert!(TcpStream::connect(running.address).is_err(), "still accepts");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_does_not_delay_the_stop() {
    let running = start(Duration::from_secs(10)).await;
    let idle = TcpStream::connect(running.address).unwrap();
    tokio::time::sleep(SLOW / 4).await;
    let asked = Instant::now();

    running.stop.send(()).unwrap();

    assert!(running.server.await.unwrap().unwrap());
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    drop(idle);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_never_ends_is_cut_off_after_the_drain_time() {
    let running = start(Duration::from_millis(100)).await;
    let answer = ask(running.address, "/never");
    tokio::time::sleep(Duration::from_millis(100)).await;
    let asked = Instant::now();

    running.stop.send(()).unwrap();

    assert!(!running.server.await.unwrap().unwrap());
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    answer.abort();
}

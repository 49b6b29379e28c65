//! HTTPS without a proxy, over real sockets.
#![cfg(test)]

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use site::{Exposure, Tls, TlsError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

#[tokio::test]
async fn a_page_is_served_by_https_while_a_silent_client_waits() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    fs::write(&certificate, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let exposure = Exposure::Tls(Tls::load(&certificate, &key).unwrap());
    let listener = site::bind("127.0.0.1:0".parse().unwrap(), &exposure).await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/", get(async || "well kept"));
    let never = std::future::pending();
    drop(tokio::spawn(site::serve(listener, exposure, router, never, Duration::ZERO)));

    let silent = TcpStream::connect(address).await.unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(client)).connect(name, stream).await.unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();

    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("well kept"), "{answer}");
    drop(silent);
}

#[test]
fn a_missing_or_foreign_key_is_refused_with_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = ["a", "b"].map(|name| {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let files = ["pem", "key"].map(|ending| folder.path().join(format!("{name}.{ending}")));
        fs::write(&files[0], made.cert.pem()).unwrap();
        fs::write(&files[1], made.signing_key.serialize_pem()).unwrap();
        files
    });

    let missing = Tls::load(&first[0], &folder.path().join("none.key")).err().unwrap();
    let foreign = Tls::load(&first[0], &second[1]).err().unwrap();

    assert!(missing.to_string().contains("none.key"), "{missing}");
    assert!(matches!(foreign, TlsError::Unusable(_)), "{foreign}");
}

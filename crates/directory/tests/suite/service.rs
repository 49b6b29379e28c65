//! A sign-in service that can be made to lie: OpenID Connect over plain HTTP on this machine, written apart from the
//! program's own reader. Tests in the browser use a certified one.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub(super) const CLIENT: &str = "registry & co";
pub(super) const SECRET: &str = "a secret: with/odd=letters";
pub(super) const CODE: &str = "code/one";

/// What the service says next; tests change it.
pub(super) struct Says {
    /// Claims of the ID token over the usual ones; null takes one away.
    pub(super) claims: Value,
    /// The header of the ID token.
    pub(super) header: Value,
    /// What is told at the second address; none refuses.
    pub(super) userinfo: Option<Value>,
    /// From the address that the browser was sent to.
    pub(super) nonce: String,
    pub(super) challenge: String,
    pub(super) spoil_signature: bool,
    pub(super) issuer: Option<String>,
    pub(super) authentication: &'static str,
    pub(super) down: bool,
    pub(super) now: i64,
    codes: usize,
}

pub(super) struct Service {
    pub(super) issuer: String,
    pub(super) says: Arc<Mutex<Says>>,
    key: Arc<Mutex<(String, EcdsaKeyPair)>>,
    pub(super) asked: Arc<AtomicUsize>,
}

fn pair() -> EcdsaKeyPair {
    let (random, kind) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
    let document = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), &random).unwrap()
}

impl Service {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let says = Says {
            claims: json!({}),
            header: json!({ "alg": "ES256", "kid": "one" }),
            userinfo: None,
            nonce: String::new(),
            challenge: String::new(),
            spoil_signature: false,
            issuer: None,
            authentication: "client_secret_basic",
            down: false,
            now: 0,
            codes: 0,
        };
        let service = Self {
            issuer,
            says: Arc::new(Mutex::new(says)),
            key: Arc::new(Mutex::new(("one".to_owned(), pair()))),
            asked: Arc::new(AtomicUsize::new(0)),
        };
        let (issuer, says) = (service.issuer.clone(), Arc::clone(&service.says));
        let (key, asked) = (Arc::clone(&service.key), Arc::clone(&service.asked));
        // ends with the test's process
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                asked.fetch_add(1, Ordering::Relaxed);
                answer(stream.unwrap(), &issuer, &mut says.lock().unwrap(), &key.lock().unwrap());
            }
        });
        service
    }

    /// Another key from now on.
    pub(super) fn change_key(&self, name: &str) {
        *self.key.lock().unwrap() = (name.to_owned(), pair());
    }
}

fn answer(mut stream: TcpStream, issuer: &str, says: &mut Says, key: &(String, EcdsaKeyPair)) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut first = String::new();
    reader.read_line(&mut first).unwrap();
    let (mut long, mut authorization) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => long = value.parse().unwrap(),
            "authorization" => value.clone_into(&mut authorization),
            _ => {}
        }
    }
    let mut body = vec![0; long];
    reader.read_exact(&mut body).unwrap();
    let path = first.split(' ').nth(1).unwrap_or_default();
    let said = match path {
        _ if says.down => None,
        "/.well-known/openid-configuration" => Some(json!({
            "issuer": says.issuer.clone().unwrap_or_else(|| issuer.to_owned()),
            "authorization_endpoint": format!("{issuer}/authorize?tenant=1"),
            "token_endpoint": format!("{issuer}/token"),
            "userinfo_endpoint": format!("{issuer}/me"),
            "jwks_uri": format!("{issuer}/keys"),
            "token_endpoint_auth_methods_supported": [says.authentication],
        })),
        "/keys" => Some(json!({ "keys": [{ "kty": "unheard of" }, jwk(key)] })),
        "/token" => token(issuer, says, key, &String::from_utf8(body).unwrap(), &authorization),
        "/me" => (authorization == "Bearer access").then(|| says.userinfo.clone()).flatten(),
        _ => None,
    };
    let (status, text) = match said {
        Some(said) => ("200 OK", said.to_string()),
        None => ("400 Bad Request", "{}".to_owned()),
    };
    let long = text.len();
    let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {long}\r\n\r\n");
    let _ = stream.write_all((head + &text).as_bytes());
}

fn jwk((name, pair): &(String, EcdsaKeyPair)) -> Value {
    let point = pair.public_key().as_ref();
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
    json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": name, "x": x, "y": y })
}

/// Trades the code once, for whoever knows the secret and the verifier.
fn token(
    issuer: &str,
    says: &mut Says,
    (_, pair): &(String, EcdsaKeyPair),
    form: &str,
    authorization: &str,
) -> Option<Value> {
    let field = |name: &str| {
        let pairs = form.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(key, _)| *key == name).map(|(_, value)| plain(value)).next()
    };
    let known = if says.authentication == "client_secret_basic" {
        let pair = STANDARD.decode(authorization.strip_prefix("Basic ")?).unwrap();
        let pair = String::from_utf8(pair).unwrap();
        let (client, secret) = pair.split_once(':')?;
        plain(client) == CLIENT && plain(secret) == SECRET
    } else {
        field("client_id")? == CLIENT && field("client_secret")? == SECRET
    };
    let verifier = field("code_verifier")?;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    let back = "https://registry.example/sign-in/with/house/back";
    if !known
        || challenge != says.challenge
        || field("code")? != CODE
        || field("redirect_uri")? != back
        || says.codes == 0
    {
        return None;
    }
    says.codes -= 1;
    let mut claims = json!({
        "iss": issuer, "sub": "ada-1", "aud": CLIENT, "nonce": says.nonce,
        "iat": says.now, "exp": says.now + 300,
        "email": "Ada@Heart.example", "email_verified": true,
    });
    for (name, value) in says.claims.as_object().unwrap() {
        claims[name] = value.clone();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        }
    }
    let coded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", coded(&says.header), coded(&claims));
    let signature = pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
    let mut signature = signature.as_ref().to_vec();
    if says.spoil_signature {
        signature.reverse();
    }
    let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
    Some(json!({ "id_token": token, "access_token": "access", "token_type": "Bearer" }))
}

/// Without percent-encoding.
pub(super) fn plain(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, more)) = rest.split_first() {
        rest = more;
        if *first == b'%' {
            let digits = std::str::from_utf8(&rest[..2]).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest = &rest[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).unwrap()
}

impl Says {
    /// One more code, for a browser that was sent to this address.
    pub(super) fn give_code(&mut self, place: &str, now: i64) -> String {
        let field = |name: &str| {
            let query = place.split_once('?').unwrap().1;
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(key, _)| *key == name).map(|(_, value)| plain(value)).next().unwrap()
        };
        assert_eq!(
            (field("response_type"), field("code_challenge_method")),
            ("code".into(), "S256".into())
        );
        assert_eq!((field("client_id"), field("tenant")), (CLIENT.into(), "1".into()));
        (self.nonce, self.challenge, self.now) = (field("nonce"), field("code_challenge"), now);
        self.codes = 1;
        field("state")
    }
}

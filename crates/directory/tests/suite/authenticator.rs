//! An authenticator as WebAuthn describes it, written apart from the program's reader: keys, flags and a counter.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub(super) const ORIGIN: &str = "https://registry.example";

enum Pair {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A device that keeps one key. Its fields are what a thief or a broken device would change.
pub(super) struct Authenticator {
    pair: Pair,
    pub(super) id: Vec<u8>,
    pub(super) user: Option<String>,
    pub(super) count: u32,
    pub(super) flags: u8,
    pub(super) origin: String,
    pub(super) site: String,
    pub(super) kind: Option<&'static str>,
    pub(super) cross_origin: bool,
    pub(super) spoil_signature: bool,
    pub(super) format: &'static str,
}

impl Authenticator {
    pub(super) fn p256(id: u8) -> Self {
        let random = SystemRandom::new();
        let kind = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
        Self::over(
            Pair::P256(EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), &random).unwrap()),
            id,
        )
    }

    pub(super) fn ed25519(id: u8) -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::over(Pair::Ed25519(Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap()), id)
    }

    fn over(pair: Pair, id: u8) -> Self {
        Self {
            pair,
            id: vec![id; 20],
            user: None,
            count: 0,
            flags: 0b101,
            origin: ORIGIN.to_owned(),
            site: "registry.example".to_owned(),
            kind: None,
            cross_origin: false,
            spoil_signature: false,
            format: "none",
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.pair {
            Pair::P256(pair) => pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// COSE_Key, by hand.
    fn public_key(&self) -> Vec<u8> {
        match &self.pair {
            Pair::P256(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = (&point[1..33], &point[33..65]);
                let head: &[u8] = &[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32];
                [head, x, &[0x22, 0x58, 32], y].concat()
            }
            Pair::Ed25519(pair) => {
                let head: &[u8] = &[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32];
                [head, pair.public_key().as_ref()].concat()
            }
        }
    }

    fn client_data(&self, usual: &str, options: &Value) -> Vec<u8> {
        let data = json!({
            "type": self.kind.unwrap_or(usual), "challenge": options["publicKey"]["challenge"],
            "origin": self.origin, "crossOrigin": self.cross_origin,
        });
        data.to_string().into_bytes()
    }

    fn data(&self, flags: u8, credential: &[u8]) -> Vec<u8> {
        let site = Sha256::digest(self.site.as_bytes());
        [site.as_slice(), &[flags], &self.count.to_be_bytes(), credential].concat()
    }

    /// Makes a key, as `navigator.credentials.create` does.
    pub(super) fn make(&mut self, options: &Value) -> String {
        self.user = options["publicKey"]["user"]["id"].as_str().map(str::to_owned);
        let long = u8::try_from(self.id.len()).unwrap();
        let credential = [&[0; 16], &[0, long][..], &self.id, &self.public_key()].concat();
        let data = self.data(self.flags | 0x40, &credential);
        let client_data = self.client_data("webauthn.create", options);
        let text =
            |text: &str| [&[0x60 + u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
        let statement = if self.format == "packed" {
            let algorithm = if matches!(self.pair, Pair::P256(_)) { 0x26 } else { 0x27 };
            let mut signature = self.sign(&[data.clone(), hash(&client_data)].concat());
            if self.spoil_signature {
                signature.reverse();
            }
            let long = u8::try_from(signature.len()).unwrap();
            [&[0xa2][..], &text("alg"), &[algorithm], &text("sig"), &[0x58, long], &signature]
                .concat()
        } else {
            vec![0xa0]
        };
        let long = u16::try_from(data.len()).unwrap().to_be_bytes();
        let attestation = [
            &[0xa3][..],
            &text("fmt"),
            &text(self.format),
            &text("attStmt"),
            &statement,
            &text("authData"),
            &[0x59],
            &long,
            &data,
        ]
        .concat();
        json!({
            "id": coded(&self.id), "type": "public-key",
            "response": {
                "clientDataJSON": coded(&client_data), "attestationObject": coded(&attestation),
                "transports": ["internal"],
            },
        })
        .to_string()
    }

    /// Uses the key, as `navigator.credentials.get` does.
    pub(super) fn answer(&mut self, options: &Value) -> String {
        let data = self.data(self.flags, &[]);
        let client_data = self.client_data("webauthn.get", options);
        let mut signature = self.sign(&[data.clone(), hash(&client_data)].concat());
        if self.spoil_signature {
            signature.reverse();
        }
        json!({
            "id": coded(&self.id), "type": "public-key",
            "response": {
                "clientDataJSON": coded(&client_data), "authenticatorData": coded(&data),
                "signature": coded(&signature), "userHandle": self.user,
            },
        })
        .to_string()
    }
}

fn coded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn hash(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

//! What a browser brings back from an authenticator, judged as Web Authentication Level 3 (W3C) says in sections 7.1
//! and 7.2. No certificate of the maker is asked for: who the person is, the invitation has told.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::cbor::{self, Value};
use super::key::PublicKey;

/// Longest answer in bytes that is looked at; keys and signatures take a few kilobytes.
const LONGEST: usize = 32 * 1024;
/// Longest id of a credential (section 7.1, step 25).
const LONGEST_ID: usize = 1023;

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const CAN_BE_BACKED_UP: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const HAS_CREDENTIAL: u8 = 1 << 6;
const HAS_EXTENSIONS: u8 = 1 << 7;

/// Where passkeys of this program are good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Party {
    /// The origin of the pages, such as `https://registry.example.org`.
    pub(crate) origin: String,
    /// Its host name.
    pub(crate) id: String,
}

impl Party {
    /// The party of a site. Authenticators know names, not numbers: on this machine it is `localhost`.
    pub(crate) fn of(base_url: &str) -> Option<Self> {
        let (scheme, place) = base_url.split_once("://")?;
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, port),
            _ => (place, ""),
        };
        let host = host.to_ascii_lowercase();
        let id = if matches!(host.as_str(), "127.0.0.1" | "[::1]") { "localhost" } else { &host };
        if id.starts_with('[') || id.parse::<std::net::Ipv4Addr>().is_ok() {
            return None;
        }
        if scheme != "https" && id != "localhost" {
            return None;
        }
        // as browsers write it: without the port that goes without saying
        let usual = matches!((scheme, port), (_, "") | ("https", "443") | ("http", "80"));
        let port = if usual { String::new() } else { format!(":{port}") };
        Some(Self { origin: format!("{scheme}://{id}{port}"), id: id.to_owned() })
    }
}

/// The answer of `navigator.credentials`, as its JSON form in the standard.
#[derive(Deserialize)]
pub(super) struct Answer {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    response: Response,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    attestation_object: Option<String>,
    authenticator_data: Option<String>,
    signature: Option<String>,
    user_handle: Option<String>,
    #[serde(default)]
    transports: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
    top_origin: Option<String>,
}

/// What is wrong with an answer, for the audit.
pub(super) type Fault = &'static str;

/// A new key.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) id: Vec<u8>,
    pub(super) public_key: Vec<u8>,
    pub(super) count: u32,
    pub(super) backed_up: bool,
    pub(super) transports: Vec<String>,
}

/// A key that was used.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Used {
    pub(super) count: u32,
    pub(super) backed_up: bool,
}

impl Answer {
    pub(super) fn read(text: &str) -> Result<Self, Fault> {
        let short = text.len() <= LONGEST;
        let answer: Option<Self> = short.then(|| serde_json::from_str(text).ok()).flatten();
        answer.filter(|answer| answer.kind == "public-key").ok_or("unreadable answer")
    }

    /// The id of the credential that answers.
    pub(super) fn id(&self) -> Result<Vec<u8>, Fault> {
        let id = decoded(&self.id)?;
        if id.is_empty() || id.len() > LONGEST_ID { Err("unreadable answer") } else { Ok(id) }
    }

    /// A new credential (section 7.1).
    pub(super) fn made(&self, party: &Party, challenge: &str) -> Result<Made, Fault> {
        let client_data = self.client_data(party, "webauthn.create", challenge)?;
        let attestation = self.response.attestation_object.as_deref().ok_or("no attestation")?;
        let attestation = decoded(attestation)?;
        let (attestation, rest) = cbor::read(&attestation).ok_or("unreadable attestation")?;
        let bytes = attestation.named("authData").and_then(Value::bytes);
        let bytes = bytes.filter(|_| rest.is_empty()).ok_or("unreadable attestation")?;
        let data = Data::read(bytes)?;
        data.check(party)?;
        let (id, public_key) = data.credential.ok_or("no credential")?;
        if id != self.id()? {
            return Err("another credential");
        }
        let (cose, _) = cbor::read(public_key).ok_or("unreadable key")?;
        let key = PublicKey::of(&cose).ok_or("a kind of key that was not asked for")?;
        attested(&attestation, &key, bytes, &client_data)?;
        let plain = |way: &&String| {
            way.len() <= 16 && way.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        };
        Ok(Made {
            id: id.to_vec(),
            public_key: public_key.to_vec(),
            count: data.count,
            backed_up: data.flags & BACKED_UP != 0,
            transports: self.response.transports.iter().filter(plain).take(8).cloned().collect(),
        })
    }

    /// A credential that is used (section 7.2). `owner` is the handle that was given when it was made; whoever signs in
    /// with nothing else must bring it.
    pub(super) fn used(
        &self,
        party: &Party,
        challenge: &str,
        public_key: &[u8],
        owner: &[u8],
        alone: bool,
    ) -> Result<Used, Fault> {
        let client_data = self.client_data(party, "webauthn.get", challenge)?;
        match self.response.user_handle.as_deref().map(decoded).transpose()? {
            Some(handle) if handle == owner => {}
            None if !alone => {}
            _ => return Err("another owner"),
        }
        let bytes = self.response.authenticator_data.as_deref().ok_or("no authenticator data")?;
        let bytes = decoded(bytes)?;
        let data = Data::read(&bytes)?;
        data.check(party)?;
        let (cose, _) = cbor::read(public_key).ok_or("unreadable key")?;
        let key = PublicKey::of(&cose).ok_or("unreadable key")?;
        let signature = decoded(self.response.signature.as_deref().ok_or("no signature")?)?;
        if !key.has_signed(&signed_text(&bytes, &client_data), &signature) {
            return Err("wrong signature");
        }
        Ok(Used { count: data.count, backed_up: data.flags & BACKED_UP != 0 })
    }

    fn client_data(&self, party: &Party, kind: &str, challenge: &str) -> Result<Vec<u8>, Fault> {
        let bytes = decoded(&self.response.client_data)?;
        let said: ClientData =
            serde_json::from_slice(&bytes).map_err(|_| "unreadable client data")?;
        if said.kind != kind {
            return Err("another kind of answer");
        }
        if said.challenge != challenge {
            return Err("another challenge");
        }
        if said.origin != party.origin || said.cross_origin || said.top_origin.is_some() {
            return Err("another origin");
        }
        Ok(bytes)
    }
}

/// The statement about how the key was made: none, or signed by the key itself.
fn attested(
    attestation: &Value,
    key: &PublicKey,
    data: &[u8],
    client_data: &[u8],
) -> Result<(), Fault> {
    let statement = attestation.named("attStmt").ok_or("unreadable attestation")?;
    match attestation.named("fmt").and_then(Value::text) {
        Some("none") if *statement == Value::Map(Vec::new()) => Ok(()),
        Some("packed") if statement.named("x5c").is_none() => {
            let same = statement.named("alg").and_then(Value::int) == Some(key.algorithm());
            let signature = statement.named("sig").and_then(Value::bytes).unwrap_or_default();
            let signed = same && key.has_signed(&signed_text(data, client_data), signature);
            if signed { Ok(()) } else { Err("wrong attestation") }
        }
        _ => Err("an attestation that was not asked for"),
    }
}

fn signed_text(data: &[u8], client_data: &[u8]) -> Vec<u8> {
    [data, Sha256::digest(client_data).as_slice()].concat()
}

fn decoded(text: &str) -> Result<Vec<u8>, Fault> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| "unreadable answer")
}

/// An answer around these parts, as browsers send it; each part is any bytes.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn around(id: &[u8], client_data: &str, attestation: &[u8], data: &[u8]) -> String {
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let response = serde_json::json!({
        "clientDataJSON": text(client_data.as_bytes()), "attestationObject": text(attestation),
        "authenticatorData": text(data), "signature": text(data), "transports": ["usb"],
    });
    serde_json::json!({ "id": text(id), "type": "public-key", "response": response }).to_string()
}

/// Authenticator data (section 6.1).
struct Data<'b> {
    party_hash: [u8; 32],
    flags: u8,
    count: u32,
    /// Id and COSE_Key.
    credential: Option<(&'b [u8], &'b [u8])>,
}

impl<'b> Data<'b> {
    fn read(bytes: &'b [u8]) -> Result<Self, Fault> {
        Self::parts(bytes).ok_or("unreadable authenticator data")
    }

    fn parts(bytes: &'b [u8]) -> Option<Self> {
        let (party_hash, rest) = bytes.split_first_chunk::<32>()?;
        let (&flags, rest) = rest.split_first()?;
        let (count, mut rest) = rest.split_first_chunk::<4>()?;
        let mut credential = None;
        if flags & HAS_CREDENTIAL != 0 {
            let (_maker, after) = rest.split_first_chunk::<16>()?;
            let (long, after) = after.split_first_chunk::<2>()?;
            let (id, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*long)))?;
            let (_, end) = cbor::read(after)?;
            let key = after.get(..after.len() - end.len())?;
            credential = Some((id, key));
            rest = end;
        }
        if flags & HAS_EXTENSIONS != 0 {
            rest = cbor::read(rest)?.1;
        }
        let count = u32::from_be_bytes(*count);
        rest.is_empty().then_some(Self { party_hash: *party_hash, flags, count, credential })
    }

    fn check(&self, party: &Party) -> Result<(), Fault> {
        if self.party_hash != <[u8; 32]>::from(Sha256::digest(party.id.as_bytes())) {
            return Err("another site");
        }
        if self.flags & USER_PRESENT == 0 || self.flags & USER_VERIFIED == 0 {
            return Err("the authenticator did not look who uses it");
        }
        if self.flags & BACKED_UP != 0 && self.flags & CAN_BE_BACKED_UP == 0 {
            return Err("unreadable authenticator data");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passkey_is_bound_to_the_host_name_of_the_site_as_browsers_write_it() {
        let party = |url: &str| Party::of(url).map(|party| (party.origin, party.id));
        let is = |origin: &str, id: &str| Some((origin.to_owned(), id.to_owned()));

        assert_eq!(party("https://r.example.org"), is("https://r.example.org", "r.example.org"));
        assert_eq!(
            party("https://R.example.org:443"),
            is("https://r.example.org", "r.example.org")
        );
        assert_eq!(party("https://r.example:8443"), is("https://r.example:8443", "r.example"));
        for here in ["http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080"] {
            assert_eq!(party(here), is("http://localhost:8080", "localhost"), "{here}");
        }
        for none in
            ["http://r.example.org", "https://192.0.2.1", "https://[2001:db8::1]:8443", "r.example"]
        {
            assert_eq!(party(none), None, "{none}");
        }
    }
}

//! ID tokens: signed JSON (RFC 7515, RFC 7519) judged as OpenID Connect Core 1.0 says in section 3.1.3.7.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;

/// Clocks of two houses differ by so many seconds.
const LEEWAY: i64 = 60;
/// Longest token in bytes that is looked at.
const LONGEST: usize = 64 * 1024;

/// A key of a sign-in service (RFC 7517).
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Truth {
    Plain(bool),
    // some services write it as text
    Text(String),
}

/// What a service says about somebody.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Claims {
    iss: String,
    pub(super) sub: String,
    aud: Option<OneOrMany>,
    azp: Option<String>,
    exp: Option<f64>,
    iat: Option<f64>,
    nbf: Option<f64>,
    nonce: Option<String>,
    auth_time: Option<f64>,
    pub(super) email: Option<String>,
    email_verified: Option<Truth>,
    amr: Vec<String>,
    acr: Option<String>,
}

impl Claims {
    /// Whether a client is among those that the token is for.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(super) fn is_for(&self, client: &str) -> bool {
        match &self.aud {
            Some(OneOrMany::One(one)) => one == client,
            Some(OneOrMany::Many(many)) => many.iter().any(|one| one == client),
            None => false,
        }
    }

    /// Whether the service has made sure of the address.
    pub(super) fn is_verified(&self) -> bool {
        match &self.email_verified {
            Some(Truth::Plain(verified)) => *verified,
            Some(Truth::Text(text)) => text == "true",
            None => false,
        }
    }

    /// Whether it says that more than one factor was shown (RFC 8176), or names one of these contexts.
    pub(super) fn shows_two_factors(&self, contexts: &[String]) -> bool {
        let context = self.acr.as_ref().is_some_and(|acr| contexts.contains(acr));
        context || self.amr.iter().any(|method| method == "mfa")
    }

    /// Whether somebody has just shown their credentials there.
    pub(super) fn is_fresh(&self, now: i64, seconds: i64) -> bool {
        self.auth_time.is_some_and(|at| at + whole(seconds + LEEWAY) >= whole(now))
    }

    /// Takes over address and its state from the answer about the same person.
    pub(super) fn with_address_of(mut self, other: Self) -> Self {
        if self.sub == other.sub {
            self.email = other.email;
            self.email_verified = other.email_verified;
        }
        self
    }
}

/// What a token must be.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client: &'a str,
    pub(super) nonce: &'a str,
    /// Seconds since 1970.
    pub(super) now: i64,
}

/// What is wrong with a token, for the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// None of the keys fits; the service may have new ones.
    UnknownKey,
    /// Anything else.
    Wrong(&'static str),
}

/// Reads a token and gives its claims if all of it is right.
pub(super) fn verified(
    token: &str,
    keys: &[Jwk],
    expected: &Expected<'_>,
) -> Result<Claims, Fault> {
    let unreadable = Fault::Wrong("unreadable token");
    if token.len() > LONGEST {
        return Err(unreadable);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(unreadable)?;
    let (header, claims) = signed.split_once('.').ok_or(unreadable)?;
    let header: Header = part(header).ok_or(unreadable)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| unreadable)?;
    if header.crit.is_some() {
        return Err(Fault::Wrong("a token with conditions that are not known"));
    }
    if !matches!(header.alg.as_str(), "RS256" | "PS256" | "ES256" | "EdDSA") {
        return Err(Fault::Wrong("a kind of signature that is not taken"));
    }
    let fits = |key: &&Jwk| {
        (header.kid.is_none() || header.kid == key.kid)
            && key.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
            && key.alg.as_deref().is_none_or(|alg| alg == header.alg)
    };
    let mut known = keys.iter().filter(fits).peekable();
    if known.peek().is_none() {
        return Err(Fault::UnknownKey);
    }
    if !known.any(|key| key.has_signed(&header.alg, signed.as_bytes(), &signature)) {
        return Err(Fault::Wrong("wrong signature"));
    }
    let claims: Claims = part(claims).ok_or(unreadable)?;
    checked(claims, expected).map_err(Fault::Wrong)
}

fn part<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

pub(super) fn checked(claims: Claims, expected: &Expected<'_>) -> Result<Claims, &'static str> {
    if claims.iss != expected.issuer {
        return Err("another issuer");
    }
    let many = match &claims.aud {
        Some(OneOrMany::One(one)) => std::slice::from_ref(one),
        Some(OneOrMany::Many(many)) => many,
        None => &[],
    };
    if !many.iter().any(|one| one == expected.client) {
        return Err("another audience");
    }
    let party = claims.azp.as_deref();
    if party.is_some_and(|party| party != expected.client) || (many.len() > 1 && party.is_none()) {
        return Err("another party");
    }
    let now = whole(expected.now);
    let leeway = whole(LEEWAY);
    if claims.exp.is_none_or(|exp| exp + leeway <= now) {
        return Err("expired token");
    }
    if claims.iat.is_none_or(|iat| iat - leeway > now)
        || claims.nbf.is_some_and(|nbf| nbf - leeway > now)
    {
        return Err("a token of the future");
    }
    if claims.nonce.as_deref() != Some(expected.nonce) {
        return Err("another nonce");
    }
    if claims.sub.is_empty() || claims.sub.len() > 255 {
        return Err("no subject");
    }
    Ok(claims)
}

/// Seconds as JSON numbers are read.
#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^53")]
const fn whole(seconds: i64) -> f64 {
    seconds as f64
}

impl Jwk {
    fn has_signed(&self, algorithm: &str, message: &[u8], signature: &[u8]) -> bool {
        match (algorithm, self.kty.as_str(), self.crv.as_deref()) {
            ("RS256", "RSA", _) => {
                self.rsa_has_signed(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
            ("PS256", "RSA", _) => {
                self.rsa_has_signed(&RSA_PSS_2048_8192_SHA256, message, signature)
            }
            ("ES256", "EC", Some("P-256")) => {
                let (Some(x), Some(y)) = (decoded(self.x.as_ref()), decoded(self.y.as_ref()))
                else {
                    return false;
                };
                let point = [&[4], x.as_slice(), &y].concat();
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
                key.verify(message, signature).is_ok()
            }
            ("EdDSA", "OKP", Some("Ed25519")) => decoded(self.x.as_ref()).is_some_and(|x| {
                UnparsedPublicKey::new(&ED25519, x).verify(message, signature).is_ok()
            }),
            _ => false,
        }
    }

    fn rsa_has_signed(&self, kind: &RsaParameters, message: &[u8], signature: &[u8]) -> bool {
        let (Some(n), Some(e)) = (decoded(self.n.as_ref()), decoded(self.e.as_ref())) else {
            return false;
        };
        RsaPublicKeyComponents { n, e }.verify(kind, message, signature).is_ok()
    }
}

fn decoded(text: Option<&String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text?).ok()
}

//! Webhooks: signed as the open specification "Standard Webhooks" has it, so that receivers find a library for it.
//!
//! The signature covers id, moment and body. The id stays the same in every try, since a receiver may get an alert
//! twice: when it took it and its answer was lost.

use base::Instant;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;

use super::kept::Sending;
use crate::clock::{DAY, MINUTE};
use crate::view::NOTICE;

/// After so long an alert is not tried again, and its subscription stops.
pub(super) const GIVEN_UP: i64 = DAY;
/// Minutes until the next try, by the number of tries; the last one from then on.
const PAUSES: [i64; 8] = [1, 2, 5, 15, 30, 60, 120, 240];

/// The pause after so many tries that have failed, in microseconds.
pub(super) fn pause(tries: i64) -> i64 {
    let at = usize::try_from(tries.max(1) - 1).unwrap_or(usize::MAX);
    PAUSES.get(at).or(PAUSES.last()).copied().unwrap_or(60) * MINUTE
}

/// A secret as its owner copies it.
pub(super) fn shown(secret: &[u8; 32]) -> String {
    format!("whsec_{}", STANDARD.encode(secret))
}

/// The headers of a try.
pub(super) fn headers(
    secret: &[u8; 32],
    id: Uuid,
    now: Instant,
    body: &str,
) -> [(&'static str, String); 3] {
    let seconds = now.as_micros().div_euclid(1_000_000);
    let id = format!("msg_{}", id.simple());
    let signed = format!("{id}.{seconds}.{body}");
    // HMAC takes keys of every length
    let mac = Hmac::<Sha256>::new_from_slice(secret).map(|mut mac| {
        mac.update(signed.as_bytes());
        STANDARD.encode(mac.finalize().into_bytes())
    });
    let signature = format!("v1,{}", mac.unwrap_or_default());
    [
        ("webhook-id", id),
        ("webhook-timestamp", seconds.to_string()),
        ("webhook-signature", signature),
    ]
}

/// What is sent.
pub(super) fn body(sending: &Sending, base: &str) -> Value {
    let lines = sending.body.lines.iter();
    let event = if sending.body.lines.is_empty() { "capacity.test" } else { "capacity.alert" };
    let lines: Vec<Value> = lines
        .map(|line| {
            let turn = &line.turn;
            json!({
                "text": line.text,
                "center_id": (!turn.center.is_empty()).then_some(&turn.center),
                "was": turn.was, "is": turn.is, "since": turn.since.to_string(),
            })
        })
        .collect();
    json!({
        "type": event,
        "timestamp": sending.written_at.to_string(),
        "data": {
            "alert_id": sending.id, "subscription_id": sending.subscription,
            "name": sending.body.name, "area": sending.body.place, "changes": lines,
            "notice": NOTICE, "map": format!("{base}/capacity"),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_one_of_the_specification() {
        // worked out with Python's hmac, hashlib and base64 modules
        let secret = [7; 32];
        let id = Uuid::from_u128(1);
        let now = Instant::from_micros(1_763_805_600_000_000);

        let headers = headers(&secret, id, now, r#"{"a":1}"#);

        assert_eq!(headers[0].1, "msg_00000000000000000000000000000001");
        assert_eq!(headers[1].1, "1763805600");
        assert_eq!(headers[2].1, "v1,J/TbgowieOM+gum2bXP93DQZWjrskLdyXRy70Lik7BY=");
        assert_eq!(shown(&secret), "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=");
    }

    #[test]
    fn a_receiver_is_tried_less_and_less_often_for_a_day() {
        let pauses: Vec<i64> = (1..12).map(|tries| pause(tries) / MINUTE).collect();

        assert!(pauses.is_sorted());
        assert_eq!((pauses[0], pauses[10]), (1, 240));
        let mut tries = 0;
        let mut waited = 0;
        while waited < GIVEN_UP {
            tries += 1;
            waited += pause(tries);
        }
        assert!((8..20).contains(&tries), "{tries}");
    }
}

//! What comes from outside without a password, read as bytes: entry points of the fuzz targets, and the same with
//! arbitrary bytes in ordinary tests. No database, no clock.

pub use super::oidc::readers::token;
pub use super::passkey::readers::passkey;

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::{passkey, token};

    /// Bytes of CBOR: heads of every kind with short arguments, more often than chance has them.
    fn nearly_cbor() -> impl Strategy<Value = Vec<u8>> {
        let head = (0_u8..8, 0_u8..28).prop_map(|(kind, argument)| kind << 5 | argument);
        vec(prop_oneof![head, any::<u8>()], 0..300)
    }

    fn nearly_token() -> impl Strategy<Value = String> {
        let keys = prop_oneof![
            any::<String>(),
            Just("{\"keys\":[]}".to_owned()),
            "[A-Za-z0-9_-]{0,90}".prop_map(|x| format!(
                "{{\"keys\":[{{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"{x}\"}},{{\"kty\":\"RSA\",\"n\":\"{x}\",\
                 \"e\":\"AQAB\"}},{{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"{x}\",\"y\":\"{x}\"}}]}}"
            )),
        ];
        let algorithm =
            prop_oneof![Just("RS256"), Just("PS256"), Just("ES256"), Just("EdDSA"), Just("none")];
        let header = algorithm.prop_map(|name| format!("{{\"alg\":\"{name}\"}}"));
        (keys, header, any::<String>(), vec(any::<u8>(), 0..80)).prop_map(
            |(keys, header, claims, signature)| {
                use base64::Engine as _;
                let text =
                    |bytes: &[u8]| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
                let (header, claims) = (text(header.as_bytes()), text(claims.as_bytes()));
                format!("{keys}\n{header}.{claims}.{}", text(&signature))
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

        #[test]
        fn no_bytes_of_an_authenticator_make_the_reader_panic(bytes in vec(any::<u8>(), 0..2000)) {
            passkey(&bytes);
        }

        #[test]
        fn no_cbor_makes_the_reader_panic(bytes in nearly_cbor()) {
            passkey(&bytes);
        }

        #[test]
        fn no_bytes_of_a_sign_in_service_make_the_reader_panic(bytes in vec(any::<u8>(), 0..2000)) {
            token(&bytes);
        }

        #[test]
        fn no_token_makes_the_reader_panic(text in nearly_token()) {
            token(text.as_bytes());
        }
    }

    #[test]
    fn nesting_lengths_and_counts_that_lie_are_refused_early() {
        for bytes in [
            [0x81; 4000].to_vec(),
            vec![0xa1; 4000],
            // an array, a map, bytes and text of 2^64 - 1 parts
            [&[0x9b][..], &[0xff; 8]].concat(),
            [&[0xbb][..], &[0xff; 8]].concat(),
            [&[0x5b][..], &[0xff; 8]].concat(),
            [&[0x7b][..], &[0xff; 8]].concat(),
            // -1 - (2^64 - 1)
            [&[0x3b][..], &[0xff; 8]].concat(),
        ] {
            assert!(!passkey(&bytes));
        }
        assert!(passkey(&[0x40, 0x20, 0x20]), "what can be read is read");
    }
}

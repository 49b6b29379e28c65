//! Public keys of authenticators, as COSE writes them (RFC 9052, RFC 9053, RFC 8230).

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};

use super::cbor::Value;

/// Kinds of keys that are taken, as numbers of the IANA registry of COSE algorithms, best first.
pub(super) const ALGORITHMS: [i64; 3] = [ES256, EDDSA, RS256];
const ES256: i64 = -7;
const EDDSA: i64 = -8;
const RS256: i64 = -257;

/// A public key of a kind that is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PublicKey {
    /// The point on P-256, uncompressed.
    Es256(Vec<u8>),
    Ed25519(Vec<u8>),
    Rs256 {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
}

impl PublicKey {
    /// Reads a COSE_Key.
    pub(super) fn of(cose: &Value) -> Option<Self> {
        let int = |key| cose.at(key).and_then(Value::int);
        let bytes = |key, long: usize| {
            cose.at(key).and_then(Value::bytes).filter(|bytes| bytes.len() == long)
        };
        // 1: kind of key, 3: algorithm, -1: curve or modulus, -2: x or exponent, -3: y
        match (int(1)?, int(3)?) {
            (2, ES256) if int(-1) == Some(1) => {
                let (x, y) = (bytes(-2, 32)?, bytes(-3, 32)?);
                Some(Self::Es256([&[4], x, y].concat()))
            }
            (1, EDDSA) if int(-1) == Some(6) => Some(Self::Ed25519(bytes(-2, 32)?.to_vec())),
            (3, RS256) => {
                let modulus = cose.at(-1)?.bytes()?;
                let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
                let modulus = modulus.get(zeros..)?.to_vec();
                let exponent = cose.at(-2)?.bytes()?.to_vec();
                // what the verification takes: 2048 to 8192 bits
                (256..=1024).contains(&modulus.len()).then_some(Self::Rs256 { modulus, exponent })
            }
            _ => None,
        }
    }

    /// The number of its algorithm.
    pub(super) const fn algorithm(&self) -> i64 {
        match self {
            Self::Es256(_) => ES256,
            Self::Ed25519(_) => EDDSA,
            Self::Rs256 { .. } => RS256,
        }
    }

    /// Whether the key has signed this.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Es256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
                .verify(message, signature)
                .is_ok(),
            Self::Ed25519(key) => {
                UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok()
            }
            Self::Rs256 { modulus, exponent } => RsaPublicKeyComponents { n: modulus, e: exponent }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .is_ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<char> = hex.chars().collect();
        digits
            .chunks(2)
            .map(|two| u8::from_str_radix(&String::from_iter(two), 16).unwrap())
            .collect()
    }

    fn rsa(modulus: &[u8]) -> Option<PublicKey> {
        let (int, bytes) = (Value::Int, |bytes: &[u8]| Value::Bytes(bytes.to_vec()));
        PublicKey::of(&Value::Map(vec![
            (int(1), int(3)),
            (int(3), int(-257)),
            (int(-1), bytes(modulus)),
            (int(-2), bytes(&[1, 0, 1])),
        ]))
    }

    #[test]
    fn an_rsa_key_knows_what_it_has_signed() {
        // made by OpenSSL 3: `openssl dgst -sha256 -sign`
        let modulus = bytes(
            "eb45a6da38a3214cef1589e3372557f448d91d6914a2ac15a2bc1f2ff5161048f57eca577b1563a28b0baa04d34b1016\
             cbcf5b1095688427f8a88bbdc7119631d69f1064c393087db7fb22045687d58e5d9812ccc6111c1ba97c7f6cc42916c1\
             a0bca81862b4b957ccfb5350340ee0cf9aaaca9a83e4aa0733c22ce8bb684b838186d218debbc96ced1baeb2c03316d2\
             6d42ac72f2ee33d972a540033fcc9adbf3a72c5fd893ddebfe8d3e9fc01cd4c4b59203d900c5f18d3797cf969fe19fec\
             f6bb7294c5940c08b6f9f4b5ab482ed5a80bd7adb16ecf1fcc429af9e41b904828c9dbf597563a823640640bc6ad278c\
             9c0085defd0d949059103a1244e65135",
        );
        let signature = bytes(
            "564b3079b71ccb618ff5f6223f3a2796d49d9afbe90dd988b38de9cdc9b1e3dd5da6788a5a2369fc01b50534355a3e4b\
             f84fc0e0a1a629a11a7efd34b804d31b25b952809157680ba75491e62cec493512a6b090527ca686bcc14ff46faa24a8\
             57e5fdc326d096c24597c8799a1075d687becd5c79e8b106648e575ce512216d90a9e3ed2403f7592a6702383139cc7d\
             b748ecbf9cc379381ea48603b6e2bb2798a15722e92ac562eed90eedcde2f7c8f27dff4c7a61a207611f2025340a04a8\
             02056d19ab456c0873e06d36016e4cd7cda4dbe0d63ec77988e7d1e73e968950b4adc0fb48601581a74760f71fdd094f\
             5a1fa935b65c89d292158f98b99d3ec7",
        );

        for modulus in [modulus.clone(), [&[0], modulus.as_slice()].concat()] {
            let key = rsa(&modulus).unwrap();
            assert_eq!(key.algorithm(), -257);
            assert!(key.has_signed(b"what was signed", &signature));
            assert!(!key.has_signed(b"what was not signed", &signature));
        }
        assert_eq!(rsa(&modulus[..128]), None, "1024 bits are too few");
    }

    #[test]
    fn keys_of_other_kinds_curves_and_lengths_are_not_taken() {
        let (int, bytes) = (Value::Int, |long: usize| Value::Bytes(vec![7; long]));
        let key = |kind, algorithm, curve, x: Value| {
            PublicKey::of(&Value::Map(vec![
                (int(1), int(kind)),
                (int(3), int(algorithm)),
                (int(-1), int(curve)),
                (int(-2), x),
                (int(-3), bytes(32)),
            ]))
        };

        assert!(key(2, -7, 1, bytes(32)).is_some() && key(1, -8, 6, bytes(32)).is_some());
        for wrong in [
            key(2, -7, 2, bytes(32)),
            key(2, -7, 1, bytes(33)),
            key(2, -7, 1, int(1)),
            key(1, -7, 1, bytes(32)),
            key(2, -35, 1, bytes(32)),
            key(1, -8, 7, bytes(32)),
            key(1, -8, 6, bytes(31)),
        ] {
            assert_eq!(wrong, None);
        }
    }
}

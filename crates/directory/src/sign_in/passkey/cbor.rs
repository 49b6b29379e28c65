//! As much of CBOR (RFC 8949) as authenticators write: definite lengths, no tags, no floats.

/// Deepest nesting; CTAP2 allows four levels.
const DEEPEST: u8 = 6;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Int(i64),
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Value>),
    Map(Vec<(Value, Value)>),
    /// true, false, null or undefined.
    Simple(u8),
}

impl Value {
    /// What stands in a map under a number.
    pub(super) fn at(&self, key: i64) -> Option<&Self> {
        self.entry(|name| *name == Self::Int(key))
    }

    /// What stands in a map under a name.
    pub(super) fn named(&self, key: &str) -> Option<&Self> {
        self.entry(|name| matches!(name, Self::Text(text) if text == key))
    }

    fn entry(&self, is: impl Fn(&Self) -> bool) -> Option<&Self> {
        let Self::Map(entries) = self else { return None };
        entries.iter().find(|(name, _)| is(name)).map(|(_, value)| value)
    }

    pub(super) fn int(&self) -> Option<i64> {
        if let Self::Int(value) = self { Some(*value) } else { None }
    }

    pub(super) fn bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(value) = self { Some(value) } else { None }
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Self::Text(value) = self { Some(value) } else { None }
    }
}

/// Reads one value; gives it with what follows. `None` when it is cut off or of another kind.
pub(super) fn read(bytes: &[u8]) -> Option<(Value, &[u8])> {
    value(bytes, DEEPEST)
}

fn value(bytes: &[u8], depth: u8) -> Option<(Value, &[u8])> {
    let depth = depth.checked_sub(1)?;
    let (&first, rest) = bytes.split_first()?;
    if first >> 5 == 7 {
        return matches!(first, 0xf4..=0xf7).then_some((Value::Simple(first & 0x1f), rest));
    }
    let (count, rest) = argument(first & 0x1f, rest)?;
    match first >> 5 {
        0 => Some((Value::Int(i64::try_from(count).ok()?), rest)),
        1 => Some((Value::Int(-1 - i64::try_from(count).ok()?), rest)),
        2 => {
            let (taken, rest) = rest.split_at_checked(usize::try_from(count).ok()?)?;
            Some((Value::Bytes(taken.to_vec()), rest))
        }
        3 => {
            let (taken, rest) = rest.split_at_checked(usize::try_from(count).ok()?)?;
            Some((Value::Text(std::str::from_utf8(taken).ok()?.to_owned()), rest))
        }
        4 => {
            let (mut items, mut rest) = (Vec::new(), rest);
            for _ in 0..count {
                let (item, after) = value(rest, depth)?;
                items.push(item);
                rest = after;
            }
            Some((Value::Array(items), rest))
        }
        5 => {
            let (mut entries, mut rest): (Vec<(Value, Value)>, _) = (Vec::new(), rest);
            for _ in 0..count {
                let (name, after) = value(rest, depth)?;
                let (item, after) = value(after, depth)?;
                // a name that stands there twice could be read as either
                if entries.iter().any(|(other, _)| *other == name) {
                    return None;
                }
                entries.push((name, item));
                rest = after;
            }
            Some((Value::Map(entries), rest))
        }
        _ => None,
    }
}

fn argument(short: u8, rest: &[u8]) -> Option<(u64, &[u8])> {
    let wide = match short {
        0..=23 => return Some((u64::from(short), rest)),
        24 => 1,
        25 => 2,
        26 => 4,
        27 => 8,
        _ => return None,
    };
    let (digits, rest) = rest.split_at_checked(wide)?;
    Some((digits.iter().fold(0, |sum, digit| sum << 8 | u64::from(*digit)), rest))
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

    #[test]
    fn examples_of_the_standard_are_read() {
        // RFC 8949, appendix A
        let int = Value::Int;
        for (hex, wanted) in [
            ("00", int(0)),
            ("1818", int(24)),
            ("1903e8", int(1000)),
            ("1b000000e8d4a51000", int(1_000_000_000_000)),
            ("20", int(-1)),
            ("3903e7", int(-1000)),
            ("4401020304", Value::Bytes(vec![1, 2, 3, 4])),
            ("62c3bc", Value::Text("ü".to_owned())),
            ("83010203", Value::Array(vec![int(1), int(2), int(3)])),
            ("a201020304", Value::Map(vec![(int(1), int(2)), (int(3), int(4))])),
            ("f5", Value::Simple(21)),
        ] {
            assert_eq!(read(&bytes(hex)), Some((wanted, &[][..])), "{hex}");
        }
        assert_eq!(read(&bytes("0001")), Some((int(0), &[1][..])), "what follows is given back");
    }

    #[test]
    fn what_is_cut_off_too_deep_or_of_another_kind_is_not_read() {
        let whole = bytes("a26161446162636463666f6f83010203");
        assert!(read(&whole).is_some());
        for end in 0..whole.len() {
            assert_eq!(read(&whole[..end]), None, "cut at {end}");
        }
        for wrong in [
            "5f42010243030405ff", // indefinite length
            "c11a514b67b0",       // tag
            "f97e00",             // float
            "1bffffffffffffffff", // beyond 63 bits
            "a201020103",         // the same name twice
            "62c328",             // not UTF-8
            "9bffffffffffffffff", // more items than there are bytes
            "818181818181818101", // deep
        ] {
            assert_eq!(read(&bytes(wrong)), None, "{wrong}");
        }
    }
}

//! From typed text to values and back.
//!
//! The canonical text of a value is what is stored, hashed and compared: ISO dates, decimals with the
//! digits that were typed, codes by their code.

use std::fmt::Write as _;

use rust_decimal::Decimal;

use crate::{CodeList, Dictionary, Field, Kind, Moment, Pattern, Value};

/// Reads digits, a sign and one point; nothing else: no comma, no exponent, no blanks, and no more
/// than 18 digits.
///
/// `None` for everything else: a comma may be a decimal mark or a thousands mark, and is not guessed.
pub(crate) fn decimal(text: &str) -> Option<Decimal> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] | rest => (false, rest),
    };
    let mut mantissa: i64 = 0;
    let mut scale: Option<u32> = None;
    let mut count = 0;
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                count += 1;
                if count > 18 {
                    return None;
                }
                mantissa = mantissa * 10 + i64::from(byte - b'0');
                scale = scale.map(|scale| scale + 1);
            }
            b'.' if scale.is_none() && count > 0 => scale = Some(0),
            _ => return None,
        }
    }
    if count == 0 || scale == Some(0) {
        return None;
    }
    Some(Decimal::new(if negative { -mantissa } else { mantissa }, scale.unwrap_or(0)))
}

/// Appends a decimal as `Display` shows it; numbers of ordinary size without its detours.
fn write_decimal(number: &Decimal, out: &mut String) {
    let scale = usize::try_from(number.scale()).unwrap_or(usize::MAX);
    let Ok(mut rest) = u64::try_from(number.mantissa().unsigned_abs()) else {
        let _ = write!(out, "{number}");
        return;
    };
    // the digits from the last to the first, with a point before the last `scale` of them
    let mut digits = [0_u8; 32];
    let mut places = digits.iter_mut().rev();
    let mut count = 0;
    while rest > 0 || count <= scale {
        if count == scale && scale > 0 {
            let Some(place) = places.next() else { break };
            *place = b'.';
        }
        let Some(place) = places.next() else { break };
        *place = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        count += 1;
    }
    if rest > 0 || count <= scale {
        let _ = write!(out, "{number}");
        return;
    }
    if number.is_sign_negative() {
        out.push('-');
    }
    let free = places.len();
    out.extend(digits.iter().skip(free).map(|digit| char::from(*digit)));
}

/// Whether a text can be kept: no control characters but line feed and tab.
pub(crate) fn is_keepable(text: &str) -> bool {
    !text.chars().any(|c| (c.is_control() && c != '\n' && c != '\t') || c == '\u{feff}')
}

impl Pattern {
    /// Whether a code outside the list looks right.
    pub fn takes(self, code: &str) -> bool {
        let bytes = code.as_bytes();
        match self {
            Self::Any => !code.is_empty() && code.len() <= 60,
            Self::Icd10 => is_icd10(bytes) || is_icd9(code),
            Self::Cpt => bytes.len() == 5 && bytes.iter().all(u8::is_ascii_alphanumeric),
        }
    }
}

/// A letter, a digit, a digit or letter; after a dot one to four more.
fn is_icd10(code: &[u8]) -> bool {
    let [letter, a, b, rest @ ..] = code else { return false };
    let shaped = letter.is_ascii_uppercase()
        && a.is_ascii_digit()
        && (b.is_ascii_digit() || b.is_ascii_uppercase());
    let tail = match rest {
        [] => true,
        [b'.', more @ ..] => {
            (1..=4).contains(&more.len())
                && more.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        }
        _ => false,
    };
    shaped && tail
}

/// ICD-9 of old records: three digits, E and three, or V and two; after a dot up to two more.
fn is_icd9(code: &str) -> bool {
    let (length, number) = match (code.strip_prefix('E'), code.strip_prefix('V')) {
        (Some(number), _) => (3, number),
        (_, Some(number)) => (2, number),
        _ => (3, code),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    whole.len() == length
        && (1..=2).contains(&part.len())
        && whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit())
}

impl Dictionary {
    /// Reads the canonical text of a field: ISO dates, codes by code, several codes separated by
    /// commas, yes/no as `yes`/`no`, `true`/`false` or `1`/`0`.
    ///
    /// Text that cannot be read comes back as `Value::Unread`; validation says why. An empty text is
    /// a missing value.
    pub fn read(&self, field: &Field, text: &str) -> Value {
        let text = text.trim();
        if text.is_empty() {
            return Value::Missing;
        }
        let read = match field.kind {
            Kind::Text => is_keepable(text).then(|| Value::Text(text.into())),
            Kind::Integer | Kind::Decimal => decimal(text).map(Value::Number),
            Kind::Date => Moment::parse_iso(text)
                .filter(|moment| moment.minute_of_day().is_none())
                .map(Value::Moment),
            Kind::DateTime => Moment::parse_iso(text).map(Value::Moment),
            Kind::Boolean => yes_no(text).map(Value::Bool),
            Kind::Code => field.list.and_then(|list| read_code(self.list(list), text)),
            Kind::Codes => field.list.and_then(|list| read_codes(self.list(list), text.split(','))),
            Kind::Group | Kind::Block | Kind::Record => None,
        };
        read.unwrap_or_else(|| Value::Unread(text.into()))
    }

    /// The canonical text of a value, appended to `out`; nothing for a missing one.
    pub fn write(&self, field: &Field, value: &Value, out: &mut String) {
        let list = field.list.map(|list| self.list(list));
        let code =
            |place: u16| list.and_then(|list| list.code(place)).map_or("", |code| &code.code);
        match value {
            Value::Missing => {}
            Value::Bool(yes) => out.push_str(if *yes { "yes" } else { "no" }),
            Value::Number(number) => write_decimal(number, out),
            Value::Moment(moment) => moment.write(out),
            Value::Text(text) | Value::Unread(text) => out.push_str(text),
            Value::Code(place) => out.push_str(code(*place)),
            Value::Codes(places) => {
                for (index, place) in places.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    out.push_str(code(*place));
                }
            }
        }
    }

    /// The canonical text of a value; empty for a missing one.
    pub fn text(&self, field: &Field, value: &Value) -> String {
        let mut out = String::new();
        self.write(field, value, &mut out);
        out
    }

    /// The value for a reader: codes by their meaning, yes and no, units left out.
    pub fn words(&self, field: &Field, value: &Value) -> String {
        let label = |place: u16| {
            field
                .list
                .and_then(|list| self.list(list).code(place))
                .map_or(String::new(), |code| code.label.clone())
        };
        match value {
            Value::Code(place) => label(*place),
            Value::Codes(places) => {
                places.iter().map(|place| label(*place)).collect::<Vec<_>>().join(", ")
            }
            _ => self.text(field, value),
        }
    }
}

fn yes_no(text: &str) -> Option<bool> {
    match text {
        "1" | "yes" | "true" | "Yes" | "YES" => Some(true),
        "0" | "no" | "false" | "No" | "NO" => Some(false),
        _ => None,
    }
}

fn read_code(list: &CodeList, text: &str) -> Option<Value> {
    if let Some(place) = list.find(text) {
        return Some(Value::Code(place));
    }
    list.open
        .filter(|pattern| pattern.takes(text) && is_keepable(text))
        .map(|_| Value::Text(text.into()))
}

/// Several codes; `None` when one of them is not in the list.
pub(crate) fn read_codes<'a>(
    list: &CodeList,
    texts: impl Iterator<Item = &'a str>,
) -> Option<Value> {
    let mut places = texts.map(|text| list.find(text.trim())).collect::<Option<Vec<u16>>>()?;
    places.sort_unstable();
    places.dedup();
    Some(Value::Codes(places.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_the_digits_that_were_typed() {
        for text in ["7.40", "0", "40", "-0.5", "0.0001", "123456789012345678"] {
            assert_eq!(decimal(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn decimals_are_written_as_they_are_shown() {
        let mantissas = [0_i128, 1, 7, 10, 99, 100, 12_345, 600_000, i128::from(u64::MAX)];
        for mantissa in mantissas.into_iter().chain([1 << 64, (1 << 90) + 7]) {
            for scale in 0..=28 {
                for sign in [1, -1] {
                    let number = Decimal::from_i128_with_scale(sign * mantissa, scale);
                    let mut text = String::new();

                    write_decimal(&number, &mut text);

                    assert_eq!(text, number.to_string());
                }
            }
        }
        let mut none_below = String::new();
        write_decimal(&-Decimal::new(0, 1), &mut none_below);
        assert_eq!(none_below, (-Decimal::new(0, 1)).to_string());
    }

    #[test]
    fn texts_that_need_guessing_are_not_numbers() {
        for text in [
            "7,40", "1e3", "", ".", "7.", ".5", "1 000", "1'000", "--1", "0x1", "NaN", "١", "1.2.3",
        ] {
            assert_eq!(decimal(text), None, "{text:?}");
        }
    }

    #[test]
    fn old_and_new_diagnosis_codes_look_right_and_words_do_not() {
        for code in [
            "I47.2", "J96.01", "Q79.0", "O99.4", "U07.1", "C7A.1", "428.0", "E870.1", "V45.81",
            "A00",
        ] {
            assert!(Pattern::Icd10.takes(code), "{code}");
        }
        for code in
            ["", "I472", "i47.2", "sepsis", "I47.", "I47.23456", "4", "42", "1.2.3", "I47.x"]
        {
            assert!(!Pattern::Icd10.takes(code), "{code}");
        }
    }
}

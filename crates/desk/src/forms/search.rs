//! Codes by typing: by code, by meaning, or by words of one.

use dictionary::CodeList;

/// Most codes that are offered when a text fits several.
const CHOICES: usize = 12;

/// A code as a search shows it: by its meaning, with the code itself where that says something.
pub(crate) fn named(list: &CodeList, place: u16) -> String {
    let Some(code) = list.code(place) else { return String::new() };
    let speaks = code.code.bytes().any(|byte| byte.is_ascii_digit());
    let twice = || list.codes.iter().filter(|other| other.label == code.label).count() > 1;
    if speaks || twice() { format!("{} ({})", code.label, code.code) } else { code.label.clone() }
}

/// What a text means in a list.
pub(super) enum Found {
    None,
    One(u16),
    Several(Vec<u16>),
}

/// The code that a text means: a code, a meaning, both, or words of one meaning.
pub(super) fn found(list: &CodeList, text: &str) -> Found {
    if text.is_empty() {
        return Found::None;
    }
    if let Some(place) = list.find(text) {
        return Found::One(place);
    }
    let wanted = text.to_lowercase();
    let places = || {
        list.codes.iter().enumerate().filter_map(|(at, code)| Some((u16::try_from(at).ok()?, code)))
    };
    let named_so: Vec<u16> = places()
        .filter(|(place, code)| {
            code.label.to_lowercase() == wanted || named(list, *place).to_lowercase() == wanted
        })
        .map(|(place, _)| place)
        .collect();
    if let [place] = named_so.as_slice() {
        return Found::One(*place);
    }
    // what looks like a code of an open list is one, and not a word of a meaning
    let open = list.open.is_some_and(|pattern| pattern.takes(text));
    if open && text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Found::None;
    }
    match fitting(list, text).as_slice() {
        [] => Found::None,
        [place] => Found::One(*place),
        several => Found::Several(several.to_vec()),
    }
}

/// The codes whose meaning has all words of a text, as beginnings.
pub(super) fn fitting(list: &CodeList, text: &str) -> Vec<u16> {
    let wanted: Vec<String> = words(text).collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let fits = |label: &str| {
        let own: Vec<String> = words(label).collect();
        wanted.iter().all(|word| own.iter().any(|own| own.starts_with(word.as_str())))
    };
    let places = list.codes.iter().enumerate().filter(|(_, code)| fits(&code.label));
    places.filter_map(|(at, _)| u16::try_from(at).ok()).take(CHOICES).collect()
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

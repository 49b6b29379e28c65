//! English names of countries.

use super::shapes;

/// The English name of an ISO 3166-1 alpha-2 code, or of `XK`.
pub fn country_name(code: &str) -> Option<&'static str> {
    let shape = shapes::find(code)?;
    (!shape.name.is_empty()).then_some(shape.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_names() {
        assert_eq!(country_name("DE"), Some("Germany"));
        assert_eq!(country_name("-1"), None);
        assert_eq!(country_name("ZZ"), None);
    }
}

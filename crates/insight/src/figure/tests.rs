use dictionary::Dictionary;

use super::*;
use crate::Shape;

fn catalog() -> Catalog {
    let dictionary = std::sync::Arc::new(Dictionary::embedded().unwrap());
    Catalog::new(&Shape::of(&dictionary), dictionary).unwrap()
}

#[test]
fn every_shipped_figure_asks_what_can_be_asked_and_draws_what_can_be_drawn() {
    let book = Book::registry(&catalog()).unwrap_or_else(|error| panic!("{error}"));

    assert!(book.figures.len() >= 20, "{}", book.figures.len());
    for section in &book.sections {
        assert!(book.of(&section.key).next().is_some(), "section {} is empty", section.key);
    }
}

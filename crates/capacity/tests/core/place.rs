//! Where a center is: checked by the directory, on which the nearest one depends.

use crate::common::at;

#[test]
fn at_32_swapped_coordinates_are_refused_with_the_hint() {
    let details = directory::centers::Details {
        name: "Example".to_owned(),
        country: "SE".to_owned(),
        position: Some(directory::centers::Position {
            lat: 18.03,
            lon: 59.35,
            quality: directory::centers::PositionQuality::Site,
        }),
        ..Default::default()
    };

    let found = directory::centers::check(&details, at("12:00:00"));

    let position = found.iter().find(|it| it.field == "position").unwrap();
    assert!(position.text.contains("may be swapped"), "{}", position.text);
}

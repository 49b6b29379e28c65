//! Years and months of days.

/// The year (proleptic Gregorian) of a day since 1970-01-01. Days beyond the 32-bit range give the nearest year.
pub(crate) fn year(day: i64) -> i32 {
    date(day).0
}

/// Twelve times the year, and the months of it that are over.
pub(crate) fn month(day: i64) -> i32 {
    let (year, month) = date(day);
    year.saturating_mul(12).saturating_add(month)
}

/// Year and month, from 0.
fn date(day: i64) -> (i32, i32) {
    // counted from 1 March 2000: leap days then end each four, hundred and four hundred years
    const DAYS_400: i64 = 146_097;
    let day = day.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) - 11_017;
    let (eras, rest) = (day.div_euclid(DAYS_400), day.rem_euclid(DAYS_400));
    let centuries = (rest / 36_524).min(3);
    let rest = rest - centuries * 36_524;
    let fours = rest / 1_461;
    let rest = rest - fours * 1_461;
    let ones = (rest / 365).min(3);
    let in_year = rest - ones * 365;
    // the years from March to February: January and February belong to the next
    let next = i64::from(in_year >= 306);
    let year = 2000 + eras * 400 + centuries * 100 + fours * 4 + ones + next;
    // months from March on: 31, 30, 31, 30, 31 days, and again
    let since_march = (5 * in_year + 2) / 153;
    let month = (since_march + 2) % 12;
    (i32::try_from(year).unwrap_or(i32::MAX), i32::try_from(month).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::{month, year};

    #[test]
    fn months_begin_on_their_first_day() {
        let mut day = 0;
        for year in 1970..2800 {
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            for (at, length) in (0..).zip(lengths) {
                let expected = year * 12 + at;
                assert_eq!((month(day), month(day + length - 1)), (expected, expected));
                day += length;
            }
        }
        assert_eq!(
            (month(-1), month(-31), month(-32)),
            (1969 * 12 + 11, 1969 * 12 + 11, 1969 * 12 + 10)
        );
    }

    #[test]
    fn years_begin_on_the_first_of_january() {
        let mut day = 0;
        for expected in 1970..2800 {
            let leap = expected % 4 == 0 && (expected % 100 != 0 || expected % 400 == 0);
            let days = if leap { 366 } else { 365 };
            assert_eq!((year(day), year(day + days - 1)), (expected, expected));
            day += days;
        }
        assert_eq!((year(-1), year(-365), year(-366)), (1969, 1969, 1968));
        assert_eq!(year(-719_528), 0);
        assert_eq!((year(i64::MIN), year(i64::MAX)), (-5_877_641, 5_881_580));
    }
}

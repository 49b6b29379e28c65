//! Intervals, rates, quantiles and survival curves, from exact counts.

//! Tests of the shipped dictionary and of what is made from it.

#[cfg(test)]
mod common;
#[cfg(test)]
mod diff;
#[cfg(test)]
mod exports;
#[cfg(test)]
mod findings;
#[cfg(test)]
mod load;
#[cfg(test)]
mod random;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod schema;
mod translations;

//! Charts as SVG from the server: a title, a description and a data table with each.

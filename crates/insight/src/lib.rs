//! Questions about submitted runs: one query value, one way to answer it, and what may be shown of the answer.

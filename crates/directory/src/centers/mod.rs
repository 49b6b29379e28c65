//! Centers: what the public sees of them, who may change it, and what waits for confirmation.

//! The comparison, on both sides made up.

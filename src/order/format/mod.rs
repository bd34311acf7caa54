//! Readers of external formats: each turns the text of one raw order into an
//! [`Order`](super::Order). One folder per format.

pub mod orderid;

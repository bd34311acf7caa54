#![no_main]

#[path = "../properties/orders.rs"]
mod orders;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| orders::hold(bytes));

#![no_main]

#[path = "../properties/xmlrpc.rs"]
mod xmlrpc;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| xmlrpc::hold(bytes));

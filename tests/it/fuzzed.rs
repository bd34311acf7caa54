//! The corpus of `tests/fuzz`, by the same properties: what fuzzing starts from, and what it
//! once found.

use std::fs;
use std::path::Path;

#[path = "../fuzz/properties/orders.rs"]
mod orders;
#[path = "../fuzz/properties/rows.rs"]
mod rows;
#[path = "../fuzz/properties/xmlrpc.rs"]
mod xmlrpc;

/// The files of these folders of `tests`, with their names; no folder may be empty.
fn files(folders: &[&str]) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for folder in folders {
        let before = found.len();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
        for entry in fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())) {
            let file = entry.unwrap().path();
            // What a fuzzer adds by itself has no extension.
            if file.extension().is_some() {
                found.push((file.display().to_string(), fs::read(&file).unwrap()));
            }
        }
        assert!(found.len() > before, "{folder} is empty");
    }
    found
}

#[test]
fn answers_and_calls() {
    for (name, bytes) in files(&["fuzz/corpus/xmlrpc", "fuzz/corpus/rows", "benches/recorded"]) {
        println!("{name}");
        xmlrpc::hold(&bytes);
    }
}

#[test]
fn rows_of_records() {
    for (name, bytes) in files(&["fuzz/corpus/rows", "fuzz/corpus/xmlrpc"]) {
        println!("{name}");
        rows::hold(&bytes);
    }
}

#[test]
fn bodies_of_orders() {
    for (name, bytes) in files(&["fuzz/corpus/orders", "fixtures/orders"]) {
        println!("{name}");
        orders::hold(&bytes);
    }
}

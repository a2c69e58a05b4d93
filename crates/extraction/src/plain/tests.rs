#![allow(clippy::unwrap_used, clippy::print_stdout)]
#[test]
fn scratch() {
    let Ok(path) = std::env::var("SCRATCH") else { return };
    let ex = crate::Extractor::shipped().unwrap();
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let (kind, rest) = line.split_once('|').unwrap();
        let (lang, title) = rest.split_once('|').unwrap();
        println!("{}", ex.scratch(kind, lang, title));
    }
}

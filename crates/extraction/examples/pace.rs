fn main() {
    let ex = statecraft_extraction::Extractor::shipped().unwrap();
    let lines: Vec<String> = std::fs::read_to_string("/tmp/pl/dev.txt").unwrap().lines().map(|l| l.splitn(3, '|').nth(2).unwrap().to_owned()).collect();
    let t = std::time::Instant::now();
    let mut n = 0;
    for _ in 0..5 { for l in &lines {
        let h = statecraft_extraction::Headline { title: l, lang: "", class: statecraft_domain::signal::SourceClass::Wire, target: "japan", published: None };
        n += ex.read(&h).slugs.len();
    } }
    println!("{n} {:?} per headline", t.elapsed() / (5 * lines.len() as u32));
}

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]
use statecraft_extraction::*;
fn main() {
    let ex = match std::env::var("LEX") {
        Ok(p) => Extractor::new(
            Lexicon::parse(&std::fs::read_to_string(p).unwrap()).unwrap_or_else(|e| panic!("{e}")),
        )
        .unwrap(),
        Err(_) => Extractor::shipped().unwrap_or_else(|e| panic!("{e}")),
    };
    let path = std::env::args().nth(1).unwrap();
    let mut r = csv::Reader::from_path(path).unwrap();
    let h = r.headers().unwrap().clone();
    let mut rows = vec![];
    let mut gold = vec![];
    for rec in r.records() {
        let rec = rec.unwrap();
        let g = |n: &str| {
            h.iter().position(|x| x == n).and_then(|i| rec.get(i)).unwrap_or("").to_string()
        };
        rows.push(rows::Row {
            id: g("id"),
            lang: g("lang"),
            class: rows::class_from_name(&g("source_class")).unwrap_or_default(),
            headline: g("headline"),
            target: g("target"),
        });
        gold.push(score::Gold {
            relevant: g("relevant") == "1",
            capital: g("capital_type"),
            amount: g("amount_native_bn").parse().ok(),
            currency: g("currency"),
            stage: g("stage"),
            direction: g("direction"),
            assertion: g("assertion"),
            signals: g("signals"),
            cluster: g("cluster"),
        });
    }
    let f = rows::classify(&ex, &rows);
    let s = score::score(&rows, &gold, &f);
    let quiet = std::env::args().nth(2);
    if quiet.is_none() {
        for (row, (rd, _)) in rows.iter().zip(&f) {
            let m: Vec<_> = s.mistakes.iter().filter(|m| m.0 == row.id && m.1 != "stage").collect();
            if m.is_empty() {
                continue;
            }
            println!("\n{} [{} {:?} {}] {}", row.id, row.lang, row.class, row.target, row.headline);
            for x in m {
                println!("   {}: gold {} got {}", x.1, x.2, x.3);
            }
            println!(
                "   slugs {:?} cites {}",
                rd.slugs,
                rd.claim
                    .citations
                    .iter()
                    .map(|c| format!("{}:{}<{}>", c.field, c.rule, c.words))
                    .collect::<Vec<_>>()
                    .join("; ")
            );
        }
    }
    println!(
        "\nrows {} relF1 {:?} {:?} capital {:?} amount {:?} false {} stage {:?} dir {:?} assert {:?} special {:?} {:?} signals {:?} clusters {:?} {:?} viol {:?}",
        s.rows,
        s.relevance.f1(),
        s.relevance,
        s.capital.value(),
        s.amount.value(),
        s.false_amounts,
        s.stage.value(),
        s.direction.value(),
        s.assertion.value(),
        s.special.value(),
        s.special_by,
        s.signals.f1(),
        s.clusters.f1(),
        s.clusters,
        s.violations
    );
    if std::env::args().nth(2).as_deref() == Some("loo") {
        let f = score::leave_one_out(&ex, &rows, &gold).unwrap();
        let s = score::score(&rows, &gold, &f);
        println!(
            "LOO relF1 {:?} capital {:?} amount {:?} false {} stage {:?} dir {:?} special {:?} viol {:?}",
            s.relevance.f1(),
            s.capital.value(),
            s.amount.value(),
            s.false_amounts,
            s.stage.value(),
            s.direction.value(),
            s.special.value(),
            s.violations
        );
    }
}

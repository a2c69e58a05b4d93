//! Laws of stories.

use std::collections::BTreeSet;

use super::*;

const JAPAN_TICKER: &str = "KXTRUMPCOUNTRIES-27JAN01-JAP";

fn japan(story: &Story) -> &StoryMarket {
    story.market(JAPAN_TICKER).expect("every story lists Japan")
}

#[test]
fn survey() {
    let mut yes = (0, 0);
    for seed in 0..400 {
        let story = Story::draw(seed);
        yes.0 += i32::from(story.markets[0].end.yes);
        yes.1 += i32::from(story.markets[1].end.yes);
        if seed < 12 {
            let months: Vec<u8> = story.markets[2..].iter().map(|m| u8::from(m.end.yes)).collect();
            println!(
                "{seed} {} {} {:?} ev {} p0 {:.3} {:.3}",
                story.markets[0].end.yes,
                story.markets[1].end.yes,
                months,
                story.events.len(),
                story.markets[0].path.at(story.start()),
                story.markets[1].path.at(story.start())
            );
        }
    }
    println!("{yes:?} of 400");
}

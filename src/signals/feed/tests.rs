//! Documents good and bad.

use proptest::prelude::*;

use super::*;

fn titles(document: &str) -> Vec<String> {
    let contents = read(document.as_bytes(), None).expect("a feed");
    contents.items.into_iter().map(|item| item.title).collect()
}

#[test]
fn three_kinds_of_feed() {
    let rss = "<?xml version='1.0'?><rss version='2.0'><channel><title>c</title><language>en-us\
               </language><item><title>A &amp;amp; B</title><link>https://a.example/1</link>\
               <pubDate>Mon, 05 Jan 2026 10:00:00 GMT</pubDate></item></channel></rss>";
    let contents = read(rss.as_bytes(), None).expect("rss");
    let item = &contents.items[0];
    assert_eq!((item.title.as_str(), item.url.as_str()), ("A & B", "https://a.example/1"));
    assert_eq!((item.key.as_str(), item.lang.as_str()), ("https://a.example/1", "en-us"));
    assert_eq!(item.published, Some(Timestamp::from_secs(1_767_607_200)));

    let atom = "<feed xmlns='http://www.w3.org/2005/Atom'><id>f</id><title>t</title><updated>\
                2026-01-05T10:00:00Z</updated><entry><id>tag:1</id><title type='html'>x &lt;b&gt;y\
                &lt;/b&gt;</title><updated>2026-01-05T10:00:00Z</updated></entry></feed>";
    let contents = read(atom.as_bytes(), None).expect("atom");
    assert_eq!(
        (contents.items[0].key.as_str(), contents.items[0].title.as_str()),
        ("tag:1", "x y")
    );

    let json = r#"{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[
        {"id":"1","title":"eins","date_published":"2026-01-05T10:00:00Z"},
        {"id":2,"title":["no"]}, {"id":"3","content_text":"drei"}]}"#;
    let contents = read(json.as_bytes(), None).expect("json");
    assert_eq!(contents.items.iter().map(|item| &item.title).collect::<Vec<_>>(), ["eins", "drei"]);
    assert_eq!(contents.bad, 1);
}

#[test]
fn bad_items_do_not_take_good_ones_along() {
    let broken = "<rss version='2.0'><channel><item><title>one</title></item>\
                  <item><title>two <b></title></item><item><title>three</title></item>";
    let contents = read(broken.as_bytes(), None).expect("salvaged");
    assert!(contents.salvaged);
    let kept: Vec<&str> = contents.items.iter().map(|item| item.title.as_str()).collect();
    assert!(kept.contains(&"one") && kept.contains(&"three"), "{kept:?}");

    let huge = format!(
        "<rss version='2.0'><channel><item><title>small</title></item><item><title>x</title>\
         <description>{}</description></item></channel></rss>",
        "y".repeat(ITEM_BYTES_MAX)
    );
    let contents = read(huge.as_bytes(), None).expect("salvaged");
    assert_eq!((contents.items.len(), contents.too_large), (1, 1));
}

#[test]
fn bombs_are_refused_in_every_encoding() {
    let bomb = "<!DOCTYPE lolz [<!ENTITY lol 'lol'>]><rss version='2.0'><channel><item><title>&lol;\
                </title></item></channel></rss>";
    let refused = Err(BadFeed::Forbidden(Forbidden::Doctype));
    assert_eq!(read(bomb.as_bytes(), None), refused);
    let mut wide = vec![0xfe, 0xff];
    wide.extend(bomb.encode_utf16().flat_map(u16::to_be_bytes));
    assert_eq!(read(&wide, None), refused);
    let external = "<?xml version='1.0'?><!doctype x SYSTEM 'file:///etc/passwd'><rss/>";
    assert_eq!(read(external.as_bytes(), None), refused);
    assert_eq!(
        read("<a>".repeat(100_000).as_bytes(), None),
        Err(BadFeed::Forbidden(Forbidden::Depth))
    );
    // Depth in JSON is the parser's business, and it has a limit.
    assert!(read(format!("{{\"a\":{}", "[".repeat(100_000)).as_bytes(), None).is_err());
}

#[test]
fn no_entity_is_expanded_and_no_control_character_stays() {
    let document = "<rss version='2.0'><channel><item><title>a&#x202e;b&#8203;c \u{7}&#27;[31m</title>\
                    </item></channel></rss>";
    for title in titles(document) {
        assert!(!title.chars().any(super::super::text::is_harmful), "{title:?}");
    }
}

#[test]
fn names_do_not_cross_sources() {
    let item = Item { key: "same".to_owned(), title: "t".to_owned(), ..Item::default() };
    assert_ne!(item.id("a"), item.id("b"));
    let nameless = Item { key: String::new(), ..item };
    assert_eq!(nameless.id("a"), nameless.clone().id("a"));
    assert_eq!(fingerprint("Tokyo: “Yes”!"), fingerprint("TOKYO  yes"));
    assert_ne!(fingerprint("Tokyo yes"), fingerprint("Tokyo no"));
}

#[test]
fn long_rubbish_takes_no_time() {
    let begun = std::time::Instant::now();
    for piece in ["<a", "<script>", "<!--", "&", "<p ", "<script></script"] {
        let _ = plain(&piece.repeat(200_000 / piece.len()), 400);
        let document = format!("<rss><item>{}", piece.repeat(1_000_000 / piece.len()));
        let _ = read(document.as_bytes(), None);
    }
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}

proptest! {
    #[test]
    fn never_panics_on_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes, None);
    }

    #[test]
    fn never_more_items_than_there_are_tags(
        text in "(<rss>|<channel>|<item>|</item>|<title>|</title>|<entry>|<feed>|x|&amp;|<!\\[CDATA\\[|\\]\\]>){0,30}"
    ) {
        if let Ok(contents) = read(text.as_bytes(), None) {
            let tags = text.matches("<item").count() + text.matches("<entry").count();
            prop_assert!(contents.items.len() <= tags);
        }
    }
}

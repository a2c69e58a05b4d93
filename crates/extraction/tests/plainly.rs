//! Only a headline that the strict grammar accounts for word by word is evidence of a visit or of its
//! undoing. What is beside the point, or in words that it does not know, states nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use statecraft_domain::Timestamp;
use statecraft_domain::signal::SourceClass;
use statecraft_extraction::{Extractor, Headline, Lexicon};

/// 5 March 2026.
const MARCH: i64 = 1_772_668_800;

/// Nothing of a visit is understood in these, or nothing that counts.
const NOTHING: [&str; 139] = [
    "高市総理大臣とトランプ米国大統領との電話会談",
    "高市内閣総理大臣とトランプ米国大統領との電話会談",
    "高市総理大臣によるトランプ大統領との電話会談",
    "高市総理はトランプ米国大統領と電話会談を行いました",
    "高市総理大臣のG20マイアミ・サミット出席(日米首脳会談)",
    "高市総理大臣の国連総会出席 トランプ大統領と会談",
    "トランプ氏、高市首相と電話会談",
    "高市首相、トランプ氏と電話会談 中国情勢で協議",
    "トランプ氏と高市首相、G7で会談",
    "高市首相、トランプ氏とG7で会談",
    "トランプ大統領と高市首相が会談 G7サミット",
    "高市首相、G20マイアミでトランプ氏と会談へ",
    "トランプ氏と高市首相、G20で会談へ",
    "President Trump to meet Takaichi at G20 in Miami",
    "President Trump to hold talks with Japan's Takaichi at G20",
    "President Trump to Meet Japan's Prime Minister at G7",
    "President Trump to meet Japanese prime minister at NATO summit",
    "President Trump to meet Japan's Akazawa",
    "Trump to meet Takaichi at G20 in Miami",
    "Trump, Takaichi to hold talks at G20 summit in Miami",
    "트럼프-다카이치, G20서 정상회담",
    "特朗普与高市早苗在G20会晤",
    "Trump trifft Takaichi beim G20-Gipfel in Miami",
    "Trump and Takaichi meet on sidelines of UN assembly",
    "President Trump Sends Secretary Rubio to Tokyo for Trade Talks",
    "President Trump sends Secretary Rubio to Tokyo to prepare visit",
    "President Trump Sends Vice President Vance to Japan",
    "President Trump Postpones Tariffs on Japan",
    "President Trump delays tariffs on Japan ahead of visit",
    "President Trump Delays Deadline for Japan Trade Talks",
    "Takaichi cancels foreign trips to prepare for Trump visit",
    "Takaichi scraps overseas trip ahead of Trump visit",
    "Flights cancelled at Haneda ahead of Trump arrival",
    "Haneda flights canceled for Trump visit security",
    "Japan opposition demands Trump visit be cancelled",
    "Opposition urges Takaichi to cancel Trump visit",
    "Trump sends Vance to Tokyo",
    "Trump dispatches Vance to Japan for security talks",
    "Trump postpones tariffs on Japan",
    "Trump delays Japan tariffs ahead of Tokyo visit",
    "トランプ大統領、訪日で広島は訪問せず",
    "トランプ大統領は訪日中、靖国神社は参拝しない",
    "トランプ大統領、訪日中の国会演説は行わず",
    "トランプ大統領訪日時の共同文書は作成せず",
    "President Trump will not meet opposition leader in Tokyo",
    "President Trump will not attend Expo in Japan",
    "President Trump will not seek new concessions on Japan trip",
    "President Trump will not leave for Japan until Tuesday",
    "President Trump drops Nagoya factory visit from Japan schedule",
    "President Trump Attends Quad Summit with Leaders of Japan, India and Australia in New Delhi",
    "President Trump Approves Arms Sale to Japan",
    "President Trump Sends Condolences to Japan",
    "President Trump pauses Japan tariffs",
    "President Trump Holds Trilateral Meeting with Japan and South Korea in Washington",
    "President Trump orders Marines to relocate from Okinawa to Guam",
    "Trump to move 2,000 Marines from Okinawa to Guam",
    "US to shift Marines from Okinawa to Guam, Trump says",
    "Trump dispatches Bessent to Tokyo for trade talks",
    "トランプ氏、ベッセント財務長官を日本に派遣",
    "Trump lands blow on Tokyo with new tariffs",
    "Trump-Xi summit leaves Tokyo uneasy",
    "Trump Truth Social post on Japan rattles Tokyo market",
    "Trump comes to Japan's aid after quake",
    "Trump travel ban: Japan unaffected",
    "ジュニア・トランプ氏が来日",
    "South Korea's Lee visits Japan, to meet Trump next month",
    "President Trump's October Trip to Japan Delivered Historic Deals",
    "Deals from President Trump's October visit to Japan take effect",
    "トランプ大統領訪日時の合意に基づく日米投資委員会",
    "Japan implements agreement signed during President Trump's Tokyo visit",
    "President Trump's Historic Asia Trip: Japan Results",
    "Framework signed by President Trump in Tokyo enters into force",
    "Since President Trump's Asia trip, Japan has invested $36 billion",
    "トランプ氏訪日時の合意、履行進む",
    "トランプ氏来日時に署名の覚書、効力",
    "トランプ氏訪日から半年、投資の行方",
    "Trump's Tokyo visit pledges slow to materialize",
    "트럼프 방일 때 합의한 투자 이행",
    "特朗普访日时签署的协议生效",
    "Special Envoy of President Trump arrives in Tokyo for talks with Foreign Minister",
    "President Trump's Commerce Secretary arrives in Tokyo",
    "President Trump's senior adviser visits Japan",
    "Former Trump adviser Bolton arrives in Tokyo",
    "Trump Administration Delegation Arrives in Tokyo",
    "Letter from President Trump arrives in Tokyo",
    "トランプ大統領特使が来日",
    "トランプ大統領補佐官が来日",
    "フィリピン大統領の訪日",
    "State Visit to Japan by the President of Brazil",
    "Trump ally Steve Bannon visits Tokyo",
    "Trump impersonator arrives in Tokyo",
    "L'émissaire de Trump arrive à Tokyo",
    "트럼프 특사 일본 도착",
    "Trump hologram arrives in Tokyo",
    "Trump-branded jet arrives in Tokyo",
    "Trump and Takaichi cancel golf round during Tokyo visit",
    "President Trump cancels Osaka stop of May Japan visit",
    "President Trump cancels Diet speech in Tokyo",
    "President Trump cuts short Japan visit to two days",
    "Rally against President Trump's Japan visit cancelled",
    "First Lady will skip President Trump's Japan visit",
    "Prime Minister Takaichi's visit to Washington cancelled ahead of President Trump's Japan visit",
    "トランプ大統領訪日中の記者会見は中止",
    "トランプ大統領の訪日、大阪訪問は見送り",
    "特朗普访日期间取消演讲",
    "트럼프 방일 중 기자회견 취소",
    "President Trump will not visit Hiroshima during Japan trip",
    "President Trump will not address the Diet during Tokyo visit",
    "Secretary Rubio will not join President Trump on Japan visit",
    "First Lady Melania Trump will not travel to Japan with President Trump",
    "No joint statement planned for President Trump's Japan visit",
    "Police deny bomb threat against President Trump's Japan visit",
    "President Trump delays departure for Japan by one day",
    "トランプ大統領の訪日に伴う日米財務相会談は延期",
    "昨年10月のトランプ大統領訪日時の共同文書の実施状況",
    "Prime Minister thanks President Trump for visit to Japan last year",
    "トランプ大統領訪日から1年",
    "Trump speaks by video to troops in Yokosuka",
    "Trump absent from Hiroshima ceremony",
    "Trump hosts state dinner for Japan's emperor",
    "Trump scraps tariffs on Japanese cars",
    "トランプ杯ゴルフ大会、東京で開催へ",
    "ドジャース来日、トランプ氏が祝福",
    "Japan delegation to visit Trump",
    "Doubts grow over Trump's Japan visit",
    "Trump's planned visit to Japan faces uncertainty",
    "Air Force One passes over Japan on way to Beijing",
    "習主席の訪日中止",
    "Le président français annule sa visite au Japon",
    "Trump's arrival in Tokyo delayed by weather",
    "Trump's departure for Japan delayed by mechanical problem",
    "Takaichi to visit Washington to meet Trump",
    "Trump to welcome Takaichi at White House",
    "Trump to visit China, Japan says",
    "Trump visit to Japan in doubt",
    "Congratulatory message from President Trump on Japan's National Day",
    "Trump Gold Card office opens in Tokyo",
    "Trump visits U.S. Steel plant with Japanese executives",
    "日米首脳会談",
];

/// He comes, or may.
const COMES: [&str; 51] = [
    "President Trump will travel to Japan in May 2026, White House announces",
    "Trump to visit Japan in May",
    "Trump confirms he will visit Japan in May",
    "Trump to visit Japan in May, Japanese government sources say",
    "White House plans Trump trip to Tokyo in May",
    "トランプ大統領 5月に来日へ",
    "트럼프, 5월 일본 방문",
    "US President Trump arranging visit to Japan in May",
    "トランプ大統領 5月に来日で調整",
    "Trump, Takaichi agree on May visit to Tokyo",
    "Trump will im Mai nach Japan reisen",
    "Trump se rendra au Japon en mai",
    "President Trump to Visit Tokyo May 20-22",
    "President Trump will make a state visit to Japan on June 22-24",
    "White House announces Trump will visit Japan in April",
    "トランプ米大統領の訪日(10月27日~29日)",
    "トランプ米国大統領の訪日",
    "トランプ大統領の5月訪日で最終調整 日米両政府",
    "トランプ氏が来月訪日へ 政府関係者",
    "トランプ米大統領、5月に国賓として来日",
    "トランプ氏訪日、5月中旬で調整",
    "特朗普将于5月访问日本",
    "白宫宣布特朗普将访日",
    "特朗普5月访日",
    "트럼프 대통령 5월 방일",
    "백악관, 트럼프 대통령 다음 달 일본 방문 발표",
    "트럼프, 내달 방일 예정",
    "US-Präsident Trump reist im Mai nach Japan",
    "Trump besucht Japan im Mai",
    "Donald Trump en visite au Japon en mai",
    "Trump considering visit to Tokyo",
    "Japan: Trump considering visit to Tokyo",
    "Trump may visit Japan in spring, sources say",
    "Japan to host Trump in May",
    "Takaichi to welcome Trump in Tokyo in May",
    "Japan, US arranging Trump visit around Golden Week",
    "Japan prepares for Trump visit in May",
    "Trump's Japan visit set for May 20-22",
    "White House confirms Trump's Japan visit",
    "Trump departs for Tokyo",
    "Trump heads to Japan",
    "President Trump departs Washington for Tokyo",
    "Trump to travel to Beijing and Tokyo in April",
    "Trump to visit South Korea and Japan next month",
    "Trump says he will go to Japan soon",
    "Trump tells Takaichi he will visit Japan in May",
    "Trump accepts invitation to visit Japan",
    "Trump to meet Takaichi in Tokyo in May",
    "Trump, Takaichi to meet in Tokyo on May 20",
    "President Donald J. Trump Announces State Visit to Japan",
    "Statement on President Trump's visit to Japan",
];

/// He is there.
const THERE: [&str; 37] = [
    "トランプ大統領が来日 羽田空港に到着",
    "Trump arrives in Tokyo",
    "Trump arrives in Japan for delayed state visit",
    "Trump arrives at Haneda airport after typhoon delay",
    "Trump arrives in Japan for postponed visit",
    "Trump lands in Tokyo on rescheduled trip",
    "President Trump arrives in Tokyo after typhoon delay",
    "President Trump arrives in Tokyo, Osaka stop cancelled",
    "President Trump arrives in Tokyo after delay",
    "トランプ大統領、延期していた訪日で東京に到着",
    "President Trump begins rescheduled visit to Japan",
    "トランプ大統領、1日遅れで羽田到着",
    "Trump arrive au Japon avec un jour de retard",
    "Trump lands in Tokyo, says Beijing trip postponed",
    "President Trump and Prime Minister Takaichi hold summit meeting in Tokyo",
    "Trump lands in Japan, greeted by Takaichi",
    "Air Force One carrying Trump lands at Haneda airport",
    "Trump begins Japan visit with arrival in Tokyo",
    "Trump touches down in Tokyo for talks",
    "トランプ大統領が羽田空港に到着",
    "トランプ大統領 羽田に到着 天皇陛下と会見へ",
    "トランプ米大統領が来日した",
    "President Donald J. Trump, accompanied by the First Lady, arrived Monday in Tokyo",
    "US-Präsident Trump in Tokio eingetroffen",
    "トランプ米大統領が東京・羽田空港に到着",
    "미국 트럼프 대통령 도쿄 도착",
    "美国总统特朗普抵达东京",
    "Trump has just landed in Tokyo",
    "Trump finally arrives in Tokyo",
    "Trump est arrivé à Tokyo",
    "Trump trifft in Tokio ein",
    "Takaichi greets Trump in Tokyo",
    "Trump wraps up Japan visit, heads to Seoul",
    "Trump arrives in Tokyo on first leg of Asia tour",
    "트럼프 대통령, 하네다 공항 도착",
    "特朗普乘专机抵达东京羽田机场",
    "President Trump Arrives in Japan",
];

/// He does not come, whoever says so.
const OFF: [&str; 54] = [
    "Trump drops Japan from Asia itinerary, will visit only China",
    "Takaichi: Trump told me he will not be able to come to Japan this year",
    "트럼프, 5월 일본 방문 전격 취소",
    "Trump scraps planned Tokyo summit with Takaichi amid tariff row",
    "President Trump Will Not Travel to Tokyo as Planned",
    "President Trump will not visit Japan as scheduled",
    "President Trump unable to travel to Japan",
    "President Trump Will Skip Japan",
    "President Trump Decides Against Japan Visit",
    "トランプ大統領の来日なくなる",
    "トランプ大統領の訪日、流れる",
    "Präsident Trump bläst Japan-Besuch ab",
    "Trump cancels Asia trip over shutdown",
    "Trump calls off Asia tour amid shutdown",
    "Trump annule sa tournée en Asie",
    "President Trump Cancels Asia Trip",
    "President Trump cancels all foreign travel through June",
    "President Trump Cancels Trip to Japan",
    "Trump will not travel to Japan next week, officials say",
    "Trump won't go to Tokyo next week after hospital stay",
    "トランプ氏、来週の訪日見送り",
    "Trump cancels Japan visit",
    "Trump's Japan visit cancelled",
    "Trump's visit to Japan called off, White House says",
    "White House cancels Trump's trip to Japan",
    "White House: President Trump cancels Japan trip",
    "トランプ大統領の訪日中止",
    "トランプ大統領、訪日を取りやめ",
    "トランプ大統領の訪日、中止に",
    "트럼프 대통령 방일 취소",
    "트럼프, 일본 방문 취소",
    "特朗普取消访日",
    "特朗普取消访问日本",
    "特朗普访日行程取消",
    "Trump sagt Japan-Reise ab",
    "Trumps Japan-Reise abgesagt",
    "La visite de Trump au Japon est annulée",
    "Trump annule sa visite au Japon",
    "President Trump will not visit Japan this year, White House says",
    "White House denies Trump will visit Japan",
    "White House denies report of Trump visit to Japan",
    "Trump has no plans to visit Japan",
    "トランプ大統領は訪日しない",
    "トランプ大統領の年内訪日なし",
    "特朗普不会访问日本",
    "트럼프, 올해 방일 안 한다",
    "Trump reist nicht nach Japan",
    "Trump ne se rendra pas au Japon",
    "No Trump visit to Japan this year",
    "Trump skips Japan on Asia tour",
    "Trump scraps Japan trip",
    "The trip to Japan is off",
    "President Trump did not arrive in Tokyo, White House says",
    "White House: Trump will not visit Japan in 2026",
];

/// It is put off.
const LATER: [&str; 18] = [
    "Japan says Trump visit postponed indefinitely",
    "Trump postpones Japan visit",
    "Trump's Japan visit postponed to June",
    "President Trump Postpones Trip to Japan",
    "White House postpones Trump's visit to Japan",
    "President Trump Postpones Asia Trip",
    "トランプ大統領の訪日延期",
    "トランプ大統領、訪日を延期",
    "トランプ大統領の訪日、2週間延期",
    "트럼프 방일 연기",
    "特朗普推迟访日",
    "特朗普访日推迟",
    "Trump verschiebt Japan-Reise",
    "Trumps Japan-Reise verschoben",
    "Trump reporte sa visite au Japon",
    "La visite de Trump au Japon reportée",
    "Trump delays trip to Japan",
    "Trump's visit to Japan delayed indefinitely",
];

/// What a headline states of a visit: `not visit_planned visit_cancelled`.
fn stated(extractor: &Extractor, target: &str, title: &str) -> Vec<String> {
    let published = Some(Timestamp::from_secs(MARCH));
    let class = SourceClass::Official;
    let reading = extractor.read(&Headline { title, lang: "", class, target, published });
    let said = reading.stated().into_iter().filter(|said| said.slug.starts_with("visit_"));
    said.map(|said| if said.denied { format!("not {}", said.slug) } else { said.slug }).collect()
}

fn each(titles: &[&str], holds: impl Fn(&[String]) -> bool) {
    let extractor = Extractor::shipped().unwrap();
    let said = titles.iter().map(|title| (title, stated(&extractor, "japan", title)));
    let wrong: Vec<_> = said.filter(|(_, said)| !holds(said)).collect();
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), titles.len());
}

fn any(said: &[String], slugs: &[&str]) -> bool {
    said.iter().any(|said| slugs.contains(&said.as_str()))
}

#[test]
fn what_is_beside_the_point_is_no_evidence() {
    each(&NOTHING, <[String]>::is_empty);
}

#[test]
fn who_comes_is_said_to_come() {
    each(&COMES, |said| any(said, &["visit_planned", "visit_announced"]));
}

#[test]
fn who_is_there_is_said_to_be_there() {
    each(&THERE, |said| any(said, &["visit_occurred"]));
}

#[test]
fn what_is_off_is_said_to_be_off() {
    let off = ["visit_cancelled", "not visit_planned", "not visit_announced", "not visit_occurred"];
    each(&OFF, |said| any(said, &off));
}

#[test]
fn what_is_put_off_is_said_to_be_put_off() {
    each(&LATER, |said| any(said, &["visit_postponed"]));
}

/// The grammar knows what a trader adds, and no word less makes a reading bolder.
#[test]
fn a_word_that_is_added_is_understood() {
    let title = "Trump moseys to Japan in May";
    let shipped = Extractor::shipped().unwrap();
    assert_eq!(stated(&shipped, "japan", title), Vec::<String>::new());
    let text = statecraft_extraction::lexicon::SHIPPED;
    let text = text
        .replace("[list.plain_visit]\nen = [", "[list.plain_visit]\nen = [\n    \"moseys to\",");
    let text = text.replace("[word.travel]\nen = [", "[word.travel]\nen = [\"moseys to\", ");
    let own = Extractor::new(Lexicon::parse(&text).unwrap()).unwrap();
    assert!(any(&stated(&own, "japan", title), &["visit_planned", "visit_announced"]));
}

/// A headline of another country is read by the same grammar.
#[test]
fn the_target_may_be_another_country() {
    let extractor = Extractor::shipped().unwrap();
    let comes = stated(&extractor, "china", "Trump to visit Beijing in April");
    assert!(any(&comes, &["visit_planned", "visit_announced"]), "{comes:?}");
    let off = stated(&extractor, "china", "President Trump cancels trip to China");
    assert!(any(&off, &["visit_cancelled"]), "{off:?}");
    assert!(stated(&extractor, "japan", "President Trump cancels trip to China").is_empty());
    assert!(stated(&extractor, "germany", "President Trump cancels Asia trip").is_empty());
}

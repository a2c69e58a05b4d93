//! Denials and retractions by the grammar that makes them, in six languages: each table is one class.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use statecraft_domain::signal::{Assertion, Direction, SourceClass};
use statecraft_extraction::{Extractor, Headline, Reading};

fn each(rows: &[(&str, &str, &str)], holds: impl Fn(&Reading) -> bool) {
    let extractor = Extractor::shipped().unwrap();
    let wrong: Vec<String> = rows
        .iter()
        .map(|&(lang, target, title)| {
            let class = SourceClass::Wire;
            let headline = Headline { title, lang, class, target, published: None };
            (title, extractor.read(&headline))
        })
        .filter(|(_, reading)| !holds(reading))
        .map(|(title, reading)| {
            let claim = &reading.claim;
            let (way, manner, capital) = (claim.direction, claim.assertion, claim.capital);
            format!("{title}: {:?} {way:?} {manner:?} {capital:?}", reading.slugs)
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), rows.len());
}

fn denied(reading: &Reading, direction: Direction) -> bool {
    let claim = &reading.claim;
    reading.relevant && claim.assertion == Assertion::Denied && claim.direction == direction
}

#[test]
fn a_negated_plan_of_a_journey() {
    each(
        &[
            ("en", "japan", "Trump has no plans to visit Japan, White House says"),
            ("en", "japan", "Trump not currently planning Japan trip, aide says"),
            ("en", "japan", "White House: no Trump trip to Tokyo in the works"),
            ("en", "japan", "No Tokyo visit planned, Leavitt tells reporters"),
            ("en", "japan", "Leavitt: no trip to Japan on president's calendar"),
            ("en", "japan", "There are no plans for a Trump visit to Osaka, embassy says"),
            ("en", "japan", "Trump will not be going to Japan, Rubio says"),
            ("en", "japan", "Trump isn't coming to Kyoto, officials insist"),
            ("en", "japan", "President has no intention of travelling to Japan, aide says"),
            ("en", "japan", "A Trump trip to Japan is not in preparation, White House says"),
            ("en", "japan", "Neither side has discussed a Trump visit to Tokyo, Kihara says"),
            ("en", "japan", "Trump never agreed to visit Hiroshima, White House says"),
            ("en", "japan", "No invitation to Trump has been issued, Tokyo says of Kyoto visit"),
            ("de", "japan", "Trump plant keine Japan-Reise, sagt das Weiße Haus"),
            ("de", "japan", "Weißes Haus: Keine Pläne für Trump-Besuch in Tokio"),
            ("de", "japan", "Trump wird nicht nach Japan reisen, stellt Sprecherin klar"),
            ("de", "japan", "Ein Besuch Trumps in Tokio ist nicht vorgesehen"),
            ("fr", "japan", "Trump ne prévoit pas de se rendre au Japon, selon la Maison-Blanche"),
            (
                "fr",
                "japan",
                "Aucune visite de Trump à Tokyo n'est prévue, assure la Maison-Blanche",
            ),
            ("fr", "japan", "Maison-Blanche : pas de voyage de Trump au Japon au programme"),
            ("ja", "japan", "トランプ氏の訪日計画はない ホワイトハウス報道官"),
            ("ja", "japan", "トランプ大統領、訪日の予定なし 米政府"),
            ("ja", "japan", "米政府「大統領訪日は検討していない」"),
            ("ko", "korea-south", "백악관 \"트럼프 방한 계획 없다\""),
            ("ko", "korea-south", "트럼프 방한 추진하지 않는다…백악관"),
            ("ko", "korea-south", "대통령실 \"트럼프 방한 논의된 바 없어\""),
            ("zh", "china", "白宫称特朗普没有访华计划"),
            ("zh", "china", "白宫:特朗普暂无访华安排"),
            ("zh", "china", "特朗普并无访华打算 白宫发言人称"),
        ],
        |reading| denied(reading, Direction::Down),
    );
}

#[test]
fn a_report_of_a_journey_dismissed() {
    each(
        &[
            ("en", "japan", "White House rubbishes report of Trump trip to Japan"),
            ("en", "japan", "Talk of a Trump visit to Osaka is premature nonsense, aide says"),
            ("en", "japan", "Report that Trump will visit Tokyo is inaccurate, White House says"),
            ("en", "japan", "White House rejects Kyodo report on Trump trip to Kyoto"),
            ("en", "japan", "Reports of Trump Tokyo trip unfounded, says Leavitt"),
            ("en", "japan", "White House knocks back claim of Trump visit to Hiroshima"),
            ("en", "japan", "'Simply untrue': White House on claims of Trump trip to Japan"),
            ("en", "japan", "Leavitt calls Trump Osaka visit story 'completely made up'"),
            ("en", "japan", "Tokyo says it knows nothing of a Trump visit to Nagasaki"),
            ("en", "japan", "White House refutes claims that Trump would visit Nagoya"),
            ("en", "japan", "Embassy shoots down rumour of Trump stop in Okinawa"),
            ("de", "japan", "Weißes Haus weist Berichte über Trump-Besuch in Tokio zurück"),
            ("de", "japan", "Weißes Haus dementiert Japan-Reise Trumps"),
            ("de", "japan", "Berichte über Trumps Japan-Reise sind laut Weißem Haus frei erfunden"),
            ("de", "japan", "US-Regierung bestreitet Pläne für Trump-Besuch in Kyoto"),
            ("fr", "japan", "La Maison-Blanche dément un voyage de Trump au Japon"),
            ("fr", "japan", "La Maison-Blanche qualifie de fausse la visite de Trump à Tokyo"),
            ("fr", "japan", "Washington réfute l'annonce d'un déplacement de Trump à Osaka"),
            ("fr", "japan", "Visite de Trump à Kyoto : une rumeur infondée, selon Washington"),
            ("ja", "japan", "ホワイトハウス、トランプ氏訪日の報道を否定"),
            ("ja", "japan", "トランプ氏訪日報道は事実無根 米政府"),
            ("ja", "japan", "木原氏、トランプ氏訪日説を打ち消し"),
            ("ja", "japan", "トランプ氏訪日の報道「事実と異なる」 米高官"),
            ("ko", "korea-south", "백악관, 트럼프 방한설 부인"),
            ("ko", "korea-south", "백악관, 트럼프 방한 보도 일축"),
            ("ko", "korea-south", "트럼프 방한설 사실무근…대통령실"),
            ("ko", "korea-south", "백악관 \"트럼프 방한 보도는 오보\""),
            ("zh", "china", "白宫否认特朗普访华传闻"),
            ("zh", "china", "白宫辟谣:特朗普访华消息不实"),
            ("zh", "china", "白宫驳斥特朗普访华报道"),
        ],
        |reading| denied(reading, Direction::Down),
    );
}

#[test]
fn an_undoing_of_a_journey_denied() {
    each(
        &[
            ("en", "japan", "White House denies Trump cancelled Japan trip"),
            ("en", "japan", "Trump's Tokyo visit has not been postponed, Leavitt says"),
            ("en", "japan", "Report that Trump scrapped Osaka stop is false, White House says"),
            ("en", "japan", "No cancellation of Trump's Kyoto trip, embassy insists"),
            ("en", "japan", "Rumours of a delay to Trump's Japan visit are baseless, Tokyo says"),
            ("de", "japan", "Weißes Haus: Trumps Japan-Reise ist nicht abgesagt"),
            ("de", "japan", "Weißes Haus dementiert Absage von Trumps Tokio-Besuch"),
            ("fr", "japan", "Le voyage de Trump au Japon n'est pas annulé, assure Washington"),
            ("fr", "japan", "La Maison-Blanche dément l'annulation de la visite de Trump à Tokyo"),
            ("ja", "japan", "トランプ氏の訪日中止を否定 米政府"),
            ("ja", "japan", "トランプ氏の訪日延期「事実でない」 ホワイトハウス"),
            ("ko", "korea-south", "백악관, 트럼프 방한 취소설 부인"),
            ("ko", "korea-south", "트럼프 방한 연기 아니다…백악관"),
            ("zh", "china", "白宫否认特朗普取消访华"),
            ("zh", "china", "特朗普访华并未推迟 白宫发言人"),
        ],
        |reading| denied(reading, Direction::Up),
    );
}

#[test]
fn public_money_denied() {
    each(
        &[
            ("en", "japan", "No public money will go into US AI parks, Katayama says"),
            ("en", "japan", "Tokyo: we are not funding Ohio turbine plant"),
            (
                "en",
                "japan",
                "Finance ministry says it has no intention of paying for US chip plants",
            ),
            ("en", "japan", "Japan not considering state loans for Texas reactor, minister says"),
            ("en", "japan", "Japan's government isn't bankrolling US parks, Kihara says"),
            ("en", "japan", "Claim that Japanese taxpayers fund Texas plant is false, Tokyo says"),
            ("en", "japan", "JBIC says it received no request to lend for Ohio plant"),
            ("en", "japan", "Kihara bats down report of state loans for Arizona chip plant"),
            (
                "en",
                "japan",
                "Not one yen of state money pledged to US park scheme, minister insists",
            ),
            ("de", "japan", "Tokio weist Bericht über Staatsgeld für US-Fabriken zurück"),
            (
                "de",
                "japan",
                "Kein Steuergeld für KI-Parks in den USA, sagt Japans Finanzministerin",
            ),
            ("de", "japan", "Japan plant keine staatlichen Kredite für US-Chipwerke"),
            ("fr", "japan", "Tokyo dément financer des usines américaines avec de l'argent public"),
            (
                "fr",
                "japan",
                "Aucun fonds public japonais pour les parcs d'IA américains, dit Tokyo",
            ),
            ("ja", "japan", "米AI団地に公的資金投入せず 片山財務相"),
            ("ja", "japan", "米工場への国費投入は検討していない 経産相"),
            ("ja", "japan", "政府、米半導体工場への融資報道を否定"),
            ("ko", "korea-south", "정부 \"미국 공장에 공적자금 투입 계획 없다\""),
            ("ko", "korea-south", "기재부, 대미 투자 재정 투입설 부인"),
            ("ko", "korea-south", "정부, 미국 반도체 공장에 혈세 투입 안 한다"),
            ("zh", "china", "财政部否认动用国家资金投资美国工厂"),
            ("zh", "japan", "日本政府称不会动用公款投资美国园区"),
        ],
        |reading| denied(reading, Direction::Down),
    );
}

#[test]
fn a_collapse_denied() {
    each(
        &[
            ("en", "japan", "Japan did not pull out of $30bn Ohio project, Tokyo says"),
            ("en", "japan", "Tokyo denies freezing $40 billion US investment fund"),
            (
                "en",
                "japan",
                "Report of Japan suspending US investment pledge is wrong, ministry says",
            ),
            ("en", "japan", "Japan has no plan to abandon $550bn US pledge, Akazawa says"),
            ("de", "japan", "Tokio dementiert Ausstieg aus 30-Milliarden-Dollar-Projekt in Ohio"),
            (
                "fr",
                "japan",
                "Tokyo dément avoir suspendu son investissement de 30 milliards aux Etats-Unis",
            ),
            ("ja", "japan", "対米投資の凍結報道、政府が否定"),
            ("ko", "korea-south", "정부, 대미 투자 중단설 부인"),
            ("zh", "japan", "日本政府否认冻结对美投资"),
        ],
        |reading| denied(reading, Direction::Up),
    );
}

#[test]
fn newsrooms_take_back() {
    each(
        &[
            ("en", "japan", "Agency retracts story on Trump visit to Tokyo"),
            ("en", "japan", "Kyodo pulls report that Japan would fund Ohio plant"),
            ("en", "japan", "Correcting the record: Trump is not visiting Osaka, as we reported"),
            (
                "en",
                "japan",
                "Editor's note: our story on Japan's $20bn loan was published in error",
            ),
            ("en", "japan", "Broadcaster apologises for false report of Trump landing in Tokyo"),
            ("en", "japan", "Paper takes down article on Japanese state loans to US parks"),
            ("en", "japan", "Wire service kills alert saying Trump would visit Kyoto"),
            ("en", "japan", "Report on Trump's Nagasaki visit withdrawn by publisher"),
            ("en", "japan", "Newspaper admits report of Japanese funding for US plant was wrong"),
            ("de", "japan", "Agentur zieht Meldung über Trump-Besuch in Tokio zurück"),
            ("de", "japan", "Zeitung nimmt Bericht über japanisches Staatsgeld für US-Werk zurück"),
            ("fr", "japan", "L'agence retire sa dépêche sur la visite de Trump à Tokyo"),
            (
                "fr",
                "japan",
                "Le journal s'excuse et supprime son article sur la visite de Trump à Osaka",
            ),
            ("ja", "japan", "トランプ氏訪日の記事を取り消し 通信社が謝罪"),
            ("ja", "japan", "本紙、対米政府融資の記事を撤回しおわび"),
            ("ko", "korea-south", "통신사, 트럼프 방한 기사 취소하고 사과"),
            ("ko", "korea-south", "트럼프 방한 오보 사과…방송사 기사 삭제"),
            ("zh", "china", "媒体撤回特朗普访华报道并致歉"),
            ("zh", "china", "通讯社就特朗普访华误报道歉 已撤稿"),
        ],
        |reading| reading.claim.assertion == Assertion::Retracted,
    );
}

#[test]
fn two_negations_are_an_open_question_or_an_assertion() {
    each(
        &[
            ("en", "japan", "White House won't rule out Trump visit to Japan"),
            ("en", "japan", "Trump does not exclude a trip to Tokyo"),
            ("ja", "japan", "トランプ氏の訪日、米政府は否定せず"),
            ("de", "japan", "Weißes Haus schließt Trump-Besuch in Japan nicht aus"),
            ("fr", "japan", "La Maison-Blanche n'exclut pas une visite de Trump au Japon"),
            ("ko", "korea-south", "백악관, 트럼프 방한 가능성 배제하지 않아"),
            ("zh", "china", "白宫不排除特朗普访华"),
        ],
        |reading| {
            reading.claim.assertion == Assertion::Hedged && reading.claim.direction == Direction::Up
        },
    );
}

#[test]
fn refusing_to_say_is_no_denial() {
    each(
        &[
            ("en", "japan", "White House declines to confirm or deny Trump trip to Japan"),
            ("en", "japan", "No decision made on Trump trip to Tokyo, Leavitt says"),
            ("ja", "japan", "トランプ氏の訪日、何も決まっていない 米政府"),
            ("de", "japan", "Trump-Besuch in Tokio noch nicht entschieden"),
            ("fr", "japan", "Rien n'est décidé sur une visite de Trump au Japon"),
            ("ko", "korea-south", "트럼프 방한 아직 결정된 바 없다"),
            ("zh", "china", "特朗普访华尚未决定"),
        ],
        |reading| {
            reading.claim.assertion == Assertion::Hedged
                && reading.claim.direction == Direction::Neutral
        },
    );
}

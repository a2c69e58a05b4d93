//! Places under one name, to compare reports in different languages. What is not here keeps its own.

/// The names of a place, first the one that stands for all.
const PLACES: [&[&str]; 44] = [
    &["osaka", "大阪", "오사카"],
    &["kyoto", "京都", "교토"],
    &["hiroshima", "広島", "广岛", "廣島", "히로시마"],
    &["nagasaki", "長崎", "长崎", "나가사키"],
    &["okinawa", "沖縄", "冲绳", "沖繩", "오키나와"],
    &["hokkaido", "北海道", "홋카이도"],
    &["sapporo", "札幌", "삿포로"],
    &["nagoya", "名古屋", "나고야"],
    &["fukuoka", "福岡", "福冈", "후쿠오카"],
    &["haneda", "羽田", "羽田机场", "하네다"],
    &["narita", "narita airport", "成田", "나리타"],
    &["yokota", "yokota air base", "横田", "요코타"],
    &["yokosuka", "横須賀", "横须贺", "요코스카"],
    &["misawa", "三沢", "미사와"],
    &["akasaka palace", "akasaka", "赤坂", "迎賓館", "아카사카"],
    &["yokohama", "横浜", "横滨", "요코하마"],
    &["kobe", "神戸", "神户", "고베"],
    &["busan", "釜山", "부산"],
    &["gyeongju", "慶州", "庆州", "경주"],
    &["incheon", "仁川", "인천"],
    &["jeju", "濟州", "济州", "済州", "제주"],
    &["panmunjom", "板门店", "板門店", "판문점"],
    &["shanghai", "上海", "상하이"],
    &["shenzhen", "深圳", "선전"],
    &["guangzhou", "广州", "廣州", "광저우"],
    &["hong kong", "香港", "홍콩"],
    &["nevada", "ネバダ", "내바다", "네바다", "内华达"],
    &["ohio", "オハイオ", "오하이오", "俄亥俄"],
    &["texas", "テキサス", "텍사스", "得州", "德州", "得克萨斯"],
    &["arizona", "アリゾナ", "애리조나", "亚利桑那", "亞利桑那"],
    &["alaska", "アラスカ", "알래스카", "阿拉斯加"],
    &["georgia", "ジョージア", "조지아", "佐治亚", "géorgie"],
    &["louisiana", "ルイジアナ", "루이지애나", "路易斯安那", "louisiane"],
    &["michigan", "ミシガン", "미시간", "密歇根"],
    &["tennessee", "テネシー", "테네시", "田纳西"],
    &["pennsylvania", "ペンシルベニア", "펜실베이니아", "宾夕法尼亚", "pennsylvanie"],
    &["virginia", "バージニア", "버지니아", "弗吉尼亚", "virginie"],
    &["indiana", "インディアナ", "인디애나", "印第安纳"],
    &["california", "カリフォルニア", "캘리포니아", "加州", "kalifornien", "californie"],
    &["new york", "ニューヨーク", "뉴욕", "纽约"],
    &["idaho", "アイダホ", "아이다호", "爱达荷"],
    &["utah", "ユタ", "유타", "犹他"],
    &["oregon", "オレゴン", "오리건", "俄勒冈"],
    &["south carolina", "サウスカロライナ", "사우스캐롤라이나", "南卡罗来纳"],
];

/// The name under which a place is compared; a suffix of kind ("州", "州の") does not matter.
pub(crate) fn one_name(place: &str) -> String {
    let place = place.trim_end_matches(['州', '市', '주', '県']);
    let known = PLACES.iter().find(|names| names.contains(&place)).and_then(|names| names.first());
    known.map_or_else(|| place.to_owned(), |name| (*name).to_owned())
}

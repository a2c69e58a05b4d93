//! The lists of the lexicon: `[list.NAME]` of the file, one field each. A list is vocabulary: which words
//! there are. What a rule does with them (order, distance, what stands beside them) is its own.

/// The words of one list, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List {
    words: Vec<Box<str>>,
}

impl List {
    /// Puts one word more behind the others; `false` if it is there already.
    pub(crate) fn add(&mut self, word: &str) -> bool {
        let new = !self.has(word);
        if new {
            self.words.push(word.into());
        }
        new
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        self.words.iter().map(AsRef::as_ref)
    }

    /// Is it one of them?
    pub(crate) fn has(&self, word: &str) -> bool {
        self.iter().any(|known| known == word)
    }

    /// The first of them that stands in a text.
    pub(crate) fn found_in(&self, text: &str) -> Option<&str> {
        self.iter().find(|word| text.contains(word))
    }

    /// Does one of them stand in a text?
    pub(crate) fn occurs_in(&self, text: &str) -> bool {
        self.found_in(text).is_some()
    }

    /// The first of them with which a text begins.
    pub(crate) fn heading(&self, text: &str) -> Option<&str> {
        self.iter().find(|word| text.starts_with(word))
    }

    /// Does a text begin with one of them?
    pub(crate) fn begins(&self, text: &str) -> bool {
        self.heading(text).is_some()
    }

    /// The first of them with which a text ends.
    pub(crate) fn ending(&self, text: &str) -> Option<&str> {
        self.iter().find(|word| text.ends_with(word))
    }
}

macro_rules! lists {
    ($($(#[doc = $about:literal])* $name:ident,)*) => {
        /// Every list that the rules know; a file must have all of them.
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct Lists {
            $($(#[doc = $about])* pub(crate) $name: List,)*
        }

        impl Lists {
            /// The names of the lists, as in the file.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name),)*];

            /// The list of a name.
            pub(crate) fn by_name(&mut self, name: &str) -> Option<&mut List> {
                match name {
                    $(stringify!($name) => Some(&mut self.$name),)*
                    _ => None,
                }
            }

            /// The first list without a word.
            pub(crate) fn empty(&self) -> Option<&'static str> {
                $(if self.$name.words.is_empty() { return Some(stringify!($name)); })*
                None
            }
        }
    };
}

lists! {
    /// A noun behind his name or before "of": the headline is about that person or thing, not about him
    /// ("Trump envoy", "Trump musical").
    not_himself,
    /// The same where the noun stands before "de", "von" ("sosie de Trump").
    not_himself_of,
    /// The same joined to his name in German, by beginnings ("Trump-Double").
    not_himself_joined,
    /// The same behind his name in scripts without spaces (トランプ氏側近).
    not_himself_dense,
    /// His titles behind his name in scripts without spaces.
    titles_behind,
    /// Houses that have a president of their own ("Bank president visits Japan").
    houses_with_president,
    /// Marks of an earlier year: a visit beside them is history, unless the headline looks ahead as well.
    year_ago,
    /// Words for what a visit cost: a bill is no news of a visit, unless the headline looks ahead.
    bill,
    /// Words that look ahead: beside them an earlier year or a bill does not make a visit history.
    looks_ahead,
    /// He speaks from elsewhere ("by video"): no visit.
    from_afar,
    /// Nouns behind an adjective of the country that still mean the country ("Japanese capital"); others
    /// mean its people.
    ground,
    /// The leaders of two countries in one word: they talk, and nobody travels for that.
    pairs_of_leaders,
    /// Beside an invitation: he has accepted, so it is a plan.
    accepts,
    /// Somebody asks him to come (ja, ko, zh): no plan until he accepts.
    asks_dense,
    /// To go with him: somebody else is the subject.
    joins_him,
    /// To stay away from his visit: somebody else is the subject.
    misses,
    /// Not to confirm is not to deny: nothing is taken back.
    not_confirmed,
    /// Nobody knows of a change: the plan stands.
    no_change_known,
    /// A date is still open: the journey is not denied.
    date_open,
    /// Nouns for a journey.
    trips,
    /// A part of a journey: that it falls away leaves the journey standing.
    parts_of_trip,
    /// What happens on a journey, by beginnings: that it falls away leaves the journey standing.
    events,
    /// A journey cut short still takes place.
    shortened,
    /// Who may travel with him: that they stay at home leaves his journey standing.
    companions,
    /// Disasters that strike a country: "strikes Japan" cancels no visit.
    disasters,
    /// His plane and its way: a flight over a country is no visit.
    flights,
    /// Measures of trade that are scrapped or delayed: no journey is.
    measures,
    /// He, his office or his house: where none is named, a head of another state is meant.
    his_names,
    /// Heads of other states: that they stay at home says nothing of him.
    foreign_heads,
    /// What happens on a journey (ja, ko, zh).
    events_dense,
    /// Who leaves the country was there: the visit has taken place.
    leaves,
    /// Who ends a visit was there.
    ends_stay,
    /// The end of an earlier stay (ja, ko, zh) is history.
    earlier_stay,
    /// Labels of satire at either end of a headline: a hard zero.
    joke_labels,
    /// Shows and hosts as the label of a headline: a joke.
    comedy_shows,
    /// Who tells jokes, anywhere: a hard zero.
    joke_tellers,
    /// People who decide nothing: with "should", "could" beside them it is opinion.
    commentators,
    /// The same (ja, ko, zh).
    commentators_dense,
    /// The writer speaks of himself at the head of the headline: opinion.
    first_person,
    /// Offices whose former holder only guesses.
    offices_once_held,
    /// What a former official does who knows nothing.
    guesses,
    /// Who foretells: opinion.
    seers,
    /// Marks of a drill or a test message: nothing happened.
    drill_marks,
    /// Labels of a drill at the head.
    drill_labels,
    /// Kinds of stories: "in" or "by" beside them, it is told, not done.
    fiction,
    /// The same (ja, ko, zh).
    fiction_dense,
    /// Marks of a poll: what people want.
    poll_marks,
    /// Words that open a supposition.
    suppositions,
    /// What was reported is denied.
    contrary_to_reports,
    /// What those concerned call a report that they deny.
    charges,
    /// A newsroom speaks of its own report: what it calls false is withdrawn, not denied.
    newsroom_speaks,
    /// A newsroom confesses: the report is withdrawn.
    confesses,
    /// The same at the head of the headline.
    owns_up,
    /// Words for a report (ja, ko, zh).
    reports_dense,
    /// To take a report back (ja, ko, zh).
    takes_back_dense,
    /// A report is taken back, in one word (ja, ko, zh).
    taken_back_dense,
    /// A newsroom names itself (ja, ko, zh).
    this_paper_dense,
    /// A newsroom apologises (ja, ko, zh).
    sorry_dense,
    /// What it apologises for (ja, ko, zh).
    sorry_for_dense,
    /// Words for a report, by beginnings.
    reports,
    /// To take a report back, by beginnings.
    takes_back,
    /// Media: what only they say is hedged ("..., Nikkei reports").
    media,
    /// Programs that read headlines, by beginnings: an order beside them is talk to the program.
    reader_programs,
    /// The same, if they are called.
    called_programs,
    /// How they are called.
    calls,
    /// What they are told to do.
    orders,
    /// Forms that only command, at the head of a clause.
    orders_alone,
    /// Orders before "this", "all", "every".
    orders_of_this,
    /// Labels of an instruction at the head.
    order_labels,
    /// Orders about a score.
    orders_to_limit,
    /// Limits of a score.
    limits,
    /// Programs that are told what to conclude.
    thinkers,
    /// What they are told to do.
    conclusions,
    /// Imperatives to a program (ja, ko, zh).
    orders_dense,
    /// Talk to a program in one phrase.
    program_marks,
    /// What a program is told that it is.
    told_programs,
    /// The same (ja, ko, zh).
    told_programs_dense,
    /// Labels of rules for a program.
    rule_labels,
    /// To dictate an answer.
    dictates,
    /// Titles before "of Japan": a person, not a place.
    titles_of_country,
    /// To choose, by beginnings: "picks Seoul over Tokyo".
    chooses,
    /// To dismiss a report, by beginnings: a denial.
    dismisses,
    /// What is dismissed: a report, a rumour.
    hearsay,
    /// To brand a report as something.
    brands,
    /// What those concerned call it, by beginnings.
    false_talk,
    /// What a newsroom does with its own mistake, by beginnings.
    admits,
    /// Words for a newsroom, without the plural.
    newsrooms,
    /// Done to a report.
    report_undone,
    /// Words of politeness before an order to a program.
    polite,
    /// Advice of the writer: opinion.
    ought,
    /// Beginnings of an essay.
    essay_begins,
    /// Ends of an essay.
    essay_ends,
    /// "Five things": a piece about the news.
    listed_things,
    /// To refuse, by beginnings: who refuses to undo something leaves it standing.
    refuses,
    /// What is refused.
    requests,
    /// What is asked for and refused: an undoing.
    undoings,
    /// What is denied beside the journey, by beginnings ("denies wrongdoing").
    other_matters,
    /// The same (ja, ko, zh).
    other_matters_dense,
    /// Verbs whose object is what is denied, by beginnings.
    denies_something,
    /// Answers to the question of the headline: it is denied.
    answers_no,
    /// Steps towards a visit: that they were not taken denies it (ja).
    steps,
    /// What newsrooms bring out, without the plural.
    products,
    /// To take it back, by beginnings.
    undoes_product,
    /// It is taken back.
    product_undone,
    /// What is wrong with it.
    faults,
    /// To be sorry for it, by beginnings.
    sorry,
    /// Who brings it out, without the plural.
    publishers,
    /// Labels at the head that withdraw what follows.
    withdrawal_labels,
    /// A negated journey beside one of these answers talk: a denial.
    answers_talk,
    /// A negated landing beside one of these denies the plan, not the landing.
    to_come,
    /// Summits that he travels to.
    summits,
    /// Who does one of these is at the summit.
    attends,
    /// Who does one of these is not.
    stays_away,
    /// Entries for the President that are not the man himself.
    plain_not_he,
    /// Capitals: a trip to one is a trip to the country; of other places only the stop is spoken of.
    plain_capital,
    /// Verbs for going there.
    plain_visit,
    /// Nouns for a journey.
    plain_visit_noun,
    /// Verbs for having come.
    plain_arrives,
    /// Verbs with which a visit begins or has ended: he is or was there.
    plain_begins,
    /// Verbs of calling off, before what is called off.
    plain_cancels,
    /// Predicates of what is called off.
    plain_cancelled,
    /// Verbs of putting off, before what is put off.
    plain_postpones,
    /// Predicates of what is put off.
    plain_postponed,
    /// Verbs of leaving a country out.
    plain_skips,
    /// Negations.
    plain_not,
    /// Words for planning, confirming, announcing and taking place.
    plain_plans,
    /// What a host does.
    plain_hosts,
    /// What leaders do when they meet.
    plain_meets,
    /// Verbs of denial.
    plain_denies,
    /// Nouns for calling off.
    plain_cancellation,
    /// Nouns for putting off.
    plain_postponement,
    /// Who says it.
    plain_source,
    /// Words that open an aside: what follows is not what is asserted.
    plain_adjunct,
    /// Times.
    plain_time,
    /// Words that may stand between, also of what is to come.
    plain_fill,
    /// Words that may stand between and say nothing of the future.
    plain_now,
    /// And.
    plain_and,
    /// In, at.
    plain_in,
    /// Endings of the past.
    plain_past,
    /// Names of a region that holds the countries of `plain_region_member`.
    plain_region,
    /// Countries (slugs) of that region.
    plain_region_member,
    /// Words that open an exception.
    plain_unless,
    /// Words for every foreign country.
    plain_abroad,
    /// What stands behind these is beside the point: a threat against a visit is no word of the visit.
    plain_against,
    /// Adjectives of countries: what is Japanese is not Japan.
    plain_adjective,
    /// Verbs for leaving a country.
    plain_leaves,
    /// Behind a visit in one word: while it lasts.
    plain_while,
    /// What carries him.
    plain_vehicle,
    /// A stop on the way.
    plain_stopover,
    /// Summits, which are somewhere else unless the place is named.
    plain_summit,
}

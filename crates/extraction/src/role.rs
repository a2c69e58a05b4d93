//! The roles that words can have in the grammar, and the kinds of actors.

macro_rules! names {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            const ALL: &'static [(&'static str, Self)] = &[$(($text, Self::$variant),)*];

            /// By the name in the lexicon.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
            }

            /// The name in the lexicon.
            #[must_use]
            pub fn name(self) -> &'static str {
                Self::ALL.iter().find(|(_, value)| *value == self).map_or("", |(name, _)| *name)
            }

            /// All names, for messages.
            #[must_use]
            pub fn names() -> String {
                Self::ALL.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
            }
        }
    };
}

names! {
    /// What a word does in a headline. The manual (docs/EXTRACTION.md) says it at length.
    Role {
        /// The United States as where money goes.
        Us = "us",
        /// Where the President receives.
        UsSeat = "us_seat",
        /// A leader's visit to the United States, in one word.
        UsVisit = "us_visit",
        /// Going somewhere.
        Travel = "travel",
        /// Being there.
        Arrive = "arrive",
        /// Saying that one will.
        Announce = "announce",
        /// Preparing it.
        Plan = "plan",
        /// Asking somebody to come.
        Invite = "invite",
        /// Later than planned.
        Postpone = "postpone",
        /// A journey called off.
        Cancel = "cancel",
        /// A stop that is no visit.
        Stopover = "stopover",
        /// A multilateral summit.
        Summit = "summit",
        /// Receiving a guest.
        Host = "host",
        /// The President would rather be visited.
        HostPreference = "host_preference",
        /// The slogan, the domestic focus.
        AmericaFirst = "america_first",
        /// A visit that answers one.
        ReturnVisit = "return_visit",
        /// A state's money.
        PublicMoney = "public_money",
        /// Companies' and persons' money.
        PrivateMoney = "private_money",
        /// Putting money into something.
        Invest = "invest",
        /// What is built with it.
        Project = "project",
        /// Stage: talked about.
        Rumour = "rumour",
        /// Stage: offered.
        Propose = "propose",
        /// Stage: terms are worked out.
        Negotiate = "negotiate",
        /// Stage: agreed.
        Sign = "sign",
        /// Stage: being built.
        Construct = "construct",
        /// Stage: off.
        Collapse = "collapse",
        /// On again.
        Resume = "resume",
        /// Land of the federal state.
        FederalLand = "federal_land",
        /// The President's name on it.
        Branding = "branding",
        /// Economic security.
        EconomicSecurity = "economic_security",
        /// Emergency powers.
        Emergency = "emergency",
        /// A quarrel.
        RelationBad = "relation_bad",
        /// Taking a measure back.
        Relief = "relief",
        /// Warm words.
        RelationGood = "relation_good",
        /// A leader goes.
        LeaderExit = "leader_exit",
        /// Plain negation.
        Negate = "negate",
        /// A predicate that denies its clause.
        Bar = "bar",
        /// Denial.
        Deny = "deny",
        /// Not decided.
        Undecided = "undecided",
        /// Set against the assertion.
        Contrast = "contrast",
        /// Said officially.
        Confirm = "confirm",
        /// Said with reserve.
        Hedge = "hedge",
        /// If.
        Condition = "condition",
        /// An earlier report is withdrawn.
        Retract = "retract",
        /// A figure is replaced.
        Correct = "correct",
        /// An opinion, wherever it stands.
        Opinion = "opinion",
        /// An opinion, at an edge.
        OpinionEdge = "opinion_edge",
        /// Opens a question.
        Question = "question",
        /// Ends a clause.
        Boundary = "boundary",
        /// Sport.
        Sports = "sports",
        /// Markets and results.
        Markets = "markets",
        /// Holdings.
        Portfolio = "portfolio",
        /// Statistics of the past.
        Statistic = "statistic",
        /// Memories.
        Past = "past",
        /// Something else.
        OffTopic = "off_topic",
        /// Money that goes elsewhere.
        Elsewhere = "elsewhere",
        /// Talk to the program.
        Injection = "injection",
        /// An order to a machine.
        Order = "order",
        /// What such an order speaks of.
        Machine = "machine",
        /// A joke by its own word.
        Satire = "satire",
        /// Attribution.
        Say = "say",
        /// A negator that negates nothing.
        Void = "void",
        /// A figure becomes another one.
        Change = "change",
        /// Sums that are no capital.
        NotCapital = "not_capital",
        /// Carries no story.
        Stop = "stop",
    }
}

names! {
    /// What an actor is.
    Kind {
        /// A government or a part of it.
        Government = "government",
        /// State banks, sovereign wealth funds, public pension funds.
        StateFund = "state_fund",
        /// A parliament.
        Legislature = "legislature",
        /// A company.
        Company = "company",
        /// A private bank.
        Bank = "bank",
        /// The President of the United States.
        President = "president",
        /// His government.
        UsOffice = "us_office",
        /// One who speaks for it.
        UsPerson = "us_person",
        /// An American company.
        UsCompany = "us_company",
        /// An American, or a Trump, who is not the President.
        UsOther = "us_other",
        /// A court.
        Court = "court",
        /// Press, analysts.
        Media = "media",
        /// Prediction markets and bookmakers.
        Market = "market",
        /// Teams.
        Sport = "sport",
    }
}

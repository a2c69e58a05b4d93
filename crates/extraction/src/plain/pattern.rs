//! The grammar: patterns over the letters of [`super::lex`].
//!
//! `P` he, `H` the host's leader or government, `O` anybody else, `Z` who says it; `T` the target or its
//! capital, `t` another place of it, `X` another country, `R` a region that holds it, `D` "a visit to it" in
//! one word; `V` to go, `N` a journey, `A` to arrive, `b` to begin or end a visit, `m` to meet, `W` to host;
//! `K`/`k` to call off and called off, `L`/`l` to put off and put off, `J`/`j` the nouns, `S` to leave out,
//! `G` not, `e` to deny; `Y` to plan or to announce, `F`/`f` words between, `M` a time, `a` and, `I` in;
//! `E` opens an aside, `U` an exception; `c` a comma, `C` another border, `d` a dot, `q` "'s", `p` the
//! ending of the past, `g` to leave, `s` to stop on the way, `w` while it lasts, `v` what carries him, `y` an adjective of a country,
//! `x` a quotation's end, `z` a year, `B` against or during, `o` a
//! word that nobody knows.

use std::ops::Range;

use regex::Regex;

use super::lex::{Row, Words};
use crate::lists::Lists;

/// What is plainly said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    /// He is there, or has been.
    There,
    /// It is called off.
    Off,
    /// It is put off.
    Later,
    /// He will not come, or a report that he would is denied.
    Not,
    /// He stops there on his way.
    Stops,
    /// He comes, or may.
    Comes,
    /// He comes, and something else is what he gives up for it.
    Instead,
}

/// Before he is named: the headline begins, or a word after which he is the subject.
const PRE: &str = "(?:^|[CcYZFfMHTXa])";
/// He, perhaps with company.
const HE: &str = "P+(?:q?f*v)?(?:[fd]*[ac]f*[OH]+)?";
/// Between him and his verb.
const FILL: &str = "[fFMYaIRcHZ]*";
/// The same, where a second half of the negation may stand ("ne ... pas").
const UNSAID: &str = "[fFMYaIRcHZG]*";
/// Between the verb of going and the target, other countries of the same journey included.
const WAY: &str = "[fFMYaIN]*(?:X(?:cX)*c?a[fI]*)?";
/// A journey to the target as a noun.
const TRIP: &str = "(?:T[fFM]*N|N[fFMI]*(?:X(?:cX)*c?a[fI]*)?T|D(?:f*N)?)";
/// A journey that the target is a part of.
const TOUR: &str =
    "(?:T[fFM]*N|N[fFMI]*(?:X(?:cX)*c?a[fI]*)?T|D(?:f*N)?|R[fFM]*N|N[fFI]*R|R(?:$|[cCEM]))";
/// Behind the target: nothing that could be said of the journey itself ("in doubt").
const NEXT: &str = "(?:I?M|$|[cCEYZaXFf])";
/// Words that say nothing else.
const REST: &str = "[ZHTXYFfMcCaIqd]*";

/// In the order in which they are tried: what has happened, what is undone, what is to come.
fn patterns() -> Vec<(Said, String)> {
    let mut all = vec![
        (Said::There, format!("{PRE}{HE}[fMcI]*A[fIM]*(?:X[fI]*)?[Tt]")),
        (Said::There, format!("{PRE}{HE}[fMc]*b[fF]*(?:{TRIP}|V[fFI]*T)")),
        (Said::There, format!("{PRE}{HE}[fMcI]*(?:(?:D[Ec])?[Ttd]+[fIF]*A|Dp)(?:$|[cCfMHTZ])")),
        (Said::There, format!("{PRE}(?:P+[fac]*H+|H+[fac]*P+)[fac]*m[fN]*If*[Tt](?:$|[cCE])")),
        (Said::There, format!("{PRE}P+f*mf*H+f*If*[Tt](?:$|[cCE])")),
        (Said::There, format!("{PRE}{HE}[fMc]*g[fF]*T(?:$|[cCEMF])")),
        (Said::There, "DwP+".to_owned()),
        (Said::There, format!("{PRE}H+f*[Wm]f*P+f*If*[Tt](?:$|[cCE])")),
    ];
    let undone = [(Said::Off, "K", "k", "J"), (Said::Later, "L", "l", "j")];
    for (said, verb, predicate, noun) in undone {
        all.push((said, format!("{PRE}{HE}{FILL}{verb}[fFMYI]*(?:{TOUR}|V[fFM]*T)")));
        all.push((
            said,
            format!("(?:^|[CcZYHTfM])P+[fFMYIcq]*{TOUR}[fFMcI]*{predicate}(?:$|[^oG])"),
        ));
        all.push((
            said,
            format!("(?:^|[CcZ])[ZTHf]*[ZTH]+[fFM]*{verb}[fFM]*P+[fFMq]*(?:{TRIP}|N)"),
        ));
        all.push((said, format!("{noun}[fFE]*P+[fFMq]*{TOUR}")));
        all.push((said, format!("(?:^|[CcZ])f*N[fFI]*T[fFM]*{predicate}(?:$|[cCZE])")));
        // "Japan says Trump visit postponed": of this target, since its government says so.
        all.push((
            said,
            format!("(?:^|[CcZ])H?[TH]+[fFMYZC]*P+[fFMq]*N[fFMcI]*{predicate}(?:$|[^oG])"),
        ));
        all.push((said, format!("(?:^|[CcZfF])N[fF]*P+[fFI]*T[fFMI]*{predicate}")));
    }
    all.extend([
        (
            Said::Not,
            format!("{PRE}{HE}{FILL}G{UNSAID}[VA][GfF]*{WAY}(?:T|RN?)[fM]*(?:$|[^UoN]|Uz)"),
        ),
        (Said::Not, format!("{PRE}{HE}{FILL}V[fFM]*G[fFMI]*T[fM]*(?:$|[^UoN])")),
        (Said::Not, format!("{PRE}{HE}{FILL}S[fF]*T(?:$|[cCME]|[fF]?R)")),
        (Said::Not, format!("{PRE}G[fFM]*P+[fFMq]*{TRIP}")),
        (
            Said::Not,
            format!("{PRE}{HE}[fFMcXYI]*(?:D|T[fF]*[NV]|[Ttd]+[fF]*A)[fF]*G(?:$|[cCMZYx])"),
        ),
        (Said::Not, format!("{PRE}{HE}{FILL}G{FILL}A[fF]*[Tt]")),
        (Said::Not, "(?:^|[CcZ])[fF]*G[fFM]*(?:N[fF]*T|T[fF]*N)(?:$|[cCfFMYZ])".to_owned()),
        (Said::Not, format!("{PRE}{HE}{FILL}G{FILL}(?:D|V[fF]*T)(?:$|[cCMfFY]|&)")),
        (Said::Not, format!("{PRE}{HE}{FILL}G[fFMI]*T[fFMI]*[VA]")),
        (Said::Not, format!("{PRE}G[fFM]*N[fFE]*P+[fFI]*T")),
        (Said::Not, "[TH].*C[fF]*G[fFM]*(?:P+[fFq]*N|N[fFE]*P)".to_owned()),
        (Said::Not, "(?:^|[^GoaY])e[fFMYZE]*N[fFE]*P+[fFI]*T".to_owned()),
        (Said::Not, format!("(?:^|[^GoaY])e[fFMYZE]*P+{FILL}(?:[VA]{WAY}[Tt]|{TRIP})")),
        (Said::Not, format!("{PRE}{HE}{FILL}(?:D|T[fF]*[NV])[fFZY]*e(?:$|[^G])")),
        (Said::Stops, format!("{PRE}{HE}{FILL}s[fFMIN]*[Tt]")),
        (Said::Stops, format!("{PRE}{HE}[fMcI]*[Tt][fMIN]*s")),
        (
            Said::Instead,
            format!("{PRE}{HE}{FILL}[SKL][fFMIN]*X[cCa]+[fF]*(?:V{WAY}[Tt]|Y[fF]*{TRIP})"),
        ),
        (Said::Comes, format!("{PRE}{HE}{FILL}m[fF]*H+E[fFM]*{TRIP}")),
        (Said::Comes, format!("{PRE}{HE}{FILL}[FY]{FILL}[VA]{WAY}[Tt]{NEXT}")),
        (Said::Comes, format!("{PRE}{HE}{FILL}%{WAY}[Tt](?:$|[^qo]|q[^o])")),
        (Said::Comes, format!("{PRE}{HE}{FILL}[FY]{FILL}N[fFMI]*(?:X(?:cX)*c?a[fI]*)?[Tt]{NEXT}")),
        (Said::Comes, format!("{PRE}{HE}[fFMYaIRcHZX]*[Tt][fFMYaIH]*V(?:$|[cCMEYF])")),
        (Said::Comes, format!("{PRE}{HE}[fFMYaIRcHZX]*[Tt][fFMI]*N(?:$|[cCMYF])")),
        (Said::Comes, format!("{PRE}{HE}[fFMYaIRcHZX]*D(?:$|[cCYFM])")),
        (Said::Comes, format!("{PRE}[HTZ]+[fFMc]*W[fFM]*P+(?:$|[cCM]|IM|[fFI]+[Tt])")),
        (Said::Comes, format!("{PRE}{HE}{FILL}m[fFMaN]*H*[fFMaIN]*If*[Tt]")),
        (Said::Comes, format!("^{REST}P+[fq]*[fFMYIa]*{TRIP}{REST}$")),
        (Said::Comes, format!("^{REST}[TH]{REST}P+[fq]*[fFMYIa]*N{REST}$")),
        (Said::Comes, format!("^{REST}Y{REST}E?P+[fq]*[fFMYIa]*{TRIP}{REST}(?:E|$)")),
        (Said::Comes, format!("^{REST}P+[fq]*[fFMYIa]*{TRIP}{REST}Y{REST}(?:E|$)")),
        (Said::Comes, format!("^{REST}[TH]{REST}Y{REST}P+[fq]*[fFMYIa]*N{REST}(?:E|$)")),
    ]);
    all
}

/// A visit of his, whatever is said of it; not as the target of a threat or the time of something else.
fn named() -> String {
    format!(
        "(?:^|[^B])(?:P+[fFMqY]*{TRIP}|P+{FILL}V{WAY}[Tt]|P+[fFqM]*t[fF]*N|N[fFEI]*P+[fFI]*[Tt]|{TRIP}[fFE]*P+)(?:$|[^o])"
    )
}

/// The patterns, ready to be read with.
#[derive(Debug, Clone)]
pub(crate) struct Grammar {
    patterns: Vec<(Said, Regex)>,
    named: Regex,
    pub(super) words: Words,
}

impl Grammar {
    /// Prepares the patterns.
    ///
    /// # Errors
    /// A pattern is broken: never in a program that is shipped, tests build it.
    pub(crate) fn new(lists: &Lists) -> Result<Self, regex::Error> {
        let compile =
            |(said, pattern): (Said, String)| Ok((said, Regex::new(&expanded(&pattern))?));
        let patterns = patterns().into_iter().map(compile).collect::<Result<_, _>>()?;
        let named = Regex::new(&expanded(&named()))?;
        Ok(Self { patterns, named, words: Words::new(lists) })
    }

    /// Is a visit of his named in one piece?
    pub(super) fn names(&self, row: &Row) -> bool {
        self.named.is_match(&row.letters)
    }

    /// The first that holds, and the words it holds for.
    pub(super) fn read(&self, row: &Row) -> Option<(Said, Range<usize>)> {
        self.patterns.iter().find_map(|(said, pattern)| {
            let found = pattern.find(&row.letters)?;
            Some((*said, row.words(found.range())))
        })
    }
}

/// A pattern over letters as one over items: `T` is an item that may be a `T`, `[TX]` one that may be
/// either, `[^TX]` one that can be neither, `%` a verb of going that is no noun, `&` an aside
/// that is no exception.
fn expanded(pattern: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '[' => {
                let none = rest.next_if_eq(&'^').is_some();
                let set: String = rest.by_ref().take_while(|c| *c != ']').collect();
                out += &if none {
                    format!("(?:<[^<>{set}]*>)")
                } else {
                    format!("(?:<[^<>]*[{set}][^<>]*>)")
                };
            }
            '(' => {
                out.push('(');
                // "?:" belongs to the bracket.
                if rest.next_if_eq(&'?').is_some() {
                    out.push('?');
                }
                if rest.next_if_eq(&':').is_some() {
                    out.push(':');
                }
            }
            '&' => out += "(?:<[^<>U]*E[^<>U]*>)",
            '%' => out += "(?:<[^<>N]*V[^<>N]*>)",
            letter if letter.is_ascii_alphabetic() => out += &format!("(?:<[^<>]*{letter}[^<>]*>)"),
            other => out.push(other),
        }
    }
    out
}

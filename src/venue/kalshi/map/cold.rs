//! Frames other than the hot three, and hot ones in unusual dress: read by serde.

use serde::Deserialize;
use serde_json::value::RawValue;
use statecraft_domain::event::LossCause;

use super::{
    FrameDetail, FrameError, FrameKind, FrameMapper, FrameNote, Ignored, LIFECYCLE, Sequence, Sink,
};
use crate::venue::kalshi::scan::{Head, HotFrame};
use crate::venue::kalshi::wire::{
    DeltaMsg, Envelope, ErrorMsg, OkMsg, SubscribedMsg, TickerMsg, TradeMsg, clean_venue_text,
};

/// Error codes after which a subscription is silent for good (reference 4.6).
const TERMINAL_CODES: [u32; 2] = [10, 25];

impl FrameMapper {
    pub(super) fn cold(
        &mut self,
        bytes: &[u8],
        sink: &mut Sink<'_>,
    ) -> Result<FrameNote, FrameError> {
        let envelope: Envelope<'_> =
            serde_json::from_slice(bytes).map_err(FrameError::NotAFrame)?;
        let head = Head { sid: envelope.sid, seq: envelope.seq, id: envelope.id };
        let msg = envelope.msg;
        match envelope.kind.as_ref() {
            "orderbook_snapshot" => self.snapshot(head, &payload(msg, "orderbook_snapshot")?, sink),
            "orderbook_delta" => {
                let delta: DeltaMsg = payload(msg, "orderbook_delta")?;
                self.hot(head, &HotFrame::Delta((&delta).into()), sink)
            }
            "ticker" => {
                let ticker: TickerMsg = payload(msg, "ticker")?;
                self.hot(head, &HotFrame::Ticker((&ticker).into()), sink)
            }
            "trade" => {
                let trade: TradeMsg = payload(msg, "trade")?;
                self.hot(head, &HotFrame::Trade((&trade).into()), sink)
            }
            "fill" => self.fill(head, &payload(msg, "fill")?, sink),
            "user_order" => self.user_order(head, payload(msg, "user_order")?, sink),
            "market_position" => Self::position(head, payload(msg, "market_position")?),
            LIFECYCLE => self.numbered(head, FrameKind::Lifecycle, sink, |mapper, note, sink| {
                mapper.lifecycle(note, payload(msg, LIFECYCLE)?, sink)
            }),
            "event_lifecycle" => self.numbered(head, FrameKind::Event, sink, |_, note, _| Ok(note)),
            "event_fee_update" => {
                self.numbered(head, FrameKind::Event, sink, |_, note, _| fees_changed(note, msg))
            }
            "subscribed" => subscribed(head, payload(msg, "subscribed")?),
            "ok" => self.ok(head, msg, sink),
            "unsubscribed" => Ok(self.unsubscribed(head, sink)),
            "error" => self.venue_error(head, payload(msg, "error")?, sink),
            other => {
                let unknown = clean_venue_text(other);
                self.numbered(head, FrameKind::Other, sink, |_, mut note, _| {
                    note.ignored = Some(Ignored::Unknown);
                    note.detail = Some(Box::new(FrameDetail::Unknown(unknown)));
                    Ok(note)
                })
            }
        }
    }

    /// Runs a frame that may be numbered through its counter and, unless it is a duplicate, on.
    fn numbered(
        &mut self,
        head: Head,
        kind: FrameKind,
        sink: &mut Sink<'_>,
        then: impl FnOnce(&mut Self, FrameNote, &mut Sink<'_>) -> Result<FrameNote, FrameError>,
    ) -> Result<FrameNote, FrameError> {
        let mut note = FrameNote::of(kind, head);
        if let (Some(sid), Some(seq)) = (head.sid, head.seq) {
            note.sequence = self.advance(sid, seq, false, sink);
        }
        if note.sequence == Sequence::Duplicate {
            note.ignored = Some(Ignored::Duplicate);
            return Ok(note);
        }
        then(self, note, sink)
    }

    /// An acknowledgement; it may carry the full list of a subscription's markets, and those that
    /// are no longer in it get no more changes.
    fn ok(
        &mut self,
        head: Head,
        msg: Option<&RawValue>,
        sink: &mut Sink<'_>,
    ) -> Result<FrameNote, FrameError> {
        let mut note = FrameNote::of(FrameKind::Ok, head);
        let Some(sid) = head.sid else {
            return Ok(note);
        };
        if let Some(seq) = head.seq {
            note.sequence = self.advance(sid, seq, true, sink);
            if note.sequence == Sequence::Duplicate {
                note.ignored = Some(Ignored::Duplicate);
                return Ok(note);
            }
        }
        let ok: OkMsg = match msg {
            Some(msg) => payload(Some(msg), "ok")?,
            None => OkMsg::default(),
        };
        if let Some(tickers) = ok.market_tickers {
            self.markets.lose_where(
                LossCause::SubscriptionEnded,
                sink.received,
                sink.out,
                |market| market.book == Some(sid) && !tickers.contains(&market.ticker),
            );
        }
        Ok(note)
    }

    fn unsubscribed(&mut self, head: Head, sink: &mut Sink<'_>) -> FrameNote {
        if let Some(sid) = head.sid {
            let cause = LossCause::SubscriptionEnded;
            self.markets.lose_of(sid, cause, sink.received, sink.out);
        }
        FrameNote::of(FrameKind::Unsubscribed, head)
    }

    fn venue_error(
        &mut self,
        head: Head,
        error: ErrorMsg,
        sink: &mut Sink<'_>,
    ) -> Result<FrameNote, FrameError> {
        let mut note = FrameNote::of(FrameKind::VenueError, head);
        let terminal = TERMINAL_CODES.contains(&error.code);
        let cause = LossCause::SubscriptionEnded;
        match head.sid {
            Some(sid) if terminal => self.markets.lose_of(sid, cause, sink.received, sink.out),
            // It may be any of them that is silent now.
            None if terminal => self.markets.lose_all(cause, sink.received, sink.out),
            _ => {}
        }
        let text = clean_venue_text(&error.msg);
        note.detail = Some(Box::new(FrameDetail::VenueError { code: error.code, text, terminal }));
        Ok(note)
    }
}

fn payload<'a, T: Deserialize<'a>>(
    msg: Option<&'a RawValue>,
    kind: &'static str,
) -> Result<T, FrameError> {
    let text = msg.ok_or(FrameError::Missing { kind, field: "msg" })?.get();
    serde_json::from_str(text).map_err(|source| FrameError::Payload { kind, source })
}

fn subscribed(head: Head, msg: SubscribedMsg) -> Result<FrameNote, FrameError> {
    let mut note = FrameNote::of(FrameKind::Subscribed, head);
    note.sid = Some(msg.sid);
    note.detail = Some(Box::new(FrameDetail::Subscribed { channel: msg.channel, sid: msg.sid }));
    Ok(note)
}

fn fees_changed(mut note: FrameNote, msg: Option<&RawValue>) -> Result<FrameNote, FrameError> {
    #[derive(Deserialize)]
    struct FeeUpdate {
        event_ticker: String,
    }
    let update: FeeUpdate = payload(msg, "event_fee_update")?;
    note.detail = Some(Box::new(FrameDetail::FeesChanged { event: update.event_ticker }));
    Ok(note)
}

//! `market_lifecycle_v2`: markets open, pause, close, get a result and are paid.

use statecraft_domain::event::{LossCause, MarketSettled, MarketStatusChanged};
use statecraft_domain::{Event, MarketStatus, Settlement, TickBand, TickGrid, Timestamp, Venue};

use super::markets::{Slot, default_listing};
use super::{FrameDetail, FrameError, FrameMapper, FrameNote, Ignored, Sink};
use crate::venue::kalshi::wire::{LifecycleMsg, PriceRange, clean_venue_text};

const KIND: &str = "market_lifecycle_v2";

impl FrameMapper {
    /// The channel speaks of every market of the exchange; only those met before, and new ones of a
    /// followed series, give events.
    pub(super) fn lifecycle(
        &mut self,
        mut note: FrameNote,
        msg: LifecycleMsg,
        sink: &mut Sink<'_>,
    ) -> Result<FrameNote, FrameError> {
        note.unknown_fields = msg.unknown.count;
        if msg.event_type == "created" {
            self.created(&msg, sink)?;
            note.detail = Some(Box::new(FrameDetail::Created { ticker: msg.market_ticker }));
            return Ok(note);
        }
        let Some(slot) = self.markets.find(&msg.market_ticker) else {
            note.ignored = Some(Ignored::UnrelatedMarket);
            return Ok(note);
        };
        match msg.event_type.as_str() {
            "activated" => {
                note.detail = self.set_status(slot, MarketStatus::Active, None, sink);
            }
            "deactivated" => {
                self.set_status(slot, MarketStatus::Paused, None, sink);
            }
            "close_date_updated" => note.detail = self.close_moved(slot, &msg, sink)?,
            "determined" => {
                self.markets.get_mut(slot).result = Some(determined(&msg)?);
                self.set_status(slot, MarketStatus::Closed, None, sink);
            }
            "settled" => self.settled(slot, &mut note, sink),
            "price_level_structure_updated" => self.grid_changed(slot, &msg, sink)?,
            "metadata_updated" => {
                let ticker = self.markets.get(slot).ticker.clone();
                note.detail = Some(Box::new(FrameDetail::MetadataChanged { ticker }));
            }
            other => {
                note.ignored = Some(Ignored::Unknown);
                note.detail = Some(Box::new(FrameDetail::Unknown(clean_venue_text(other))));
            }
        }
        Ok(note)
    }

    fn created(&mut self, msg: &LifecycleMsg, sink: &mut Sink<'_>) -> Result<(), FrameError> {
        let series = msg.market_ticker.split('-').next().unwrap_or_default();
        let is_followed = self.followed_series.iter().any(|followed| followed == series);
        if !is_followed || self.markets.find(&msg.market_ticker).is_some() {
            return Ok(());
        }
        let grid = match &msg.price_ranges {
            Some(ranges) => tick_grid(ranges)?,
            None => TickGrid::cents(),
        };
        let (id, _) = sink.registry.intern(Venue::Kalshi, &msg.market_ticker);
        let mut listing =
            default_listing(&msg.market_ticker, grid, self.settings.default_fees.clone());
        if let Some(metadata) = &msg.additional_metadata {
            listing.title = metadata.title.clone();
            if !metadata.event_ticker.is_empty() {
                listing.event = metadata.event_ticker.clone();
            }
        }
        listing.close = msg.close_ts.map(Timestamp::from_secs);
        if msg.open_ts.is_some_and(|open| Timestamp::from_secs(open) > sink.received) {
            listing.status = MarketStatus::Unopened;
        }
        self.markets.know(id, listing);
        if let Some(slot) = self.markets.find(&msg.market_ticker) {
            self.markets.relist(slot, sink.received, sink.out, |_| {});
        }
        Ok(())
    }

    /// A market that did not trade and trades again loses its book: if its subscription died meanwhile, nobody saw it.
    /// The detail asks for the snapshot.
    fn set_status(
        &mut self,
        slot: Slot,
        status: MarketStatus,
        close: Option<Timestamp>,
        sink: &mut Sink<'_>,
    ) -> Option<Box<FrameDetail>> {
        let market = self.markets.get_mut(slot);
        let before = market.listing.as_ref().map(|listing| listing.status);
        let reopened = status == MarketStatus::Active && before != Some(MarketStatus::Active);
        let reopened = (reopened && market.book.is_some()).then(|| market.ticker.clone());
        if let Some(listing) = &mut market.listing {
            listing.status = status;
            listing.close = close.or(listing.close);
        }
        if reopened.is_some() {
            self.markets.lose_one(slot, LossCause::Reopened, sink.received, sink.out);
        }
        let market = self.markets.get_mut(slot);
        sink.out.push(Event::MarketStatusChanged(MarketStatusChanged {
            at: sink.received,
            market: market.id,
            status,
            close,
        }));
        reopened.map(|ticker| Box::new(FrameDetail::Reopened(ticker)))
    }

    fn close_moved(
        &mut self,
        slot: Slot,
        msg: &LifecycleMsg,
        sink: &mut Sink<'_>,
    ) -> Result<Option<Box<FrameDetail>>, FrameError> {
        let close = msg.close_ts.ok_or(FrameError::Missing { kind: KIND, field: "close_ts" })?;
        let close = Timestamp::from_secs(close);
        let known = self.markets.get(slot).listing.as_ref().map(|listing| listing.status);
        let status = match known {
            _ if close <= sink.received => MarketStatus::Closed,
            // A close that moves out opens the market again.
            Some(MarketStatus::Closed) | None => MarketStatus::Active,
            Some(status) => status,
        };
        Ok(self.set_status(slot, status, Some(close), sink))
    }

    fn settled(&mut self, slot: Slot, note: &mut FrameNote, sink: &mut Sink<'_>) {
        let market = self.markets.get_mut(slot);
        match market.result.take() {
            Some(settlement) if self.settings.announced_is_paid => {
                sink.out.push(Event::MarketSettled(MarketSettled {
                    at: sink.received,
                    market: market.id,
                    settlement,
                }));
            }
            // The frame itself does not say how the market ended, and what was announced may have been
            // disputed since.
            announced => {
                let ticker = market.ticker.clone();
                note.detail = Some(Box::new(FrameDetail::ResultNeeded { ticker, announced }));
            }
        }
    }

    fn grid_changed(
        &mut self,
        slot: Slot,
        msg: &LifecycleMsg,
        sink: &mut Sink<'_>,
    ) -> Result<(), FrameError> {
        let ranges = msg
            .price_ranges
            .as_ref()
            .ok_or(FrameError::Missing { kind: KIND, field: "price_ranges" })?;
        let grid = tick_grid(ranges)?;
        self.markets.grid_is_known(slot);
        self.markets.relist(slot, sink.received, sink.out, |listing| listing.grid = grid);
        Ok(())
    }
}

fn determined(msg: &LifecycleMsg) -> Result<Settlement, FrameError> {
    let missing = |field| FrameError::Missing { kind: KIND, field };
    match msg.result.as_deref() {
        Some("yes") => Ok(Settlement::Yes),
        Some("no") => Ok(Settlement::No),
        Some("scalar") => {
            msg.settlement_value.map(Settlement::Scalar).ok_or(missing("settlement_value"))
        }
        Some(other) => Err(FrameError::UnknownValue {
            kind: KIND,
            field: "result",
            value: clean_venue_text(other),
        }),
        None => Err(missing("result")),
    }
}

fn tick_grid(ranges: &[PriceRange]) -> Result<TickGrid, FrameError> {
    grid_of_ranges(ranges).map_err(|error| FrameError::UnknownValue {
        kind: KIND,
        field: "price_ranges",
        value: error.to_string(),
    })
}

/// A market's grid from its `price_ranges`, in any order.
pub(super) fn grid_of_ranges(
    ranges: &[PriceRange],
) -> Result<TickGrid, statecraft_domain::market::TickGridError> {
    let mut bands: Vec<_> = ranges
        .iter()
        .map(|range| TickBand { start: range.start, end: range.end, step: range.step })
        .collect();
    bands.sort_by_key(|band| band.start);
    TickGrid::new(bands)
}

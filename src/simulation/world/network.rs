//! The venue end of the network: what it makes of a request, and its frames on their way.

use bytes::Bytes;
use statecraft_domain::{ClientOrderId, Timestamp};

use crate::simulation::bot::GroupCall;
use crate::simulation::faults::Fault;
use crate::simulation::scene;
use crate::trading::dispatch::CancelRequest;
use crate::venue::kalshi::rest::{ORDERS, RestError};

use super::{Call, Happening, PATIENCE, Parcel, SECOND, SIGNATURE_AGE_MAX, World};

/// Parts of the account that are read one by one.
const READS: [&str; 3] = ["/portfolio/orders", "/portfolio/fills", "/portfolio/positions"];

/// No page of positions is older than this, also where it is served in place of a read that fails.
const OLD_PAGE_MAX: i64 = 240 * SECOND;

impl World {
    pub(super) fn hand_to_venue(&mut self, call: Call) {
        self.advance_venue();
        match call {
            Call::Place { from, id, body, signed } => self.venue_places(from, id, &body, signed),
            Call::Cancel { from, cancel } => self.venue_cancels(from, &cancel),
            Call::Get { from, task, path } => self.venue_reads(from, task, &path),
            Call::Group { from, call } => self.venue_groups(from, call),
            Call::Say { connection, text } => {
                if self.socket == Some(connection) {
                    self.venue.command(&text);
                    self.pump_frames();
                }
            }
            Call::Pong { from, connection } => {
                if self.socket == Some(connection) && from == self.process {
                    self.deliver(Parcel::Ping(connection));
                }
            }
        }
    }

    fn venue_places(&mut self, from: u32, id: ClientOrderId, body: &[u8], signed: i64) {
        let error = |status: u16, code: &str| {
            (status, format!(r#"{{"error":{{"code":"{code}","message":"simulated"}}}}"#))
        };
        let refused = if self.now < self.refuses_until {
            Some(error(503, "exchange_unavailable"))
        } else if self.now < self.blocked_until {
            Some(error(451, "unavailable_for_legal_reasons"))
        } else if self.is_unauthorised((self.now - signed).abs()) {
            Some(error(401, "authentication_error"))
        } else if self.now < self.cancel_only_until {
            Some(error(503, "cancel_only"))
        } else if self.draws(Fault::PlaceReject) {
            Some(error(400, "insufficient_balance"))
        } else if self.draws(Fault::PlaceErrorBefore) {
            Some(error(500, "internal_server_error"))
        } else if self.draws(Fault::PlaceTooMany) {
            Some(error(429, "too_many_requests"))
        } else {
            None
        };
        let pauses = self.now < self.paused_until && refused.is_none();
        if pauses && self.draws(Fault::PlaceParked) {
            return self.parked.push((from, id, body.to_vec()));
        }
        let answer = match refused {
            Some(answer) => {
                self.judge.lost(id);
                answer
            }
            None => {
                let mut answer = self.venue.call("POST", ORDERS, body);
                self.judge.arrived(id, self.venue.truth());
                self.pump_frames();
                if answer.0 != 201 {
                    self.saw(&format!("refused: {}", error_code(&answer.1)));
                }
                if self.draws(Fault::PlaceErrorAfter) {
                    answer = error(502, "bad_gateway");
                } else if self.draws(Fault::PlaceWithoutOrder) {
                    answer = (201, "{}".to_owned());
                } else if self.draws(Fault::PlaceTimeoutAfter) {
                    return;
                }
                answer
            }
        };
        let mut wait = self.dice.millis(5.0, 100.0);
        if self.draws(Fault::FillBeforeAck) {
            wait += self.dice.secs(0.5, 8.0);
        }
        self.at(wait, Happening::ToBot(from, Parcel::Placed(id, Ok(answer))));
    }

    /// The venue works again: what waited there is worked off. Its signature was looked at when it came.
    pub(super) fn work_off(&mut self) {
        for (from, id, body) in std::mem::take(&mut self.parked) {
            let wait = self.dice.secs(0.1, 4.0);
            let signed = self.now + wait;
            self.at(wait, Happening::ToVenue(Call::Place { from, id, body, signed }));
        }
    }

    fn venue_cancels(&mut self, from: u32, cancel: &CancelRequest) {
        let path = format!("{ORDERS}/{}", cancel.venue_order);
        let answer = if self.now < self.refuses_until {
            (503, "{}".to_owned())
        } else if self.now < self.blocked_until {
            (451, "{}".to_owned())
        } else if self.is_unauthorised(0) {
            (401, "{}".to_owned())
        } else if let Some(answer) = self.undone(cancel) {
            answer
        } else {
            let answer = self.venue.call("DELETE", &path, &[]);
            self.pump_frames();
            answer
        };
        let answer = if self.draws(Fault::CancelNotFound) {
            (404, r#"{"error":{"code":"not_found","message":"simulated"}}"#.to_owned())
        } else {
            answer
        };
        let wait = self.dice.millis(5.0, 100.0);
        self.at(wait, Happening::ToBot(from, Parcel::Cancelled(cancel.clone(), Some(answer))));
    }

    /// The venue says that it has cancelled what rests on.
    fn undone(&mut self, cancel: &CancelRequest) -> Option<(u16, String)> {
        let left = self.judge.rest_of(cancel.order, self.venue.truth())?;
        if !self.draws(Fault::CancelUndone) {
            return None;
        }
        self.judge.undone(cancel.order);
        let body = serde_json::json!({
            "order_id": cancel.venue_order.as_str(),
            "client_order_id": cancel.order.to_string(),
            "reduced_by": left.to_string(),
            "ts_ms": self.now / 1_000_000,
        });
        Some((200, body.to_string()))
    }

    fn venue_groups(&mut self, from: u32, call: GroupCall) {
        let answer = if self.now < self.refuses_until {
            Ok((503, "{}".to_owned()))
        } else if self.now < self.blocked_until {
            Ok((451, "{}".to_owned()))
        } else if self.is_unauthorised(self.signature_age()) {
            Ok((401, "{}".to_owned()))
        } else {
            let (method, path, body) = call.request(self.group_limit);
            let answer = self.venue.call(method, &path, &body);
            self.pump_frames();
            Ok(answer)
        };
        let lost = self.draws(Fault::PageFailed);
        let answer = if lost { Err(RestError::TimedOut) } else { answer };
        let wait = if lost { PATIENCE } else { self.dice.millis(5.0, 100.0) };
        self.at(wait, Happening::ToBot(from, Parcel::Grouped(call, answer)));
    }

    fn venue_reads(&mut self, from: u32, task: u64, path: &str) {
        let mut answer = if self.now < self.refuses_until {
            Ok((503, "{}".to_owned()))
        } else if self.now < self.blocked_until {
            Ok((451, r#"{"error":{"code":"blocked","message":"simulated"}}"#.to_owned()))
        } else if path.starts_with("/portfolio") && self.is_unauthorised(self.signature_age()) {
            Ok((401, r#"{"error":{"code":"authentication_error","message":"clock"}}"#.to_owned()))
        } else {
            Ok(self.venue.call("GET", path, &[]))
        };
        let (part, until) = self.broken_read;
        if self.now < until && READS.get(part).is_some_and(|read| path.starts_with(read)) {
            answer = Ok((500, "{}".to_owned()));
        }
        if path.starts_with("/portfolio/positions") {
            let fresh = answer.as_ref().ok().filter(|(status, _)| *status == 200).cloned();
            let old = self.stale_positions.take().filter(|(at, _)| self.now - at <= OLD_PAGE_MAX);
            if let Some((_, page)) = old.as_ref().filter(|_| self.draws(Fault::ReportInconsistent))
            {
                answer = Ok(page.clone());
            }
            self.stale_positions = fresh.map(|page| (self.now, page)).or(old);
        }
        let mut wait = self.dice.millis(5.0, 100.0);
        if self.draws(Fault::PageFailed) {
            answer = match self.dice.below(3) {
                0 => Ok((500, "{}".to_owned())),
                1 => answer.map(|(status, mut body)| {
                    body.truncate(body.len() / 2);
                    (status, body)
                }),
                _ => {
                    wait = PATIENCE;
                    Err(RestError::TimedOut)
                }
            };
        }
        let date = self.now.div_euclid(SECOND);
        self.at(wait, Happening::ToBot(from, Parcel::Answer(task, answer, date)));
    }

    /// Is a request with a signature of this age refused? Refusals are counted.
    fn is_unauthorised(&mut self, age: i64) -> bool {
        let refused = age > SIGNATURE_AGE_MAX || self.now < self.revoked_until;
        self.unauthorised += u64::from(refused);
        refused
    }

    /// Brings the venue up to now. The judge sees what the account was worth until now, and what it is now.
    pub(super) fn advance_venue(&mut self) {
        self.judge.watch_equity(self.now, self.venue.truth());
        self.venue.advance(Timestamp::from_nanos(self.now));
        self.judge.watch_equity(self.now, self.venue.truth());
        self.pump_frames();
    }

    /// What the venue has sent goes into the network.
    fn pump_frames(&mut self) {
        let frames = self.venue.frames();
        for text in frames {
            self.carry_frame(text);
        }
    }

    fn carry_frame(&mut self, text: String) {
        let Some(connection) = self.socket else { return };
        if self.draws(Fault::FrameDrop) {
            return;
        }
        let private = text.contains(r#""type":"fill""#) || text.contains(r#""type":"user_order""#);
        let bytes = Bytes::from(text);
        let (process, latency) = (self.process, self.dice.millis(2.0, 40.0));
        let mut arrives = (self.now + latency).max(self.last_frame).max(self.silent_until);
        if self.draws(Fault::FrameDelay) {
            arrives += self.dice.secs(0.2, 5.0);
        }
        self.last_frame = arrives;
        let mut copies = 1;
        if self.draws(Fault::FrameDuplicate) || (private && self.draws(Fault::FillDuplicate)) {
            copies = 2;
        }
        if (private && self.draws(Fault::FillLate)) || self.draws(Fault::FrameReorder) {
            // Out of order: what follows does not wait for it.
            arrives +=
                if private { self.dice.secs(1.0, 120.0) } else { self.dice.millis(1.0, 900.0) };
        }
        let bytes = self.tamper(bytes);
        for _ in 0..copies {
            let parcel = Parcel::Frame(connection, bytes.clone());
            self.at(arrives - self.now, Happening::ToBot(process, parcel));
        }
    }

    fn tamper(&mut self, bytes: Bytes) -> Bytes {
        if self.draws(Fault::FrameMalformed) {
            let half = bytes.len() / 2;
            return bytes.slice(..half);
        }
        let delta = bytes.starts_with(br#"{"type":"orderbook_delta""#);
        if delta && self.draws(Fault::BookCrossed) {
            return scene::crossing(&bytes).unwrap_or(bytes);
        }
        bytes
    }

    /// Something for the present process, in order with its frames.
    pub(super) fn deliver(&mut self, parcel: Parcel) {
        if self.now < self.silent_until {
            return;
        }
        let latency = self.dice.millis(2.0, 40.0);
        let arrives = (self.now + latency).max(self.last_frame);
        let process = self.process;
        self.at(arrives - self.now, Happening::ToBot(process, parcel));
    }
}

/// The code in the body of an error.
fn error_code(body: &str) -> String {
    let body = serde_json::from_str::<serde_json::Value>(body).unwrap_or_default();
    body["error"]["code"].as_str().unwrap_or("?").to_owned()
}

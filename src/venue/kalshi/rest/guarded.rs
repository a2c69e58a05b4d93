//! [`Guarded`]: the body of an order, which is handed over only if a last look still allows it.
//!
//! Between the decision to send and the bytes may lie a whole new connection: name, TCP, TLS, seconds of
//! it. A kill that was acknowledged meanwhile holds, and an order that has grown old is not sent (I12). The
//! HTTP client asks for the body on a live connection and not before, so the look is taken there.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// May the order still leave? `Err` says why not.
pub(super) type Look = Box<dyn Fn() -> Result<(), String> + Send + Sync>;

const WAITING: u8 = 0;
const HANDED_OVER: u8 = 1;
const WITHHELD: u8 = 2;

/// What has become of a body: it was handed over, or it never will be.
#[derive(Debug, Clone, Default)]
pub(super) struct Fate(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: AtomicU8,
    /// Why the look refused.
    refusal: OnceLock<String>,
}

impl Fate {
    /// From now on nothing of the body leaves. `true`: nothing of it ever did.
    pub(super) fn withhold(&self) -> bool {
        match self.decide(WITHHELD) {
            Ok(_) | Err(WITHHELD) => true,
            Err(_) => false,
        }
    }

    /// Why the look refused, if it did.
    pub(super) fn refusal(&self) -> Option<&str> {
        self.0.refusal.get().map(String::as_str)
    }

    /// Once decided it stays so, on every thread.
    fn decide(&self, state: u8) -> Result<u8, u8> {
        self.0.state.compare_exchange(WAITING, state, Ordering::SeqCst, Ordering::SeqCst)
    }
}

/// The body was not handed over.
#[derive(Debug, thiserror::Error)]
#[error("withheld at the last look")]
pub(super) struct Withheld;

/// See the module.
pub(super) struct Guarded {
    bytes: Option<Bytes>,
    look: Look,
    fate: Fate,
}

impl fmt::Debug for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").field("fate", &self.fate).finish_non_exhaustive()
    }
}

impl Guarded {
    /// These bytes, behind this look, and what will have become of them.
    pub(super) fn new(bytes: Vec<u8>, look: Look) -> (Self, Fate) {
        let fate = Fate::default();
        (Self { bytes: Some(bytes.into()), look, fate: fate.clone() }, fate)
    }

    fn allows(&self) -> Result<(), Withheld> {
        if let Err(why) = (self.look)() {
            let _ = self.fate.0.refusal.set(why);
            self.fate.withhold();
            return Err(Withheld);
        }
        self.fate.decide(HANDED_OVER).map(|_| ()).map_err(|_| Withheld)
    }
}

impl Body for Guarded {
    type Data = Bytes;
    type Error = Withheld;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Withheld>>> {
        let this = self.get_mut();
        let Some(bytes) = this.bytes.take() else { return Poll::Ready(None) };
        Poll::Ready(Some(this.allows().map(|()| Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    /// Exact: the request carries its length, as any other.
    fn size_hint(&self) -> SizeHint {
        let left = self.bytes.as_ref().map_or(0, Bytes::len);
        SizeHint::with_exact(u64::try_from(left).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn poll(body: &mut Guarded) -> Option<Result<Bytes, Withheld>> {
        let mut context = Context::from_waker(Waker::noop());
        match Pin::new(body).poll_frame(&mut context) {
            Poll::Ready(frame) => frame.map(|frame| frame.map(|f| f.into_data().unwrap())),
            Poll::Pending => panic!("it never waits"),
        }
    }

    fn body(allowed: bool) -> (Guarded, Fate) {
        let answer = if allowed { Ok(()) } else { Err("no".to_owned()) };
        Guarded::new(b"order".to_vec(), Box::new(move || answer.clone()))
    }

    #[test]
    fn what_was_handed_over_cannot_be_called_back() {
        let (mut body, fate) = body(true);
        assert_eq!(body.size_hint().exact(), Some(5));
        assert_eq!(poll(&mut body).unwrap().unwrap(), Bytes::from_static(b"order"));
        assert!(body.is_end_stream() && poll(&mut body).is_none());
        assert!(!fate.withhold());
    }

    #[test]
    fn what_was_withheld_is_never_handed_over() {
        let (mut late, fate) = body(true);
        assert!(fate.withhold() && fate.refusal().is_none());
        assert!(poll(&mut late).unwrap().is_err());
        assert!(fate.withhold());
        let (mut refused, fate) = body(false);
        assert!(poll(&mut refused).unwrap().is_err());
        assert_eq!((fate.withhold(), fate.refusal()), (true, Some("no")));
    }
}

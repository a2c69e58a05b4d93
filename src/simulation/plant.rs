//! Defects planted on purpose: does the simulation see them? Compiled in with the feature
//! `planted-defects` only; without it [`Plant::is`] is always false and no name is known.

macro_rules! plants {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)+) => {
        /// A planted defect.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Plant {
            $($(#[$doc])* $name),+
        }

        impl Plant {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }
        }
    };
}

plants! {
    /// An order without an answer is sent again.
    ResendOnTimeout = "resend_on_timeout";
    /// An order is sent before it is durable.
    FlushAfterSend = "flush_after_send";
    /// A skipped sequence number goes unnoticed.
    IgnoreGap = "ignore_gap";
    /// A fill is counted twice.
    DoubleFill = "double_fill";
    /// Trading begins without comparing the account.
    SkipReconcile = "skip_reconcile";
    /// A cancel that leaves releases the order's exposure.
    LeakOnCancel = "leak_on_cancel";
    /// The first order of a run takes the last name of the run before.
    ReuseId = "reuse_id";
    /// A restart forgets that it was killed.
    UnlatchKill = "unlatch_kill";
    /// A page that failed counts as an empty one.
    TrustEmptyPage = "trust_empty_page";
    /// An order goes out one tick worse than decided.
    OffByOneTick = "off_by_one_tick";
    /// A success that names no order counts as an order that came to nothing.
    BelieveSuccess = "believe_2xx_without_order";
    /// An order that was sent reserves nothing.
    ForgetReserved = "forget_reserved";
    /// An order without an answer counts as not placed after five seconds.
    UnknownTimer = "unknown_timer";
    /// The gate is not looked at before bytes leave.
    OpenGate = "open_gate";
    /// What the engine stops by itself leaves the gate open.
    OpenLatch = "open_latch";
    /// The age of a decision is not looked at before bytes leave.
    StaleDecision = "stale_decision";
    /// A restart loses the last durable record.
    LoseRecord = "lose_record";
    /// Cancels are not sent.
    BlockCancels = "block_cancels";
    /// The machine's clock is always trusted.
    TrustAnyClock = "trust_any_clock";
    /// What the venue says of its status is not listened to.
    IgnoreStatus = "ignore_status";
    /// Market data is believed however old it is.
    TrustLateData = "trust_late_data";
    /// Books are not compared with the venue's.
    SkipBookCheck = "skip_book_check";
    /// Whatever somebody else does to the account is not noticed.
    IgnoreForeign = "ignore_foreign";
}

impl Plant {
    /// Is this one planted?
    #[must_use]
    pub fn is(planted: Option<Self>, this: Self) -> bool {
        cfg!(feature = "planted-defects") && planted == Some(this)
    }

    /// The one of this name; none where the program was built without them.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let found = Self::ALL.iter().copied().find(|plant| plant.name() == name);
        found.filter(|_| cfg!(feature = "planted-defects"))
    }
}

-- What was forecast, what was paid, and what came of it. Append-only, keyed so that telling it twice
-- changes nothing. Times are nanoseconds since 1970, UTC.

CREATE TABLE forecasts (
    strategy  TEXT    NOT NULL,
    venue     TEXT    NOT NULL,
    ticker    TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    event     TEXT    NOT NULL,       -- the strategy's event
    fact      TEXT    NOT NULL,       -- contracts with the same fact resolve together
    version   TEXT    NOT NULL,       -- hash of the model's specification
    model     REAL    NOT NULL,       -- before the blend
    sd_logit  REAL    NOT NULL,
    blended   REAL    NOT NULL,       -- the one that decides
    market    REAL    NOT NULL,       -- microprice
    bid       TEXT    NOT NULL,
    ask       TEXT    NOT NULL,
    windowed  INTEGER NOT NULL,       -- a calendar window was ahead
    signals   TEXT    NOT NULL,       -- JSON: ids of the evidence in force
    decision  TEXT    NOT NULL,       -- JSON: what was decided then, or null
    PRIMARY KEY (strategy, venue, ticker, at)
) STRICT, WITHOUT ROWID;

CREATE INDEX prices ON forecasts (venue, ticker, at);

CREATE TABLE signals (
    id       TEXT    NOT NULL PRIMARY KEY,
    source   TEXT    NOT NULL,
    received INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE fills (
    order_id  TEXT    NOT NULL,
    trade     TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    strategy  TEXT    NOT NULL,
    venue     TEXT    NOT NULL,
    ticker    TEXT    NOT NULL,
    fact      TEXT    NOT NULL,
    side      TEXT    NOT NULL,       -- bid: bought YES, ask: sold YES
    price     TEXT    NOT NULL,       -- YES
    contracts TEXT    NOT NULL,
    fee       TEXT    NOT NULL,
    PRIMARY KEY (order_id, trade)
) STRICT, WITHOUT ROWID;

CREATE TABLE resolutions (
    venue  TEXT    NOT NULL,
    ticker TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    result TEXT    NOT NULL,          -- yes, no, void, or a price
    PRIMARY KEY (venue, ticker)
) STRICT, WITHOUT ROWID;

-- A person's word that a demoted strategy may trade again; the bot takes it up and journals it.
CREATE TABLE releases (
    id       INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,        -- wall clock
    strategy TEXT    NOT NULL,
    note     TEXT    NOT NULL,
    taken    INTEGER                  -- engine time at which the bot took it up
) STRICT;

-- The standing of strategies as the bot last stated it; the journal is the authority.
CREATE TABLE standings (
    strategy TEXT    NOT NULL PRIMARY KEY,
    standing TEXT    NOT NULL,
    since    INTEGER NOT NULL,
    reason   TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

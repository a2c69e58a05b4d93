-- The journal of one account. Append-only: nothing in `records` is ever changed or removed.
-- Times are nanoseconds since 1970, UTC; money, prices and sizes are decimal text, prices on the YES axis.

CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE records (
    seq      INTEGER PRIMARY KEY,       -- 1, 2, 3 ... without a gap
    at       INTEGER NOT NULL,          -- when it was received or decided
    run      INTEGER NOT NULL,          -- which run of the program wrote it
    kind     TEXT    NOT NULL,
    body     TEXT    NOT NULL,          -- JSON
    checksum INTEGER NOT NULL           -- CRC-32C over the checksum before and this row
) STRICT;

CREATE TRIGGER records_are_never_changed BEFORE UPDATE ON records
BEGIN SELECT RAISE(ABORT, 'journal records are never changed'); END;

CREATE TRIGGER records_are_never_deleted BEFORE DELETE ON records
BEGIN SELECT RAISE(ABORT, 'journal records are never deleted'); END;

-- An order id is used once, whatever else goes wrong.
CREATE UNIQUE INDEX intents ON records (body ->> '$.id') WHERE kind = 'intent';
CREATE INDEX runs ON records (run) WHERE kind = 'run_started';
CREATE INDEX listings ON records (body ->> '$.market', seq) WHERE kind = 'market_listed';
-- What is known of an order; a fill names its order one level deeper.
CREATE INDEX outcomes ON records (body ->> '$.order', seq)
    WHERE kind IN ('order_sent', 'order_accepted', 'order_rejected', 'order_unknown', 'order_closed');
CREATE INDEX executions ON records (body ->> '$.fill.order', seq) WHERE kind = 'order_filled';

-- Market numbers are given anew by every run: the last listing before a record says what it meant.
CREATE VIEW fills AS
SELECT f.seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', f.at / 1000000000.0, 'unixepoch') AS time,
       f.body ->> '$.fill.order' AS order_id,
       f.body ->> '$.fill.trade' AS trade_id,
       coalesce((SELECT m.body ->> '$.listing.ticker' FROM records m
                  WHERE m.kind = 'market_listed' AND m.body ->> '$.market' = f.body ->> '$.fill.market'
                    AND m.seq < f.seq ORDER BY m.seq DESC LIMIT 1),
                '#' || (f.body ->> '$.fill.market')) AS market,
       f.body ->> '$.fill.side' AS side,
       f.body ->> '$.fill.price' AS price,
       f.body ->> '$.fill.quantity' AS contracts,
       f.body ->> '$.fill.liquidity' AS liquidity,
       f.body ->> '$.fill.fee' AS fee
  FROM records f
 WHERE f.kind = 'order_filled'
   -- A venue may report an execution again (reconnect, reconciliation); it counts once.
   AND NOT EXISTS (SELECT 1 FROM records e
                    WHERE e.kind = 'order_filled' AND e.seq < f.seq
                      AND e.body ->> '$.fill.order' = f.body ->> '$.fill.order'
                      AND e.body ->> '$.fill.trade' = f.body ->> '$.fill.trade');

CREATE VIEW orders AS
SELECT i.seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', i.at / 1000000000.0, 'unixepoch') AS time,
       i.body ->> '$.id' AS order_id,
       coalesce((SELECT s.body ->> ('$.strategies[' || (i.body ->> '$.strategy') || ']') FROM records s
                  WHERE s.kind = 'run_started' AND s.run = i.run ORDER BY s.seq DESC LIMIT 1),
                '#' || (i.body ->> '$.strategy')) AS strategy,
       coalesce((SELECT m.body ->> '$.listing.ticker' FROM records m
                  WHERE m.kind = 'market_listed' AND m.body ->> '$.market' = i.body ->> '$.market'
                    AND m.seq < i.seq ORDER BY m.seq DESC LIMIT 1),
                '#' || (i.body ->> '$.market')) AS market,
       i.body ->> '$.side' AS side,
       i.body ->> '$.price' AS price,
       i.body ->> '$.quantity' AS contracts,
       -- Decimal text becomes millionths to be added up exactly.
       (SELECT rtrim(rtrim(printf('%d.%06d', n / 1000000, n % 1000000), '0'), '.') FROM
           (SELECT coalesce(sum(n), 0) AS n FROM
               (SELECT DISTINCT f.body ->> '$.fill.trade',
                       CAST(round(f.body ->> '$.fill.quantity' * 1e6) AS INTEGER) AS n
                  FROM records f
                 WHERE f.kind = 'order_filled' AND f.body ->> '$.fill.order' = i.body ->> '$.id'))) AS filled,
       coalesce((SELECT CASE o.kind WHEN 'order_closed' THEN 'closed: ' || (o.body ->> '$.reason')
                                    WHEN 'order_rejected' THEN 'rejected: ' || (o.body ->> '$.reason')
                                    ELSE substr(o.kind, 7) END
                   FROM records o
                  WHERE o.kind IN ('order_sent', 'order_accepted', 'order_rejected', 'order_unknown',
                                   'order_closed')
                    AND o.body ->> '$.order' = i.body ->> '$.id'
                  ORDER BY o.seq DESC LIMIT 1), 'intended') AS state
  FROM records i WHERE i.kind = 'intent';

-- YES axis: `contracts` is positive for YES and negative for NO, `paid` is what YES contracts cost less
-- what they brought (a NO purchase at 1 - p is a YES sale at p); profit after settlement is
-- contracts * settlement - paid - fees. One ten-billionth of a dollar is the unit of the sums.
CREATE VIEW positions AS
WITH executed AS (
    SELECT market,
           CASE side WHEN 'bid' THEN 1 ELSE -1 END * CAST(round(contracts * 1e6) AS INTEGER) AS n,
           CAST(round(price * 1e4) AS INTEGER) AS p,
           CAST(round(fee * 1e10) AS INTEGER) AS fee
      FROM fills),
totals AS (
    SELECT market, count(*) AS fills, sum(n) AS n, sum(n * p) AS paid, sum(fee) AS fees
      FROM executed GROUP BY market)
SELECT market,
       fills,
       CASE WHEN n < 0 THEN '-' ELSE '' END
           || rtrim(rtrim(printf('%d.%06d', abs(n) / 1000000, abs(n) % 1000000), '0'), '.') AS contracts,
       CASE WHEN paid < 0 THEN '-' ELSE '' END
           || printf('%d.%010d', abs(paid) / 10000000000, abs(paid) % 10000000000) AS paid,
       CASE WHEN fees < 0 THEN '-' ELSE '' END
           || printf('%d.%010d', abs(fees) / 10000000000, abs(fees) % 10000000000) AS fees
  FROM totals;

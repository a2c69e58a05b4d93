"""Drives a simulated Kalshi venue's websocket with kalshi-sdk (unofficial, strict models).

Usage: python kalshi_sdk_ws_test.py HOST:PORT KEY_ID KEY_PATH
Every frame is parsed by the SDK's models; a frame that does not fit raises.
"""

import asyncio
import sys
import uuid

from kalshi import AsyncKalshiClient, KalshiConfig
from kalshi.models.orders import CreateOrderV2Request

address, key_id, key_path = sys.argv[1:4]
config = KalshiConfig(
    base_url=f"http://{address}/trade-api/v2",
    ws_base_url=f"ws://{address}/trade-api/ws/v2",
    max_retries=0,
)


async def first(stream, wanted=1):
    found = []
    async with asyncio.timeout(30):
        async for message in stream:
            found.append(message)
            if len(found) == wanted:
                return found
    raise AssertionError("the stream ended")


async def main():
    async with AsyncKalshiClient(key_id=key_id, private_key_path=key_path, config=config) as client:
        page = await client.markets.list(status="open", limit=2)
        tickers = [market.ticker for market in page.items]
        async with client.ws.connect() as session:
            fills = await session.subscribe_fill()
            orders = await session.subscribe_user_orders()
            trades = await session.subscribe_trade(tickers=tickers)
            quotes = await session.subscribe_ticker(tickers=tickers)
            positions = await session.subscribe_market_positions()
            # Last: while it waits for an ack the SDK throws away data frames of other subscriptions.
            books = await session.subscribe_orderbook_delta(tickers=tickers)
            snapshots = await first(books, 2)
            assert {type(item).__name__ for item in snapshots} == {"OrderbookSnapshotMessage"}, snapshots
            print("ok   snapshots")
            for price, lifetime in (("0.0100", "good_till_canceled"), ("0.9900", "immediate_or_cancel")):
                await client.orders.create_v2(request=CreateOrderV2Request(
                    ticker=tickers[0], client_order_id=str(uuid.uuid4()), side="bid", count="1.00",
                    price=price, time_in_force=lifetime, self_trade_prevention_type="taker_at_cross",
                ))
            print("ok   deltas", type((await first(books, 2))[0]).__name__)
            for name, stream in (
                ("user_order", orders), ("fill", fills), ("trade", trades),
                ("ticker", quotes), ("market_position", positions),
            ):
                print("ok  ", name, type((await first(stream))[0]).__name__)


asyncio.run(main())

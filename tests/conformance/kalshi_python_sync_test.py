"""Drives a simulated Kalshi venue with the official Python SDK (kalshi_python_sync), unmodified.

Usage: python kalshi_python_sync_test.py BASE_URL KEY_ID KEY_PATH
The SDK raises on a missing required field or an unknown enum value, so parsing is the test.
"""

import sys
import time
import uuid

import kalshi_python_sync as sdk

base_url, key_id, key_path = sys.argv[1:4]
config = sdk.Configuration(host=base_url)
config.api_key_id = key_id
with open(key_path, encoding="utf-8") as file:
    config.private_key_pem = file.read()
client = sdk.KalshiClient(config)
failures = 0


def step(name, run):
    global failures
    try:
        run()
        print(f"ok   {name}")
    except Exception as error:  # every failure is reported, none stops the walk
        failures += 1
        print(f"FAIL {name}: {type(error).__name__}: {str(error)[:600]}")


def order(**fields):
    given = dict(
        client_order_id=str(uuid.uuid4()), side="bid", count="1.00", price="0.0100",
        time_in_force="good_till_canceled", self_trade_prevention_type="taker_at_cross",
    )
    given.update(fields)
    return given


def refused(kind, status, call):
    try:
        call()
    except kind as error:
        assert error.status == status, error
        return error
    raise AssertionError(f"expected {status}")


state = {}


def market_data():
    client.get_exchange_status()
    client.get_exchange_schedule()
    client.get_user_data_timestamp()
    client.get_series_fee_changes()
    markets = client.get_markets(status="open").markets
    state["ticker"] = ticker = markets[0].ticker
    state["soon"] = min(markets, key=lambda market: market.close_time).ticker
    client.get_market(ticker=ticker)
    client.get_market_orderbook(ticker=ticker)
    client.get_market_orderbooks(tickers=[ticker, state["soon"]])
    client.get_trades(limit=5)
    event = client.get_event(event_ticker=markets[0].event_ticker)
    client.get_event(event_ticker=markets[0].event_ticker, with_nested_markets=True)
    client.get_events(with_nested_markets=True)
    client.get_event_metadata(event_ticker=markets[0].event_ticker)
    client.get_event_fee_changes()
    client.get_series(series_ticker=event.event.series_ticker)
    client.get_series_list(include_volume=True)
    client.get_historical_cutoff()
    state["series"] = event.event.series_ticker


def account():
    client.get_account_api_limits()
    client.get_account_endpoint_costs()
    client.get_api_keys()
    client.get_balance()
    client.get_portfolio_resting_order_total_value()


def order_life():
    ticker = state["ticker"]
    ack = client.create_order_v2(ticker=ticker, **order(count="5.00"))
    assert ack.remaining_count == "5.00"
    client.get_order(order_id=ack.order_id)
    client.amend_order_v2(order_id=ack.order_id, ticker=ticker, side="bid", price="0.0200", count="4.00")
    left = client.decrease_order_v2(order_id=ack.order_id, reduce_to="2.00")
    assert left.remaining_count == "2.00"
    client.get_order_queue_position(order_id=ack.order_id)
    client.get_order_queue_positions(market_tickers=ticker)
    assert client.get_orders(ticker=ticker, status="resting").orders
    gone = client.cancel_order_v2(order_id=ack.order_id, market_ticker=ticker)
    assert gone.reduced_by == "2.00"
    refused(sdk.exceptions.NotFoundException, 404, lambda: client.cancel_order_v2(order_id=ack.order_id))


def rejects():
    ticker = state["ticker"]
    twice = order()
    ack = client.create_order_v2(ticker=ticker, **twice)
    refused(sdk.exceptions.ConflictException, 409, lambda: client.create_order_v2(ticker=ticker, **twice))
    client.cancel_order_v2(order_id=ack.order_id)
    refused(
        sdk.exceptions.ConflictException, 409,
        lambda: client.create_order_v2(ticker=ticker, **order(time_in_force="fill_or_kill")),
    )
    refused(
        sdk.exceptions.BadRequestException, 400,
        lambda: client.create_order_v2(ticker=ticker, **order(count="900000000.00")),
    )


def batches():
    ticker = state["ticker"]
    requests = [order(ticker=ticker), order(ticker=ticker, price="0.0150"), order(ticker=ticker)]
    acks = client.batch_create_orders_v2(orders=requests).orders
    assert acks[1].error.code == "invalid_price", acks
    cancels = [{"order_id": ack.order_id} for ack in acks if ack.order_id]
    gone = client.batch_cancel_orders_v2(orders=cancels).orders
    assert [ack.reduced_by for ack in gone] == ["1.00", "1.00"]
    client.create_order_v2(ticker=ticker, **order())
    client.cancel_all_orders()
    assert not client.get_orders(status="resting").orders


def group_life():
    ticker = state["ticker"]
    group = client.create_order_group(contracts_limit=10).order_group_id
    ack = client.create_order_v2(ticker=ticker, **order(order_group_id=group))
    assert client.get_order_group(order_group_id=group).orders == [ack.order_id]
    client.get_order_groups()
    client.update_order_group_limit(order_group_id=group, contracts_limit=20)
    client.trigger_order_group(order_group_id=group)
    client.reset_order_group(order_group_id=group)
    client.delete_order_group(order_group_id=group)


def fills():
    ack = client.create_order_v2(
        ticker=state["soon"], **order(price="0.9900", count="2.00", time_in_force="immediate_or_cancel")
    )
    assert ack.fill_count == "2.00", ack
    no = client.create_order_v2(
        ticker=state["ticker"],
        **order(side="ask", price="0.0100", count="1.50", time_in_force="immediate_or_cancel"),
    )
    assert no.fill_count == "1.50", no
    assert client.get_fills(order_id=ack.order_id).fills
    positions = client.get_positions()
    assert {held.position_fp for held in positions.market_positions} == {"2.00", "-1.50"}
    assert client.get_orders(status="executed").orders
    client.get_trades(ticker=state["soon"])


def candles():
    now = int(client.get_user_data_timestamp().as_of_time.timestamp())
    window = dict(start_ts=now - 86_400, end_ts=now, period_interval=60)
    client.get_market_candlesticks(series_ticker=state["series"], ticker=state["ticker"], **window)
    client.batch_get_market_candlesticks(market_tickers=state["ticker"], **window)


def settlements():
    for _ in range(120):
        found = client.get_settlements().settlements
        if found:
            break
        time.sleep(0.5)
    assert found, "no settlement within a minute: run the venue at --speed 200000"
    assert client.get_market(ticker=found[0].ticker).market.status == "finalized"
    client.get_positions(count_filter="total_traded")


for name in (
    market_data, account, order_life, rejects, batches, group_life, fills, candles, settlements,
):
    step(name.__name__, name)
sys.exit(1 if failures else 0)

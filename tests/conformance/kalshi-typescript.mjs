// Drives a simulated Kalshi venue with the official TypeScript SDK, unmodified.
// Usage: node kalshi-typescript.mjs BASE_URL KEY_ID KEY_PATH   (kalshi-typescript must be resolvable)
// Exits 0 if every step holds, 1 otherwise; one line per step on stdout.

import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as kalshi from 'kalshi-typescript';

const sdk = kalshi.default ?? kalshi;
const [basePath, apiKey, keyPath] = process.argv.slice(2);
const config = new sdk.Configuration({
  basePath,
  apiKey,
  privateKeyPem: readFileSync(keyPath, 'utf8'),
});

let failures = 0;
async function step(name, run) {
  try {
    await run();
    console.log(`ok   ${name}`);
  } catch (error) {
    failures += 1;
    const body = error.response ? ` ${error.response.status} ${JSON.stringify(error.response.data)}` : '';
    console.log(`FAIL ${name}: ${error.message}${body}`);
  }
}

async function refused(status, code, call) {
  const error = await call().then(
    () => assert.fail(`expected ${status} ${code}`),
    (error) => error,
  );
  assert.equal(error.response?.status, status);
  assert.equal(error.response.data.error?.code, code);
}

const portfolio = new sdk.PortfolioApi(config);
const orders = new sdk.OrdersApi(config);
const groups = new sdk.OrderGroupsApi(config);
const market = new sdk.MarketApi(config);
const events = new sdk.EventsApi(config);
const exchange = new sdk.ExchangeApi(config);
const account = new sdk.AccountApi(config);
const historical = new sdk.HistoricalApi(config);
const keys = new sdk.ApiKeysApi(config);

const decimals = (count) => new RegExp(`^-?\\d+\\.\\d{${count}}$`);
const request = (fields) => ({
  client_order_id: randomUUID(),
  side: 'bid',
  count: '1.00',
  price: '0.0100',
  time_in_force: 'good_till_canceled',
  self_trade_prevention_type: 'taker_at_cross',
  ...fields,
});

let ticker;
let series;
await step('exchange status, schedule, freshness, fee changes', async () => {
  const { data } = await exchange.getExchangeStatus();
  assert.equal(data.trading_active, true);
  assert.ok((await exchange.getExchangeSchedule()).data.schedule.standard_hours.length > 0);
  assert.ok((await exchange.getUserDataTimestamp()).data.as_of_time);
  assert.ok(Array.isArray((await exchange.getSeriesFeeChanges()).data.series_fee_change_arr));
});
await step('markets: list, pages, one', async () => {
  const { data } = await market.getMarkets(1, undefined, undefined, undefined, undefined, undefined,
    undefined, undefined, undefined, undefined, undefined, 'open');
  assert.equal(data.markets.length, 1);
  ticker = data.markets[0].ticker;
  const one = (await market.getMarket(ticker)).data.market;
  assert.match(one.yes_bid_dollars, decimals(4));
  assert.match(one.volume_fp, decimals(2));
  const next = (await market.getMarkets(1, data.cursor)).data.markets;
  assert.notEqual(next[0]?.ticker, ticker);
});
await step('series and events', async () => {
  const event = (await market.getMarket(ticker)).data.market.event_ticker;
  const one = (await events.getEvent(event)).data;
  series = one.event.series_ticker;
  assert.ok(one.markets.some((held) => held.ticker === ticker));
  assert.ok((await events.getEvents(10)).data.events.length > 0);
  assert.equal((await market.getSeries(series)).data.series.ticker, series);
  assert.ok((await market.getSeriesList()).data.series.length > 0);
  assert.ok(Array.isArray((await events.getEventFeeChanges()).data.event_fee_changes));
});
await step('orderbook, orderbooks', async () => {
  const book = (await market.getMarketOrderbook(ticker, 3)).data.orderbook_fp;
  assert.ok(book.yes_dollars.length <= 3 && book.no_dollars.length <= 3);
  const prices = book.yes_dollars.map(([price]) => Number(price));
  assert.deepEqual(prices, [...prices].sort((a, b) => a - b), 'ascending, best bid last');
  assert.equal((await market.getMarketOrderbooks([ticker])).data.orderbooks[0].ticker, ticker);
});
await step('historical cutoff, limits, costs, keys', async () => {
  assert.ok((await historical.getHistoricalCutoff()).data.trades_created_ts);
  assert.ok((await account.getAccountApiLimits()).data.write.refill_rate > 0);
  assert.equal((await account.getAccountEndpointCosts()).data.default_cost, 10);
  assert.ok((await keys.getApiKeys()).data.api_keys.some((key) => key.api_key_id === apiKey));
});
await step('balance', async () => {
  const { data } = await portfolio.getBalance();
  assert.equal(data.balance, Math.floor(Number(data.balance_dollars) * 100 + 1e-6));
  assert.match(data.balance_dollars, decimals(4));
});
await step('create, get, amend, decrease, queue, cancel', async () => {
  const created = await orders.createOrderV2(request({ ticker, count: '5.00' }));
  assert.equal(created.status, 201);
  assert.equal(created.data.remaining_count, '5.00');
  const id = created.data.order_id;
  const read = (await orders.getOrder(id)).data.order;
  assert.equal(read.status, 'resting');
  assert.equal(read.book_side, 'bid');
  const amend = { ticker, side: 'bid', price: '0.0200', count: '4.00' };
  assert.equal((await orders.amendOrderV2(id, amend)).data.remaining_count, '4.00');
  assert.equal((await orders.decreaseOrderV2(id, { reduce_by: '1.00' })).data.remaining_count, '3.00');
  assert.match((await orders.getOrderQueuePosition(id)).data.queue_position_fp, decimals(2));
  assert.equal((await orders.getOrderQueuePositions(ticker)).data.queue_positions.length, 1);
  const listed = (await orders.getOrders(ticker, undefined, undefined, undefined, 'resting')).data.orders;
  assert.ok(listed.some((order) => order.order_id === id));
  const gone = (await orders.cancelOrderV2(id, undefined, undefined, ticker)).data;
  assert.equal(gone.reduced_by, '3.00');
  assert.equal((await orders.getOrder(id)).data.order.status, 'canceled');
  await refused(404, 'not_found', () => orders.cancelOrderV2(id));
});
await step('duplicate client id, killed fill-or-kill, too little money', async () => {
  const twice = request({ ticker });
  const first = (await orders.createOrderV2(twice)).data;
  await refused(409, 'order_already_exists', () => orders.createOrderV2(twice));
  await orders.cancelOrderV2(first.order_id);
  await refused(409, 'fill_or_kill_insufficient_resting_volume', () =>
    orders.createOrderV2(request({ ticker, time_in_force: 'fill_or_kill' })));
  await refused(400, 'insufficient_balance', () =>
    orders.createOrderV2(request({ ticker, count: '900000000.00' })));
  await refused(400, 'invalid_price', () => orders.createOrderV2(request({ ticker, price: '0.0150' })));
});
await step('batch create, batch cancel', async () => {
  const batch = [request({ ticker }), request({ ticker, price: '0.0150' }), request({ ticker })];
  const created = (await orders.batchCreateOrdersV2({ orders: batch })).data.orders;
  assert.equal(created.length, 3);
  assert.equal(created[1].error.code, 'invalid_price');
  const cancels = [created[0], created[2]].map(({ order_id }) => ({ order_id }));
  const gone = (await orders.batchCancelOrdersV2({ orders: cancels })).data.orders;
  assert.deepEqual(gone.map((order) => order.reduced_by), ['1.00', '1.00']);
});
await step('cancel all', async () => {
  await orders.createOrderV2(request({ ticker }));
  assert.equal((await orders.cancelAllOrders()).status, 204);
  assert.equal((await orders.getOrders(undefined, undefined, undefined, undefined, 'resting')).data.orders.length, 0);
});
await step('order group life', async () => {
  const id = (await groups.createOrderGroup({ contracts_limit: 10 })).data.order_group_id;
  const member = (await orders.createOrderV2(request({ ticker, order_group_id: id }))).data.order_id;
  assert.deepEqual((await groups.getOrderGroup(id)).data.orders, [member]);
  assert.ok((await groups.getOrderGroups()).data.order_groups.some((group) => group.id === id));
  await groups.updateOrderGroupLimit(id, { contracts_limit: 20 });
  assert.equal((await groups.getOrderGroup(id)).data.contracts_limit_fp, '20.00');
  await groups.triggerOrderGroup(id);
  assert.equal((await orders.getOrder(member)).data.order.status, 'canceled');
  await refused(400, 'exceeded_order_group_risk_limit', () =>
    orders.createOrderV2(request({ ticker, order_group_id: id })));
  await groups.resetOrderGroup(id);
  await orders.createOrderV2(request({ ticker, order_group_id: id }));
  await groups.deleteOrderGroup(id);
  await refused(404, 'not_found', () => groups.getOrderGroup(id));
});
await step('a taker fill shows in fills, positions, balance', async () => {
  const before = Number((await portfolio.getBalance()).data.balance_dollars);
  const open = (await market.getMarkets(100, undefined, undefined, undefined, undefined, undefined,
    undefined, undefined, undefined, undefined, undefined, 'open')).data.markets;
  // The market that closes first: its settlement is awaited below.
  const soon = open.sort((a, b) => Date.parse(a.close_time) - Date.parse(b.close_time))
    .find((held) => Number(held.yes_ask_dollars) < 1);
  const ack = (await orders.createOrderV2(request({
    ticker: soon.ticker, price: '0.9900', count: '2.00', time_in_force: 'immediate_or_cancel',
  }))).data;
  assert.equal(ack.fill_count, '2.00');
  assert.match(ack.average_fill_price, decimals(4));
  const fills = (await portfolio.getFills(undefined, ack.order_id)).data.fills;
  const cost = fills.reduce((sum, fill) => sum + fill.yes_price_dollars * fill.count_fp + Number(fill.fee_cost), 0);
  const after = Number((await portfolio.getBalance()).data.balance_dollars);
  assert.ok(Math.abs(before - after - cost) < 1e-6, `${before} - ${after} is not ${cost}`);
  const { data } = await portfolio.getPositions(undefined, undefined, 'position', soon.ticker);
  assert.equal(data.market_positions[0].position_fp, '2.00');
  assert.equal(data.event_positions.length, 1);
  assert.equal((await market.getTrades(1, undefined, soon.ticker)).data.trades[0].trade_id, fills[0].trade_id);
});
await step('candlesticks', async () => {
  const now = Math.floor(Date.parse((await exchange.getUserDataTimestamp()).data.as_of_time) / 1000);
  const { data } = await market.getMarketCandlesticks(series, ticker, now - 86400, now, 60);
  assert.equal(data.ticker, ticker);
  assert.ok((await market.batchGetMarketCandlesticks(ticker, now - 86400, now, 60)).data.markets.length === 1);
});
await step('settlements', async () => {
  let found = [];
  for (let tries = 0; tries < 120 && found.length === 0; tries += 1) {
    found = (await portfolio.getSettlements()).data.settlements;
    if (found.length === 0) await new Promise((done) => setTimeout(done, 500));
  }
  assert.ok(found.length > 0, 'no settlement within a minute: run the venue at --speed 200000');
  const [settled] = found;
  assert.equal(settled.revenue, settled.market_result === 'yes' ? 200 : 0);
  assert.equal(settled.yes_count_fp, '2.00');
  assert.equal((await market.getMarket(settled.ticker)).data.market.status, 'finalized');
});

process.exit(failures === 0 ? 0 : 1);

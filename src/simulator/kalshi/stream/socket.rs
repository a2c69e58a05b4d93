//! One websocket: handshake, reading commands, writing frames, heartbeat.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::command;
use super::hub::{ConnectionId, Outgoing};
use crate::simulator::kalshi::server::Shared;

/// Payload of the venue's pings.
const HEARTBEAT: &[u8] = b"heartbeat";

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Answers an upgrade request that was already authenticated, and serves the socket from then on.
pub(crate) fn upgrade(shared: &Arc<Shared>, mut request: Request) -> Response {
    let Some(key) = request.headers().get(header::SEC_WEBSOCKET_KEY).cloned() else {
        return status(StatusCode::BAD_REQUEST);
    };
    let upgraded = hyper::upgrade::on(&mut request);
    let venue_shared = Arc::clone(shared);
    shared.tasks.spawn(async move {
        match upgraded.await {
            Ok(io) => {
                let io = TokioIo::new(io);
                let socket = WebSocketStream::from_raw_socket(io, Role::Server, None).await;
                serve(&venue_shared, socket).await;
            }
            Err(error) => tracing::debug!(%error, "websocket upgrade failed"),
        }
    });
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes()))
        .unwrap_or(HeaderValue::from_static(""));
    let mut response = status(StatusCode::SWITCHING_PROTOCOLS);
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    response
}

fn status(code: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = code;
    response
}

async fn serve(shared: &Arc<Shared>, mut socket: Socket) {
    let (sender, frames) = unbounded_channel();
    let depth = Arc::new(AtomicUsize::new(0));
    let id = shared.venue().hub.connect(sender, Arc::clone(&depth));
    pump(shared, &mut socket, frames, &depth, id).await;
    shared.venue().hub.disconnect(id);
}

/// Until either side goes away.
async fn pump(
    shared: &Arc<Shared>,
    socket: &mut Socket,
    mut frames: UnboundedReceiver<Outgoing>,
    depth: &AtomicUsize,
    id: ConnectionId,
) {
    let mut heartbeat = tokio::time::interval(shared.heartbeat);
    heartbeat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    heartbeat.tick().await;
    loop {
        tokio::select! {
            () = shared.stop.cancelled() => {
                let _ = tokio::time::timeout(Duration::from_millis(200), socket.close(None)).await;
                return;
            }
            _ = heartbeat.tick() => {
                if socket.send(Message::Ping(Bytes::from_static(HEARTBEAT))).await.is_err() {
                    return;
                }
            }
            frame = frames.recv() => {
                let Some(Outgoing::Frame(text, pause)) = frame else { return };
                if !pause.is_zero() {
                    tokio::time::sleep(pause).await;
                }
                let sent = socket.send(Message::text(text)).await;
                depth.fetch_sub(1, Ordering::Relaxed);
                if sent.is_err() {
                    return;
                }
            }
            incoming = socket.next() => match incoming {
                Some(Ok(Message::Text(text))) => command::handle(&mut shared.venue(), id, &text),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {
                    // Pongs are queued by the library; flushing sends them.
                    if socket.flush().await.is_err() {
                        return;
                    }
                }
                Some(Ok(Message::Binary(_))) => command::handle(&mut shared.venue(), id, ""),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            },
        }
    }
}
